/*
 * What the store keeps of a file of a network: its key, and where it is or what it will be called.
 *
 * Table "files": key = network 32 | file id 32. Source: docs/protocol/file.md, "The table".
 */
#ifndef SYNC_FILE_ROW_H
#define SYNC_FILE_ROW_H

#include "base/wr.h"
#include "port/files.h"
#include "sync/file_shape.h"

#define FILE_ROW_TABLE "files"
#define FILE_ROW_TEXT_MAX 4095 /* a path, without NUL */
/* format, state, AEAD, size, key, stamp, text */
#define FILE_ROW_SIZE_MAX (3 + 8 + FILE_SHAPE_KEY_SIZE + 24 + FILE_ROW_TEXT_MAX)

enum file_row_state {
    FILE_ROW_OFFERED = 1, /* text: the path outside the home, absolute */
    FILE_ROW_COMING = 2,  /* text: what its giver calls it */
    FILE_ROW_NAMED = 3,   /* whole; text: the path in the home that it has or is about to get */
    FILE_ROW_HERE = 4     /* text: the path in the home; the stamp counts */
};

struct file_row {
    enum file_row_state state;
    enum aead_kind aead;
    uint64_t size;
    uint8_t key[FILE_SHAPE_KEY_SIZE]; /* a secret */
    struct port_files_stamp stamp;    /* OFFERED, HERE */
    char text[FILE_ROW_TEXT_MAX + 1];
    size_t text_len;
};

/** A secret: it holds the key. */
void file_row_write(struct wr *w, const struct file_row *row);

/** WAVU_ERR_CORRUPT, _UNSUPPORTED (a newer one). */
WARN_UNUSED int file_row_read(struct file_row *row, struct span value);

#endif
