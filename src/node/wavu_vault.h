/*
 * Which files of a home are a node's, and how they are taken away. Private to node/.
 */
#ifndef NODE_WAVU_VAULT_H
#define NODE_WAVU_VAULT_H

#include "wavu/vault.h"

/** WAVU_ERR_EXISTS: the home holds a node's state. */
WARN_UNUSED int wavu_vault_is_empty(struct port *port);

/** Destroy all keys, the store's first, then the store. `*failed_file` (may be NULL) is static. As
 * wavu_wipe. */
WARN_UNUSED int wavu_vault_clear(struct port *port, const char **failed_file);

#endif
