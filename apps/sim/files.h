/*
 * Whole files in and out, with a sentence when that fails.
 */
#ifndef APPS_SIM_FILES_H
#define APPS_SIM_FILES_H

#include "apps/sim/voice.h"
#include "base/buf.h"

/** Append the file at `path` to `out`. 0, or an exit code after a sentence. */
WARN_UNUSED int files_read(const struct voice *voice, const char *path, struct buf *out);

/** Make or replace the file at `path`. 0, or an exit code after a sentence. */
WARN_UNUSED int files_write(const struct voice *voice, const char *path, struct span bytes);

/** Whether files_write could make or replace `path`, for what is written after long work. Nothing
 * is changed. 0, or an exit code after a sentence. */
WARN_UNUSED int files_try(const struct voice *voice, const char *path);

#endif
