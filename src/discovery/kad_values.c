/*
 * Values by place: a map to find them, a heap to know the farthest, a heap to know the oldest.
 */
#include "discovery/kad_values.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

_Static_assert(sizeof(struct kad_value) + 2 * sizeof(struct map_slot) + 2 * sizeof(void *) <=
                   KAD_VALUES_EXTRA,
               "what a value costs is charged");

void kad_values_init(struct kad_values *v, const struct kad_values_config *config)
{
    *v = (struct kad_values){.config = *config};
    map_init(&v->places, config->random);
    heap_init(&v->by_distance);
    heap_init(&v->by_end);
    list_init(&v->unsaved);
}

static struct span kad_values_place(const struct kad_key *place)
{
    return span_of(place->bytes, sizeof place->bytes);
}

static uint32_t kad_values_cost(size_t key, size_t value)
{
    return (uint32_t)(KAD_VALUES_EXTRA + key + value);
}

static uint32_t kad_value_cost(const struct kad_value *e)
{
    return kad_values_cost(e->key_len, e->value_len);
}

static size_t kad_value_size(const struct kad_value *e)
{
    return sizeof *e + e->key_len + e->value_len;
}

/* Out of all that knows it; its row stays. */
static void kad_values_forget(struct kad_values *v, struct kad_value *e)
{
    heap_remove(&v->by_distance, &e->by_distance);
    heap_remove(&v->by_end, &e->by_end);
    list_remove(&e->unsaved);
    (void)map_remove(&v->places, kad_values_place(&e->place));
    v->bytes -= kad_value_cost(e);
    v->memory -= kad_value_size(e);
    kad_quota_charge_values(e->holder, -1, -(int64_t)kad_value_cost(e));
    kad_quota_release(v->config.quota, e->holder);
    mem_free(e);
}

static void kad_values_drop(struct kad_values *v, struct kad_value *e)
{
    if (e->has_row) {
        kad_rows_delete_value(v->config.rows, kad_value_key(e));
    }
    kad_values_forget(v, e);
}

void kad_values_clear(struct kad_values *v)
{
    while (heap_first(&v->by_end) != NULL) {
        kad_values_forget(v, LIST_OF(heap_first(&v->by_end), struct kad_value, by_end));
    }
    map_clear(&v->places);
    heap_clear(&v->by_distance);
    heap_clear(&v->by_end);
}

struct kad_value *kad_values_get(const struct kad_values *v, const struct kad_key *place)
{
    return map_get(&v->places, kad_values_place(place));
}

bool kad_values_is_near(const struct kad_table *table, const struct kad_key *place)
{
    const struct kad_entry *nearest[KAD_TABLE_K_MAX];
    size_t count = kad_table_nearest(table, place, NULL, nearest, table->k);
    size_t nearer = 0;
    for (size_t i = 0; i < count; i++) {
        nearer += kad_key_compare(place, &nearest[i]->key, &table->self) < 0;
    }
    return nearer < table->k;
}

/* The heap has the smallest first. */
static uint64_t kad_values_nearness(const struct kad_values *v, const struct kad_key *place)
{
    return UINT64_MAX - kad_key_distance(&v->config.table->self, place);
}

/* Let the farthest go until `cost` has room, if they are farther than `place`. `old` (or NULL) goes
 * in any case. */
static int kad_values_room(struct kad_values *v, const struct kad_key *place, uint32_t cost,
                           const struct kad_value *old)
{
    const struct kad_values_config *c = &v->config;
    uint32_t freed = old != NULL ? kad_value_cost(old) : 0;
    uint32_t count = old != NULL ? 0 : 1;
    while (v->bytes - freed + cost > c->bytes_max || v->places.count + count > c->count_max) {
        struct heap_node *first = heap_first(&v->by_distance);
        if (first == NULL) {
            return WAVU_ERR_LIMIT;
        }
        struct kad_value *farthest = LIST_OF(first, struct kad_value, by_distance);
        if (farthest == old || first->key >= kad_values_nearness(v, place) ||
            kad_values_is_near(c->table, &farthest->place)) {
            return WAVU_ERR_LIMIT;
        }
        kad_values_drop(v, farthest);
        v->evicted++;
    }
    return 0;
}

