/*
 * The methods of contacts: contact.list, .find, .number, .verify, .name, .block. Each takes a
 * struct methods as its context; docs/protocol/control.md has their fields.
 */
#ifndef RPC_METHODS_CONTACTS_H
#define RPC_METHODS_CONTACTS_H

#include "apps/rpc/jsonrpc.h"
#include "wavu/contacts.h"

struct methods;

/** The key of the one person that `who` means in `network` (NULL: in all). False with `error`,
 * which names the candidates where there are several. */
bool methods_contacts_who(struct methods *m, const char *who, const char *network,
                          char key[WAVU_KEY_TEXT_MAX], struct jsonrpc_error *error);

/* Of struct jsonrpc_method. */
struct json_t *methods_contacts_list(void *context, const struct json_t *params,
                                     struct jsonrpc_error *error);
struct json_t *methods_contacts_find(void *context, const struct json_t *params,
                                     struct jsonrpc_error *error);
struct json_t *methods_contacts_number(void *context, const struct json_t *params,
                                       struct jsonrpc_error *error);
struct json_t *methods_contacts_verify(void *context, const struct json_t *params,
                                       struct jsonrpc_error *error);
struct json_t *methods_contacts_name(void *context, const struct json_t *params,
                                     struct jsonrpc_error *error);
struct json_t *methods_contacts_block(void *context, const struct json_t *params,
                                      struct jsonrpc_error *error);

#endif
