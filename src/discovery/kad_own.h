/*
 * What this node publishes itself, and when each of it is to be said again. A part of kad_store.
 */
#ifndef DISCOVERY_KAD_OWN_H
#define DISCOVERY_KAD_OWN_H

#include "base/heap.h"
#include "base/map.h"
#include "discovery/kad_record.h"
#include "discovery/kad_rows.h"

struct kad_own_entry; /* opaque; owned by what is ours */

struct kad_own {
    struct map entries; /* kind and key -> struct kad_own_entry */
    struct heap due;
    struct kad_rows *rows; /* borrowed */
    uint32_t count_max;
    uint32_t bytes_max;
    uint32_t bytes; /* of keys and values */
};

struct kad_own_item {
    struct span key;
    struct span value; /* empty: it is provided */
    uint64_t end_ms;   /* wall time, or KAD_RECORD_NO_END */
};

void kad_own_init(struct kad_own *o, struct kad_rows *rows, const struct random *random,
                  uint32_t count_max, uint32_t bytes_max);
void kad_own_clear(struct kad_own *o); /* rows stay */

/** `item` is due at `due_ns` and from now on, in place of what was under the key. A row is written
 * unless it came from one (`is_row`). WAVU_ERR_LIMIT, or as store_put: nothing has changed. */
WARN_UNUSED int kad_own_put(struct kad_own *o, const struct kad_own_item *item, uint64_t due_ns,
                            bool is_row);

/** WAVU_ERR_NOT_FOUND. */
WARN_UNUSED int kad_own_remove(struct kad_own *o, struct span key, bool is_provided);

/** The one that is due first, if it is by `now`; what has ended by `wall_ms` (0: not known) goes.
 * It is then due at `next_ns`. */
bool kad_own_due(struct kad_own *o, uint64_t now, uint64_t wall_ms, uint64_t next_ns,
                 struct kad_own_item *out);

/** It is due at `due_ns`, and its row says `due_ms` of wall time (0: not known). */
void kad_own_said(struct kad_own *o, struct span key, bool is_provided, uint64_t due_ns,
                  uint64_t due_ms);

/** When something is due; UINT64_MAX: never. */
uint64_t kad_own_deadline(const struct kad_own *o);

size_t kad_own_bytes(const struct kad_own *o);
void kad_own_check(const struct kad_own *o);

#endif
