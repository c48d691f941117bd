/*
 * A file of a key takes the place of another, with nothing left of the old one: in the node's home,
 * mode 0600.
 *
 * The new file is first written whole as NAME.new, which from then on counts instead of NAME; then
 * the old one is overwritten and taken away, and the new one gets its name. So at each moment,
 * crashes included, exactly one of them holds. What a crash left is finished by key_swap_finish.
 */
#ifndef STORE_KEY_SWAP_H
#define STORE_KEY_SWAP_H

#include "base/buf.h"
#include "port/files.h"

#define KEY_SWAP_FILE_MAX 512 /* bytes of a key file, of any format */
#define KEY_SWAP_NEW ".new"   /* behind the name, of a new file on its way */

/** Read the file that holds: `file` has KEY_SWAP_FILE_MAX at most, and is wiped by the caller.
 * WAVU_ERR_NOT_FOUND; _CORRUPT: it is longer; and as read. */
WARN_UNUSED int key_swap_read(struct port *port, const char *name, struct buf *file);

/** Where a new file is there, have it take the old one's place. 0 also when there is none. */
WARN_UNUSED int key_swap_finish(struct port *port, const char *name);

/** Have `bytes` as the file that holds. After an error one of both does. */
WARN_UNUSED int key_swap_replace(struct port *port, const char *name, struct span bytes);

/** Overwrite any file of the home, durably, and take it away. 0 when there is none;
 * WAVU_ERR_NOT_FOUND without a home. */
WARN_UNUSED int key_swap_blank(struct port *port, const char *path);

/** Likewise a key, and the new one where one is on its way. */
WARN_UNUSED int key_swap_destroy(struct port *port, const char *name);

#endif
