/*
 * Files of sticks in a folder: written whole or not at all, and read only where they are plain
 * files of a fitting name and size, whatever else lies there.
 */
#ifndef APPS_WAVU_STICK_FILES_H
#define APPS_WAVU_STICK_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/stick.h"

#define STICK_FILES_MAX 4096 /* that are looked at in one folder */

/* The files of a folder, in the order of their names. */
struct stick_files {
    int folder; /* its descriptor */
    char (*names)[WAVU_STICK_NAME_MAX];
    size_t count;
    bool has_more; /* than STICK_FILES_MAX */
};

/** Open `path` and look what is there; 0, or errno. */
WARN_UNUSED int stick_files_open(struct stick_files *f, const char *path);
void stick_files_close(struct stick_files *f);

/** Read one into `out`, which has room for WAVU_STICK_FILE_MAX bytes. 0, or errno; EINVAL: it is no
 * plain file, or too large. */
WARN_UNUSED int stick_files_read(const struct stick_files *f, const char *name, uint8_t *out,
                                 size_t *len);

/** Write `len` bytes as `name`: they are on the disk, and the name, before this returns 0. Else
 * errno, and nothing of that name is there. */
WARN_UNUSED int stick_files_write(const struct stick_files *f, const char *name, const void *bytes,
                                  size_t len);

/** Whether a file may be called so. */
bool stick_files_is_name(const char *name);

#endif
