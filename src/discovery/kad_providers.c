/*
 * Keys in a map and a heap by distance, each with the list of its providers; all providers in one
 * list by age, as all live equally long.
 */
#include "discovery/kad_providers.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "discovery/kad_values.h"

void kad_providers_init(struct kad_providers *p, const struct kad_providers_config *config)
{
    *p = (struct kad_providers){.config = *config};
    CHECK(config->key_max <= UINT8_MAX);
    map_init(&p->keys, config->random);
    heap_init(&p->by_distance);
    list_init(&p->age);
}

static struct span kad_provided_key(const struct kad_provided *k)
{
    return span_of(k->key, k->key_len);
}

static size_t kad_provided_size(const struct kad_provided *k)
{
    return sizeof *k + k->key_len;
}

/* ---- Order ---- */

static void kad_providers_to_end(struct kad_providers *p, struct kad_provider *e)
{
    list_push_back(&p->age, &e->age);
    p->unsaved = p->unsaved != NULL ? p->unsaved : &e->age;
}

static void kad_providers_out(struct kad_providers *p, struct kad_provider *e)
{
    if (p->unsaved == &e->age) {
        p->unsaved = list_next(&p->age, &e->age);
    }
    list_remove(&e->age);
}

static struct kad_provider **kad_provided_link(struct kad_provided *k, const struct kad_provider *e)
{
    struct kad_provider **at = &k->first;
    while (*at != e) {
        at = &(*at)->next;
        CHECK(*at != NULL);
    }
    return at;
}

/* ---- Who goes ---- */

static void kad_providers_forget(struct kad_providers *p, struct kad_provider *e)
{
    struct kad_provided *k = e->of;
    struct kad_holder *h = e->holder;
    kad_providers_out(p, e);
    *kad_provided_link(k, e) = e->next;
    k->count--;
    p->count--;
    p->memory -= sizeof *e;
    mem_free(e);
    if (k->count == 0) {
        heap_remove(&p->by_distance, &k->by_distance);
        (void)map_remove(&p->keys, kad_provided_key(k));
        p->memory -= kad_provided_size(k);
        mem_free(k);
    }
    kad_quota_charge_provided(h, -1);
    kad_quota_release(p->config.quota, h);
}

/* As kad_providers_forget, with its rows. */
static void kad_providers_drop(struct kad_providers *p, struct kad_provider *e)
{
    struct kad_holder *h = e->holder;
    if (e->has_row) {
        kad_rows_delete_provided(p->config.rows, kad_provided_key(e->of), &h->id);
    }
    if (h->provided == 1 && h->has_row) {
        kad_rows_delete_holder(p->config.rows, &h->id);
        h->has_row = false;
        h->is_saved = false;
    }
    kad_providers_forget(p, e);
}

static struct kad_provider *kad_providers_oldest(const struct kad_providers *p)
{
    struct list *first = list_next(&p->age, &p->age);
    return first != NULL ? LIST_OF(first, struct kad_provider, age) : NULL;
}

void kad_providers_clear(struct kad_providers *p)
{
    struct kad_provider *e;
    while ((e = kad_providers_oldest(p)) != NULL) {
        kad_providers_forget(p, e);
    }
    map_clear(&p->keys);
    heap_clear(&p->by_distance);
}

/* ---- Shares ---- */

static uint64_t kad_provider_group(const struct kad_provider *e)
{
    return e->holder->group != NULL ? e->holder->group->group : 0;
}

/* How many of a key's providers are of `group`. */
static unsigned kad_provided_group(const struct kad_provided *k, uint64_t group)
{
    unsigned count = 0;
    for (const struct kad_provider *e = k->first; e != NULL; e = e->next) {
        count += kad_provider_group(e) == group;
    }
    return count;
}

/* Of a key that is full: the oldest of the group that has more than its share, if `newcomer` has
 * less than that; or NULL. */
