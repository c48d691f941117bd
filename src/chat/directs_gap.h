/*
 * What is missing in direct chats and who is asked for it; what others ask for; authors who are to
 * hear that they were read. All of it waits for room and goes on later. A part of chat/directs.h.
 *
 * Gaps and wishes are in memory alone: a start looks at all chats, who asked asks again.
 */
#ifndef CHAT_DIRECTS_GAP_H
#define CHAT_DIRECTS_GAP_H

#include "chat/directs_core.h"

/** Begin: all chats are looked at once, soon. */
void directs_gap_init(struct directs *d);
void directs_gap_clear(struct directs *d);

/** A message was kept: does it leave a gap, or close one? */
void directs_gap_took(struct directs *d, const struct direct *m);

/** Somebody asks for messages: of one's own person everything is given to own devices, to others
 * what this node's owner said. */
void directs_gap_want(struct directs *d, const struct courier_content *content,
                      const struct direct *want);

/** A message of `device` was read: its author will hear of it. Beyond DIRECTS_READS_MAX the oldest
 * are let go. */
void directs_gap_read(struct directs *d, const uint8_t device[32], const uint8_t id[32]);

#endif
