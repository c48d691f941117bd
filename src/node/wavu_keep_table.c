/*
 * Entries by key, each with the round in which it was last wanted.
 */
#include "node/wavu_keep_table.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

struct wavu_keep_entry {
    uint64_t hash;  /* of the value that the store has */
    uint32_t round; /* in which it was wanted last */
    uint8_t key_len;
    bool is_hearsay;
    uint8_t key[WAVU_KEEP_TABLE_KEY_MAX];
};

void wavu_keep_table_init(struct wavu_keep_table *t, struct store *store, const char *name,
                          const struct random *random)
{
    *t = (struct wavu_keep_table){.store = store, .name = name};
    map_init(&t->entries, random);
    random_fill(random, (uint8_t *)t->seed, sizeof t->seed);
}

void wavu_keep_table_clear(struct wavu_keep_table *t)
{
    size_t at = 0;
    struct wavu_keep_entry *e = map_next(&t->entries, &at);
    while (e != NULL) {
        mem_free(e);
        e = map_next(&t->entries, &at);
    }
    map_clear(&t->entries);
}

static struct span wavu_keep_table_key(const struct wavu_keep_entry *e)
{
    return span_of(e->key, e->key_len);
}

static struct wavu_keep_entry *wavu_keep_table_add(struct wavu_keep_table *t, struct span key)
{
    CHECK(key.len > 0 && key.len <= WAVU_KEEP_TABLE_KEY_MAX);
    struct wavu_keep_entry *e = mem_new(sizeof *e);
    memcpy(e->key, key.ptr, key.len);
    e->key_len = (uint8_t)key.len;
    CHECK(map_put(&t->entries, wavu_keep_table_key(e), e) == NULL);
    return e;
}

void wavu_keep_table_found(struct wavu_keep_table *t, struct span key, struct span value)
{
    struct wavu_keep_entry *e = wavu_keep_table_add(t, key);
    e->hash = map_hash(t->seed, value);
}

bool wavu_keep_table_has(const struct wavu_keep_table *t, struct span key)
{
    const struct wavu_keep_entry *e = map_get(&t->entries, key);
    return e != NULL && !e->is_hearsay;
}

void wavu_keep_table_begin(struct wavu_keep_table *t)
{
    t->round++;
}

int wavu_keep_table_want(struct wavu_keep_table *t, struct span key, struct span value,
                         bool is_hearsay)
{
    uint64_t hash = map_hash(t->seed, value);
    struct wavu_keep_entry *e = map_get(&t->entries, key);
    if (e == NULL || e->hash != hash) {
        int rc = store_put(t->store, t->name, key, value);
        if (rc < 0) {
            if (e != NULL) {
                e->round = t->round; /* the old value is better than none */
            }
            return rc;
        }
    }
    e = e != NULL ? e : wavu_keep_table_add(t, key);
    e->hash = hash;
    e->round = t->round;
    e->is_hearsay = is_hearsay;
    return 0;
}

/* An entry that goes in this round, or NULL. */
static struct wavu_keep_entry *wavu_keep_table_unwanted(const struct wavu_keep_table *t,
                                                        bool is_whole, size_t *at)
{
    struct wavu_keep_entry *e = map_next(&t->entries, at);
    while (e != NULL && (e->round == t->round || (e->is_hearsay && !is_whole))) {
        e = map_next(&t->entries, at);
    }
    return e;
}

int wavu_keep_table_end(struct wavu_keep_table *t, bool is_whole)
{
    size_t at = 0;
    struct wavu_keep_entry *e = wavu_keep_table_unwanted(t, is_whole, &at);
    while (e != NULL) {
        int rc = store_delete(t->store, t->name, wavu_keep_table_key(e));
        if (rc < 0) {
            return rc;
        }
        (void)map_remove(&t->entries, wavu_keep_table_key(e));
        mem_free(e);
        at = 0; /* the map has changed; few go in one round */
        e = wavu_keep_table_unwanted(t, is_whole, &at);
    }
    return 0;
}

void wavu_keep_table_check(const struct wavu_keep_table *t)
{
    size_t at = 0;
    map_check(&t->entries);
    const struct wavu_keep_entry *e = map_next(&t->entries, &at);
    while (e != NULL) {
        CHECK(e->key_len > 0 && e->key_len <= WAVU_KEEP_TABLE_KEY_MAX && e->round <= t->round);
        CHECK(map_get(&t->entries, wavu_keep_table_key(e)) == e);
        e = map_next(&t->entries, &at);
    }
}
