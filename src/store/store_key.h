/*
 * store.key: the 32 random bytes that the database is encrypted with, in the node's home. Created
 * atomically with mode 0600, never replaced.
 */
#ifndef STORE_STORE_KEY_H
#define STORE_STORE_KEY_H

#include "port/files.h"
#include "store/store.h"

#define STORE_KEY_FILE "store.key"

/**
 * Read the key, or make one when there is neither a key nor a store. WAVU_ERR_CORRUPT when the file
 * has another size, or when there is a store without its key: all is left alone. _DENIED, _IO,
 * _NO_SPACE. Wipe the key after store_new.
 */
WARN_UNUSED int store_key_load_or_make(uint8_t key[STORE_KEY_SIZE], struct port *port);

#endif
