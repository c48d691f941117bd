/*
 * The memory of names: bounded, fair among those who fill it, the same after a restart.
 */
#include "tests/base/unit.h"

#include "base/random.h"
#include "courier/seen.h"

#define MOST 64
#define DAY SEEN_DAY_NS

static struct random_seeded seeded;
static struct random source;

static void make(struct seen *s, uint32_t most)
{
    const struct seen_config config = {.random = &source, .keep_ns = 37 * DAY, .most = most};
    random_seeded_init(&seeded, 4);
    source = random_from_seeded(&seeded);
    seen_init(s, &config);
}

static void name_of(uint8_t key[SEEN_KEY_SIZE], uint32_t number)
{
    memset(key, 0, SEEN_KEY_SIZE);
    memcpy(key, &number, sizeof(number));
}

static int add(struct seen *s, uint64_t now, uint32_t number, uint8_t who, uint32_t *slot)
{
    uint8_t key[SEEN_KEY_SIZE];
    const uint8_t owner[SEEN_OWNER_SIZE] = {who};
    name_of(key, number);
    const int rc = seen_add(s, now, key, key, owner, slot);
    seen_check(s);
    return rc;
}

static bool knows(const struct seen *s, uint64_t now, uint32_t number)
{
    uint8_t key[SEEN_KEY_SIZE];
    name_of(key, number);
    const uint8_t *value = seen_find(s, now, key);
    assert_true(value == NULL || memcmp(value, key, sizeof(key)) == 0);
    return value != NULL;
}

static void test_names_are_remembered_once_and_so_long(void **state)
{
    struct seen s;
    uint32_t slot;
    uint32_t again;
    (void)state;
    make(&s, MOST);
    assert_false(knows(&s, 0, 1));
    assert_int_equal(add(&s, 5, 1, 9, &slot), 0);
    assert_int_equal(add(&s, 6, 1, 8, &again), WAVU_ERR_EXISTS);
    assert_true(knows(&s, 37 * DAY + 4, 1));
    assert_false(knows(&s, 37 * DAY + 5, 1));
    assert_int_equal(add(&s, 37 * DAY + 5, 1, 8, &again), 0); /* as a new one */
    assert_int_equal(again, slot);
    assert_true(knows(&s, 74 * DAY, 1));
    seen_clear(&s);
}

static void test_the_oldest_goes_when_all_is_full(void **state)
{
    struct seen s;
    uint32_t slot;
    (void)state;
    make(&s, MOST);
    for (uint32_t i = 0; i < MOST; i++) {
        assert_int_equal(add(&s, i, i, (uint8_t)(i % 32), &slot), 0);
    }
    assert_int_equal(add(&s, MOST, MOST, 40, &slot), 0);
    assert_false(knows(&s, MOST, 0));
    for (uint32_t i = 1; i <= MOST; i++) {
        assert_true(knows(&s, MOST, i));
    }
    seen_clear(&s);
}

/* Whoever brings much makes room among its own. */
static void test_a_flood_makes_nobody_elses_names_forgotten(void **state)
{
    struct seen s;
    uint32_t slot;
    (void)state;
    make(&s, MOST);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(add(&s, i, i, 1, &slot), 0);
    }
    for (uint32_t i = 100; i < 5000; i++) {
        assert_int_equal(add(&s, i, i, 2, &slot), 0);
    }
    for (uint32_t i = 0; i < 7; i++) {
        assert_true(knows(&s, 5000, i));
    }
    assert_int_equal(s.count, 7 + MOST / SEEN_SHARE);
    assert_true(knows(&s, 5000, 4999) && knows(&s, 5000, 4992) && !knows(&s, 5000, 4991));
    seen_clear(&s);
}

/* Rows as a store would have them: one value a slot, only what was added is written. */
struct rows {
    uint8_t bytes[MOST][SEEN_ROW_SIZE];
    bool is_there[MOST];
};

static void write_row(struct rows *rows, const struct seen *s, uint32_t slot)
{
    struct wr w;
    wr_init(&w, span_mut_of(rows->bytes[slot], SEEN_ROW_SIZE));
    seen_save(&w, s, slot);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(w.len, SEEN_ROW_SIZE);
    rows->is_there[slot] = true;
}

