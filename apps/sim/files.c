/*
 * Files, by ISO C's means.
 */
#include "apps/sim/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Never VOICE_FAILED when read: that is a mesh's. */
static int explain(const struct voice *voice, const char *verb, const char *path, int error)
{
    int code = strcmp(verb, "read") == 0 ? VOICE_USAGE : VOICE_FAILED;
    code = error == ENOENT || error == ENOTDIR ? VOICE_NOT_FOUND : code;
    code = error == EACCES ? VOICE_DENIED : code;
    return voice->problem(code, "'%.512s' cannot be %s: %s", path, verb,
                          error != 0 ? strerror(error) : "the system does not say why");
}

int files_read(const struct voice *voice, const char *path, struct buf *out)
{
    uint8_t block[4096];
    size_t len = sizeof block;
    int rc = 0;
    errno = 0;
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return explain(voice, "read", path, errno);
    }
    while (rc == 0 && len == sizeof block) {
        len = fread(block, 1, sizeof block, file);
        rc = buf_append(out, span_of(block, len));
    }
    int error = ferror(file) != 0 ? errno : 0;
    bool is_broken = ferror(file) != 0;
    (void)fclose(file);
    if (rc < 0) {
        return voice->problem(VOICE_USAGE, "'%.512s' is longer than %zu KiB", path,
                              out->max / 1024);
    }
    return is_broken ? explain(voice, "read", path, error) : 0;
}

int files_write(const struct voice *voice, const char *path, struct span bytes)
{
    errno = 0;
    FILE *file = fopen(path, "wbe");
    if (file == NULL) {
        return explain(voice, "written", path, errno);
    }
    bool is_whole = bytes.len == 0 || fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len;
    int error = is_whole ? 0 : errno;
    if (fclose(file) != 0 && is_whole) {
        is_whole = false;
        error = errno;
    }
    return is_whole ? 0 : explain(voice, "written", path, error);
}

int files_try(const struct voice *voice, const char *path)
{
    FILE *there = fopen(path, "rbe");
    errno = 0;
    FILE *file = fopen(path, "abe");
    int code = file != NULL ? 0 : explain(voice, "written", path, errno);
    if (file != NULL) {
        (void)fclose(file);
    }
    if (there != NULL) {
        (void)fclose(there);
    } else if (file != NULL) {
        (void)remove(path); /* only tried */
    }
    return code;
}
