/*
 * A plain file as its sealed pieces: a job opens it, hashes it in slices, and seals what is asked
 * for again as long as the file is what it was. Plain bytes come from the disk, sealed pieces
 * leave.
 *
 * All but init and clear is called by jobs, one at a time. A piece is sealed anew under its old
 * nonce only when it has the old bytes: its tag says so before it leaves. That is a third cheaper
 * than its hash, and only who has the file's key could make other bytes of that tag; who fetches
 * checks the hash.
 *
 * Source: docs/protocol/file.md.
 */
#ifndef SYNC_FILE_SOURCE_H
#define SYNC_FILE_SOURCE_H

#include "port/files.h"
#include "sync/file_shape.h"
#include "sync/file_tree.h"

#define FILE_SOURCE_PATH_MAX 4096  /* bytes of a path with NUL */
#define FILE_SOURCE_SLICE 8388608u /* bytes hashed by one job: some 10 ms */

struct file_source {
    struct port *port;
    char *path;      /* owned */
    bool is_outside; /* of the home */
    bool has_stamp;  /* what the file must look like is known */
    struct port_files_stamp stamp;
    enum aead_kind aead;
    uint8_t secret[FILE_SHAPE_KEY_SIZE]; /* the file's key; wiped by clear */
    struct port_file *file;
    struct file_shape_seal seal; /* once open */
    struct file_tree tree;
    struct buf tags;                /* of the pieces that are hashed, AEAD_TAG_SIZE each */
    uint32_t hashed;                /* pieces that are in the tree */
    uint8_t id[FILE_SHAPE_ID_SIZE]; /* once all are */
};

/** `path` is copied; `stamp` may be NULL: whatever the file is when it is opened first. */
void file_source_init(struct file_source *s, struct port *port, const char *path, bool is_outside,
                      const struct port_files_stamp *stamp);

/** The key that the file is sealed under, before the first open. */
void file_source_set_key(struct file_source *s, const uint8_t secret[FILE_SHAPE_KEY_SIZE],
                         enum aead_kind aead);
void file_source_clear(struct file_source *s);

/** Open the file unless it is open. WAVU_ERR_CORRUPT: it is not the file of the stamp any more;
 * _LIMIT: larger than FILE_SHAPE_SIZE_MAX; and what open_outside and open say. */
WARN_UNUSED int file_source_open(struct file_source *s);

/** Close it until it is wanted again. */
void file_source_close(struct file_source *s);

/** Hash the next FILE_SOURCE_SLICE of an open file; at the end the tree stands and s->id is set.
 * WAVU_ERR_AGAIN: there is more; _CORRUPT: the file changed meanwhile; _IO, _MEMORY. */
WARN_UNUSED int file_source_hash(struct file_source *s, struct aead *aead);

/** Write sealed piece `number` of a hashed file into `out`, which has file_shape_piece bytes and
 * AEAD_TAG_SIZE behind them. WAVU_ERR_CORRUPT: the file is not what was hashed; `out` is zeroed
 * then; _IO. */
WARN_UNUSED int file_source_seal(struct file_source *s, struct aead *aead, uint32_t number,
                                 struct span_mut out);

#endif