static void load_rows(struct rows *rows, struct seen *s, uint64_t now)
{
    make(s, MOST);
    for (uint32_t i = MOST; i-- > 0;) {
        if (rows->is_there[i]) {
            assert_int_equal(seen_load(s, now, i, span_of(rows->bytes[i], SEEN_ROW_SIZE)), 0);
        }
    }
    seen_settle(s);
    seen_check(s);
}

static void test_the_same_after_restarts(void **state)
{
    static struct rows rows;
    struct seen s;
    struct seen twin;
    uint32_t slot;
    uint32_t other;
    (void)state;
    memset(&rows, 0, sizeof(rows));
    make(&s, MOST);
    make(&twin, MOST);
    for (uint32_t i = 0; i < 600; i++) {
        const uint8_t who = (uint8_t)(i * 7 % 13);
        assert_int_equal(add(&s, i, i * 3, who, &slot), 0);
        assert_int_equal(add(&twin, i, i * 3, who, &other), 0);
        write_row(&rows, &s, slot);
        if (i % 50 == 49) {
            seen_clear(&s);
            load_rows(&rows, &s, i);
        }
        for (uint32_t k = 0; k <= i; k++) {
            assert_int_equal(knows(&s, i, k * 3), knows(&twin, i, k * 3));
        }
    }
    assert_int_equal(s.count, twin.count);
    seen_clear(&s);
    seen_clear(&twin);
}

/* A row that is gone is a name that is forgotten, no more. */
static void test_lost_and_damaged_rows(void **state)
{
    static struct rows rows;
    struct seen s;
    uint32_t slot;
    uint8_t bad[SEEN_ROW_SIZE + 1];
    (void)state;
    memset(&rows, 0, sizeof(rows));
    make(&s, MOST);
    for (uint32_t i = 0; i < 30; i++) {
        assert_int_equal(add(&s, i, i, (uint8_t)i, &slot), 0);
        write_row(&rows, &s, slot);
    }
    seen_clear(&s);
    rows.is_there[4] = rows.is_there[29] = false;
    load_rows(&rows, &s, 40);
    assert_int_equal(s.count, 28);
    assert_false(knows(&s, 40, 4));
    assert_int_equal(add(&s, 40, 500, 1, &slot), 0);
    assert_int_equal(slot, 4);
    memcpy(bad, rows.bytes[9], SEEN_ROW_SIZE);
    const size_t len = SEEN_ROW_SIZE;
    assert_int_equal(seen_load(&s, 40, 50, span_of(bad, len)), WAVU_ERR_CORRUPT); /* twice */
    assert_int_equal(seen_load(&s, 40, 9, span_of(bad, len)), WAVU_ERR_CORRUPT);
    bad[1] ^= 0x55;
    assert_int_equal(seen_load(&s, 40, 50, span_of(bad, len - 1)), WAVU_ERR_CORRUPT);
    assert_int_equal(seen_load(&s, 40, 50, span_of(bad, len + 1)), WAVU_ERR_CORRUPT);
    assert_int_equal(seen_load(&s, 40, MOST, span_of(bad, len)), WAVU_ERR_CORRUPT);
    bad[0] = 2;
    assert_int_equal(seen_load(&s, 40, 50, span_of(bad, len)), WAVU_ERR_UNSUPPORTED);
    bad[0] = 0;
    assert_int_equal(seen_load(&s, 40, 50, span_of(bad, len)), WAVU_ERR_CORRUPT);
    seen_clear(&s);
}

/* A clock that was set back lets nothing live longer than it may. */
static void test_a_row_from_the_future_is_cut(void **state)
{
    static struct rows rows;
    struct seen s;
    uint32_t slot;
    (void)state;
    memset(&rows, 0, sizeof(rows));
    make(&s, MOST);
    assert_int_equal(add(&s, 100 * DAY, 1, 1, &slot), 0);
    write_row(&rows, &s, slot);
    seen_clear(&s);
    load_rows(&rows, &s, DAY);
    assert_true(knows(&s, 38 * DAY - 1, 1));
    assert_false(knows(&s, 38 * DAY, 1));
    seen_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_names_are_remembered_once_and_so_long),
        UNIT(test_the_oldest_goes_when_all_is_full),
        UNIT(test_a_flood_makes_nobody_elses_names_forgotten),
        UNIT(test_the_same_after_restarts),
        UNIT(test_lost_and_damaged_rows),
        UNIT(test_a_row_from_the_future_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
