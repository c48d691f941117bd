/*
 * The chain of one device in one epoch: a key and a salt for each generation, and no way back.
 *
 *   kdf(chain, "wavu epoch step 1", empty, 96) = next chain | key | salt
 *
 * A reader peeks a generation's key aside and takes it when the entry has proved itself; keys that
 * are passed over are kept for a while. Source: docs/protocol/epoch.md.
 */
#ifndef GROUP_CHAIN_H
#define GROUP_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/err.h"

#define CHAIN_KEY_SIZE 32
#define CHAIN_SALT_SIZE 32
#define CHAIN_GENERATIONS_MAX 1024 /* work for a forged generation: 1,024 steps, about a ms */
#define CHAIN_SKIPPED_MAX 256      /* keys kept that were passed over: 20 KiB */

/* What one generation gives. */
struct chain_keys {
    uint8_t key[CHAIN_KEY_SIZE];
    uint8_t salt[CHAIN_SALT_SIZE];
};

struct chain_skipped {
    uint64_t since; /* ns, when it was passed over */
    uint32_t generation;
    struct chain_keys keys;
};

struct chain {
    uint8_t key[CHAIN_KEY_SIZE]; /* of generation `next`; zero at the end */
    uint32_t next;
    uint32_t skipped_count;
    struct chain_skipped *skipped; /* owned, oldest first; NULL while there is none */
};

/* A generation looked at, not yet taken. The holder wipes it with chain_drop. */
struct chain_peek {
    struct chain_keys keys;
    uint8_t behind[CHAIN_KEY_SIZE]; /* the chain behind it */
    uint32_t generation;
    bool was_skipped;
};

void chain_init(struct chain *c, const uint8_t key[CHAIN_KEY_SIZE]);
/** Wipe and free. */
void chain_clear(struct chain *c);

/** The keys of `generation` into `*peek`; the chain stays. WAVU_ERR_CRYPTO when they are used up or
 * the chain does not go so far. */
WARN_UNUSED int chain_look(const struct chain *c, uint32_t generation, struct chain_peek *peek);

/** Use up what was looked at in this very state of the chain: its keys do not come back. Those in
 * between are kept; of too many the oldest go. Returns by how many kept keys there are more (or,
 * negative, fewer) now. */
int chain_take(struct chain *c, uint64_t now, const struct chain_peek *peek);

/** Go to `generation` without keeping what lies between: the owner of a chain skips what it may
 * have used. Nothing happens when it is there already. */
void chain_skip_to(struct chain *c, uint32_t generation);

/** Wipe kept keys passed over before `since`. Returns how many. */
size_t chain_expire(struct chain *c, uint64_t since);

/** Wipe the oldest `count` kept keys. */
void chain_forget(struct chain *c, size_t count);

void chain_drop(struct chain_peek *peek);

#endif
