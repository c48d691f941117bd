/*
 * log.get, log.set: how detailed the log of a running node is, for each subsystem. The levels are
 * the program's; docs/protocol/control.md has the fields.
 */
#ifndef RPC_METHODS_LOG_H
#define RPC_METHODS_LOG_H

#include <stdbool.h>

#include "apps/rpc/jsonrpc.h"

struct log_levels; /* base/log_levels.h */

struct methods_log {
    struct log_levels *levels; /* the program's; NULL: it has no log */
    bool is_json;              /* lines are JSON */
    void (*changed)(void *context);
    void *context;
};

/* Of struct jsonrpc_method. */
struct json_t *methods_log_get(void *context, const struct json_t *params,
                               struct jsonrpc_error *error);
struct json_t *methods_log_set(void *context, const struct json_t *params,
                               struct jsonrpc_error *error);

#endif
