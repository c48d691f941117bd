/*
 * The table over a restart: who was in it and where, as rows of the store. A start begins with
 * those of the last run. docs/protocol/kad.md, "The table".
 *
 * Each row's key is a peer id, its value a version and addresses, each with its length. Rows of a
 * newer version are not read; they go when the table is written.
 */
#ifndef DISCOVERY_KAD_KEEP_H
#define DISCOVERY_KAD_KEEP_H

#include "discovery/kad_table.h"
#include "net/swarm.h"
#include "store/store.h"

#define KAD_KEEP_ROWS "kad-table"
#define KAD_KEEP_VERSION 1
#define KAD_KEEP_PEERS_MAX 64    /* rows: the nearest to us, and as many of the others as fit */
#define KAD_KEEP_ADDRESSES_MAX 4 /* of one peer */
#define KAD_KEEP_SIZE_MAX 1040   /* bytes of a row's value */
#define KAD_KEEP_NS (UINT64_C(600) * 1000000000) /* written so often */

/** Write who is in the table and has an address; rows of others go. Without a store nothing
 * happens. Errors as store_put. */
WARN_UNUSED int kad_keep_write(struct store *store, const struct kad_table *table,
                               const struct swarm *swarm);

/** Read who was there: their addresses go into the book, as hearsay; how many ids are in `out`, at
 * most `max`. Damaged rows are deleted. */
size_t kad_keep_read(struct store *store, struct swarm *swarm, struct peerid *out, size_t max);

#endif
