/*
 * The store of passed-over keys: one array in the order of coming, so that the oldest is also the
 * first to expire. Storage that held keys is wiped before it is given back.
 */
#include "crypto/ratchet_skipped.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"

#define FIRST_CAP 8

static void release(void *ptr, size_t size)
{
    if (ptr != NULL) {
        secret_wipe(ptr, size);
        mem_free(ptr);
    }
}

void ratchet_skipped_clear(struct ratchet_skipped *s)
{
    release(s->keys, s->cap * sizeof(*s->keys));
    release(s->chains, RATCHET_SKIPPED_CHAINS_MAX * sizeof(*s->chains));
    memset(s, 0, sizeof(*s));
}

static void drop_chain(struct ratchet_skipped *s, size_t place)
{
    struct ratchet_skipped_chain *at = &s->chains[place];
    memmove(at, at + 1, (s->chain_count - place - 1) * sizeof(*at));
    s->chain_count--;
    secret_wipe(&s->chains[s->chain_count], sizeof(*at));
    if (s->chain_count == 0) {
        mem_free(s->chains);
        s->chains = NULL;
    }
}

/* One key of chain `serial` went: the chain goes with its last. */
static void uncount(struct ratchet_skipped *s, uint32_t serial)
{
    for (size_t i = 0; i < s->chain_count; i++) {
        if (s->chains[i].serial == serial) {
            if (--s->chains[i].count == 0) {
                drop_chain(s, i);
            }
            return;
        }
    }
}

/* Drop `count` keys from `place` on. */
static void drop_keys(struct ratchet_skipped *s, size_t place, size_t count)
{
    if (count == 0) {
        return;
    }
    for (size_t i = place; i < place + count; i++) {
        uncount(s, s->keys[i].serial);
    }
    memmove(&s->keys[place], &s->keys[place + count],
            (s->count - place - count) * sizeof(*s->keys));
    s->count -= count;
    secret_wipe(&s->keys[s->count], count * sizeof(*s->keys));
    if (s->count == 0) {
        mem_free(s->keys);
        s->keys = NULL;
        s->cap = 0;
    }
}

/* Never through mem_resize, which leaves old bytes behind. */
static void grow(struct ratchet_skipped *s, size_t needed)
{
    size_t cap = s->cap > 0 ? s->cap : FIRST_CAP;
    while (cap < needed) {
        cap *= 2;
    }
    if (cap == s->cap) {
        return;
    }
    struct ratchet_skipped_key *keys = mem_new_array(cap, sizeof(*keys));
    if (s->count > 0) {
        memcpy(keys, s->keys, s->count * sizeof(*keys));
    }
    release(s->keys, s->cap * sizeof(*s->keys));
    s->keys = keys;
    s->cap = cap;
}

void ratchet_skipped_reserve(struct ratchet_skipped *s, size_t count)
{
    CHECK(count <= RATCHET_SKIPPED_KEYS_MAX);
    const size_t total = s->count + count;
    if (total > RATCHET_SKIPPED_KEYS_MAX) {
        drop_keys(s, 0, total - RATCHET_SKIPPED_KEYS_MAX);
    }
    if (count > 0) {
        grow(s, s->count + count);
    }
}

void ratchet_skipped_put(struct ratchet_skipped *s, const struct ratchet_skipped_key *key)
{
    ratchet_skipped_reserve(s, 1);
    struct ratchet_skipped_key *kept = &s->keys[s->count++];
    *kept = *key;
    if (s->count > 1 && kept->expires < kept[-1].expires) {
        kept->expires = kept[-1].expires; /* the order of coming is the order of going */
    }
}

size_t ratchet_skipped_find(const struct ratchet_skipped *s, uint32_t serial, uint32_t index)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->keys[i].serial == serial && s->keys[i].index == index) {
            return i;
        }
    }
    return RATCHET_SKIPPED_NONE;
}

void ratchet_skipped_drop(struct ratchet_skipped *s, size_t place)
{
    CHECK(place < s->count);
    drop_keys(s, place, 1);
}

void ratchet_skipped_end_chain(struct ratchet_skipped *s, uint32_t serial, const uint8_t header[32])
{
    uint32_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        count += s->keys[i].serial == serial ? 1 : 0;
    }
    if (count == 0) {
        return;
    }
    for (size_t i = 0; i < s->chain_count; i++) {
        CHECK(s->chains[i].serial != serial); /* no chain ends twice: its keys would count twice */
    }
    if (s->chains == NULL) {
        s->chains = mem_new_array(RATCHET_SKIPPED_CHAINS_MAX, sizeof(*s->chains));
    }
    if (s->chain_count == RATCHET_SKIPPED_CHAINS_MAX) {
        /* Its keys stand anywhere before those of younger chains: drop them one by one; the chain
         * goes with the last. */
        const uint32_t oldest = s->chains[0].serial;
        for (size_t i = s->count; i-- > 0;) {
            if (s->keys[i].serial == oldest) {
                drop_keys(s, i, 1);
            }
        }
    }
    CHECK(s->chain_count < RATCHET_SKIPPED_CHAINS_MAX);
    struct ratchet_skipped_chain *chain = &s->chains[s->chain_count++];
    memcpy(chain->header, header, sizeof(chain->header));
    chain->serial = serial;
    chain->count = count;
}

void ratchet_skipped_expire(struct ratchet_skipped *s, uint64_t now)
{
    size_t due = 0;
    while (due < s->count && s->keys[due].expires <= now) {
        due++;
    }
    drop_keys(s, 0, due);
}

uint64_t ratchet_skipped_deadline(const struct ratchet_skipped *s)
{
    return s->count > 0 ? s->keys[0].expires : UINT64_MAX;
}

void ratchet_skipped_check(const struct ratchet_skipped *s)
{
    CHECK(s->count <= RATCHET_SKIPPED_KEYS_MAX && s->count <= s->cap);
    CHECK(s->chain_count <= RATCHET_SKIPPED_CHAINS_MAX);
    for (size_t i = 1; i < s->count; i++) {
        CHECK(s->keys[i - 1].expires <= s->keys[i].expires);
    }
    for (size_t i = 0; i < s->chain_count; i++) {
        uint32_t count = 0;
        for (size_t k = 0; k < s->count; k++) {
            count += s->keys[k].serial == s->chains[i].serial ? 1 : 0;
        }
        CHECK(count > 0 && count == s->chains[i].count);
    }
}
