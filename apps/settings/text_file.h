/*
 * A small file of a person's, read whole and replaced in one step.
 */
#ifndef APPS_SETTINGS_TEXT_FILE_H
#define APPS_SETTINGS_TEXT_FILE_H

#include "apps/settings/home.h"
#include "base/buf.h"

/* A file that is being changed: nobody else who asks changes it meanwhile. */
struct text_file {
    char path[HOME_PATH_MAX]; /* of the file itself: links are followed */
    int folder;               /* its folder, locked */
    unsigned mode;            /* it has, or is to have */
};

/**
 * Take the file `path` for a change; its folder is made when it is missing. `mode`: of a new one.
 * What it holds is appended to `text`, nothing when it is not there. Returns 0, or an exit code
 * after a sentence. End with text_file_close, whatever came.
 */
WARN_UNUSED int text_file_open(struct text_file *f, const char *path, unsigned mode,
                               struct buf *text);

/** Put `text` in its place: after a crash there is the old one or the new one, whole. As
 * text_file_open. */
WARN_UNUSED int text_file_replace(const struct text_file *f, struct span text);

void text_file_close(struct text_file *f);

#endif
