/*
 * Values held for others: the nearest to us, each until its time. A part of kad_store.
 */
#ifndef DISCOVERY_KAD_VALUES_H
#define DISCOVERY_KAD_VALUES_H

#include "base/heap.h"
#include "base/list.h"
#include "discovery/kad_record.h"
#include "discovery/kad_rows.h"
#include "discovery/kad_table.h"

/* What a value is charged beside its key and value: the struct below, its places in a map and two
 * heaps, and what allocations cost. */
#define KAD_VALUES_EXTRA 320

/* Owned by the values. */
struct kad_value {
    struct kad_key place;
    struct heap_node by_distance; /* the farthest from us first */
    struct heap_node by_end;      /* whose time comes first */
    struct list unsaved;          /* in kad_values.unsaved, while no row says what is here */
    struct kad_holder *holder;
    uint64_t received_ms; /* wall time; 0: not known */
    uint64_t sequence;
    uint64_t end_ms; /* wall time, or KAD_RECORD_NO_END */
    uint64_t until_ns;
    uint32_t value_len;
    uint8_t key_len;
    bool has_row;
    uint8_t bytes[]; /* the key, then the value */
};

struct kad_values_config {
    const struct kad_table *table; /* borrowed, as all here */
    struct kad_quota *quota;
    struct kad_rows *rows;
    const struct random *random;
    uint32_t bytes_max;
    uint32_t count_max;
    uint64_t fresh_ns;
};

struct kad_values {
    struct kad_values_config config;
    struct map places; /* place -> struct kad_value */
    struct heap by_distance;
    struct heap by_end;
    struct list unsaved;
    uint32_t bytes; /* as charged */
    size_t memory;  /* of the values, as asked for */
    uint64_t refused;
    uint64_t evicted;
    uint64_t expired;
};

/* What to hold, of whom, and until when. */
struct kad_values_put {
    const struct kad_record *record;
    const struct peerid *peer;
    uint64_t group;
    uint64_t received_ms;
    uint64_t until_ns;
};

void kad_values_init(struct kad_values *v, const struct kad_values_config *config);
void kad_values_clear(struct kad_values *v); /* rows stay */

/** 0: it is held now, or was; WAVU_ERR_EXISTS: what is held is better, or as good;
 * WAVU_ERR_LIMIT. */
WARN_UNUSED int kad_values_put(struct kad_values *v, const struct kad_values_put *put);

/** The value under `place`, or NULL. Borrowed until the next change. */
struct kad_value *kad_values_get(const struct kad_values *v, const struct kad_key *place);

/** Let go of what is not to be held any longer than `now`. */
void kad_values_expire(struct kad_values *v, uint64_t now);

/** Write the row of the next unsaved value; `wall_ms` 0: not known. WAVU_ERR_NOT_FOUND: there is
 * none; WAVU_ERR_AGAIN: not at this rate (`is_all`: at any); or as store_put. */
WARN_UNUSED int kad_values_save(struct kad_values *v, uint64_t now, uint64_t wall_ms, bool is_all);

/** What is here was read from a row: it is not unsaved. */
void kad_values_is_row(struct kad_values *v, const struct kad_key *place);

static inline struct span kad_value_key(const struct kad_value *v)
{
    return span_of(v->bytes, v->key_len);
}

static inline struct span kad_value_span(const struct kad_value *v)
{
    return span_of(v->bytes + v->key_len, v->value_len);
}

/** Are we one of the nearest to `place` of all servers that the table knows? */
bool kad_values_is_near(const struct kad_table *table, const struct kad_key *place);

size_t kad_values_bytes(const struct kad_values *v);
void kad_values_check(const struct kad_values *v);

#endif
