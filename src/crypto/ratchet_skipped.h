/*
 * Keys of messages that were passed over: those of one ratchet, bounded in number and age.
 *
 * A key comes from crypto/ratchet.c when a later message of its chain was opened, and leaves when
 * its own message comes, when it is 30 days old, or as the oldest when there are too many. An older
 * chain is remembered by its header key as long as it misses messages.
 *
 * Source: docs/protocol/session.md; the Double Ratchet specification, 4.3 and 8.4.
 */
#ifndef CRYPTO_RATCHET_SKIPPED_H
#define CRYPTO_RATCHET_SKIPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATCHET_SKIPPED_KEYS_MAX 1024 /* 48 bytes each: 48 KiB a ratchet */
#define RATCHET_SKIPPED_CHAINS_MAX 64 /* header keys that an unknown message is tried with */
#define RATCHET_SKIPPED_NS (30 * UINT64_C(86400000000000)) /* the longest time in a mailbox */
#define RATCHET_SKIPPED_NONE SIZE_MAX

struct ratchet_skipped_key {
    uint8_t key[32];
    uint32_t serial; /* of its chain */
    uint32_t index;
    uint64_t expires; /* ns */
};

struct ratchet_skipped_chain {
    uint8_t header[32];
    uint32_t serial;
    uint32_t count; /* keys of it that are here; never 0 */
};

struct ratchet_skipped {
    struct ratchet_skipped_key *keys; /* owned; the oldest first */
    size_t count;
    size_t cap;
    struct ratchet_skipped_chain *chains; /* owned; the oldest first; without the current one */
    size_t chain_count;
};

/** Wipe and free all; the struct is empty and usable again. Zeroed memory is empty, too. */
void ratchet_skipped_clear(struct ratchet_skipped *s);

/** Keep the key of message `index` of chain `serial`, the newest; the oldest goes for it. */
void ratchet_skipped_put(struct ratchet_skipped *s, const struct ratchet_skipped_key *key);

/** Make room for `count` more keys at once: drops so many of the oldest as are in the way. */
void ratchet_skipped_reserve(struct ratchet_skipped *s, size_t count);

/** Place of a key, or RATCHET_SKIPPED_NONE. */
size_t ratchet_skipped_find(const struct ratchet_skipped *s, uint32_t serial, uint32_t index);

/** Wipe the key at `place` and close the gap. */
void ratchet_skipped_drop(struct ratchet_skipped *s, size_t place);

/** Chain `serial` is the current one no longer: remember its header key while keys of it are here.
 * Once for each chain. */
void ratchet_skipped_end_chain(struct ratchet_skipped *s, uint32_t serial,
                               const uint8_t header[32]);

/** Drop what is due at `now`. */
void ratchet_skipped_expire(struct ratchet_skipped *s, uint64_t now);

/** When the next key is due; UINT64_MAX without one. */
uint64_t ratchet_skipped_deadline(const struct ratchet_skipped *s);

void ratchet_skipped_check(const struct ratchet_skipped *s);

#endif