static struct kad_value *kad_values_add(struct kad_values *v, const struct kad_values_put *put,
                                        const struct kad_key *place, struct kad_holder *holder)
{
    const struct kad_record *r = put->record;
    struct kad_value *e = mem_new_raw(sizeof *e + r->key.len + r->value.len);
    *e = (struct kad_value){.place = *place,
                            .holder = holder,
                            .received_ms = put->received_ms,
                            .sequence = r->sequence,
                            .end_ms = r->end_ms,
                            .until_ns = put->until_ns,
                            .value_len = (uint32_t)r->value.len,
                            .key_len = (uint8_t)r->key.len};
    memcpy(e->bytes, r->key.ptr, r->key.len);
    memcpy(e->bytes + e->key_len, r->value.ptr, r->value.len);
    (void)map_put(&v->places, kad_values_place(&e->place), e);
    heap_add(&v->by_distance, &e->by_distance, kad_values_nearness(v, place));
    heap_add(&v->by_end, &e->by_end, put->until_ns);
    list_push_back(&v->unsaved, &e->unsaved);
    v->bytes += kad_value_cost(e);
    v->memory += kad_value_size(e);
    kad_quota_charge_values(holder, 1, kad_value_cost(e));
    return e;
}

/* The same again: it stays for longer. */
static void kad_values_refresh(struct kad_values *v, struct kad_value *e,
                               const struct kad_values_put *put)
{
    if (put->until_ns > e->until_ns && put->until_ns - e->until_ns > v->config.fresh_ns) {
        e->until_ns = put->until_ns;
        e->received_ms = put->received_ms;
        heap_move(&v->by_end, &e->by_end, e->until_ns);
        if (!list_is_linked(&e->unsaved)) {
            list_push_back(&v->unsaved, &e->unsaved);
        }
    }
}

/* `e` is held, and `put` is of the same key: 0 or WAVU_ERR_EXISTS, or 1 when it is better. */
static int kad_values_again(struct kad_values *v, struct kad_value *e,
                            const struct kad_values_put *put)
{
    struct kad_record held = {.sequence = e->sequence, .end_ms = e->end_ms};
    int order = kad_record_compare(put->record, &held);
    if (order > 0) {
        return 1;
    }
    if (order < 0 || !span_is_equal(put->record->value, kad_value_span(e))) {
        return WAVU_ERR_EXISTS;
    }
    kad_values_refresh(v, e, put);
    return 0;
}

/* Whom it is charged to. Better words of the same author stay their first sender's: whoever carries
 * news for others is charged for nothing; unless the first has no share left, so that nobody keeps
 * another's news out by having brought what was before. NULL: nobody has. */
static struct kad_holder *kad_values_payer(struct kad_values *v, const struct kad_values_put *put,
                                           const struct kad_value *old, uint32_t cost)
{
    struct kad_quota *q = v->config.quota;
    uint32_t freed = old != NULL ? kad_value_cost(old) : 0;
    if (old != NULL && kad_quota_has_bytes(q, old->holder, cost > freed ? cost - freed : 0)) {
        return old->holder;
    }
    struct kad_holder *h = kad_quota_take(q, put->peer, put->group);
    if (!kad_quota_has_bytes(q, h, cost)) {
        kad_quota_release(q, h);
        return NULL;
    }
    return h;
}

