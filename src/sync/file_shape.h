/*
 * How a file is cut into pieces, what names it, and how a piece is sealed. Plain bytes and a file's
 * key come in, sealed pieces leave, and the other way.
 *
 * Source: docs/protocol/file.md.
 */
#ifndef SYNC_FILE_SHAPE_H
#define SYNC_FILE_SHAPE_H

#include "crypto/aead.h"
#include "crypto/hash.h"

#define FILE_SHAPE_PIECE_MIN 65536u  /* bytes of a piece of files up to 4 GiB */
#define FILE_SHAPE_PIECES_MAX 65536u /* of larger ones pieces are larger: maps stay small */
#define FILE_SHAPE_SIZE_MAX (UINT64_C(1) << 36) /* 64 GiB, in pieces of 1 MiB */
#define FILE_SHAPE_KEY_SIZE 32
#define FILE_SHAPE_ID_SIZE 32

struct file_shape {
    uint64_t size;  /* of the plain file */
    uint32_t piece; /* bytes of each but the last */
    uint32_t count; /* pieces; an empty file has one, which is empty */
};

/* What seals and opens a file's pieces. */
struct file_shape_seal {
    struct file_shape shape;
    struct aead_key key; /* wiped by file_shape_seal_clear */
};

/** WAVU_ERR_LIMIT above FILE_SHAPE_SIZE_MAX. */
WARN_UNUSED int file_shape_of(struct file_shape *shape, uint64_t size);

/** Bytes of piece `number`, which is below shape->count. */
size_t file_shape_piece(const struct file_shape *shape, uint32_t number);

/** The file's name: of the root of its sealed pieces' tree, its size and its AEAD. */
void file_shape_id(uint8_t id[FILE_SHAPE_ID_SIZE], const struct file_shape *shape,
                   const uint8_t root[HASH_SHA256_SIZE], enum aead_kind aead);

static inline bool file_shape_is_id(const uint8_t *a, const uint8_t *b)
{
    return span_is_equal(span_of(a, FILE_SHAPE_ID_SIZE), span_of(b, FILE_SHAPE_ID_SIZE));
}

/** `secret` is the file's key, drawn once for this file: FILE_SHAPE_KEY_SIZE bytes. */
void file_shape_seal_init(struct file_shape_seal *s, const struct file_shape *shape,
                          const uint8_t secret[FILE_SHAPE_KEY_SIZE], enum aead_kind aead);
void file_shape_seal_clear(struct file_shape_seal *s);

/** Seal piece `number` in place: `bytes` has file_shape_piece of them, `tag` comes behind. A number
 * seals one content only, ever. */
void file_shape_seal(const struct file_shape_seal *s, struct aead *aead, uint32_t number,
                     struct span_mut bytes, uint8_t tag[AEAD_TAG_SIZE]);

/** Open in place. WAVU_ERR_CRYPTO: the piece is not what was sealed, `bytes` are zeroed. */
WARN_UNUSED int file_shape_open(const struct file_shape_seal *s, struct aead *aead, uint32_t number,
                                struct span_mut bytes, const uint8_t tag[AEAD_TAG_SIZE]);

#endif
