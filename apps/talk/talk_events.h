/*
 * What events of the node change in the talk, and what is told of them. A part of the talk.
 */
#ifndef APPS_TALK_TALK_EVENTS_H
#define APPS_TALK_TALK_EVENTS_H

#include "apps/talk/talk_core.h"

/** The lists came: tell what was said in chats that were not known before. */
void talk_events_strays(struct talk *talk);

/** Take one of mesh.events. */
void talk_events_take(struct talk *talk, const struct json_t *event);

#endif