static struct kad_provider *kad_provided_crowded(const struct kad_providers *p,
                                                 const struct kad_provided *k, uint64_t newcomer)
{
    unsigned share = p->config.key_max / KAD_PROVIDERS_KEY_SHARE;
    struct kad_provider *out = NULL;
    unsigned most = share;
    if (kad_provided_group(k, newcomer) >= share) {
        return NULL;
    }
    for (struct kad_provider *e = k->first; e != NULL; e = e->next) {
        unsigned count = kad_provided_group(k, kad_provider_group(e));
        if (count > most || (out != NULL && count == most)) {
            most = count;
            out = e;
        }
    }
    return out;
}

static uint64_t kad_providers_nearness(const struct kad_providers *p, struct span key)
{
    struct kad_key place;
    kad_key_of(&place, key);
    return UINT64_MAX - kad_key_distance(&p->config.table->self, &place);
}

/* Somebody of the farthest key goes, if it is farther than `key` and not ours to hold. */
static int kad_providers_evict(struct kad_providers *p, struct span key)
{
    struct heap_node *first = heap_first(&p->by_distance);
    if (first == NULL || first->key >= kad_providers_nearness(p, key)) {
        return WAVU_ERR_LIMIT;
    }
    struct kad_provided *farthest = LIST_OF(first, struct kad_provided, by_distance);
    struct kad_key place;
    kad_key_of(&place, kad_provided_key(farthest));
    if (kad_values_is_near(p->config.table, &place)) {
        return WAVU_ERR_LIMIT;
    }
    struct kad_provider *last = farthest->first;
    while (last->next != NULL) {
        last = last->next;
    }
    kad_providers_drop(p, last);
    p->evicted++;
    return 0;
}

static int kad_providers_room(struct kad_providers *p, const struct kad_providers_put *put,
                              const struct kad_holder *h)
{
    const struct kad_providers_config *c = &p->config;
    struct kad_provided *k = map_get(&p->keys, put->key);
    if (!kad_quota_has_provided(c->quota, h)) {
        return WAVU_ERR_LIMIT;
    }
    if (k != NULL && k->count >= c->key_max) {
        struct kad_provider *crowded = kad_provided_crowded(p, k, put->group);
        if (crowded == NULL) {
            return WAVU_ERR_LIMIT;
        }
        kad_providers_drop(p, crowded);
        p->evicted++;
        return 0;
    }
    return p->count < c->max ? 0 : kad_providers_evict(p, put->key);
}

/* ---- Who comes ---- */

static struct kad_provided *kad_providers_key(struct kad_providers *p, struct span key)
{
    struct kad_provided *k = map_get(&p->keys, key);
    if (k == NULL) {
        k = mem_new(sizeof *k + key.len);
        k->key_len = (uint8_t)key.len;
        memcpy(k->key, key.ptr, key.len);
        (void)map_put(&p->keys, kad_provided_key(k), k);
        heap_add(&p->by_distance, &k->by_distance, kad_providers_nearness(p, key));
        p->memory += kad_provided_size(k);
    }
    return k;
}

static struct kad_provider *kad_providers_find(const struct kad_providers *p, struct span key,
                                               const struct kad_holder *h)
{
    const struct kad_provided *k = map_get(&p->keys, key);
    struct kad_provider *e = k != NULL ? k->first : NULL;
    while (e != NULL && e->holder != h) {
        e = e->next;
    }
    return e;
}

static struct kad_provider *kad_providers_add(struct kad_providers *p, struct span key,
                                              struct kad_holder *h, uint64_t until_ns)
{
    struct kad_provided *k = kad_providers_key(p, key);
    struct kad_provider *e = mem_new(sizeof *e);
    *e = (struct kad_provider){
        .holder = h, .of = k, .next = k->first, .until_s = (uint32_t)(until_ns / 1000000000)};
    k->first = e;
    k->count++;
    p->count++;
    p->memory += sizeof *e;
    kad_quota_charge_provided(h, 1);
    return e;
}

