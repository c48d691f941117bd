/*
 * Chain keys come from an epoch (epoch_set), message keys leave to the sealing and opening of
 * entries.
 */
#include "group/chain.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define STEP_SIZE (CHAIN_KEY_SIZE + CHAIN_KEY_SIZE + CHAIN_SALT_SIZE)

/* One step: `key` becomes the next one. */
static void step(uint8_t key[CHAIN_KEY_SIZE], struct chain_keys *keys)
{
    uint8_t out[STEP_SIZE];

    kdf(span_mut_of(out, sizeof out), span_of(key, CHAIN_KEY_SIZE), "wavu epoch step 1", NULL, 0);
    memcpy(key, out, CHAIN_KEY_SIZE);
    memcpy(keys->key, out + CHAIN_KEY_SIZE, CHAIN_KEY_SIZE);
    memcpy(keys->salt, out + CHAIN_KEY_SIZE + CHAIN_KEY_SIZE, CHAIN_SALT_SIZE);
    secret_wipe(out, sizeof out);
}

void chain_init(struct chain *c, const uint8_t key[CHAIN_KEY_SIZE])
{
    memset(c, 0, sizeof *c);
    memcpy(c->key, key, CHAIN_KEY_SIZE);
}

void chain_clear(struct chain *c)
{
    chain_forget(c, c->skipped_count);
    secret_wipe(c, sizeof *c);
}

static struct chain_skipped *find_skipped(const struct chain *c, uint32_t generation)
{
    for (uint32_t i = 0; i < c->skipped_count; i++) {
        if (c->skipped[i].generation == generation) {
            return &c->skipped[i];
        }
    }
    return NULL;
}

int chain_look(const struct chain *c, uint32_t generation, struct chain_peek *peek)
{
    const struct chain_skipped *kept = NULL;

    memset(peek, 0, sizeof *peek);
    peek->generation = generation;
    if (generation >= CHAIN_GENERATIONS_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    if (generation < c->next) {
        kept = find_skipped(c, generation);
        if (kept == NULL) {
            return WAVU_ERR_CRYPTO;
        }
        peek->was_skipped = true;
        peek->keys = kept->keys;
        return 0;
    }
    memcpy(peek->behind, c->key, CHAIN_KEY_SIZE);
    for (uint32_t at = c->next; at <= generation; at++) {
        step(peek->behind, &peek->keys);
    }
    return 0;
}

/* Wipe the kept key at `index` and close the gap. */
static void remove_skipped(struct chain *c, size_t index, size_t count)
{
    size_t left = c->skipped_count - index - count;

    memmove(c->skipped + index, c->skipped + index + count, left * sizeof *c->skipped);
    secret_wipe(c->skipped + index + left, count * sizeof *c->skipped);
    c->skipped_count -= (uint32_t)count;
    if (c->skipped_count == 0) {
        mem_free(c->skipped);
        c->skipped = NULL;
    }
}

/* Room for `more` kept keys behind those that stay. A moved array leaves no copy behind. */
static void reserve(struct chain *c, uint32_t more)
{
    size_t size = (size_t)(c->skipped_count + more) * sizeof *c->skipped;
    struct chain_skipped *wider = mem_new(size);

    if (c->skipped_count > 0) {
        memcpy(wider, c->skipped, c->skipped_count * sizeof *wider);
        secret_wipe(c->skipped, c->skipped_count * sizeof *wider);
    }
    mem_free(c->skipped);
    c->skipped = wider;
}

/* Keep the keys from `next` up to `generation`, as far as there is room. */
static void keep_until(struct chain *c, uint64_t now, uint32_t generation)
{
    uint32_t count = generation - c->next;
    struct chain_keys keys;

    if (count > CHAIN_SKIPPED_MAX) {
        chain_skip_to(c, generation - CHAIN_SKIPPED_MAX);
        count = CHAIN_SKIPPED_MAX;
    }
    if (count == 0) {
        return;
    }
    if (c->skipped_count + count > CHAIN_SKIPPED_MAX) {
        chain_forget(c, c->skipped_count + count - CHAIN_SKIPPED_MAX);
    }
    reserve(c, count);
    for (; c->next < generation; c->next++) {
        step(c->key, &keys);
        c->skipped[c->skipped_count++] =
            (struct chain_skipped){.since = now, .generation = c->next, .keys = keys};
    }
    secret_wipe(&keys, sizeof keys);
}

int chain_take(struct chain *c, uint64_t now, const struct chain_peek *peek)
{
    uint32_t before = c->skipped_count;

    if (peek->was_skipped) {
        struct chain_skipped *kept = find_skipped(c, peek->generation);

        CHECK(kept != NULL);
        remove_skipped(c, (size_t)(kept - c->skipped), 1);
    } else {
        CHECK(peek->generation >= c->next);
        keep_until(c, now, peek->generation);
        memcpy(c->key, peek->behind, CHAIN_KEY_SIZE);
        c->next = peek->generation + 1;
    }
    return (int)c->skipped_count - (int)before;
}

void chain_skip_to(struct chain *c, uint32_t generation)
{
    struct chain_keys keys;

    for (; c->next < generation && c->next < CHAIN_GENERATIONS_MAX; c->next++) {
        step(c->key, &keys);
    }
    secret_wipe(&keys, sizeof keys);
}

size_t chain_expire(struct chain *c, uint64_t since)
{
    size_t count = 0;

    while (count < c->skipped_count && c->skipped[count].since < since) {
        count++;
    }
    chain_forget(c, count);
    return count;
}

void chain_forget(struct chain *c, size_t count)
{
    CHECK(count <= c->skipped_count);
    if (count > 0) {
        remove_skipped(c, 0, count);
    }
}

void chain_drop(struct chain_peek *peek)
{
    secret_wipe(peek, sizeof *peek);
}
