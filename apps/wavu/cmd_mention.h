/*
 * Whom a text mentions: "@Baraka" in what a person says to a room.
 */
#ifndef APPS_WAVU_CMD_MENTION_H
#define APPS_WAVU_CMD_MENTION_H

#include "apps/wavu/command.h"
#include "base/span.h"

struct json_t;

/** Put the members of the one network that is meant whom `text` names at "mentions" of `params`.
 * What is nobody's name stays text; so does one that several have, after a sentence about how to
 * tell them apart. Returns 0, or an exit code after a sentence. */
WARN_UNUSED int cmd_mention_put(const struct call *call, struct span text, struct json_t *params);

#endif
