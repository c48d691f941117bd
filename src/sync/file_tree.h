/*
 * The hash tree over a file's sealed pieces: pieces come in one after another, the root and any
 * piece's siblings leave; who has the root and the siblings checks a piece alone.
 *
 *   leaf = SHA-256(0 | piece)     node = SHA-256(1 | left | right); one without partner goes up
 *
 * Source: docs/protocol/file.md; the tree is that of RFC 9162, section 2.1.
 */
#ifndef SYNC_FILE_TREE_H
#define SYNC_FILE_TREE_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "sync/file_shape.h"

#define FILE_TREE_LEVELS_MAX 17 /* of FILE_SHAPE_PIECES_MAX leaves, the root's included */
#define FILE_TREE_PATH_MAX (FILE_TREE_LEVELS_MAX - 1) /* siblings of a leaf */

struct file_tree {
    struct buf levels[FILE_TREE_LEVELS_MAX]; /* hashes; leaves first */
};

void file_tree_init(struct file_tree *t);
void file_tree_clear(struct file_tree *t);

/** The hash of a sealed piece: its bytes and its tag. */
void file_tree_leaf(uint8_t leaf[HASH_SHA256_SIZE], struct span bytes, struct span tag);

/** Add the next leaf. WAVU_ERR_LIMIT above FILE_SHAPE_PIECES_MAX, and after file_tree_finish. */
WARN_UNUSED int file_tree_add(struct file_tree *t, const uint8_t leaf[HASH_SHA256_SIZE]);

/** All leaves, at least one, are here: make the levels above. WAVU_ERR_INVALID without leaves. */
WARN_UNUSED int file_tree_finish(struct file_tree *t);

/** The root; after file_tree_finish. */
const uint8_t *file_tree_root(const struct file_tree *t);

/** The siblings of leaf `number` from below to above into `path`, and how many. */
size_t file_tree_path(const struct file_tree *t, uint32_t number,
                      uint8_t path[FILE_TREE_PATH_MAX][HASH_SHA256_SIZE]);

/** The root that `path` (whole hashes) leads to from `leaf`, that of `number` in `count`.
 * WAVU_ERR_CRYPTO when it has too few or too many hashes: `root` is garbage then. */
WARN_UNUSED int file_tree_climb(uint8_t root[HASH_SHA256_SIZE], uint32_t number, uint32_t count,
                                const uint8_t leaf[HASH_SHA256_SIZE], struct span path);

#endif
