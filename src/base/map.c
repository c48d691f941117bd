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

/* SipHash's state, passed by value so that it stays in registers. */
struct sip {
    uint64_t a;
    uint64_t b;
    uint64_t c;
    uint64_t d;
};

static inline struct sip sip_rounds(struct sip v, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        v.a += v.b;
        v.c += v.d;
        v.b = rotate_left(v.b, 13) ^ v.a;
        v.d = rotate_left(v.d, 16) ^ v.c;
        v.a = rotate_left(v.a, 32);
        v.c += v.b;
        v.a += v.d;
        v.b = rotate_left(v.b, 17) ^ v.c;
        v.d = rotate_left(v.d, 21) ^ v.a;
        v.c = rotate_left(v.c, 32);
    }
    return v;
}

/* Take in one word of the message. */
static inline struct sip sip_absorb(struct sip v, uint64_t word, unsigned rounds)
{
    v.d ^= word;
    v = sip_rounds(v, rounds);
    v.a ^= word;
    return v;
}

/* Eight bytes as a little-endian number; written so that compilers see one load in it. */
static uint64_t sip_word(const uint8_t *b)
{
    uint64_t low =
        (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24;
    uint64_t high =
        (uint64_t)b[4] | (uint64_t)b[5] << 8 | (uint64_t)b[6] << 16 | (uint64_t)b[7] << 24;

    return low | high << 32;
}

/* The last word: what is left behind the whole ones, zeros, and the length's low byte on top. */
static uint64_t sip_last_word(struct span s, size_t whole)
{
    uint64_t word = (uint64_t)s.len << 56;

    for (size_t i = whole; i < s.len; i++) {
        word |= (uint64_t)s.ptr[i] << (8 * (i - whole));
    }
    return word;
}

/* The body of both hashes: inlined, so that the constant rounds of map_hash unroll. The four
 * constants are SipHash's "somepseudorandomlygeneratedbytes". */
static inline uint64_t sip(const uint64_t seed[2], struct span s, unsigned per_word,
                           unsigned at_end)
{
    struct sip v = {
        .a = seed[0] ^ UINT64_C(0x736f6d6570736575),
        .b = seed[1] ^ UINT64_C(0x646f72616e646f6d),
        .c = seed[0] ^ UINT64_C(0x6c7967656e657261),
        .d = seed[1] ^ UINT64_C(0x7465646279746573),
    };
    size_t whole = s.len - s.len % 8;

    for (size_t i = 0; i < whole; i += 8) {
        v = sip_absorb(v, sip_word(s.ptr + i), per_word);
    }
    v = sip_absorb(v, sip_last_word(s, whole), per_word);
    v.c ^= 0xff;
    v = sip_rounds(v, at_end);
    return v.a ^ v.b ^ v.c ^ v.d;
}

uint64_t map_hash_rounds(const uint64_t seed[2], struct span s, unsigned per_word, unsigned at_end)
{
    return sip(seed, s, per_word, at_end);
}

uint64_t map_hash(const uint64_t seed[2], struct span s)
{
    return sip(seed, s, 1, 3);
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

/* The slot that holds `key`, or the free one where it belongs. A table is never full: this ends. */
static size_t find(const struct map *m, struct span key, uint64_t hash)
{
    size_t i = (size_t)hash & (m->cap - 1);

    while (m->slots[i].value != NULL &&
           (m->slots[i].hash != hash || !span_is_equal(m->slots[i].key, key))) {
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
            m->slots[find(m, old[i].key, old[i].hash)] = old[i];
        }
    }
    mem_free(old);
}

void *map_get(const struct map *m, struct span key)
{
    return m->count == 0 ? NULL : m->slots[find(m, key, map_hash(m->seed, key))].value;
}

void *map_put(struct map *m, struct span key, void *value)
{
    CHECK(value != NULL && key.ptr != NULL && key.len > 0);
    if (m->cap == 0) {
        rehash(m, CAP_MIN);
    }
    uint64_t hash = map_hash(m->seed, key);
    size_t i = find(m, key, hash);
    void *replaced = m->slots[i].value;

    /* A replaced value's key may die with it: the new key is taken over below in either case. */
    if (replaced == NULL) {
        if (m->count + 1 > m->cap / 4 * 3) {
            rehash(m, m->cap * 2);
            i = find(m, key, hash);
        }
        m->count++;
    }
    m->slots[i] = (struct map_slot){.key = key, .value = value, .hash = hash};
    return replaced;
}

/* Free slot `hole` and pull back every follower that its probe would no longer find behind it. */
static void close_hole(struct map *m, size_t hole)
{
    size_t mask = m->cap - 1;

    for (size_t i = (hole + 1) & mask; m->slots[i].value != NULL; i = (i + 1) & mask) {
        size_t home = (size_t)m->slots[i].hash & mask;

        /* Distances along the probe, modulo the table: does its way from home to i pass the hole?
         */
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
    size_t i = find(m, key, map_hash(m->seed, key));
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
    /* Every entry is the first of its key that a probe from its home meets, and there is no gap
     * before it. */
    for (size_t i = 0; i < m->cap; i++) {
        const struct map_slot *slot = &m->slots[i];

        CHECK((slot->value == NULL) == (slot->key.ptr == NULL));
        if (slot->value != NULL) {
            CHECK(slot->hash == map_hash(m->seed, slot->key));
            CHECK(find(m, slot->key, slot->hash) == i);
            count++;
        }
    }
    CHECK(count == m->count && count <= m->cap / 4 * 3);
}
