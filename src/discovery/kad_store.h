/*
 * What a server of Kademlia holds for others, and what this node publishes itself: values,
 * providers, and when to say them again. A machine: its owner checks records (kad_record.h), says
 * who sent them, sends what is due, and lets it write to the store when there is time.
 * docs/protocol/kad.md, "Stores".
 *
 * Values are signed by whom they are of, and rows are encrypted: these are not checked again.
 * Everything is in memory and has a maximum; each peer and each group of addresses has a share of
 * it. Rows of the store are written behind, at a bounded rate; without a store it works alike.
 * Deadlines are of `now`; rows have wall time, and whoever has no clock keeps what is there anew.
 */
#ifndef DISCOVERY_KAD_STORE_H
#define DISCOVERY_KAD_STORE_H

#include "discovery/kad_record.h"
#include "discovery/kad_table.h"
#include "store/store.h"

/* Values, with what they cost beside their bytes. A peer's share is an eighth, that of a group of
 * addresses a quarter. */
#define KAD_STORE_VALUE_BYTES_MAX ((uint32_t)8 * 1024 * 1024)
#define KAD_STORE_VALUES_MAX 16384
#define KAD_STORE_PEER_SHARE 8  /* one peer may have so manieth a part of the bytes */
#define KAD_STORE_GROUP_SHARE 4 /* one group of addresses, of bytes and of providers */

#define KAD_STORE_PROVIDERS_MAX 32768    /* in all; a group of addresses has a quarter */
#define KAD_STORE_KEY_PROVIDERS_MAX 64   /* of one key; when full, a group keeps a quarter */
#define KAD_STORE_PEER_PROVIDED_MAX 1024 /* keys of one peer */
#define KAD_STORE_PROVIDER_KEY_MAX 80    /* bytes of a provided key */

#define KAD_STORE_OWN_MAX 4096 /* records and keys that this node publishes */
#define KAD_STORE_OWN_BYTES_MAX ((uint32_t)4 * 1024 * 1024)

#define KAD_STORE_HANDOVERS_MAX 1024     /* values on their way to new servers */
#define KAD_STORE_HANDED_MAX 256         /* servers remembered that were given theirs */
#define KAD_STORE_HANDOVER_NEAREST_MAX 3 /* so many of the nearest holders hand a value over */

#define KAD_STORE_LIFE_NS (UINT64_C(48) * 3600 * 1000000000)
#define KAD_STORE_AGAIN_NS (UINT64_C(22) * 3600 * 1000000000) /* what is ours is said again */
#define KAD_STORE_RETRY_NS (UINT64_C(600) * 1000000000)       /* after it failed */
#define KAD_STORE_FRESH_NS (UINT64_C(3600) * 1000000000)      /* said again so soon: nothing new */

#define KAD_STORE_WRITE_NS (UINT64_C(5) * 1000000000) /* what is new is written after so long */

struct kad_store; /* opaque */

struct kad_store_config {
    const struct kad_table *table; /* borrowed, as all here: who is near to what */
    const struct random *random;
    struct store *store;  /* NULL: nothing outlives this life */
    uint32_t value_bytes; /* at most; 0: KAD_STORE_VALUE_BYTES_MAX */
    uint32_t providers;   /* at most; 0: KAD_STORE_PROVIDERS_MAX */
};

struct kad_store_time {
    uint64_t now;     /* ns of this boot */
    uint64_t wall_ms; /* 0: not known */
};

/* Who sent it, over a connection of its own. */
struct kad_store_from {
    const struct peerid *peer;
    uint64_t group; /* of its address (kad_table.h); 0: in none */
};

/* A value that is held. Borrowed until the next change. */
struct kad_store_value {
    struct span key;
    struct span value;
    uint64_t received_ms; /* wall time at which it was published, as far as anybody said */
};

struct kad_store_provider {
    struct peerid peer;
    struct span
        addresses; /* each a varint length and a multiaddr; borrowed until the next change */
};

/* What this node has to say again. Borrowed until the next change. */
struct kad_store_own {
    struct span key;
    struct span value; /* empty: it provides the key */
};

struct kad_store_handover {
    struct peerid to;
    struct kad_store_value value;
};

