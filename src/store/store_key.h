/*
 * store.key: what the database is encrypted with, in the node's home, mode 0600. By default 32
 * random bytes; when the user wants a passphrase, these under it (store_wrap.h).
 *
 * A new file takes the old one's place as key_swap.h says; what a crash left is finished when the
 * key is opened next.
 */
#ifndef STORE_STORE_KEY_H
#define STORE_STORE_KEY_H

#include "port/files.h"
#include "store/key_swap.h"
#include "store/store.h"
#include "store/store_wrap.h"

#define STORE_KEY_FILE "store.key"
#define STORE_KEY_FILE_NEW STORE_KEY_FILE KEY_SWAP_NEW

/** Is there a key, and does it want a passphrase? Costs nothing, changes nothing.
 * WAVU_ERR_NOT_FOUND, and as store_key_open but for a passphrase. */
WARN_UNUSED int store_key_look(struct port *port, bool *wants_passphrase);

/**
 * Take the key, or make one, without a passphrase, when there is neither a key nor a store. The
 * passphrase is not looked at where none is wanted. Takes as long as Argon2id where it is.
 *
 * WAVU_ERR_DENIED: a passphrase is wanted and this is not it (store_key_look tells it from a home
 * that may not be read). _CORRUPT: the file is damaged, or there is a store without its key: all is
 * left alone. _UNSUPPORTED: of a newer wavu. _LIMIT: it asks for more memory or time than any of
 * ours. _MEMORY, _IO, _NO_SPACE. Wipe the key after store_new.
 */
WARN_UNUSED int store_key_open(uint8_t key[STORE_KEY_SIZE], struct port *port,
                               struct span passphrase);

/**
 * Have the key under the passphrase `to` from now on; empty: under none. `from` is what it is under
 * now. The key itself stays: an older copy of the file still opens the store with its passphrase.
 * Takes as long as Argon2id, twice.
 *
 * After 0 the old file is overwritten and gone. After an error of the disk one of both holds; done
 * again, or with the next store_key_open, it comes to its end. WAVU_ERR_NOT_FOUND: there is no key;
 * _INVALID: a passphrase or cost that is not taken; and as store_key_open.
 */
WARN_UNUSED int store_key_change(struct port *port, struct span from, struct span to,
                                 struct stretch_cost cost);

/**
 * Overwrite the key, durably, and take its files away, whatever is in them: nothing opens the
 * database any more. 0 also when there is none. What a disk keeps of overwritten sectors by itself
 * is out of reach. WAVU_ERR_IO, _DENIED: it may be there still; do it again.
 */
WARN_UNUSED int store_key_destroy(struct port *port);

#endif
