/*
 * Keys in the node's home, each a file of a 32-byte Ed25519 seed, mode 0600: bare, or sealed under
 * the store's key (keyfile_seal.h), as it is in a home with a passphrase. Created atomically; the
 * key is never replaced, only the form that it has. Both forms are read at any time, so that a
 * change of form can be cut off anywhere, and a bare key can be brought from elsewhere.
 */
#ifndef STORE_KEYFILE_H
#define STORE_KEYFILE_H

#include "crypto/ed25519.h"
#include "port/files.h"
#include "store/keyfile_seal.h"

#define KEYFILE_DEVICE "device.key"     /* this installation: its peer id */
#define KEYFILE_IDENTITY "identity.key" /* the person: the root key */

/** Read the key, or make one when there is none: sealed where the home has a passphrase and `lock`
 * is known. WAVU_ERR_CORRUPT when the file has another size (it is left alone), _DENIED (also: it
 * is sealed, and the lock is not known), _UNSUPPORTED, _IO, _NO_SPACE. */
WARN_UNUSED int keyfile_load_or_make(struct ed25519_pair *pair, struct port *port, const char *name,
                                     const struct keyfile_seal_lock *lock);

/** Read the key; WAVU_ERR_NOT_FOUND when there is none. `lock` may be NULL: a bare one alone. */
WARN_UNUSED int keyfile_load(struct ed25519_pair *pair, struct port *port, const char *name,
                             const struct keyfile_seal_lock *lock);

/** Is one of both sealed? What cannot be read is not. */
bool keyfile_is_sealed(struct port *port);

/** Have both keys, as far as they are there, sealed or bare from now on. Nothing is written where
 * that is so already. A file that is damaged is left alone. After an error each of them has one
 * form or the other; done again it comes to its end. As keyfile_load. */
WARN_UNUSED int keyfile_settle(struct port *port, const struct keyfile_seal_lock *lock, bool seal);

/** Overwrite both, durably, and take them away, whatever is in them; `*failed` (may be NULL) is
 * the first that may be there still. */
WARN_UNUSED int keyfile_destroy(struct port *port, const char **failed);

#endif
