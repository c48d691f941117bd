/*
 * Map against an array of what must be in it. Two input bytes are one operation and a key; keys
 * come in families of four that differ in length only.
 */
#include "base/map.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define KEYS 256
#define STEPS_MAX 512 /* each walks the whole table */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The key of an entry are its `len` bytes; the number alone tells entries apart. */
struct entry {
    uint8_t bytes[5];
    size_t len;
};

static struct entry entries[2][KEYS]; /* two values for each key, so that puts replace */
static const struct entry *model[KEYS];

static struct span key_of(const struct entry *e)
{
    return span_of(e->bytes, e->len);
}

static void prepare(void)
{
    for (size_t i = 0; i < KEYS; i++) {
        struct entry e = {.bytes = {0, 0, 0, 0, (uint8_t)(i / 4)}, .len = 1 + i % 4};

        e.bytes[0] = (uint8_t)(i / 4);
        entries[0][i] = e;
        entries[1][i] = e;
        model[i] = NULL;
    }
}

static size_t model_count(void)
{
    size_t count = 0;

    for (size_t i = 0; i < KEYS; i++) {
        count += model[i] != NULL;
    }
    return count;
}

static void check_iteration(const struct map *m)
{
    const struct entry *e;
    size_t at = 0;
    size_t met = 0;
    bool is_met[KEYS] = {false};

    while ((e = map_next(m, &at)) != NULL) {
        size_t i = (size_t)e->bytes[0] * 4 + e->len - 1;

        CHECK(model[i] == e && !is_met[i]);
        is_met[i] = true;
        met++;
    }
    CHECK(met == m->count && met == model_count());
}

static void step(struct map *m, uint8_t operation, size_t i)
{
    struct entry *e = &entries[operation & 1][i];
    struct span key = key_of(&entries[0][i]);

    switch (operation >> 1 & 3) {
    case 0:
    case 1:
        CHECK(map_put(m, key_of(e), e) == model[i]);
        model[i] = e;
        break;
    case 2:
        CHECK(map_remove(m, key) == model[i]);
        model[i] = NULL;
        break;
    default:
        CHECK(map_get(m, key) == model[i]);
        break;
    }
    if (operation >= 0xf8) {
        check_iteration(m);
    }
    map_check(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct random_seeded seeded;
    struct map m;
    size_t live = mem_live_count();

    random_seeded_init(&seeded, len == 0 ? 0 : data[0]);
    struct random r = random_from_seeded(&seeded);

    map_init(&m, &r);
    prepare();
    for (size_t i = 1; i + 1 < len && i < STEPS_MAX * 2; i += 2) {
        step(&m, data[i], data[i + 1]);
    }
    check_iteration(&m);
    for (size_t i = 0; i < KEYS; i++) {
        CHECK(map_get(&m, key_of(&entries[0][i])) == model[i]);
    }
    map_clear(&m);
    CHECK(mem_live_count() == live);
    return 0;
}
