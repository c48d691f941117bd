/*
 * Hash map with linear probing. Removal shifts the followers back instead of leaving tombstones, so
 * a table under churn stays as fast as a fresh one.
 *
 * Peers choose many of the keys (peer ids, topics); the seeded hash keeps them from choosing
 * collisions.
 */
#include "base/map.h"

#include "base/check.h"
#include "base/mem.h"

#define CAP_MIN 4 /* slots; most maps of a connection hold one to three entries */

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate_left(v[1], 13) ^ v[0];
        v[3] = rotate_left(v[3], 16) ^ v[2];
        v[0] = rotate_left(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate_left(v[1], 17) ^ v[2];
        v[3] = rotate_left(v[3], 21) ^ v[0];
        v[2] = rotate_left(v[2], 32);
    }
}

/* Up to eight bytes as a little-endian number. */
static uint64_t sip_word(const uint8_t *bytes, size_t len)
{
    uint64_t word = 0;

    for (size_t i = 0; i < len; i++) {
        word |= (uint64_t)bytes[i] << (8 * i);
    }
    return word;
}

uint64_t map_hash_rounds(const uint64_t seed[2], struct span s, unsigned per_word, unsigned at_end)
{
    uint64_t v[4] = {
        seed[0] ^ UINT64_C(0x736f6d6570736575),
        seed[1] ^ UINT64_C(0x646f72616e646f6d),
        seed[0] ^ UINT64_C(0x6c7967656e657261),
        seed[1] ^ UINT64_C(0x7465646279746573),
    };
    size_t whole = s.len - s.len % 8;
    uint64_t word;

    for (size_t i = 0; i < whole; i += 8) {
        word = sip_word(s.ptr + i, 8);
        v[3] ^= word;
        sip_rounds(v, per_word);
        v[0] ^= word;
    }
    word = (uint64_t)s.len << 56;
    if (s.len > whole) {
        word |= sip_word(s.ptr + whole, s.len - whole);
    }
    v[3] ^= word;
    sip_rounds(v, per_word);
    v[0] ^= word;
    v[2] ^= 0xff;
    sip_rounds(v, at_end);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t map_hash(const uint64_t seed[2], struct span s)
{
    return map_hash_rounds(seed, s, 1, 3);
}

void map_init(struct map *m, const struct random *random)
{
    *m = (struct map){0};
    m->seed[0] = random_u64(random);
    m->seed[1] = random_u64(random);
}

void map_clear(struct map *m)
{
    mem_free(m->slots);
    m->slots = NULL;
    m->cap = 0;
    m->count = 0;
}

/* Where `key` would stand were the table empty. */
static size_t home_of(const struct map *m, struct span key)
{
    return (size_t)map_hash(m->seed, key) & (m->cap - 1);
}

/* The slot that holds `key`, or the free one where it belongs. A table is never full: this ends. */
static size_t find(const struct map *m, struct span key)
{
    size_t i = home_of(m, key);

    while (m->slots[i].value != NULL && !span_is_equal(m->slots[i].key, key)) {
        i = (i + 1) & (m->cap - 1);
    }
    return i;
}

/* Move all entries to a table of `cap` slots. */
static void rehash(struct map *m, size_t cap)
{
    struct map_slot *old = m->slots;
    size_t old_cap = m->cap;

    m->slots = mem_new_array(cap, sizeof(*m->slots));
    m->cap = cap;
    for (size_t i = 0; i < old_cap; i++) {
        if (old[i].value != NULL) {
            m->slots[find(m, old[i].key)] = old[i];
        }
    }
    mem_free(old);
}

void *map_get(const struct map *m, struct span key)
{
    return m->count == 0 ? NULL : m->slots[find(m, key)].value;
}

void *map_put(struct map *m, struct span key, void *value)
{
    CHECK(value != NULL && key.ptr != NULL && key.len > 0);
    if (m->cap == 0) {
        rehash(m, CAP_MIN);
    }
    size_t i = find(m, key);
    void *replaced = m->slots[i].value;

    if (replaced == NULL) {
        if (m->count + 1 > m->cap / 4 * 3) {
            rehash(m, m->cap * 2);
            i = find(m, key);
        }
        m->count++;
    }
    m->slots[i] = (struct map_slot){.key = key, .value = value};
    return replaced;
}

/* Free slot `hole` and pull back every follower that its probe would no longer find behind it. */
static void close_hole(struct map *m, size_t hole)
{
    size_t mask = m->cap - 1;

    for (size_t i = (hole + 1) & mask; m->slots[i].value != NULL; i = (i + 1) & mask) {
        size_t home = home_of(m, m->slots[i].key);

        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct map_slot){0};
}

void *map_remove(struct map *m, struct span key)
{
    if (m->count == 0) {
        return NULL;
    }
    size_t i = find(m, key);
    void *removed = m->slots[i].value;

    if (removed == NULL) {
        return NULL;
    }
    close_hole(m, i);
    m->count--;
    if (m->count == 0) {
        map_clear(m);
    } else if (m->cap > CAP_MIN && m->count < m->cap / 8) {
        rehash(m, m->cap / 2); /* a quarter full: far from growing again at once */
    }
    return removed;
}

void *map_next(const struct map *m, size_t *at)
{
    while (*at < m->cap) {
        void *value = m->slots[*at].value;

        *at += 1;
        if (value != NULL) {
            return value;
        }
    }
    return NULL;
}

void map_check(const struct map *m)
{
    size_t count = 0;

    CHECK((m->cap & (m->cap - 1)) == 0 && (m->cap == 0) == (m->slots == NULL));
    for (size_t i = 0; i < m->cap; i++) {
        const struct map_slot *slot = &m->slots[i];

        CHECK((slot->value == NULL) == (slot->key.ptr == NULL));
        if (slot->value != NULL) {
            CHECK(find(m, slot->key) == i);
            count++;
        }
    }
    CHECK(count == m->count && count <= m->cap / 4 * 3);
}
