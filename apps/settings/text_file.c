/*
 * A new file beside the old one, on the disk before it takes the name.
 */
#include "apps/settings/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/settings/file_guard.h"
#include "apps/term/say.h"

enum text_file_step {
    TEXT_FILE_READ,
    TEXT_FILE_LOCK,
    TEXT_FILE_CHANGE,
};

static int text_file_explain(const char *path, enum text_file_step step, int error_number)
{
    bool is_denied = error_number == EACCES || error_number == EPERM || error_number == EROFS;
    const int code = is_denied ? SAY_DENIED : SAY_FAILURE;
    const char *why = strerror(error_number);
    switch (step) {
    case TEXT_FILE_READ:
        return say_problem(code, "'%s' cannot be read: %s", path, why);
    case TEXT_FILE_LOCK:
        return say_problem(code, "'%s' cannot be locked: %s", path, why);
    case TEXT_FILE_CHANGE:
        break;
    }
    return say_problem(code, "'%s' cannot be changed: %s", path, why);
}

/* A link's end is what is replaced, not the link: people keep their settings elsewhere. */
static int text_file_resolve(struct text_file *f, const char *path)
{
    char real[PATH_MAX];
    const char *found = realpath(path, real) != NULL ? real : path;
    int len = snprintf(f->path, sizeof f->path, "%s", found);
    if (found == path && errno != ENOENT) {
        return text_file_explain(path, TEXT_FILE_READ, errno);
    }
    return len < 0 || (size_t)len >= sizeof f->path
               ? say_problem(SAY_FAILURE, "the path of '%.200s' is too long", path)
               : 0;
}

static int text_file_lock(struct text_file *f)
{
    char folder[HOME_PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", f->path);
    char *slash = strrchr(folder, '/');
    (void)snprintf(slash != NULL ? slash : folder, 2, "%s", slash != NULL ? "" : ".");
    int code = home_make(folder, true);
    if (code != 0) {
        return code;
    }
    f->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->folder < 0 || flock(f->folder, LOCK_EX) != 0) {
        return text_file_explain(folder, TEXT_FILE_LOCK, errno);
    }
    return 0;
}

int text_file_open(struct text_file *f, const char *path, unsigned mode, struct buf *text)
{
    uint8_t block[4096];
    struct stat info;
    *f = (struct text_file){.folder = -1, .mode = mode};
    int code = text_file_resolve(f, path);
    code = code == 0 ? text_file_lock(f) : code;
    if (code != 0) {
        return code;
    }
    int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : text_file_explain(path, TEXT_FILE_READ, errno);
    }
    code = file_guard_check(fd, f->path);
    if (code != 0) {
        (void)close(fd);
        return code;
    }
    ssize_t got = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? 1 : -1;
    errno = got < 0 ? EINVAL : 0;
    int rc = 0;
    while (got > 0 && rc == 0) {
        got = read(fd, block, sizeof block);
        rc = got > 0 ? buf_append(text, span_of(block, (size_t)got)) : 0;
    }
    if (got < 0) {
        code = text_file_explain(path, TEXT_FILE_READ, errno);
    } else if (rc < 0) {
        code = say_problem(SAY_FAILURE, "'%s' is too long", path);
    }
    f->mode = info.st_mode & 0777;
    explicit_bzero(block, sizeof block);
    (void)close(fd);
    return code;
}

static int text_file_write(int fd, struct span text)
{
    for (size_t at = 0; at < text.len;) {
        ssize_t put = write(fd, text.ptr + at, text.len - at);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return -1;
        }
        at += (size_t)put;
    }
    return fsync(fd);
}

int text_file_replace(const struct text_file *f, struct span text)
{
    char made[HOME_PATH_MAX + 32];
    (void)snprintf(made, sizeof made, "%s.%ld.new", f->path, (long)getpid());
    (void)unlink(made);
    int fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return text_file_explain(f->path, TEXT_FILE_CHANGE, errno);
    }
    bool is_good = text_file_write(fd, text) == 0 && fchmod(fd, f->mode) == 0;
    int error_number = errno;
    (void)close(fd);
    if (is_good && rename(made, f->path) != 0) {
        error_number = errno;
        is_good = false;
    }
    if (!is_good) {
        (void)unlink(made);
        return text_file_explain(f->path, TEXT_FILE_CHANGE, error_number);
    }
    (void)!fsync(f->folder); /* some folders have none */
    return 0;
}

void text_file_close(struct text_file *f)
{
    if (f->folder >= 0) {
        (void)close(f->folder);
        f->folder = -1;
    }
}
