/*
 * A ring in the order of coming, and an index by open addressing with linear probing over it.
 */
#include "pubsub/gossipsub_keys.h"

#include "base/check.h"
#include "base/mem.h"

#define CAP_MIN 8u

void gossipsub_keys_init(struct gossipsub_keys *k, uint32_t max)
{
    CHECK(max > 0 && max <= UINT32_C(1) << 30);
    *k = (struct gossipsub_keys){.max = max};
}

void gossipsub_keys_clear(struct gossipsub_keys *k)
{
    mem_free(k->entries);
    mem_free(k->index);
    gossipsub_keys_init(k, k->max);
}

static uint32_t gossipsub_keys_mask(const struct gossipsub_keys *k)
{
    return 2 * k->cap - 1;
}

/* The place of `key` in the index, or the free place where it would go. */
static uint32_t gossipsub_keys_place(const struct gossipsub_keys *k, uint64_t key)
{
    uint32_t mask = gossipsub_keys_mask(k);
    uint32_t at = (uint32_t)key & mask;
    while (k->index[at] != 0 && k->entries[k->index[at] - 1].key != key) {
        at = (at + 1) & mask;
    }
    return at;
}

uint64_t *gossipsub_keys_get(const struct gossipsub_keys *k, uint64_t key)
{
    if (k->count == 0) {
        return NULL;
    }
    uint32_t at = gossipsub_keys_place(k, key);
    return k->index[at] != 0 ? &k->entries[k->index[at] - 1].value : NULL;
}

static void gossipsub_keys_grow(struct gossipsub_keys *k)
{
    struct gossipsub_keys old = *k;
    k->cap = old.cap == 0 ? CAP_MIN : 2 * old.cap;
    k->entries = mem_new_raw(k->cap * sizeof *k->entries);
    k->index = mem_new_array(2 * (size_t)k->cap, sizeof *k->index);
    k->first = 0;
    for (uint32_t i = 0; i < old.count; i++) {
        k->entries[i] = old.entries[(old.first + i) & (old.cap - 1)];
        k->index[gossipsub_keys_place(k, k->entries[i].key)] = i + 1;
    }
    mem_free(old.entries);
    mem_free(old.index);
}

void gossipsub_keys_put(struct gossipsub_keys *k, uint64_t key, uint64_t value)
{
    CHECK(k->count < k->max);
    if (k->count == k->cap) {
        gossipsub_keys_grow(k);
    }
    uint32_t at = gossipsub_keys_place(k, key);
    CHECK(k->index[at] == 0);
    uint32_t slot = (k->first + k->count) & (k->cap - 1);
    k->entries[slot] = (struct gossipsub_keys_entry){.key = key, .value = value};
    k->index[at] = slot + 1;
    k->count++;
}

const struct gossipsub_keys_entry *gossipsub_keys_at(const struct gossipsub_keys *k, uint32_t i)
{
    CHECK(i < k->count);
    return &k->entries[(k->first + i) & (k->cap - 1)];
}

/* Free a place of the index; what stands behind it moves up as far as it may (Knuth 6.4 R). */
static void gossipsub_keys_unindex(struct gossipsub_keys *k, uint32_t at)
{
    uint32_t mask = gossipsub_keys_mask(k);
    for (uint32_t next = (at + 1) & mask; k->index[next] != 0; next = (next + 1) & mask) {
        uint32_t home = (uint32_t)k->entries[k->index[next] - 1].key & mask;
        if (((next - home) & mask) >= ((next - at) & mask)) {
            k->index[at] = k->index[next];
            at = next;
        }
    }
    k->index[at] = 0;
}

bool gossipsub_keys_pop(struct gossipsub_keys *k, struct gossipsub_keys_entry *entry)
{
    if (k->count == 0) {
        return false;
    }
    *entry = k->entries[k->first];
    gossipsub_keys_unindex(k, gossipsub_keys_place(k, entry->key));
    k->first = (k->first + 1) & (k->cap - 1);
    k->count--;
    if (k->count == 0) {
        gossipsub_keys_clear(k);
    }
    return true;
}

size_t gossipsub_keys_memory(const struct gossipsub_keys *k)
{
    return k->cap * (sizeof *k->entries + 2 * sizeof *k->index);
}

void gossipsub_keys_check(const struct gossipsub_keys *k)
{
    CHECK(k->count <= k->cap && k->count <= k->max);
    CHECK((k->cap == 0) == (k->entries == NULL));
    uint32_t indexed = 0;
    for (uint32_t i = 0; k->cap > 0 && i <= gossipsub_keys_mask(k); i++) {
        indexed += k->index[i] != 0 ? 1 : 0;
    }
    CHECK(indexed == k->count);
    for (uint32_t i = 0; i < k->count; i++) {
        const struct gossipsub_keys_entry *e = gossipsub_keys_at(k, i);
        CHECK(gossipsub_keys_get(k, e->key) == &e->value);
    }
}
