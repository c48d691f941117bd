/*
 * Whom a text mentions: "@Baraka" in what a person says to a room.
 */
#ifndef APPS_TALK_TALK_MENTION_H
#define APPS_TALK_TALK_MENTION_H

#include "apps/talk/talk.h"

struct json_t;

/** Put the ids of the members of `network` whom `text` names behind an @ at "mentions" of `params`:
 * an @ counts at the beginning of a word; a name goes up to the next space, or stands in double
 * quotes. What is nobody's name, or several people's, stays text. */
void talk_mention_put(const struct talk_network *network, const char *text, struct json_t *params);

#endif
