/*
 * The methods of files: file.send, .list, .look, .accept, .cancel. Each takes a struct methods as
 * its context; docs/protocol/control.md has their fields. What comes of them, later, is in the
 * feed.
 */
#ifndef RPC_METHODS_FILES_H
#define RPC_METHODS_FILES_H

#include "apps/rpc/jsonrpc.h"

/* Of struct jsonrpc_method. */
struct json_t *methods_files_send(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_files_list(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_files_look(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_files_accept(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_files_cancel(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);

#endif
