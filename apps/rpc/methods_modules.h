/*
 * The methods of modules (wavu/module.h): module.load, module.list, module.off. Each takes a struct
 * methods as its context; docs/protocol/control.md has their fields.
 */
#ifndef RPC_METHODS_MODULES_H
#define RPC_METHODS_MODULES_H

#include "apps/rpc/jsonrpc.h"

struct methods;

/** Whether saying something failed (`err`) because a filter does not let it be said: then `error`
 * has its sentence. */
WARN_UNUSED bool methods_modules_refused(const struct methods *m, int err,
                                         struct jsonrpc_error *error);

/* Of struct jsonrpc_method. */
struct json_t *methods_modules_load(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_modules_list(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_modules_off(void *context, const struct json_t *params,
                                   struct jsonrpc_error *error);

#endif
