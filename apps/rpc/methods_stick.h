/*
 * The methods of sticks: stick.write, .next, .put, .take. Each takes a struct methods as its
 * context; docs/protocol/control.md has their fields.
 */
#ifndef RPC_METHODS_STICK_H
#define RPC_METHODS_STICK_H

#include "apps/rpc/jsonrpc.h"
#include "base/span.h"

#define METHODS_STICK_PART 36864 /* bytes of a file in one stick.put: 48 KiB of base64 */

/** Bytes as base64, as these methods have them; NULL when there is no memory. */
struct json_t *methods_stick_text(struct span bytes);

/** The bytes of such a text into `out`, `max` at most; false when it is none. */
WARN_UNUSED bool methods_stick_bytes(const struct json_t *text, uint8_t *out, size_t max,
                                     size_t *len);

/* Of struct jsonrpc_method. */
struct json_t *methods_stick_write(void *context, const struct json_t *params,
                                   struct jsonrpc_error *error);
struct json_t *methods_stick_next(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_stick_put(void *context, const struct json_t *params,
                                 struct jsonrpc_error *error);
struct json_t *methods_stick_take(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);

#endif
