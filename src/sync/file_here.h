/*
 * Codec of what a device tells all members about files: the beginnings of the ids of those that it
 * has whole, so that who fetches one knows whom to ask. A value of the shared state comes in or
 * leaves.
 *
 *   value = format 1 | the first 8 bytes of each id
 *
 * Source: docs/protocol/file.md, "Who has it".
 */
#ifndef SYNC_FILE_HERE_H
#define SYNC_FILE_HERE_H

#include "base/wr.h"
#include "sync/file_shape.h"

#define FILE_HERE_KEY "files" /* of the shared state */
#define FILE_HERE_FORMAT 1
#define FILE_HERE_PART 8 /* bytes of an id: enough that no two of a network's files share them */
#define FILE_HERE_MAX                                                                              \
    128 /* files: a value of the shared state has 4,096 bytes for four times that */
#define FILE_HERE_SIZE_MAX (1 + FILE_HERE_MAX * FILE_HERE_PART)

/* The newest files that are here, the newest first. */
struct file_here {
    uint8_t parts[FILE_HERE_MAX][FILE_HERE_PART];
    size_t count;
};

/** Put a file in front; the oldest goes when there are too many. */
void file_here_add(struct file_here *h, const uint8_t id[FILE_SHAPE_ID_SIZE]);

/** It is not here any more. False: it was not among them. */
bool file_here_remove(struct file_here *h, const uint8_t id[FILE_SHAPE_ID_SIZE]);

void file_here_write(struct wr *w, const struct file_here *h);

/** Does the device that said `value`, whatever it is, say that it has that file? */
WARN_UNUSED bool file_here_has(struct span value, const uint8_t id[FILE_SHAPE_ID_SIZE]);

#endif
