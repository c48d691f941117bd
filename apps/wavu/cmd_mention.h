/*
 * Whom a text mentions: "@Baraka" in what a person says to a room.
 */
#ifndef APPS_WAVU_CMD_MENTION_H
#define APPS_WAVU_CMD_MENTION_H

#include "apps/wavu/command.h"
#include "base/span.h"

#define CMD_MENTION_NAMES_MAX 128 /* of one text, that are looked up */

struct json_t;

/** The next name behind an @ in `text` from `*at` on, which moves behind it; `*name` is borrowed.
 * An @ counts at the beginning of a word, so that an address is none; a name goes up to the next
 * space, or stands in double quotes. False when there is none any more. */
bool cmd_mention_next(struct span text, size_t *at, struct span *name);

/** Put the members of the one network that is meant whom `text` names at "mentions" of `params`.
 * What is nobody's name stays text; so does one that several have, after a sentence about how to
 * tell them apart. Returns 0, or an exit code after a sentence. */
WARN_UNUSED int cmd_mention_put(const struct call *call, struct span text, struct json_t *params);

#endif
