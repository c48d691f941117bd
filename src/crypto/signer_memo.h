/*
 * A signer that remembers what it has verified: what comes by two ways is verified once. Before a
 * signer of any kind, for one owner, with a place for each of so many hashes.
 */
#ifndef CRYPTO_SIGNER_MEMO_H
#define CRYPTO_SIGNER_MEMO_H

#include "crypto/signer.h"

#define SIGNER_MEMO_MAX 1024 /* 32 KiB: what a busy room says in some seconds */

/* Embedded; not to be moved after signer_memo_init. */
struct signer_memo {
    const struct signer *inner;                          /* borrowed */
    uint8_t verified[SIGNER_MEMO_MAX][HASH_SHA256_SIZE]; /* each at its place; zeros: none */
};

/** Remember nothing yet. The signer returned signs and verifies as `inner`, and is good as long as
 * both are. */
struct signer signer_memo_init(struct signer_memo *m, const struct signer *inner);

#endif
