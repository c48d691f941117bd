/*
 * Who has what: this device's frontiers, which say what it holds without gaps, and what those of
 * others say about the messages of this node's owner. A part of chat/history.h.
 *
 * Source: docs/protocol/room.md, "Frontier and receipts".
 */
#ifndef CHAT_HISTORY_HAS_H
#define CHAT_HISTORY_HAS_H

#include "chat/frontier.h"
#include "chat/history.h"

#define HISTORY_HAS_GAPS_MAX 64 /* authors of whom missing content stops receipts */

/** Write a frontier of a room in which something of others is new, signed by `pair`, this device's
 * key: call once a second until it says NOT_FOUND, nothing is new. With `is_read_told` it says what
 * was read, too. Errors of the store. */
WARN_UNUSED int history_has_make(struct history *h, const struct ed25519_pair *pair,
                                 bool is_read_told, struct wr *w);

/** Is there something to say? */
bool history_has_news(const struct history *h);

/** Take a frontier (frontier_open) of a device of `member`, who belongs. What it says of entries
 * that were never said here is no receipt, and proves nothing: a member can lie. NOT_FOUND: its
 * room is not known here; LIMIT; errors of the store. HISTORY_HAS and HISTORY_READ tell what is
 * new. */
WARN_UNUSED int history_has_take(struct history *h, const struct frontier *f,
                                 const uint8_t member[32]);

/* A member and an entry. */
struct history_receipt {
    uint8_t member[32];
    bool has_read; /* said so; else it has it */
};

/** Who of the other members has an entry of this node's owner: `*count` of them, `max` at most.
 * NOT_FOUND; INVALID: it is somebody else's; errors of the store. */
WARN_UNUSED int history_has_of(const struct history_room *room, const uint8_t id[32],
                               struct history_receipt *out, size_t max, size_t *count);

#endif
