/*
 * wavu history: what was said in a room or a direct chat.
 */
#ifndef APPS_WAVU_CMD_HISTORY_H
#define APPS_WAVU_CMD_HISTORY_H

#include "apps/wavu/command.h"

struct json_t;

/** The message of that look (`params` of history.look, borrowed) whose id begins with `part`, among
 * the last ones: on 0 its id, the caller's. Else an exit code after a sentence. */
WARN_UNUSED int cmd_history_find(const struct call *call, struct json_t *params, const char *part,
                                 struct json_t **id);

/** Returns the exit code. */
int cmd_history_run(struct call *call);

#endif
