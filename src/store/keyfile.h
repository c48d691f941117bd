/*
 * Keys in the node's home, each a file of a 32-byte Ed25519 seed. Created atomically with mode
 * 0600, never replaced.
 */
#ifndef STORE_KEYFILE_H
#define STORE_KEYFILE_H

#include "crypto/ed25519.h"
#include "port/files.h"

#define KEYFILE_DEVICE "device.key"     /* this installation: its peer id */
#define KEYFILE_IDENTITY "identity.key" /* the person: the root key */

/** Read the key, or make one when there is none. WAVU_ERR_CORRUPT when the file has another size
 * (it is left alone), _DENIED, _IO, _NO_SPACE. */
WARN_UNUSED int keyfile_load_or_make(struct ed25519_pair *pair, struct port *port,
                                     const char *name);

/** Read the key; WAVU_ERR_NOT_FOUND when there is none. */
WARN_UNUSED int keyfile_load(struct ed25519_pair *pair, struct port *port, const char *name);

#endif