/* It says so again: it is the newest now. */
static void kad_providers_refresh(struct kad_providers *p, struct kad_provider *e,
                                  uint64_t until_ns)
{
    uint64_t old_ns = (uint64_t)e->until_s * 1000000000;
    if (until_ns < old_ns || until_ns - old_ns < p->config.fresh_ns) {
        return;
    }
    struct kad_provided *k = e->of;
    *kad_provided_link(k, e) = e->next;
    e->next = k->first;
    k->first = e;
    e->until_s = (uint32_t)(until_ns / 1000000000);
    kad_providers_out(p, e);
    kad_providers_to_end(p, e);
}

int kad_providers_put(struct kad_providers *p, const struct kad_providers_put *put, uint64_t now)
{
    CHECK(put->key.len > 0 && put->key.len <= KAD_ROWS_PROVIDED_KEY_MAX);
    struct kad_holder *h = kad_quota_take(p->config.quota, put->peer, put->group);
    struct kad_provider *e = kad_providers_find(p, put->key, h);
    uint64_t until_ns = now + p->config.life_ns;
    int rc = 0;
    kad_quota_charge_values(h, 1, 0); /* the holder stays while others leave */
    if (e != NULL) {
        kad_providers_refresh(p, e, until_ns);
    } else {
        rc = kad_providers_room(p, put, h);
        if (rc == 0) {
            kad_providers_to_end(p, kad_providers_add(p, put->key, h, until_ns));
        }
        p->refused += rc != 0;
    }
    if (rc == 0) {
        kad_quota_set_addresses(p->config.quota, h, put->addresses);
    }
    kad_quota_charge_values(h, -1, 0);
    kad_quota_release(p->config.quota, h);
    return rc;
}

const struct kad_provider *kad_providers_of(const struct kad_providers *p, struct span key)
{
    const struct kad_provided *k = map_get(&p->keys, key);
    return k != NULL ? k->first : NULL;
}

/* ---- Time, rows ---- */

uint64_t kad_providers_deadline(const struct kad_providers *p)
{
    const struct kad_provider *e = kad_providers_oldest(p);
    return e != NULL ? (uint64_t)e->until_s * 1000000000 : UINT64_MAX;
}

void kad_providers_expire(struct kad_providers *p, uint64_t now)
{
    while (kad_providers_deadline(p) <= now) {
        kad_providers_drop(p, kad_providers_oldest(p));
        p->expired++;
    }
}

static int kad_providers_save_holder(struct kad_providers *p, struct kad_holder *h)
{
    struct kad_rows_holder row = {.group = h->group != NULL ? h->group->group : 0,
                                  .addresses = span_of(h->addresses, h->len)};
    int rc = h->is_saved ? 0 : kad_rows_put_holder(p->config.rows, &h->id, &row);
    if (rc == 0) {
        h->is_saved = true;
        h->has_row = true;
    }
    return rc;
}

