/*
 * Commands about people and networks: rows of the table in talk_words.c, each a talk_words_run.
 */
#ifndef APPS_TALK_TALK_WORDS_PEOPLE_H
#define APPS_TALK_TALK_WORDS_PEOPLE_H

#include "apps/talk/talk_words_core.h"

int talk_words_people_invite(struct talk_words_call *call);
int talk_words_people_join(struct talk_words_call *call);
int talk_words_people_members(struct talk_words_call *call);
int talk_words_people_known(struct talk_words_call *call);
int talk_words_people_verify(struct talk_words_call *call);
int talk_words_people_revoke(struct talk_words_call *call);
int talk_words_people_leave(struct talk_words_call *call);
int talk_words_people_nick(struct talk_words_call *call);
int talk_words_people_self(struct talk_words_call *call);
int talk_words_people_networks(struct talk_words_call *call);

#endif
