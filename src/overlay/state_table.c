/*
 * All namespaces, and the sums of hashes that tell whether two nodes have the same.
 */
#include "overlay/state_table.h"

#include "base/check.h"
#include "base/mem.h"

/* Second half of the hash's key; a salt is the first half. Any number will do. */
#define HASH_KEY UINT64_C(0x7761767573746174)

void state_table_init(struct state_table *t, const struct random *random, size_t max,
                      size_t bytes_max)
{
    *t = (struct state_table){.max = max, .bytes_max = bytes_max};
    map_init(&t->by_id, random);
    list_init(&t->owners);
    list_init(&t->dead_entries);
    list_init(&t->dead_owners);
}

void state_table_clear(struct state_table *t)
{
    while (!list_is_empty(&t->owners)) {
        state_table_remove(t, LIST_OF(t->owners.next, struct state_owner, order));
    }
    state_table_bury(t);
    map_clear(&t->by_id);
}

struct state_owner *state_table_get(const struct state_table *t, const struct overlay_id *id)
{
    return map_get(&t->by_id, overlay_id_span(id));
}

size_t state_table_bucket_of(const struct overlay_id *id)
{
    return id->bytes[0] % STATE_MSG_BUCKET_COUNT;
}

/* What an owner counts for: 0 when nothing of it is shared. */
static uint64_t hash_of(const struct state_owner *o, uint64_t salt)
{
    uint8_t bytes[OVERLAY_ID_SIZE + 17];
    const uint64_t key[2] = {salt, HASH_KEY};
    struct wr w;
    if (o->is_forgotten || o->version == 0) {
        return 0;
    }
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_bytes(&w, overlay_id_span(&o->id));
    wr_u64le(&w, o->generation);
    wr_u64le(&w, o->version);
    wr_u8(&w, o->is_whole ? 1 : 0);
    return map_hash(key, wr_span(&w));
}

/* Count `o` as it is now. */
static void rehash(struct state_table *t, struct state_owner *o)
{
    uint64_t *bucket = &t->buckets[state_table_bucket_of(&o->id)];
    *bucket -= o->hash;
    o->hash = hash_of(o, 0);
    *bucket += o->hash;
}

struct state_owner *state_table_add(struct state_table *t, const struct overlay_id *id,
                                    uint64_t heard_ns)
{
    if (t->count == t->max || t->bytes + STATE_OWNER_COST > t->bytes_max) {
        return NULL;
    }
    struct state_owner *o = mem_new(sizeof *o);
    o->id = *id;
    o->bytes = STATE_OWNER_COST;
    void *twin = map_put(&t->by_id, overlay_id_span(&o->id), o);
    CHECK(twin == NULL);
    t->count++;
    t->bytes += o->bytes;
    o->heard_ns = heard_ns;
    list_push_back(&t->owners, &o->order);
    return o;
}

void state_table_set_stranger(struct state_table *t, struct state_owner *o, bool is_stranger)
{
    t->strangers -= o->is_stranger ? 1 : 0;
    t->strangers += is_stranger ? 1 : 0;
    o->is_stranger = is_stranger;
}

void state_table_set_silent(struct state_table *t, struct state_owner *o, bool is_silent)
{
    t->silents -= o->is_silent ? 1 : 0;
    t->silents += is_silent ? 1 : 0;
    o->is_silent = is_silent;
}

bool state_table_is_full(const struct state_table *t)
{
    return t->count == t->max || t->bytes + STATE_OWNER_BYTES_MAX > t->bytes_max;
}

/* Take out one entry, to be freed when no event shows it any more. */
static struct state_entry *take(struct state_table *t, struct state_owner *o)
{
    t->bytes -= o->bytes;
    struct state_entry *e = state_owner_take(o);
    t->bytes += o->bytes;
    if (e != NULL) {
        list_push_back(&t->dead_entries, &e->dead);
    }
    return e;
}

static void take_all(struct state_table *t, struct state_owner *o)
{
    while (take(t, o) != NULL) {
    }
}

void state_table_remove(struct state_table *t, struct state_owner *o)
{
    take_all(t, o);
    state_table_set_stranger(t, o, false);
    state_table_set_silent(t, o, false);
    o->version = 0;
    rehash(t, o);
    (void)map_remove(&t->by_id, overlay_id_span(&o->id));
    list_remove(&o->order);
    t->count--;
    t->bytes -= o->bytes;
    list_push_back(&t->dead_owners, &o->dead);
}

