/*
 * wavu status and wavu peers: questions to the running node.
 */
#ifndef APPS_WAVU_CMD_ASK_H
#define APPS_WAVU_CMD_ASK_H

#include <stdint.h>

#include "apps/wavu/command.h"

struct json_t;

/** Ask the running node; on 0 `*result` is an object, the caller's. Else an exit code after a
 * sentence. `params` is borrowed; NULL: none. */
WARN_UNUSED int cmd_ask(const struct call *call, const char *method, struct json_t *params,
                        struct json_t **result);

/** As cmd_ask, for an answer that may be waited for: up to `wait_ms` more. A node that goes away
 * meanwhile is asked once more, so that a full control socket is not taken for an end. */
WARN_UNUSED int cmd_ask_wait(const struct call *call, const char *method, struct json_t *params,
                             uint64_t wait_ms, struct json_t **result);

/** As cmd_ask_wait, for what is shown as it comes: when nobody reads stdout any more it ends at
 * once, without a sentence. */
WARN_UNUSED int cmd_ask_follow(const struct call *call, const char *method, struct json_t *params,
                               uint64_t wait_ms, struct json_t **result);

/** As cmd_ask, for what a node cannot do for some seconds after it started or was let in: asked
 * again while it says so, for 10 s. */
WARN_UNUSED int cmd_ask_ready(const struct call *call, const char *method, struct json_t *params,
                              struct json_t **result);

/** Looks at one event of the feed; true: that was the last. */
typedef bool cmd_ask_each(void *context, const struct json_t *event);

/** Hand each event of the running node behind number `after` to `each`, as they come, until that
 * says that it is over. Returns 0 then, or an exit code after a sentence. */
WARN_UNUSED int cmd_ask_events(const struct call *call, uint64_t after, cmd_ask_each *each,
                               void *context);

/** Print a result as the node gave it. Returns the exit code. */
WARN_UNUSED int cmd_ask_print_json(const struct json_t *result);

/** The text or number at `key`; "" or 0 when there is none. */
const char *cmd_ask_text(const struct json_t *object, const char *key);
uint64_t cmd_ask_count(const struct json_t *object, const char *key);

/** wavu status; returns the exit code. */
int cmd_ask_status_run(struct call *call);

/** wavu peers; returns the exit code. */
int cmd_ask_peers_run(struct call *call);

#endif