int kad_providers_save(struct kad_providers *p, uint64_t now, uint64_t wall_ms, bool is_all)
{
    if (p->unsaved == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    struct kad_provider *e = LIST_OF(p->unsaved, struct kad_provider, age);
    size_t size = 2 * sizeof *e + e->of->key_len + (e->holder->is_saved ? 0 : 64 + e->holder->len);
    if (!is_all && !kad_rows_may(p->config.rows, size, now)) {
        return WAVU_ERR_AGAIN;
    }
    uint64_t until_ns = (uint64_t)e->until_s * 1000000000;
    uint64_t left_ms = until_ns > now ? (until_ns - now) / 1000000 : 0;
    struct kad_rows_provided row = {.key = kad_provided_key(e->of),
                                    .holder = e->holder->id,
                                    .until_ms = wall_ms != 0 ? wall_ms + left_ms : 0};
    int rc = kad_providers_save_holder(p, e->holder);
    rc = rc != 0 ? rc : kad_rows_put_provided(p->config.rows, &row);
    if (rc == 0) {
        e->has_row = true;
        p->unsaved = list_next(&p->age, &e->age);
    }
    return rc;
}

int kad_providers_load(struct kad_providers *p, const struct kad_providers_put *put,
                       uint64_t until_ns)
{
    struct kad_holder *h = kad_quota_take(p->config.quota, put->peer, put->group);
    int rc = kad_providers_find(p, put->key, h) != NULL ? WAVU_ERR_EXISTS : 0;
    kad_quota_charge_values(h, 1, 0);
    rc = rc != 0 ? rc : kad_providers_room(p, put, h);
    if (rc == 0) {
        struct kad_provider *e = kad_providers_add(p, put->key, h, until_ns);
        e->has_row = true;
        list_push_back(&p->age, &e->age);
        kad_quota_set_addresses(p->config.quota, h, put->addresses);
        h->has_row = true;
        h->is_saved = true;
    }
    kad_quota_charge_values(h, -1, 0);
    kad_quota_release(p->config.quota, h);
    return rc;
}

/* Two lists in order of time to one. */
static void kad_providers_merge(struct list *out, struct list *a, struct list *b)
{
    while (!list_is_empty(a) && !list_is_empty(b)) {
        const struct kad_provider *x = LIST_OF(list_next(a, a), struct kad_provider, age);
        const struct kad_provider *y = LIST_OF(list_next(b, b), struct kad_provider, age);
        list_push_back(out, list_pop_front(x->until_s <= y->until_s ? a : b));
    }
    list_splice_back(out, a);
    list_splice_back(out, b);
}

/* Sort by merging runs of twice the length each time: runs[i] has 2^i of them, or none. */
void kad_providers_loaded(struct kad_providers *p)
{
    struct list runs[32];
    struct list *node;
    for (unsigned i = 0; i < 32; i++) {
        list_init(&runs[i]);
    }
    while ((node = list_pop_front(&p->age)) != NULL) {
        struct list run;
        list_init(&run);
        list_push_back(&run, node);
        unsigned i = 0;
        for (; !list_is_empty(&runs[i]); i++) {
            struct list merged;
            list_init(&merged);
            kad_providers_merge(&merged, &runs[i], &run);
            list_splice_back(&run, &merged);
        }
        list_splice_back(&runs[i], &run);
    }
    for (unsigned i = 0; i < 32; i++) {
        struct list merged;
        list_init(&merged);
        kad_providers_merge(&merged, &p->age, &runs[i]);
        list_splice_back(&p->age, &merged);
    }
    p->unsaved = NULL;
}

size_t kad_providers_bytes(const struct kad_providers *p)
{
    return p->memory + p->keys.cap * sizeof(struct map_slot) +
           p->by_distance.cap * sizeof(struct heap_node *);
}

static void kad_providers_check_key(const struct kad_providers *p, const struct kad_provided *k)
{
    unsigned count = 0;
    for (const struct kad_provider *e = k->first; e != NULL; e = e->next) {
        CHECK(e->of == k && e->holder->provided > 0);
        count++;
    }
    CHECK(count == k->count && count > 0 && count <= p->config.key_max);
}

void kad_providers_check(const struct kad_providers *p)
{
    const struct kad_provided *k;
    uint32_t last = 0;
    bool is_unsaved = false;
    size_t count = 0;
    size_t at = 0;
    map_check(&p->keys);
    heap_check(&p->by_distance);
    CHECK(p->keys.count == p->by_distance.count && p->count <= p->config.max);
    while ((k = map_next(&p->keys, &at)) != NULL) {
        kad_providers_check_key(p, k);
    }
    for (struct list *node = list_next(&p->age, &p->age); node != NULL;
         node = list_next(&p->age, node)) {
        const struct kad_provider *e = LIST_OF(node, struct kad_provider, age);
        is_unsaved = is_unsaved || node == p->unsaved;
        CHECK(e->until_s >= last && (e->has_row || is_unsaved));
        last = e->until_s;
        count++;
    }
    CHECK(count == p->count && is_unsaved == (p->unsaved != NULL));
}
