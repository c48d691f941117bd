/*
 * Chains of one room, as talks compare and give them: how far each device's entries are here goes
 * out; the peer's come in, and what it lacks is given, what is lacked here is asked for. A part of
 * chat/repair.h.
 *
 * Source: docs/protocol/room.md, "Repair".
 */
#ifndef CHAT_REPAIR_CHAINS_H
#define CHAT_REPAIR_CHAINS_H

#include "chat/history_give.h"
#include "chat/repair_msg.h"

/* A chain that is being given: what comes next of it. */
struct repair_chains_cursor {
    uint32_t device;
    uint64_t sequence;
    uint64_t number;
    bool is_fork; /* given whole, behind all others: it may be long, and the same each time */
};

/* What the peer lacks. */
struct repair_chains {
    struct repair_chains_cursor *cursors; /* owned */
    size_t count;
};

/** Append a frame: how far all chains of the room, which is in use, are here. Flags: 0, or
 * REPAIR_TELL. */
WARN_UNUSED int repair_chains_write(const struct history_room *room, uint8_t flags,
                                    struct buf *out);

/** Compare the peer's CHAINS with those of the room, which is in use: `given` (zeroed) is what the
 * peer lacks, and a frame that asks for what is lacked here is appended to `answer`, if anything
 * is. Both take what they are long. Errors of the store: `given` is to be cleared all the same. */
WARN_UNUSED int repair_chains_compare(const struct history_room *room, const struct repair_msg *m,
                                      struct repair_chains *given, struct buf *answer);

/** The number of the next entry, in the order in which they came here, those of forked chains
 * behind all others. NOT_FOUND behind the last; errors of the store. */
WARN_UNUSED int repair_chains_next(const struct history_room *room, struct repair_chains *given,
                                   uint64_t *number);

void repair_chains_clear(struct repair_chains *given);

#endif
