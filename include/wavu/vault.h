/*
 * What protects a person's home and brings it back: a passphrase, backups, the wipe.
 *
 * A home is the folder of a port (wavu/os.h). What is about a running node comes back as a callback
 * on its thread; what is about a home without a node takes as long as it takes, on the caller's
 * thread. Passphrases are bytes, 1 to WAVU_PASSPHRASE_MAX; the caller wipes its own copies.
 */
#ifndef WAVU_VAULT_H
#define WAVU_VAULT_H

#include "wavu/node.h"

WAVU_BEGIN

#define WAVU_PASSPHRASE_MAX 1024 /* bytes; nobody types more */

/* A passphrase costs Argon2id with 64 MiB and three passes, for us and for each guess of others:
 * about a second on a Raspberry Pi. The same for homes and backups. */

/* ---- The passphrase of a home ---- */

/** Does the home want a passphrase at the start (struct wavu_config)? Costs nothing.
 * WAVU_ERR_NOT_FOUND: there is no store's key yet; _CORRUPT, _UNSUPPORTED, _DENIED, _IO. */
WAVU_API WARN_UNUSED int wavu_passphrase_is_set(struct port *port, bool *is_set);

/**
 * Have the store's key under the passphrase `to` from now on, or bare (`to_len` 0), and with it the
 * keys of device and person; `from` is the one of now (`from_len` 0: none). Beside a running node
 * is fine: it has the key. The key stays as it is: an older copy of store.key still opens the store
 * with its own passphrase.
 * WAVU_ERR_DENIED: `from` is wrong, or the home may not be written; _NOT_FOUND: there is no key
 * yet; _INVALID: too long; _MEMORY, _CORRUPT, _NO_SPACE, _IO.
 */
WAVU_API WARN_UNUSED int wavu_passphrase_change(struct port *port, const char *from,
                                                size_t from_len, const char *to, size_t to_len);

/* ---- Backups ---- */

/* What is in one. */
struct wavu_backup_about {
    uint64_t bytes;    /* of the file */
    uint64_t networks; /* that one belongs to again */
    uint64_t messages; /* of all rooms and direct chats */
    uint64_t entries;  /* of the store, in all */
};

/**
 * Write a backup to `path`, an absolute one that nothing has yet: the person's root key, what the
 * networks' logs say, all that was said, contacts, our nick and where others were; sealed under the
 * passphrase. No key of this device, of sessions or of epochs: whoever restores it is a new device
 * of the same person. It is as the store was at one moment, also while the node goes on. `done`
 * comes once; then the file is whole and on the disk, or not there. `about` is borrowed, NULL when
 * `err` is not 0: WAVU_ERR_EXISTS, _NOT_FOUND (no such folder), _DENIED, _NO_SPACE, _IO, _MEMORY,
 * _CORRUPT (the store is damaged), _SHUTDOWN.
 * At once: WAVU_ERR_INVALID (no absolute path, no passphrase), _IN_USE (one is being written),
 * _NOT_FOUND (there is no person yet), _UNSUPPORTED (the node keeps nothing: it is ephemeral, has
 * no mesh, or no home), and as wavu_person.
 */
WAVU_API WARN_UNUSED int wavu_backup_create(
    struct wavu_node *node, const char *path, const char *passphrase, size_t passphrase_len,
    void (*done)(void *context, int err, const struct wavu_backup_about *about), void *context);

/** When the last backup of this home was finished, in ms since 1970 by this node's clock of then;
 * 0: never, or nobody knows. */
WAVU_API uint64_t wavu_backup_last(const struct wavu_node *node);

/**
 * Read a backup to its end and say what is in it; nothing is changed. WAVU_ERR_NOT_FOUND, _DENIED
 * (a wrong passphrase; or the file may not be read), _CORRUPT (damaged, cut, or no backup),
 * _UNSUPPORTED (of another version), _LIMIT (it asks for more memory or time than any of ours),
 * _MEMORY, _INVALID (no absolute path), _IO.
 */
WAVU_API WARN_UNUSED int wavu_backup_verify(struct port *port, const char *path,
                                            const char *passphrase, size_t passphrase_len,
                                            struct wavu_backup_about *about);

/**
 * Restore a backup into a home that is empty, or in which a restore was cut off. It is verified
 * first. A node that is started there then is a new device of the person, comes into all networks
 * by itself when it meets a member, and reads what follows. Until this returns 0 no node starts in
 * the home (WAVU_ERR_AGAIN of wavu_node_new). Errors as wavu_backup_verify; WAVU_ERR_EXISTS: there
 * is a node's state already; _NO_SPACE.
 */
WAVU_API WARN_UNUSED int wavu_backup_restore(struct port *port, const char *path,
                                             const char *passphrase, size_t passphrase_len,
                                             struct wavu_backup_about *about);

/* ---- The wipe ---- */

/**
 * Destroy a home: first the store's key, overwritten and gone durably, so that nothing opens the
 * database any more; then the keys of device and person likewise; then all other files of wavu in
 * it, downloads included. Where a node runs still, only the store's key goes, and WAVU_ERR_IN_USE.
 * Cut off at any moment it is finished by the next
 * call; until then no node starts (WAVU_ERR_AGAIN of wavu_node_new). What a flash disk keeps of
 * overwritten sectors by itself is out of reach: there, only a key that was under a passphrase from
 * the start is surely gone. WAVU_ERR_IN_USE, _DENIED, _IO: something is there still, `*failed_file`
 * (static; may be NULL) says what; 0 also when there was nothing.
 */
WAVU_API WARN_UNUSED int wavu_wipe(struct port *port, const char **failed_file);

WAVU_END

#endif
