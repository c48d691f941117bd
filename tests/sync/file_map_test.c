/* Maps of pieces: bits beside a plain array, runs there and back, bad runs. */
#include "sync/file_map.h"

#include "base/random.h"
#include "tests/base/unit.h"

static void test_runs_survive(void **state)
{
    (void)state;
    static struct file_map a;
    static struct file_map b;
    static uint8_t bytes[3 * FILE_MAP_RUNS_MAX];
    struct random_seeded seeded;

    random_seeded_init(&seeded, 1);
    const struct random r = random_from_seeded(&seeded);

    for (int round = 0; round < 200; round++) {
        uint32_t count = 1 + (uint32_t)random_below(&r, 3000);
        uint64_t wanted = random_below(&r, count + 1);
        uint32_t have = 0;
        struct wr w;

        file_map_init(&a, count);
        for (uint64_t i = 0; i < wanted; i++) {
            have += file_map_add(&a, (uint32_t)random_below(&r, count));
        }
        assert_int_equal(a.have, have);
        wr_init(&w, span_mut_of(bytes, sizeof bytes));
        file_map_write(&w, &a);
        assert_int_equal(wr_finish(&w), 0);
        assert_int_equal(file_map_read(&b, count, wr_span(&w)), 0);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

static void test_adding_and_removing(void **state)
{
    (void)state;
    static struct file_map m;

    file_map_init(&m, 9);
    for (uint32_t i = 0; i < 9; i++) {
        assert_false(file_map_is_full(&m));
        assert_true(file_map_add(&m, i));
        assert_false(file_map_add(&m, i));
        assert_true(file_map_has(&m, i));
    }
    assert_true(file_map_is_full(&m));
    assert_false(file_map_has(&m, 9));
    file_map_remove(&m, 8);
    file_map_remove(&m, 8);
    file_map_remove(&m, 9);
    assert_int_equal(m.have, 8);
}

/* What has too many holes says its beginning, which is true. */
static void test_a_map_full_of_holes(void **state)
{
    (void)state;
    static struct file_map a;
    static struct file_map b;
    static uint8_t bytes[2 * FILE_MAP_RUNS_MAX];
    struct wr w;

    file_map_init(&a, FILE_SHAPE_PIECES_MAX);
    for (uint32_t i = 0; i < FILE_SHAPE_PIECES_MAX; i += 2) {
        (void)file_map_add(&a, i);
    }
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    file_map_write(&w, &a);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(file_map_read(&b, FILE_SHAPE_PIECES_MAX, wr_span(&w)), 0);
    assert_int_equal(b.have, FILE_MAP_RUNS_MAX / 2);
    for (uint32_t i = 0; i < FILE_SHAPE_PIECES_MAX; i++) {
        assert_true(!file_map_has(&b, i) || file_map_has(&a, i));
    }
}

static void test_bad_runs(void **state)
{
    (void)state;
    static struct file_map m;
    static uint8_t many[FILE_MAP_RUNS_MAX + 1];

    memset(many, 1, sizeof many);
    assert_int_equal(file_map_read(&m, FILE_SHAPE_PIECES_MAX, span_of(many, sizeof many)),
                     WAVU_ERR_LIMIT);
    assert_int_equal(file_map_read(&m, 10, UNIT_TEXT("\x05\x06")), WAVU_ERR_PROTO);
    assert_int_equal(file_map_read(&m, 10, UNIT_TEXT("\x0b")), WAVU_ERR_PROTO);
    assert_int_equal(file_map_read(&m, 10, UNIT_TEXT("\x05\x00\x05")), WAVU_ERR_PROTO);
    assert_int_equal(file_map_read(&m, 10, UNIT_TEXT("\x80")), WAVU_ERR_PROTO);
    assert_int_equal(file_map_read(&m, 10, UNIT_TEXT("\x00\x0a")), 0);
    assert_true(file_map_is_full(&m));
    assert_int_equal(file_map_read(&m, 10, span_empty()), 0);
    assert_int_equal(m.have, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_runs_survive),
        UNIT(test_adding_and_removing),
        UNIT(test_a_map_full_of_holes),
        UNIT(test_bad_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
