/*
 * Which networks and chats there are: looked up at the node, put in order, glanced at. A part of
 * the talk.
 */
#ifndef APPS_TALK_TALK_CHATS_H
#define APPS_TALK_TALK_CHATS_H

#include "apps/talk/talk_core.h"

/** Look all up, now or when the last time is TALK_FRESH_MS ago. */
void talk_chats_want(struct talk *talk);

/** The same TALK_FRESH_MS from now: links of a node come and go one after the other, and all but
 * the first event of them would else be too early to see what came of them. */
void talk_chats_want_later(struct talk *talk);

/** Ask for what is due. */
void talk_chats_step(struct talk *talk);

/** When talk_chats_step wants to be called: as of talk_core_sooner. */
int talk_chats_wait_ms(const struct talk *talk, int before, uint64_t now_ms);

/** The chat, made when it is new; NULL: there are too many. */
struct talk_core_chat *talk_chats_meet(struct talk *talk, const struct talk_network *network,
                                       enum talk_chat_kind kind, const char *id);

/** Put those that are listed in their order. */
void talk_chats_arrange(struct talk *talk);

void talk_chats_clear(struct talk *talk);

#endif
