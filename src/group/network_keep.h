/*
 * Networks as they are stored: which there are, their logs, their discovery keys, and how far this
 * device has signed. The log and the place of its author are written in one turn, so they are one
 * commit: a crash loses both or none.
 *
 * Tables "networks" (network's id -> a row) and "network-keys"; a log "members-<number>" for each,
 * of parts of what members_save writes.
 *
 * Source: docs/protocol/network.md, "Stored".
 */
#ifndef GROUP_NETWORK_KEEP_H
#define GROUP_NETWORK_KEEP_H

#include "group/network.h"
#include "store/store.h"

#define NETWORK_KEEP_PART 16384 /* bytes of a log in one record: an operation has 8,192 at most */
#define NETWORK_KEEP_ROW_SIZE (1 + 4 + 32 + 8 + 32)

/* What is stored of a network beside its log. */
struct network_keep_row {
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    uint32_t number;                     /* of its log: never given again */
    uint8_t member[MEMBERS_MSG_ID_SIZE]; /* who this device's person is there */
    uint64_t sequence;                   /* of this device's last operation; 0: none yet */
    uint8_t last[MEMBERS_MSG_ID_SIZE];   /* its id */
    uint32_t stored; /* operations that are in the store, or on their way; not in the row */
};

/** The next row; `key` holds the last id (empty: none yet). WAVU_ERR_NOT_FOUND behind the last one,
 * _CORRUPT, _UNSUPPORTED (of a newer wavu), and what the store says. */
WARN_UNUSED int network_keep_next(struct store *s, struct buf *key, struct network_keep_row *row);

/** A number for a new network's log. What the store says. */
WARN_UNUSED int network_keep_number(struct store *s, uint32_t *number);

/** Load the network of a row into `n`, not yet initialised. As network_load, and what the store
 * says. */
WARN_UNUSED int network_keep_load(struct store *s, struct network_keep_row *row,
                                  const struct signer *signer, const struct random *random,
                                  struct network *n);

/** Store what of the log is not stored yet, and the row. What the store says: then nothing may
 * leave that was signed since. */
WARN_UNUSED int network_keep_log(struct store *s, struct network_keep_row *row,
                                 const struct members *log);

/** Store the keys. What the store says. */
WARN_UNUSED int network_keep_keys(struct store *s, const struct network_keep_row *row,
                                  const struct network *n);

/* ---- For backups, which have the log and who we are, but nothing of this device ---- */

/** Read an entry of the table "networks", as store_copy has it. WAVU_ERR_NOT_FOUND: it is no
 * network's; _CORRUPT, _UNSUPPORTED. */
WARN_UNUSED int network_keep_read(struct network_keep_row *row, const struct store_copied *at,
                                  struct span value);

/** Is the entry a part of a network's log? `*number` says of which one. */
WARN_UNUSED bool network_keep_is_part(const struct store_copied *at, uint32_t *number);

/** Put a network of that id, number and member into a store that is otherwise empty of it, with
 * nothing signed by this device; then its parts in their order. What the store says. */
WARN_UNUSED int network_keep_begin(struct store *s, const struct network_keep_row *row);
WARN_UNUSED int network_keep_append(struct store *s, uint32_t number, struct span part);

/** Forget all of it. What the store says. */
WARN_UNUSED int network_keep_forget(struct store *s, const struct network_keep_row *row);

#endif
