/*
 * Ring against numbers: the items are counted up, so what must come out is known without storing
 * it. The first two input bytes give item size and maximum; every other one is a burst of pushes or
 * pops.
 */
#include "base/ring.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "wavu/err.h"

#define ITEM_MAX 24
#define STEPS_MAX 512 /* each compares everything: quadratic */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The item with `number`: every byte depends on it. */
static void make_item(uint8_t item[ITEM_MAX], uint32_t number)
{
    for (size_t i = 0; i < ITEM_MAX; i++) {
        item[i] = (uint8_t)((number >> (i % 4 * 8)) + i);
    }
}

struct model {
    uint32_t next_in;
    uint32_t next_out;
};

static void push(struct ring *r, struct model *m)
{
    uint8_t item[ITEM_MAX];
    bool is_full = m->next_in - m->next_out == r->max;

    make_item(item, m->next_in);
    CHECK(ring_push(r, item) == (is_full ? WAVU_ERR_LIMIT : 0));
    m->next_in += !is_full;
}

static void pop(struct ring *r, struct model *m)
{
    uint8_t item[ITEM_MAX];
    uint8_t expected[ITEM_MAX];

    make_item(expected, m->next_out);
    if (ring_pop(r, item)) {
        CHECK(m->next_in != m->next_out && memcmp(item, expected, r->item_size) == 0);
        m->next_out++;
    } else {
        CHECK(m->next_in == m->next_out);
    }
}

static void check(const struct ring *r, const struct model *m)
{
    uint8_t expected[ITEM_MAX];

    CHECK(r->count == m->next_in - m->next_out && r->cap <= r->max);
    CHECK((r->count == 0) == (r->items == NULL));
    CHECK(ring_at(r, r->count) == NULL);
    for (uint32_t i = 0; i < r->count; i++) {
        make_item(expected, m->next_out + i);
        CHECK(memcmp(ring_at(r, i), expected, r->item_size) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ring r;
    struct model m = {0};
    size_t live = mem_live_count();

    if (len < 2) {
        return 0;
    }
    ring_init(&r, 1 + data[0] % ITEM_MAX, data[1]);
    for (size_t i = 2; i < len && i < STEPS_MAX; i++) {
        for (unsigned n = data[i] & 15; n > 0; n--) {
            if (data[i] & 0x80) {
                pop(&r, &m);
            } else {
                push(&r, &m);
            }
        }
        check(&r, &m);
    }
    ring_clear(&r);
    CHECK(mem_live_count() == live);
    return 0;
}
