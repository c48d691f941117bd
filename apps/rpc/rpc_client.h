/*
 * Asking a running node: one question over its control socket, blocking, with a time limit.
 */
#ifndef APPS_RPC_RPC_CLIENT_H
#define APPS_RPC_RPC_CLIENT_H

#include <stdint.h>

#include "wavu/api.h"
#include "wavu/err.h"

#define RPC_CLIENT_TIMEOUT_MS                                                                      \
    5000 /* a node answers within its turn; a loaded machine may take seconds */

struct json_t;

/**
 * Ask the node behind the socket `path` for `method` with `params` (borrowed; NULL: none). On 0
 * `*result` is the caller's (json_decref). WAVU_ERR_NO_NODE (nobody listens there), _DENIED (this
 * user may not ask, or another user's process answers), _INVALID (the path is too long for a
 * socket), _TIMEOUT, _PROTO, _UNSUPPORTED (an older node does not know the method). When the node
 * itself reports a failure, `*result` is its sentence: see jsonrpc_result.
 */
WARN_UNUSED int rpc_client_ask(const char *path, const char *method, struct json_t *params,
                               uint64_t timeout_ms, struct json_t **result);

/** As rpc_client_ask, for whoever reads what is written to `reader`: when nobody does any more it
 * does not wait on, WAVU_ERR_CLOSED without a `*result`. */
WARN_UNUSED int rpc_client_follow(const char *path, const char *method, struct json_t *params,
                                  uint64_t timeout_ms, int reader, struct json_t **result);

#endif
