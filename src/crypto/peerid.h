/*
 * Peer ids: the multihash of a serialised public key. Source: libp2p peer-ids specification.
 */
#ifndef CRYPTO_PEERID_H
#define CRYPTO_PEERID_H

#include "base/span.h"
#include "wavu/err.h"

#define PEERID_SIZE_MAX 44 /* identity multihash of at most 42 bytes */
#define PEERID_TEXT_MAX 64 /* base58btc of 44 bytes is 61 characters; with NUL */

struct peerid {
    uint8_t len; /* 0: none */
    uint8_t bytes[PEERID_SIZE_MAX];
};

/** The id of the serialised PublicKey `key` (identity up to 42 bytes, else sha2-256). */
void peerid_from_key(struct peerid *id, struct span key);

/** Take multihash bytes. WAVU_ERR_INVALID when they are no peer id (identity <= 42, or sha2-256 of
 * 32). */
WARN_UNUSED int peerid_decode(struct peerid *id, struct span multihash);

/** Read "12D3...", "Qm...", "16Ui..." or a CIDv1 of codec libp2p-key. WAVU_ERR_INVALID otherwise.
 */
WARN_UNUSED int peerid_parse(struct peerid *id, struct span text);

/** base58btc with NUL into `out`. */
void peerid_format(const struct peerid *id, char out[PEERID_TEXT_MAX]);

bool peerid_is_equal(const struct peerid *a, const struct peerid *b);

static inline struct span peerid_span(const struct peerid *id)
{
    return span_of(id->bytes, id->len);
}

#endif
