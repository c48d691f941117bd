/*
 * The methods for who is where and how well it is reached: net.connect, .disconnect, .ping, .task,
 * .taskEnd; mesh.routes, mesh.trace. Each takes a struct methods as its context;
 * docs/protocol/control.md has their fields.
 */
#ifndef RPC_METHODS_NET_H
#define RPC_METHODS_NET_H

#include "apps/rpc/jsonrpc.h"

/* Of struct jsonrpc_method. */
struct json_t *methods_net_connect(void *context, const struct json_t *params,
                                   struct jsonrpc_error *error);
struct json_t *methods_net_disconnect(void *context, const struct json_t *params,
                                      struct jsonrpc_error *error);
struct json_t *methods_net_ping(void *context, const struct json_t *params,
                                struct jsonrpc_error *error);
struct json_t *methods_net_task(void *context, const struct json_t *params,
                                struct jsonrpc_error *error);
struct json_t *methods_net_task_end(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_net_routes(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_net_trace(void *context, const struct json_t *params,
                                 struct jsonrpc_error *error);

#endif
