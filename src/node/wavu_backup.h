/*
 * Backups of a node: what goes into one. Private to node/.
 */
#ifndef NODE_WAVU_BACKUP_H
#define NODE_WAVU_BACKUP_H

#include "group/network_keep.h"
#include "members/backup_rows.h"
#include "wavu/vault.h"

#define WAVU_BACKUP_PATH_MAX 1024 /* of a file, with NUL; what follows is for its draft */
/* Behind its name while it is written, ".0123456789abcdef.part": digits of chance, so that a file
 * of that name is this one's own. */
#define WAVU_BACKUP_DRAFT_MAX 22

/* A file of a home in which a restore or a wipe began and did not end: no node starts there. */
#define WAVU_BACKUP_RESTORING "restoring"
#define WAVU_BACKUP_WIPING "wiping"

/* A file of a home that a backup was restored into: its device key is not that of a seed. */
#define WAVU_BACKUP_RESTORED "restored"

#define WAVU_BACKUP_PLACE_VERSION 1
#define WAVU_BACKUP_PLACE_SIZE (1 + 4 + 32) /* version, number, member */

/** Does that entry go into a backup? What people said, whom they know, and where others were; never
 * what this device alone may have: its sessions, keys of epochs, places in chains. */
bool wavu_backup_has(const struct store_copied *at);

/** Is it a message, and no edit, reaction or the like? */
bool wavu_backup_is_message(const struct store_copied *at, struct span value);

/** One that is being written is given up: `done` comes with WAVU_ERR_SHUTDOWN. */
void wavu_backup_end(struct wavu_node *node);

#endif
