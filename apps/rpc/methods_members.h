/*
 * The methods of people and their networks: person.key, person.nick; network.make, .first, .list,
 * .members, .find, .invite, .inviteClose, .inviteKey, .join, .joinKey, .revoke, .leave. Each takes
 * a struct methods as its context; docs/protocol/control.md has their fields.
 */
#ifndef RPC_METHODS_MEMBERS_H
#define RPC_METHODS_MEMBERS_H

#include "apps/rpc/jsonrpc.h"

/* Of struct jsonrpc_method. */
struct json_t *methods_members_key(void *context, const struct json_t *params,
                                   struct jsonrpc_error *error);
struct json_t *methods_members_nick(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_members_make(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_members_first(void *context, const struct json_t *params,
                                     struct jsonrpc_error *error);
struct json_t *methods_members_list(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_members_of(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);
struct json_t *methods_members_find(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_members_invite(void *context, const struct json_t *params,
                                      struct jsonrpc_error *error);
struct json_t *methods_members_invite_close(void *context, const struct json_t *params,
                                            struct jsonrpc_error *error);
struct json_t *methods_members_invite_key(void *context, const struct json_t *params,
                                          struct jsonrpc_error *error);
struct json_t *methods_members_join(void *context, const struct json_t *params,
                                    struct jsonrpc_error *error);
struct json_t *methods_members_join_open(void *context, const struct json_t *params,
                                         struct jsonrpc_error *error);
struct json_t *methods_members_join_key(void *context, const struct json_t *params,
                                        struct jsonrpc_error *error);
struct json_t *methods_members_leave(void *context, const struct json_t *params,
                                     struct jsonrpc_error *error);
struct json_t *methods_members_revoke(void *context, const struct json_t *params,
                                      struct jsonrpc_error *error);

#endif
