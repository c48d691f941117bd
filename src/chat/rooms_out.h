/*
 * What the rooms of a network say, on its way out. A part of chat/rooms.h: it waits for the disk,
 * then for the mesh, which lets a device say so much a second; what has waited goes several in one.
 */
#ifndef CHAT_ROOMS_OUT_H
#define CHAT_ROOMS_OUT_H

#include "chat/rooms_core.h"

void rooms_out_init(struct rooms *r);
void rooms_out_clear(struct rooms *r);

/** Broadcast a kind's bytes, in order, when all that was written until now is on the disk. `id`: of
 * an entry; else NULL. */
void rooms_out_say(struct rooms *r, enum rooms_kind kind, struct span body,
                   const uint8_t id[ENTRY_ID_SIZE]);

/** A commit is on the disk: what waited for it goes. */
void rooms_out_flush(struct rooms *r);

/** So much waits that nothing is to be added. */
bool rooms_out_is_full(const struct rooms *r);

#endif
