/*
 * Who holds the places and the memory of who serves files: each stream with its member. Pure.
 *
 * A part of sync/file_serve.h. Source: docs/protocol/file.md.
 */
#ifndef SYNC_FILE_SHARE_H
#define SYNC_FILE_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"

#define FILE_SHARE_STREAMS_MAX 64      /* of all members */
#define FILE_SHARE_BYTES_MAX 16777216u /* sealed and not yet sent, of all streams */
#define FILE_SHARE_NONE SIZE_MAX

struct file_share_stream {
    uint8_t member[32];
    uint64_t moved; /* ns: when something last came or went */
    size_t bytes;   /* sealed for it, and not yet sent */
    bool is_used;
};

struct file_share {
    struct file_share_stream streams[FILE_SHARE_STREAMS_MAX];
    size_t count;
    size_t bytes; /* of all */
};

/** A place for a stream of `member`, or FILE_SHARE_NONE when all are taken. */
WARN_UNUSED size_t file_share_add(struct file_share *s, const uint8_t member[32], uint64_t now);

/** The stream that gives way to a further one of `member`: of who has most of them the one that was
 * quiet longest, where that leaves it as many as `member` then has. FILE_SHARE_NONE: none does. */
WARN_UNUSED size_t file_share_victim(const struct file_share *s, const uint8_t member[32]);

/** It is over; what was sealed for it is gone. */
void file_share_remove(struct file_share *s, size_t at);

/** May more be sealed for it? A member may have as much as it leaves to others. */
WARN_UNUSED bool file_share_may(const struct file_share *s, size_t at);

/** So much more was sealed for it, or so much of that is gone. */
void file_share_take(struct file_share *s, size_t at, size_t bytes);
void file_share_give(struct file_share *s, size_t at, size_t bytes);

#endif
