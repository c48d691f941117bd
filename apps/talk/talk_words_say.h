/*
 * Commands about what is said: rows of the table in talk_words.c, each a talk_words_run.
 */
#ifndef APPS_TALK_TALK_WORDS_SAY_H
#define APPS_TALK_TALK_WORDS_SAY_H

#include "apps/talk/talk_words_core.h"

#define TALK_WORDS_SAY_FOUND_MAX 100 /* messages of one search, the newest */

int talk_words_say_dm(struct talk_words_call *call);
int talk_words_say_me(struct talk_words_call *call);
int talk_words_say_reply(struct talk_words_call *call);
int talk_words_say_edit(struct talk_words_call *call);
int talk_words_say_delete(struct talk_words_call *call);
int talk_words_say_react(struct talk_words_call *call);
int talk_words_say_search(struct talk_words_call *call);
int talk_words_say_room(struct talk_words_call *call);

#endif
