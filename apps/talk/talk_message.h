/*
 * A message of a window, made of what the node answers.
 */
#ifndef APPS_TALK_TALK_MESSAGE_H
#define APPS_TALK_TALK_MESSAGE_H

#include "apps/talk/talk_window.h"

struct json_t;

#define TALK_MESSAGE_REACTIONS_MAX 64 /* emojis on one message that are kept */

/** One of history.look; the caller's. Its revision is 0. */
WARN_UNUSED struct talk_message *talk_message_new(const struct json_t *one);
void talk_message_free(struct talk_message *message);

/** Do both look the same, revisions aside? */
bool talk_message_is_same(const struct talk_message *a, const struct talk_message *b);

/** Bytes that it holds. */
size_t talk_message_size(const struct talk_message *message);

#endif
