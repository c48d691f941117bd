/*
 * Keys of a chain, kept as an array that grows by doubling; storage that held keys is wiped before
 * it is given back.
 */
#include "crypto/ratchet_walk.h"

#include <string.h>

#include "crypto/kdf.h"
#include "base/mem.h"
#include "crypto/secret.h"

#define LABEL_CHAIN "wavu session chain 1"
#define FIRST_CAP 8

_Static_assert(sizeof(struct ratchet_walk_step) == 96, "one expansion gives all three");

void ratchet_walk_step(struct ratchet_walk_step *out, const uint8_t chain[RATCHET_WALK_KEY_SIZE])
{
    kdf(span_mut_of(out, sizeof(*out)), span_of(chain, RATCHET_WALK_KEY_SIZE), LABEL_CHAIN, NULL,
        0);
}

static uint8_t *place(const struct ratchet_walk *w, uint32_t i)
{
    return w->chains + (size_t)i * RATCHET_WALK_KEY_SIZE;
}

void ratchet_walk_clear(struct ratchet_walk *w)
{
    if (w->chains != NULL) {
        secret_wipe(w->chains, (size_t)w->cap * RATCHET_WALK_KEY_SIZE);
        mem_free(w->chains);
    }
    memset(w, 0, sizeof(*w));
}

/* Never through mem_resize, which leaves old bytes behind. */
static void grow(struct ratchet_walk *w, uint32_t needed)
{
    struct ratchet_walk larger = {.count = w->count, .cap = w->cap > 0 ? w->cap : FIRST_CAP};
    while (larger.cap < needed) {
        larger.cap *= 2;
    }
    if (larger.cap == w->cap) {
        return;
    }
    larger.chains = mem_new_array(larger.cap, RATCHET_WALK_KEY_SIZE);
    if (w->count > 0) {
        memcpy(larger.chains, w->chains, (size_t)w->count * RATCHET_WALK_KEY_SIZE);
    }
    ratchet_walk_clear(w);
    *w = larger;
}

uint32_t ratchet_walk_missing(const struct ratchet_walk *w, uint32_t ahead)
{
    return ahead > w->count ? ahead - w->count : 0;
}

const uint8_t *ratchet_walk_to(struct ratchet_walk *w, const uint8_t base[RATCHET_WALK_KEY_SIZE],
                               uint32_t ahead)
{
    struct ratchet_walk_step step;
    if (ahead == 0) {
        return base;
    }
    if (ahead > w->count) {
        grow(w, ahead);
        memcpy(step.chain, w->count > 0 ? place(w, w->count - 1) : base, sizeof(step.chain));
        while (w->count < ahead) {
            ratchet_walk_step(&step, step.chain);
            memcpy(place(w, w->count++), step.chain, sizeof(step.chain));
        }
        secret_wipe(&step, sizeof(step));
    }
    return place(w, ahead - 1);
}

void ratchet_walk_pass(struct ratchet_walk *w, uint32_t count)
{
    if (count >= w->count) {
        ratchet_walk_clear(w);
        return;
    }
    if (count == 0) {
        return;
    }
    w->count -= count;
    memmove(w->chains, place(w, count), (size_t)w->count * RATCHET_WALK_KEY_SIZE);
    secret_wipe(place(w, w->count), (size_t)count * RATCHET_WALK_KEY_SIZE);
}
