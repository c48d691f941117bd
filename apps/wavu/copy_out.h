/*
 * A file of the home given to a person: copied to where it is wanted, under a name that is free.
 */
#ifndef APPS_WAVU_COPY_OUT_H
#define APPS_WAVU_COPY_OUT_H

#include <stddef.h>

#include "wavu/api.h"

#define COPY_OUT_PATH_MAX 4096 /* bytes of a path with NUL */

/**
 * Copy the file `from` to `to`, or, when that is a folder, into it under the last part of `from`.
 * What is there is never replaced; the copy has its name only once it is whole and on the disk.
 * Writes where it is into `out`. Returns 0, or an exit code after a sentence.
 */
WARN_UNUSED int copy_out(const char *from, const char *to, char out[COPY_OUT_PATH_MAX]);

#endif
