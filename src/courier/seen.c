/*
 * Slots in an array that grows by doubling, found by a seeded hash of their names, in two lists:
 * all by age, and each owner's by age.
 */
#include "courier/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"

#define FORMAT 1
#define CAP_MIN 16
#define OWNER_KEY_SIZE 8 /* of a device key: 2^64 tries to meet another's */

struct link {
    uint32_t next;
    uint32_t prev;
};

struct seen_slot {
    uint8_t key[SEEN_KEY_SIZE];
    uint8_t value[SEEN_VALUE_SIZE];
    uint64_t number; /* order of coming, over restarts; 0: free */
    uint64_t ends;   /* ns of lasting time */
    struct owner *owner;
    struct link all;
    struct link own;
    uint32_t chain; /* next slot of this bucket, or next free one */
};

/* Who brought names. Lives while it has one. */
struct owner {
    uint8_t key[OWNER_KEY_SIZE];
    uint32_t count;
    uint32_t first;
    uint32_t last;
};

void seen_init(struct seen *s, const struct seen_config *config)
{
    memset(s, 0, sizeof(*s));
    s->config = *config;
    s->config.most = config->most == 0 ? SEEN_MAX : config->most;
    CHECK(s->config.most >= SEEN_SHARE && s->config.most <= SEEN_MAX);
    s->first = s->last = s->free = SEEN_NONE;
    s->number = 1;
    map_init(&s->owners, config->random);
}

void seen_clear(struct seen *s)
{
    size_t at = 0;
    void *owner;
    while ((owner = map_next(&s->owners, &at)) != NULL) {
        mem_free(owner);
    }
    map_clear(&s->owners);
    mem_free(s->slots);
    mem_free(s->buckets);
    memset(s, 0, sizeof(*s));
}

/* --- finding --- */

static uint32_t *bucket_of(const struct seen *s, const uint8_t *key)
{
    const uint64_t hash = map_hash(s->owners.seed, span_of(key, SEEN_KEY_SIZE));
    return &s->buckets[hash & (s->cap - 1)];
}

static uint32_t find(const struct seen *s, const uint8_t *key)
{
    uint32_t at = s->cap == 0 ? SEEN_NONE : *bucket_of(s, key);
    while (at != SEEN_NONE &&
           !span_is_equal(span_of(s->slots[at].key, SEEN_KEY_SIZE), span_of(key, SEEN_KEY_SIZE))) {
        at = s->slots[at].chain;
    }
    return at;
}

const uint8_t *seen_find(const struct seen *s, uint64_t now, const uint8_t key[SEEN_KEY_SIZE])
{
    const uint32_t at = find(s, key);
    return at != SEEN_NONE && s->slots[at].ends > now ? s->slots[at].value : NULL;
}

static void chain_in(struct seen *s, uint32_t at)
{
    uint32_t *bucket = bucket_of(s, s->slots[at].key);
    s->slots[at].chain = *bucket;
    *bucket = at;
}

static void chain_out(struct seen *s, uint32_t at)
{
    uint32_t *place = bucket_of(s, s->slots[at].key);
    while (*place != at) {
        place = &s->slots[*place].chain;
    }
    *place = s->slots[at].chain;
}

static void collect_free(struct seen *s)
{
    s->free = SEEN_NONE;
    for (uint32_t at = s->cap; at-- > 0;) {
        if (s->slots[at].number == 0) {
            s->slots[at].chain = s->free;
            s->free = at;
        }
    }
}

/* Room for a slot `at`. */
static void grow(struct seen *s, uint32_t at)
{
    uint32_t cap = s->cap == 0 ? CAP_MIN : s->cap;
    while (cap <= at) {
        cap *= 2;
    }
    if (cap == s->cap) {
        return;
    }
    s->slots = mem_resize(s->slots, cap * sizeof(*s->slots));
    memset(&s->slots[s->cap], 0, (cap - s->cap) * sizeof(*s->slots));
    s->buckets = mem_resize(s->buckets, cap * sizeof(*s->buckets));
    memset(s->buckets, 0xff, cap * sizeof(*s->buckets));
    s->cap = cap;
    for (uint32_t i = 0; i < cap; i++) {
        if (s->slots[i].number != 0) {
            chain_in(s, i);
        }
    }
}

