/*
 * Peer ids: made from serialised keys, read from the wire and from text, written as text.
 */
#include "crypto/peerid.h"

#include <string.h>

#include "base/check.h"
#include "base/multibase.h"
#include "crypto/hash.h"
#include "wavu/err.h"

#define CODE_IDENTITY 0x00
#define CODE_SHA256 0x12
#define IDENTITY_MAX 42 /* bytes of a key that is its own hash */
#define CID_VERSION 1
#define CODEC_LIBP2P_KEY 0x72
#define CID_SIZE_MAX (2 + PEERID_SIZE_MAX) /* version and codec take a byte each */
#define TEXT_MAX 128 /* characters: a CID of 46 bytes in base16, the longest text, takes 93 */

_Static_assert(PEERID_SIZE_MAX == 2 + IDENTITY_MAX, "code, length, key");

void peerid_from_key(struct peerid *id, struct span key)
{
    *id = (struct peerid){0};
    if (key.len <= IDENTITY_MAX) {
        CHECK(key.len > 0);
        id->bytes[0] = CODE_IDENTITY;
        id->bytes[1] = (uint8_t)key.len;
        memcpy(id->bytes + 2, key.ptr, key.len);
        id->len = (uint8_t)(2 + key.len);
    } else {
        id->bytes[0] = CODE_SHA256;
        id->bytes[1] = HASH_SHA256_SIZE;
        hash_sha256(id->bytes + 2, key);
        id->len = 2 + HASH_SHA256_SIZE;
    }
}

int peerid_decode(struct peerid *id, struct span multihash)
{
    *id = (struct peerid){0};
    if (multihash.len < 3 || multihash.len > PEERID_SIZE_MAX) {
        return WAVU_ERR_INVALID;
    }
    const uint8_t code = multihash.ptr[0];
    const size_t len = multihash.ptr[1]; /* a varint, but of less than 128 in every valid id */
    const bool is_known = code == CODE_IDENTITY ? len <= IDENTITY_MAX
                                                : code == CODE_SHA256 && len == HASH_SHA256_SIZE;
    if (!is_known || len != multihash.len - 2) {
        return WAVU_ERR_INVALID;
    }
    memcpy(id->bytes, multihash.ptr, multihash.len);
    id->len = (uint8_t)multihash.len;
    return 0;
}

/* The multihash inside a binary CIDv1 of codec libp2p-key; empty for other CIDs. */
static struct span multihash_of_cid(struct span cid)
{
    if (cid.len < 2 || cid.ptr[0] != CID_VERSION || cid.ptr[1] != CODEC_LIBP2P_KEY) {
        return span_empty();
    }
    return span_slice(cid, 2, cid.len);
}

int peerid_parse(struct peerid *id, struct span text)
{
    *id = (struct peerid){0};
    if (text.len == 0 || text.len > TEXT_MAX) {
        return WAVU_ERR_INVALID;
    }
    uint8_t bytes[CID_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    if (text.ptr[0] == '1' || span_has_prefix(text, span_of("Qm", 2))) {
        if (multibase_decode(&w, MULTIBASE_BASE58BTC, text) != 0) {
            return WAVU_ERR_INVALID;
        }
        return peerid_decode(id, wr_span(&w));
    }
    if (multibase_decode_prefixed(&w, text) != 0) {
        return WAVU_ERR_INVALID;
    }
    return peerid_decode(id, multihash_of_cid(wr_span(&w)));
}

void peerid_format(const struct peerid *id, char out[PEERID_TEXT_MAX])
{
    struct wr w;
    wr_init(&w, span_mut_of(out, PEERID_TEXT_MAX));
    multibase_encode(&w, MULTIBASE_BASE58BTC, peerid_span(id));
    CHECK(wr_finish_text(&w) == 0);
}

bool peerid_is_equal(const struct peerid *a, const struct peerid *b)
{
    return span_is_equal(peerid_span(a), peerid_span(b));
}