void state_table_forget(struct state_table *t, struct state_owner *o, uint64_t now)
{
    take_all(t, o);
    o->is_forgotten = true;
    o->is_whole = false;
    rehash(t, o);
    o->heard_ns = now;
}

void state_table_bar(struct state_table *t, struct state_owner *o)
{
    take_all(t, o);
    o->is_forgotten = true;
    o->is_whole = false;
    o->version = UINT64_MAX;
    rehash(t, o);
}

void state_table_recall(struct state_table *t, struct state_owner *o)
{
    o->is_forgotten = false;
    o->version = 0;
    rehash(t, o);
}

int state_table_put(struct state_table *t, struct state_owner *o, const struct state_msg_entry *e,
                    struct state_entry **old)
{
    CHECK(state_owner_has_room(o, e));
    const struct state_entry *before = state_owner_find(o, e->key);
    size_t freed = before == NULL ? 0 : state_owner_cost(before->key_len, before->value_len);
    if (t->bytes - freed + state_owner_cost(e->key.len, e->value.len) > t->bytes_max) {
        return WAVU_ERR_LIMIT;
    }
    t->bytes -= o->bytes;
    *old = state_owner_put(o, e);
    t->bytes += o->bytes;
    if (*old != NULL) {
        list_push_back(&t->dead_entries, &(*old)->dead);
    }
    return 0;
}

void state_table_settle(struct state_table *t, struct state_owner *o)
{
    state_owner_settle(o);
    rehash(t, o);
}

struct state_entry *state_table_take_past(struct state_table *t, struct state_owner *o)
{
    return o->past_count == 0 ? NULL : take(t, o);
}

void state_table_begin(struct state_table *t, struct state_owner *o, uint64_t generation)
{
    while (state_table_take_past(t, o) != NULL) {
    }
    state_owner_begin(o, generation);
    rehash(t, o);
}

void state_table_bury(struct state_table *t)
{
    struct list *dead;
    while ((dead = list_pop_front(&t->dead_entries)) != NULL) {
        mem_free(LIST_OF(dead, struct state_entry, dead));
    }
    while ((dead = list_pop_front(&t->dead_owners)) != NULL) {
        mem_free(LIST_OF(dead, struct state_owner, dead));
    }
}

void state_table_hashes(const struct state_table *t, uint64_t salt,
                        uint64_t buckets[STATE_MSG_BUCKET_COUNT])
{
    for (size_t i = 0; i < STATE_MSG_BUCKET_COUNT; i++) {
        buckets[i] = salt == 0 ? t->buckets[i] : 0;
    }
    if (salt == 0) {
        return;
    }
    for (struct list *at = list_next(&t->owners, &t->owners); at != NULL;
         at = list_next(&t->owners, at)) {
        const struct state_owner *o = LIST_OF(at, struct state_owner, order);
        buckets[state_table_bucket_of(&o->id)] += hash_of(o, salt);
    }
}

uint64_t state_table_hash(const struct state_table *t, uint64_t salt)
{
    uint64_t buckets[STATE_MSG_BUCKET_COUNT];
    uint64_t sum = 0;
    state_table_hashes(t, salt, buckets);
    for (size_t i = 0; i < STATE_MSG_BUCKET_COUNT; i++) {
        sum += buckets[i];
    }
    return sum;
}

void state_table_check(const struct state_table *t)
{
    uint64_t buckets[STATE_MSG_BUCKET_COUNT] = {0};
    size_t count = 0;
    size_t strangers = 0;
    size_t silents = 0;
    size_t bytes = 0;
    for (struct list *at = list_next(&t->owners, &t->owners); at != NULL;
         at = list_next(&t->owners, at)) {
        const struct state_owner *o = LIST_OF(at, struct state_owner, order);
        state_owner_check(o);
        CHECK(state_table_get(t, &o->id) == o);
        CHECK(o->hash == hash_of(o, 0));
        buckets[state_table_bucket_of(&o->id)] += o->hash;
        bytes += o->bytes;
        strangers += o->is_stranger ? 1 : 0;
        silents += o->is_silent ? 1 : 0;
        count++;
    }
    CHECK(strangers == t->strangers && silents == t->silents);
    for (size_t i = 0; i < STATE_MSG_BUCKET_COUNT; i++) {
        CHECK(buckets[i] == t->buckets[i]);
    }
    CHECK(count == t->count && count <= t->max && bytes == t->bytes && bytes <= t->bytes_max);
    map_check(&t->by_id);
}
