/*
 * The methods of direct chats and histories: direct.say, .chats, .read, .receipts; history.look.
 * Each takes a struct methods as its context; docs/protocol/control.md has their fields.
 */
#ifndef RPC_METHODS_DIRECT_H
#define RPC_METHODS_DIRECT_H

#include "apps/rpc/jsonrpc.h"

#define METHODS_DIRECT_LOOK_MAX 1000                 /* messages of one answer, */
#define METHODS_DIRECT_LOOK_BYTES (2u * 1024 * 1024) /* texts, mentions: escaped, six times */

/* Of struct jsonrpc_method. */
struct json_t *methods_direct_say(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_direct_chats(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_direct_read(void *context, const struct json_t *params,
                                   struct jsonrpc_error *error);
struct json_t *methods_direct_receipts(void *context, const struct json_t *params,
                                       struct jsonrpc_error *error);
struct json_t *methods_direct_look(void *context, const struct json_t *params,
                                   struct jsonrpc_error *error);

#endif
