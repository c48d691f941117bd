/*
 * A ring of names with a map above it.
 */
#include "courier/refused.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define TIMES_MAX 12 /* 32 years */

void refused_init(struct refused *r, const struct random *random)
{
    memset(r, 0, sizeof(*r));
    r->random = random;
}

void refused_clear(struct refused *r)
{
    if (r->ones != NULL) {
        map_clear(&r->names);
    }
    mem_free(r->ones);
    r->ones = NULL;
}

static struct span name_of(const uint8_t *name)
{
    return span_of(name, ENVELOPE_NAME_SIZE);
}

/* The oldest's place, for `name`. */
static struct refused_one *place(struct refused *r, const uint8_t *name)
{
    struct refused_one *one = &r->ones[r->next];
    if (map_get(&r->names, name_of(one->name)) == one) {
        (void)map_remove(&r->names, name_of(one->name));
    }
    r->next = (r->next + 1) % REFUSED_MAX;
    *one = (struct refused_one){.times = 0};
    memcpy(one->name, name, sizeof(one->name));
    CHECK(map_put(&r->names, name_of(one->name), one) == NULL);
    return one;
}

void refused_add(struct refused *r, uint64_t now, const uint8_t name[ENVELOPE_NAME_SIZE], int err)
{
    CHECK(err < 0);
    if (r->ones == NULL) {
        r->ones = mem_new_array(REFUSED_MAX, sizeof(*r->ones));
        map_init(&r->names, r->random);
    }
    struct refused_one *one = map_get(&r->names, name_of(name));
    one = one != NULL ? one : place(r, name);
    one->until = now + (REFUSED_WAIT_NS << (2 * one->times));
    if (one->times < TIMES_MAX) {
        one->times++;
    }
    one->err = err;
}

int refused_why(const struct refused *r, uint64_t now, const uint8_t name[ENVELOPE_NAME_SIZE])
{
    const struct refused_one *one = r->ones == NULL ? NULL : map_get(&r->names, name_of(name));
    return one != NULL && now < one->until ? one->err : 0;
}

void refused_changed(struct refused *r)
{
    struct refused_one *one = NULL;
    size_t at = 0;
    while (r->ones != NULL && (one = map_next(&r->names, &at)) != NULL) {
        one->until = 0;
    }
}
