/*
 * Kademlia's routing table: who is near, and who waits to take a place. A machine.
 *
 * In the table are servers only: peers that advertise the protocol and whom we reached ourselves.
 * An id costs nothing, so a peer that answers is never driven out by a newcomer; only where a
 * group of addresses has more than its share of a full bucket, its newest gives way to another
 * group's. docs/protocol/kad.md, "The table".
 */
#ifndef DISCOVERY_KAD_TABLE_H
#define DISCOVERY_KAD_TABLE_H

#include "crypto/peerid.h"
#include "discovery/kad_key.h"

#define KAD_TABLE_K_MAX 20       /* entries of a bucket; the last one holds twice as many */
#define KAD_TABLE_GROUP_SHARE 2  /* entries of a full bucket that one group of addresses keeps */
#define KAD_TABLE_FAILURES_MAX 2 /* in a row: the entry goes */
#define KAD_TABLE_DOUBT_NS (UINT64_C(30) * 1000000000) /* one that failed is asked again then */
#define KAD_TABLE_REFRESH_NS (UINT64_C(600) * 1000000000)

/* One peer; owned by the table. */
struct kad_entry {
    struct kad_key key;
    struct peerid id;
    uint8_t failures; /* in a row */
    bool is_waiting;
    uint64_t group; /* of its address; 0: counts in none (private, loopback) */
    uint64_t added_ns;
    uint64_t answered_ns; /* last */
    uint64_t failed_ns;   /* last of the failures in a row; 0: none */
};

/* Of at most 2 KAD_TABLE_K_MAX; it takes no more memory than it needs, since a node has many. */
struct kad_places {
    struct kad_entry **list; /* owned */
    uint8_t count;
    uint8_t room;
};

struct kad_bucket {
    struct kad_places entries; /* oldest first */
    struct kad_places waiting; /* most recently seen last */
    uint64_t refreshed_ns;     /* when somebody was last looked for there */
};

struct kad_table {
    struct kad_key self;
    unsigned k;
    struct kad_bucket
        *buckets; /* owned; by leading bits shared with us, the last holds all others */
    unsigned bucket_count;
    size_t count;   /* entries, without those that wait */
    size_t doubted; /* of these, those that failed last */
    const struct random *random;
};

enum kad_table_put {
    KAD_TABLE_ADDED,
    KAD_TABLE_KNOWN,   /* it was there; it is fresh now */
    KAD_TABLE_WAITING, /* its bucket is full: it takes the next place */
    KAD_TABLE_REFUSED  /* ourselves */
};

/** An empty table around the peer `self`. `k`: 1 to KAD_TABLE_K_MAX; `random` is borrowed. */
void kad_table_init(struct kad_table *t, const struct peerid *self, unsigned k,
                    const struct random *random, uint64_t now);
void kad_table_clear(struct kad_table *t);

/** `id` is a server and was reached at an address of `group` (0: none that counts). */
enum kad_table_put kad_table_put(struct kad_table *t, const struct peerid *id, uint64_t group,
                                 uint64_t now);

/** Would `id` enter now, if it were reached? False: it is there, or waits, or its bucket is full.
 */
bool kad_table_wants(const struct kad_table *t, const struct peerid *id);

/** `id` answered. Nothing, when it is not there. */
void kad_table_answered(struct kad_table *t, const struct peerid *id, uint64_t now);

/** `id` did not answer, or could not be reached. After KAD_TABLE_FAILURES_MAX in a row, or one
 * while somebody waits that answered later, another takes its place. */
void kad_table_failed(struct kad_table *t, const struct peerid *id, uint64_t now);

/** `id` is no server any more, or broke the protocol. */
void kad_table_remove(struct kad_table *t, const struct peerid *id);

/** The entry of `id`, or NULL; also of one that waits. Borrowed until the next change. */
const struct kad_entry *kad_table_get(const struct kad_table *t, const struct peerid *id);

/** The entries nearest to `target`, nearest first, without `skip` (may be NULL) and without those
 * in doubt while others are left. Returns how many, at most `max`. Borrowed until the next change.
 */
size_t kad_table_nearest(const struct kad_table *t, const struct kad_key *target,
                         const struct peerid *skip, const struct kad_entry **out, size_t max);

/** Somebody was looked for at `target`: its bucket is fresh. */
void kad_table_touch(struct kad_table *t, const struct kad_key *target, uint64_t now);

/** Somebody is to be looked for at our own place at `due_ns`. */
void kad_table_due(struct kad_table *t, uint64_t due_ns);

/** A place to look up next so that the table stays true: false when none is due. The bucket counts
 * as fresh from now on. */
bool kad_table_refresh(struct kad_table *t, uint64_t now, struct kad_key *target);

/** When kad_table_refresh will have something next. */
uint64_t kad_table_deadline(const struct kad_table *t);

/** The next entry to be asked whether it is there: one that failed KAD_TABLE_DOUBT_NS ago, or NULL.
 */
const struct kad_entry *kad_table_doubted(const struct kad_table *t, uint64_t now);

/** Bytes of memory that all of it takes, by the sizes of what was asked for. */
size_t kad_table_bytes(const struct kad_table *t);

void kad_table_check(const struct kad_table *t);

#endif
