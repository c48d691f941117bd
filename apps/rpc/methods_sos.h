/*
 * The methods of calls for help: sos.call, .list, .cancel, .ack. Each takes a struct methods as its
 * context; docs/protocol/control.md has their fields.
 */
#ifndef RPC_METHODS_SOS_H
#define RPC_METHODS_SOS_H

#include "apps/rpc/jsonrpc.h"

/* Of struct jsonrpc_method. */
struct json_t *methods_sos_call(void *context, const struct json_t *params,
                                struct jsonrpc_error *error);
struct json_t *methods_sos_list(void *context, const struct json_t *params,
                                struct jsonrpc_error *error);
struct json_t *methods_sos_cancel(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_sos_ack(void *context, const struct json_t *params,
                               struct jsonrpc_error *error);

#endif
