/*
 * Who provides what. A part of kad_store.
 */
#ifndef DISCOVERY_KAD_PROVIDERS_H
#define DISCOVERY_KAD_PROVIDERS_H

#include "base/heap.h"
#include "base/list.h"
#include "discovery/kad_rows.h"
#include "discovery/kad_table.h"

#define KAD_PROVIDERS_KEY_SHARE 4 /* a group of addresses keeps so manieth a part of a full key */

/* A key that somebody provides; owned by the providers. */
struct kad_provided {
    struct heap_node by_distance; /* the farthest from us first */
    struct kad_provider *first;   /* who said so last first */
    uint8_t count;
    uint8_t key_len;
    uint8_t key[];
};

/* That somebody provides it. */
struct kad_provider {
    struct list age; /* who said so last is last */
    struct kad_holder *holder;
    struct kad_provided *of;
    struct kad_provider *next; /* of the same key */
    uint32_t until_s;          /* of this boot */
    bool has_row;              /* as it is now, or was */
};

struct kad_providers_config {
    const struct kad_table *table; /* borrowed, as all here */
    struct kad_quota *quota;
    struct kad_rows *rows;
    const struct random *random;
    uint32_t max;     /* in all */
    uint32_t key_max; /* of one key */
    uint64_t life_ns;
    uint64_t fresh_ns;
};

struct kad_providers {
    struct kad_providers_config config;
    struct map keys; /* key -> struct kad_provided */
    struct heap by_distance;
    struct list age;
    struct list *unsaved; /* the first in `age` that has no row, or an old one; all behind, too */
    uint32_t count;
    size_t memory; /* of keys and providers, as asked for */
    uint64_t refused;
    uint64_t evicted;
    uint64_t expired;
};

/* Somebody says that it provides `key` (1 to KAD_ROWS_PROVIDED_KEY_MAX bytes). */
struct kad_providers_put {
    struct span key;
    struct span addresses; /* each a varint length and a multiaddr */
    const struct peerid *peer;
    uint64_t group;
};

void kad_providers_init(struct kad_providers *p, const struct kad_providers_config *config);
void kad_providers_clear(struct kad_providers *p); /* rows stay */

/** 0, or WAVU_ERR_LIMIT. */
WARN_UNUSED int kad_providers_put(struct kad_providers *p, const struct kad_providers_put *put,
                                  uint64_t now);

/** Who provides `key`; follow `next`. NULL: nobody. Borrowed until the next change. */
const struct kad_provider *kad_providers_of(const struct kad_providers *p, struct span key);

void kad_providers_expire(struct kad_providers *p, uint64_t now);

/** When kad_providers_expire has something to do; UINT64_MAX: never. */
uint64_t kad_providers_deadline(const struct kad_providers *p);

/** Write the rows of the next unsaved one, and of its holder. As kad_values_save. */
WARN_UNUSED int kad_providers_save(struct kad_providers *p, uint64_t now, uint64_t wall_ms,
                                   bool is_all);

/** Take up what a row says, until then; not in order of time. WAVU_ERR_LIMIT, or WAVU_ERR_EXISTS.
 * Call kad_providers_loaded when all are there. */
WARN_UNUSED int kad_providers_load(struct kad_providers *p, const struct kad_providers_put *put,
                                   uint64_t until_ns);
void kad_providers_loaded(struct kad_providers *p);

size_t kad_providers_bytes(const struct kad_providers *p);
void kad_providers_check(const struct kad_providers *p);

#endif