/* --- lists --- */

static struct link *link_of(struct seen *s, uint32_t at, bool is_own)
{
    return is_own ? &s->slots[at].own : &s->slots[at].all;
}

static void list_append(struct seen *s, uint32_t at, bool is_own)
{
    struct owner *owner = s->slots[at].owner;
    uint32_t *first = is_own ? &owner->first : &s->first;
    uint32_t *last = is_own ? &owner->last : &s->last;
    *link_of(s, at, is_own) = (struct link){.next = SEEN_NONE, .prev = *last};
    if (*last == SEEN_NONE) {
        *first = at;
    } else {
        link_of(s, *last, is_own)->next = at;
    }
    *last = at;
}

static void list_drop(struct seen *s, uint32_t at, bool is_own)
{
    struct owner *owner = s->slots[at].owner;
    const struct link link = *link_of(s, at, is_own);
    if (link.prev == SEEN_NONE) {
        *(is_own ? &owner->first : &s->first) = link.next;
    } else {
        link_of(s, link.prev, is_own)->next = link.next;
    }
    if (link.next == SEEN_NONE) {
        *(is_own ? &owner->last : &s->last) = link.prev;
    } else {
        link_of(s, link.next, is_own)->prev = link.prev;
    }
}

static struct owner *owner_of(struct seen *s, const uint8_t *key)
{
    const struct span name = span_of(key, OWNER_KEY_SIZE);
    struct owner *owner = map_get(&s->owners, name);
    if (owner == NULL) {
        owner = mem_new(sizeof(*owner));
        memcpy(owner->key, key, sizeof(owner->key));
        owner->first = owner->last = SEEN_NONE;
        CHECK(map_put(&s->owners, span_of(owner->key, sizeof(owner->key)), owner) == NULL);
    }
    return owner;
}

static void forget(struct seen *s, uint32_t at)
{
    struct owner *owner = s->slots[at].owner;
    chain_out(s, at);
    list_drop(s, at, false);
    list_drop(s, at, true);
    s->slots[at].number = 0;
    s->slots[at].chain = s->free;
    s->free = at;
    s->count--;
    owner->count--;
    if (owner->count == 0) {
        CHECK(map_remove(&s->owners, span_of(owner->key, sizeof(owner->key))) == owner);
        mem_free(owner);
    }
}

/* A slot for one more name of `key`'s owner. */
static uint32_t make_room(struct seen *s, const uint8_t *key, uint32_t known)
{
    const struct owner *owner = map_get(&s->owners, span_of(key, OWNER_KEY_SIZE));
    uint32_t at = known; /* too old, and comes again */
    if (at == SEEN_NONE && owner != NULL && owner->count >= s->config.most / SEEN_SHARE) {
        at = owner->first;
    } else if (at == SEEN_NONE && s->count == s->config.most) {
        at = s->first;
    }
    if (at != SEEN_NONE) {
        forget(s, at);
    }
    if (s->free == SEEN_NONE) {
        grow(s, s->cap);
        collect_free(s);
    }
    at = s->free;
    s->free = s->slots[at].chain;
    return at;
}

int seen_add(struct seen *s, uint64_t now, const uint8_t key[SEEN_KEY_SIZE], const uint8_t *value,
             const uint8_t owner[SEEN_OWNER_SIZE], uint32_t *slot)
{
    const uint32_t known = find(s, key);
    if (known != SEEN_NONE && s->slots[known].ends > now) {
        return WAVU_ERR_EXISTS;
    }
    const uint32_t at = make_room(s, owner, known);
    struct seen_slot *n = &s->slots[at];
    memset(n, 0, sizeof(*n));
    memcpy(n->key, key, SEEN_KEY_SIZE);
    if (value != NULL) {
        memcpy(n->value, value, SEEN_VALUE_SIZE);
    }
    n->ends = now + s->config.keep_ns;
    n->number = s->number++;
    n->owner = owner_of(s, owner);
    n->owner->count++;
    s->count++;
    chain_in(s, at);
    list_append(s, at, false);
    list_append(s, at, true);
    *slot = at;
    return 0;
}