int kad_values_put(struct kad_values *v, const struct kad_values_put *put)
{
    const struct kad_record *r = put->record;
    struct kad_key place;
    CHECK(r->key.len > 0 && r->key.len <= KAD_MSG_KEY_MAX && r->value.len <= KAD_MSG_VALUE_MAX);
    kad_key_of(&place, r->key);
    struct kad_value *old = kad_values_get(v, &place);
    int rc = old != NULL ? kad_values_again(v, old, put) : 1;
    if (rc <= 0) {
        return rc;
    }
    uint32_t cost = kad_values_cost(r->key.len, r->value.len);
    struct kad_holder *payer = kad_values_payer(v, put, old, cost);
    if (payer == NULL) {
        v->refused++;
        return WAVU_ERR_LIMIT;
    }
    kad_quota_charge_values(payer, 1, 0); /* it stays while others leave */
    rc = kad_values_room(v, &place, cost, old);
    if (rc == 0) {
        bool has_row = old != NULL && old->has_row;
        if (old != NULL) {
            kad_values_forget(v, old);
        }
        kad_values_add(v, put, &place, payer)->has_row = has_row;
    }
    v->refused += rc == WAVU_ERR_LIMIT;
    kad_quota_charge_values(payer, -1, 0);
    kad_quota_release(v->config.quota, payer);
    return rc;
}

void kad_values_expire(struct kad_values *v, uint64_t now)
{
    struct heap_node *first = heap_first(&v->by_end);
    while (first != NULL && first->key <= now) {
        kad_values_drop(v, LIST_OF(first, struct kad_value, by_end));
        v->expired++;
        first = heap_first(&v->by_end);
    }
}

int kad_values_save(struct kad_values *v, uint64_t now, uint64_t wall_ms, bool is_all)
{
    struct list *next = list_next(&v->unsaved, &v->unsaved);
    if (next == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    struct kad_value *e = LIST_OF(next, struct kad_value, unsaved);
    if (!is_all && !kad_rows_may(v->config.rows, kad_value_size(e), now)) {
        return WAVU_ERR_AGAIN;
    }
    uint64_t left_ms = e->until_ns > now ? (e->until_ns - now) / 1000000 : 0;
    struct kad_rows_value row = {.until_ms = wall_ms != 0 ? wall_ms + left_ms : 0,
                                 .received_ms = e->received_ms,
                                 .sequence = e->sequence,
                                 .end_ms = e->end_ms,
                                 .group = e->holder->group != NULL ? e->holder->group->group : 0,
                                 .holder = e->holder->id,
                                 .value = kad_value_span(e)};
    int rc = kad_rows_put_value(v->config.rows, kad_value_key(e), &row);
    if (rc == 0) {
        list_remove(&e->unsaved);
        e->has_row = true;
    }
    return rc;
}

void kad_values_is_row(struct kad_values *v, const struct kad_key *place)
{
    struct kad_value *e = kad_values_get(v, place);
    if (e != NULL) {
        list_remove(&e->unsaved);
        e->has_row = true;
    }
}

size_t kad_values_bytes(const struct kad_values *v)
{
    return v->memory + v->places.cap * sizeof(struct map_slot) +
           (v->by_distance.cap + v->by_end.cap) * sizeof(struct heap_node *);
}

void kad_values_check(const struct kad_values *v)
{
    const struct kad_value *e;
    size_t at = 0;
    uint32_t bytes = 0;
    map_check(&v->places);
    heap_check(&v->by_distance);
    heap_check(&v->by_end);
    CHECK(v->places.count == v->by_distance.count && v->places.count == v->by_end.count);
    CHECK(v->bytes <= v->config.bytes_max && v->places.count <= v->config.count_max);
    while ((e = map_next(&v->places, &at)) != NULL) {
        struct kad_key place;
        kad_key_of(&place, kad_value_key(e));
        CHECK(kad_key_compare(&place, &place, &e->place) == 0 && e->holder->values > 0);
        CHECK(e->by_end.key == e->until_ns && (e->has_row || list_is_linked(&e->unsaved)));
        bytes += kad_value_cost(e);
    }
    CHECK(bytes == v->bytes);
}
