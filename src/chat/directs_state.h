/*
 * What became of messages of this device in direct chats, in the store. A part of chat/directs.h.
 *
 *   chat.m  room 4, number 8   format 1, state 1 (enum outbox_state), who holds it 32
 *   chat.w  network 4          format 1, are authors told of what was read 1
 */
#ifndef CHAT_DIRECTS_STATE_H
#define CHAT_DIRECTS_STATE_H

#include "chat/history.h"
#include "courier/outbox.h"

struct directs_state {
    enum outbox_state state;
    uint8_t peer[32]; /* OUTBOX_STORED: who holds it; else zeros */
};

/** What is known of a message. NOT_FOUND: nothing (it is not this device's); CORRUPT, UNSUPPORTED;
 * errors of the store. */
WARN_UNUSED int directs_state_get(const struct history_room *chat, uint64_t number,
                                  struct directs_state *out);

/** A new message. Errors of the store. */
WARN_UNUSED int directs_state_begin(const struct history_room *chat, uint64_t number);

/** More is known: kept when it says more than what was. `*is_new`: it did. Errors as of get. */
WARN_UNUSED int directs_state_move(const struct history_room *chat, uint64_t number,
                                   const struct directs_state *next, bool *is_new);

/** The message whose id begins with those 16 bytes, of this node's own device: its number and id.
 * NOT_FOUND; errors of the store. */
WARN_UNUSED int directs_state_find(const struct history_room *chat, const uint8_t half[16],
                                   uint64_t *number, uint8_t id[32]);

/** The wish to tell authors what was read. Errors of the store. */
WARN_UNUSED int directs_state_wish(const struct history *h, bool *is_told);
WARN_UNUSED int directs_state_set_wish(const struct history *h, bool is_told);

#endif