/* --- rows --- */

void seen_save(struct wr *w, const struct seen *s, uint32_t slot)
{
    const struct seen_slot *n = &s->slots[slot];
    CHECK(slot < s->cap && n->number != 0);
    wr_u8(w, FORMAT);
    wr_bytes(w, span_of(n->key, sizeof(n->key)));
    wr_bytes(w, span_of(n->value, sizeof(n->value)));
    wr_bytes(w, span_of(n->owner->key, sizeof(n->owner->key)));
    wr_u64be(w, n->number);
    wr_u64be(w, n->ends);
}

int seen_load(struct seen *s, uint64_t now, uint32_t slot, struct span row)
{
    uint8_t owner[OWNER_KEY_SIZE];
    struct seen_slot n;
    struct rd r;
    memset(&n, 0, sizeof(n));
    rd_init(&r, row);
    const uint8_t format = rd_u8(&r);
    if (!r.failed && format > FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    rd_copy(&r, n.key, sizeof(n.key));
    rd_copy(&r, n.value, sizeof(n.value));
    rd_copy(&r, owner, sizeof(owner));
    n.number = rd_u64be(&r);
    n.ends = rd_u64be(&r);
    if (rd_finish(&r) != 0 || format != FORMAT || n.number == 0 || n.number == UINT64_MAX ||
        slot >= s->config.most || find(s, n.key) != SEEN_NONE ||
        (slot < s->cap && s->slots[slot].number != 0)) {
        return WAVU_ERR_CORRUPT;
    }
    n.ends = n.ends < now + s->config.keep_ns ? n.ends : now + s->config.keep_ns;
    grow(s, slot);
    n.owner = owner_of(s, owner);
    n.owner->count++;
    s->slots[slot] = n;
    s->count++;
    s->number = n.number < s->number ? s->number : n.number + 1;
    chain_in(s, slot);
    return 0;
}

struct order {
    uint64_t number;
    uint32_t at;
};

static int compare(const void *a, const void *b)
{
    const struct order *x = a;
    const struct order *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

void seen_settle(struct seen *s)
{
    uint32_t found = 0;
    collect_free(s);
    if (s->count == 0) {
        return;
    }
    struct order *orders = mem_new_array(s->count, sizeof(*orders));
    for (uint32_t at = 0; at < s->cap; at++) {
        if (s->slots[at].number != 0) {
            orders[found++] = (struct order){.number = s->slots[at].number, .at = at};
        }
    }
    CHECK(found == s->count);
    qsort(orders, s->count, sizeof(*orders), compare);
    for (uint32_t i = 0; i < s->count; i++) {
        list_append(s, orders[i].at, false);
        list_append(s, orders[i].at, true);
    }
    mem_free(orders);
}

void seen_check(const struct seen *s)
{
    uint32_t walked = 0;
    uint64_t number = 0;
    for (uint32_t at = s->first; at != SEEN_NONE; at = s->slots[at].all.next) {
        const struct seen_slot *n = &s->slots[at];
        CHECK(n->number >= number && n->number < s->number && at < s->cap);
        CHECK(find(s, n->key) == at);
        number = n->number;
        walked++;
    }
    CHECK(walked == s->count && s->count <= s->config.most);
    size_t at = 0;
    const struct owner *owner;
    uint32_t owned = 0;
    while ((owner = map_next(&s->owners, &at)) != NULL) {
        uint32_t own = 0;
        for (uint32_t i = owner->first; i != SEEN_NONE; i = s->slots[i].own.next) {
            CHECK(s->slots[i].owner == owner);
            own++;
        }
        CHECK(own == owner->count && own > 0);
        owned += own;
    }
    CHECK(owned == s->count);
}
