/*
 * Pieces of a file: their sizes, their seal, the file's name. Source: docs/protocol/file.md.
 */
#include "sync/file_shape.h"

#include <string.h>

#include "base/check.h"
#include "base/wr.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "crypto/signer.h"

#define FILE_SHAPE_ID_LABEL "wavu file 1"
#define FILE_SHAPE_KEY_LABEL "wavu file pieces 1"
#define FILE_SHAPE_AD_SIZE (1 + 4 + 8)

int file_shape_of(struct file_shape *shape, uint64_t size)
{
    uint32_t piece = FILE_SHAPE_PIECE_MIN;

    if (size > FILE_SHAPE_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    while (size > (uint64_t)piece * FILE_SHAPE_PIECES_MAX) {
        piece *= 2;
    }
    *shape = (struct file_shape){
        .size = size, .piece = piece, .count = size == 0 ? 1 : (uint32_t)((size - 1) / piece) + 1};
    return 0;
}

size_t file_shape_piece(const struct file_shape *shape, uint32_t number)
{
    CHECK(number < shape->count);
    return number + 1 < shape->count ? shape->piece
                                     : (size_t)(shape->size - (uint64_t)number * shape->piece);
}

void file_shape_id(uint8_t id[FILE_SHAPE_ID_SIZE], const struct file_shape *shape,
                   const uint8_t root[HASH_SHA256_SIZE], enum aead_kind aead)
{
    uint8_t body[HASH_SHA256_SIZE + 8 + 1];
    struct wr w;

    wr_init(&w, span_mut_of(body, sizeof body));
    wr_bytes(&w, span_of(root, HASH_SHA256_SIZE));
    wr_u64be(&w, shape->size);
    wr_u8(&w, aead_number(aead));
    CHECK(wr_finish(&w) == 0);
    signer_id(id, FILE_SHAPE_ID_LABEL, wr_span(&w));
}

void file_shape_seal_init(struct file_shape_seal *s, const struct file_shape *shape,
                          const uint8_t secret[FILE_SHAPE_KEY_SIZE], enum aead_kind aead)
{
    *s = (struct file_shape_seal){.shape = *shape, .key.kind = aead};
    kdf(span_mut_of(s->key.bytes, sizeof s->key.bytes), span_of(secret, FILE_SHAPE_KEY_SIZE),
        FILE_SHAPE_KEY_LABEL, NULL, 0);
}

void file_shape_seal_clear(struct file_shape_seal *s)
{
    secret_wipe(s, sizeof *s);
}

/* The nonce is the piece's number, what is bound the file's form. */
static void bind(const struct file_shape_seal *s, uint32_t number, uint8_t nonce[AEAD_NONCE_SIZE],
                 uint8_t ad[FILE_SHAPE_AD_SIZE])
{
    struct wr w;

    memset(nonce, 0, AEAD_NONCE_SIZE);
    wr_init(&w, span_mut_of(nonce, AEAD_NONCE_SIZE));
    wr_u32le(&w, number);
    wr_init(&w, span_mut_of(ad, FILE_SHAPE_AD_SIZE));
    wr_u8(&w, aead_number(s->key.kind));
    wr_u32be(&w, s->shape.count);
    wr_u64be(&w, s->shape.size);
    CHECK(wr_finish(&w) == 0);
}

void file_shape_seal(const struct file_shape_seal *s, struct aead *aead, uint32_t number,
                     struct span_mut bytes, uint8_t tag[AEAD_TAG_SIZE])
{
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t ad[FILE_SHAPE_AD_SIZE];

    CHECK(bytes.len == file_shape_piece(&s->shape, number));
    bind(s, number, nonce, ad);
    aead_seal(aead, &s->key, nonce, span_of(ad, sizeof ad), bytes, tag);
}

int file_shape_open(const struct file_shape_seal *s, struct aead *aead, uint32_t number,
                    struct span_mut bytes, const uint8_t tag[AEAD_TAG_SIZE])
{
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t ad[FILE_SHAPE_AD_SIZE];

    if (number >= s->shape.count || bytes.len != file_shape_piece(&s->shape, number)) {
        return WAVU_ERR_CRYPTO;
    }
    bind(s, number, nonce, ad);
    return aead_open(aead, &s->key, nonce, span_of(ad, sizeof ad), bytes, tag);
}