/* For metrics: gauges, and counts of this life. */
struct kad_store_figures {
    uint32_t values;
    uint32_t value_bytes; /* as charged */
    uint32_t keys;        /* that are provided */
    uint32_t providers;
    uint32_t own;
    uint64_t refused; /* by a limit */
    uint64_t evicted; /* to make room */
    uint64_t expired;
    uint64_t lost; /* rows that could not be read or taken out */
};

/** Nothing is held yet. */
WARN_UNUSED struct kad_store *kad_store_new(const struct kad_store_config *config, uint64_t now);
void kad_store_free(struct kad_store *s);

/** Take up what an earlier life wrote: rows that are damaged, or of what has ended, go; those
 * of a newer version are left alone. Errors of reading the store; what was read is there. */
WARN_UNUSED int kad_store_load(struct kad_store *s, const struct kad_store_time *time);

/** Hold `r`, which was checked. `received_ms`: when its sender says that it was published, 0: now.
 * 0: it is held now, or was already; WAVU_ERR_EXISTS: what is held is better, or as good;
 * WAVU_ERR_CLOSED: it has ended, or was published too long ago; WAVU_ERR_LIMIT: no room for it, or
 * its sender's share is used up.
 */
WARN_UNUSED int kad_store_put(struct kad_store *s, const struct kad_record *r, uint64_t received_ms,
                              const struct kad_store_from *from, const struct kad_store_time *time);

/** WAVU_ERR_NOT_FOUND. */
WARN_UNUSED int kad_store_get(const struct kad_store *s, struct span key,
                              const struct kad_store_time *time, struct kad_store_value *out);

/** `from` says that it provides `key`, at `addresses` (as in kad_store_provider; what is beyond
 * KAD_QUOTA_ADDRESSES_MAX is left out). WAVU_ERR_LIMIT; WAVU_ERR_INVALID: the key is empty or
 * too long. */
WARN_UNUSED int kad_store_provide(struct kad_store *s, struct span key, struct span addresses,
                                  const struct kad_store_from *from,
                                  const struct kad_store_time *time);

/** Who provides `key`, who said so last first; how many, at most `max`. */
size_t kad_store_providers(const struct kad_store *s, struct span key, uint64_t now,
                           struct kad_store_provider *out, size_t max);

/* What is ours. */

/** Say `r` (checked; kad_store_due tells when), or, with an empty value, that this node provides
 * r->key; from now on, over restarts, until it ends. In place of what was said under the key.
 * WAVU_ERR_LIMIT, or as store_put: it is then not published. */
WARN_UNUSED int kad_store_publish(struct kad_store *s, const struct kad_record *r,
                                  const struct kad_store_time *time);

/** No more. WAVU_ERR_NOT_FOUND. */
WARN_UNUSED int kad_store_withdraw(struct kad_store *s, struct span key, bool is_provided);

/** The next that is to be said now; false: none. It is tried again after KAD_STORE_RETRY_NS, unless
 * kad_store_said comes. */
bool kad_store_due(struct kad_store *s, const struct kad_store_time *time,
                   struct kad_store_own *out);

/** Enough servers have it. */
void kad_store_said(struct kad_store *s, struct span key, bool is_provided,
                    const struct kad_store_time *time);

/* Newcomers. */

/** `server` entered the table: what belongs to it is to be handed over, once. */
void kad_store_met(struct kad_store *s, const struct peerid *server,
                   const struct kad_store_time *time);

/** The next value to hand over; false: none. It is not told again, whatever becomes of it. */
bool kad_store_next_handover(struct kad_store *s, const struct kad_store_time *time,
                             struct kad_store_handover *out);

/* Time. */

/** When kad_store_tick, kad_store_due or kad_store_save has something to do. */
uint64_t kad_store_deadline(const struct kad_store *s);

/** Time passed: what has lived long enough goes, and what is new is written, as far as the rate
 * lets it. */
void kad_store_tick(struct kad_store *s, const struct kad_store_time *time);

/** Going down in good order: write all that is new, with commits in between where it is much.
 * Errors as store_put and store_flush. */
WARN_UNUSED int kad_store_flush(struct kad_store *s, const struct kad_store_time *time);

void kad_store_figures(const struct kad_store *s, struct kad_store_figures *out);

/** Bytes of memory that all of it takes, by the sizes of what was asked for. */
size_t kad_store_bytes(const struct kad_store *s);

void kad_store_check(const struct kad_store *s);

#endif
