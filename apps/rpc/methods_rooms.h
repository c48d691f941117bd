/*
 * The methods of rooms: room.list, .make, .set, .read, .say, .reactions. Each takes a struct
 * methods as its context; docs/protocol/control.md has their fields.
 */
#ifndef RPC_METHODS_ROOMS_H
#define RPC_METHODS_ROOMS_H

#include "apps/rpc/jsonrpc.h"

/* Of struct jsonrpc_method. */
struct json_t *methods_rooms_list(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_rooms_make(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_rooms_set(void *context, const struct json_t *params,
                                 struct jsonrpc_error *error);
struct json_t *methods_rooms_read(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_rooms_say(void *context, const struct json_t *params,
                                 struct jsonrpc_error *error);
struct json_t *methods_rooms_reactions(void *context, const struct json_t *params,
                                       struct jsonrpc_error *error);

#endif
