/*
 * Entries under the keys of epochs: sealed once for all, opened by whoever is in the epoch. Source:
 * docs/protocol/entry.md, "Sealed form".
 */
#ifndef GROUP_EPOCH_SEAL_H
#define GROUP_EPOCH_SEAL_H

#include "group/entry.h"
#include "group/epoch.h"

/* AEAD, two hints, generation; the plaintext's head; tag. */
#define EPOCH_SEAL_HEAD_MAX (1 + 8 + 8 + 2)
#define EPOCH_SEAL_OVERHEAD_MAX (EPOCH_SEAL_HEAD_MAX + ENTRY_PLAIN_SIZE_MAX + AEAD_TAG_SIZE)
_Static_assert(EPOCH_SEAL_OVERHEAD_MAX <= 96, "what an entry costs on the wire");
_Static_assert(CHAIN_GENERATIONS_MAX <= 1 << 14, "a generation is a varint of two bytes");

/* Where an entry was sealed. */
struct epoch_seal {
    uint8_t id[32]; /* of the epoch */
    uint32_t generation;
};

/* A sealed entry that came. */
struct epoch_seal_came {
    struct span bytes;
    const struct entry_proof_named *by; /* borrowed: how the broadcast that brought it names it */
};

/** A room of the group, whose entries may come. LIMIT. */
WARN_UNUSED int epoch_seal_room(struct epoch *e, const uint8_t room[32]);

/** Sign and seal `entry` (room, sequence, previous, parents, expiry, content stand; the rest is
 * filled in) and append it to `w`. AGAIN: generations must be reserved first (EPOCH_SAVE),
 * repeat when that is durable. DENIED: epoch_bar says why. EXHAUSTED: the chain has ended, make a
 * change. LIMIT: too large, or no room in `w`. After an error `w` is as it was. */
WARN_UNUSED int epoch_seal_write(struct epoch *e, struct entry *entry, struct wr *w);

/** Open what `came` into `room`, at least as long, which `entry` then borrows from; its proof is
 * the broadcast. AGAIN: its epoch is not known yet, keep it until EPOCH_OPENED; NOT_FOUND: nobody
 * told the room; CRYPTO: refused. */
WARN_UNUSED int epoch_seal_open(struct epoch *e, uint64_t now, const struct epoch_seal_came *came,
                                struct span_mut room, struct entry *entry,
                                struct epoch_seal *where);

#endif
