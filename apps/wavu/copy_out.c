/*
 * Copying beside the wanted name, under one that nobody has, then giving it its own: no half file
 * is ever under that, and none is replaced.
 */
#include "apps/wavu/copy_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/term/say.h"

#define COPY_OUT_STEP 65536
#define COPY_OUT_ROOM 16       /* bytes of a draft's ending, with NUL */
#define COPY_OUT_DRAFTS_MAX 99 /* names that are tried for it */

static int copy_out_bytes(int from, int to)
{
    static char bytes[COPY_OUT_STEP];
    ssize_t got = 0;
    while ((got = read(from, bytes, sizeof bytes)) != 0) {
        ssize_t at = 0;
        while (at < got) {
            ssize_t put = write(to, bytes + at, (size_t)(got - at));
            if (put < 0 && errno != EINTR) {
                return -1;
            }
            at += put > 0 ? put : 0;
        }
        if (got < 0 && errno != EINTR) {
            return -1;
        }
    }
    return fsync(to);
}

/* Make the draft: "TO.part", or "TO.part2" and so on, since others' files may have such names. */
static int copy_out_make(const char *to, char draft[COPY_OUT_PATH_MAX + COPY_OUT_ROOM])
{
    int out = -1;
    for (int i = 1; i <= COPY_OUT_DRAFTS_MAX && (i == 1 || (out < 0 && errno == EEXIST)); i++) {
        (void)snprintf(draft, COPY_OUT_PATH_MAX + COPY_OUT_ROOM, i == 1 ? "%s.part" : "%s.part%d",
                       to, i);
        out = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    }
    return out;
}

/* As a draft beside `to`, which goes again when it does not become whole. */
static int copy_out_draft(const char *from, const char *to,
                          char draft[COPY_OUT_PATH_MAX + COPY_OUT_ROOM])
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : copy_out_make(to, draft);
    int rc = out < 0 ? -1 : copy_out_bytes(in, out);
    int err = errno;
    if (in >= 0) {
        (void)close(in);
    }
    if (out >= 0 && close(out) < 0 && rc == 0) {
        rc = -1;
        err = errno;
    }
    if (rc < 0 && out >= 0) {
        (void)unlink(draft);
    }
    errno = err;
    return rc;
}

/* Give the draft its name, which must be free; the draft's is gone then, whatever happens. Sticks
 * with FAT have no links, some file systems no rename that does not replace. */
static int copy_out_publish(const char *draft, const char *to)
{
    if (renameat2(AT_FDCWD, draft, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    int rc = errno == EINVAL || errno == ENOSYS ? link(draft, to) : -1;
    int err = errno;
    (void)unlink(draft);
    errno = err;
    return rc;
}

static int copy_out_fail(const char *from, const char *to)
{
    if (errno == EEXIST) {
        return say_problem(SAY_CONFLICT,
                           "there is a file '%s' already; name another place: the file is at '%s'",
                           to, from);
    }
    return say_problem(SAY_FAILURE, "the file is at '%s', and could not be copied to '%s': %s",
                       from, to, strerror(errno));
}

int copy_out(const char *from, const char *to, char out[COPY_OUT_PATH_MAX])
{
    char draft[COPY_OUT_PATH_MAX + COPY_OUT_ROOM];
    struct stat info;
    const char *last = strrchr(from, '/');
    bool is_folder = stat(to, &info) == 0 && S_ISDIR(info.st_mode);
    int len = is_folder
                  ? snprintf(out, COPY_OUT_PATH_MAX, "%s/%s", to, last == NULL ? from : last + 1)
                  : snprintf(out, COPY_OUT_PATH_MAX, "%s", to);
    if (len < 0 || len >= COPY_OUT_PATH_MAX) {
        return say_problem(SAY_USAGE, "the path is too long; the file is at '%s'", from);
    }
    if (lstat(out, &info) == 0) {
        errno = EEXIST;
        return copy_out_fail(from, out);
    }
    if (copy_out_draft(from, out, draft) < 0) {
        return copy_out_fail(from, out);
    }
    return copy_out_publish(draft, out) < 0 ? copy_out_fail(from, out) : 0;
}
