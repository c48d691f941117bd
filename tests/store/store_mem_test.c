/* The twin in memory and the database agree on whatever is done to both. */
#include "store/store_mem.h"

#include "tests/store/disk.h"

#define SEEDS 20
#define OPERATIONS 400

static struct disk both[2];
static struct sim_draw draw;

static struct span draw_key(uint8_t out[3])
{
    size_t len = (size_t)sim_draw_below(&draw, 4);

    for (size_t i = 0; i < len; i++) {
        static const uint8_t letters[] = {0x00, 'a', 'b', 0xff};
        out[i] = letters[sim_draw_below(&draw, 4)];
    }
    return span_of(out, len);
}

static void write_both(void)
{
    uint8_t key_bytes[3];
    uint8_t value[600];
    struct span key = draw_key(key_bytes);
    const char *table = sim_draw_chance(&draw, 1, 2) ? "t" : "tt";
    uint64_t which = sim_draw_below(&draw, 10);
    uint64_t first = sim_draw_below(&draw, 50);
    size_t len = (size_t)sim_draw_below(&draw, sizeof value);
    uint64_t sequences[2];

    memset(value, (int)sim_draw_below(&draw, 256), sizeof value);
    for (size_t i = 0; i < 2; i++) {
        int rc =
            which < 2    ? store_delete(both[i].store, table, key)
            : which < 4  ? store_append(both[i].store, table, span_of(value, len), &sequences[i])
            : which == 4 ? store_delete_records(both[i].store, table, first, first + len / 20)
            : which == 5 && len < 200 ? store_delete_prefix(both[i].store, table, key)
                                      : store_put(both[i].store, table, key, span_of(value, len));
        assert_int_equal(rc, 0);
    }
    assert_true(which < 2 || which >= 4 || sequences[0] == sequences[1]);
}

static void compare_walks(void)
{
    uint8_t prefix_bytes[3];
    struct span prefix = draw_key(prefix_bytes);
    struct buf keys[2];
    struct buf values[2];
    int rc[2] = {0, 0};

    for (size_t i = 0; i < 2; i++) {
        buf_init(&keys[i], STORE_KEY_MAX);
        buf_init(&values[i], STORE_VALUE_MAX);
    }
    /* An empty key is where a walk begins: read that entry by its name. */
    for (size_t i = 0; i < 2; i++) {
        rc[i] = store_get(both[i].store, "t", prefix, &values[i]);
    }
    assert_int_equal(rc[0], rc[1]);
    prefix = prefix.len == 0 ? UNIT_TEXT("a") : prefix;
    do {
        assert_true(span_is_equal(buf_span(&values[0]), buf_span(&values[1])));
        assert_true(span_is_equal(buf_span(&keys[0]), buf_span(&keys[1])));
        for (size_t i = 0; i < 2; i++) {
            rc[i] = store_next(both[i].store, "t", prefix, &keys[i], &values[i]);
        }
        assert_int_equal(rc[0], rc[1]);
    } while (rc[0] == 0);
    assert_int_equal(rc[0], WAVU_ERR_NOT_FOUND);
    keys[0].len = sim_draw_chance(&draw, 1, 2) ? keys[0].len : 0; /* before the last, or from it */
    keys[1].len = keys[0].len;
    do {
        for (size_t i = 0; i < 2; i++) {
            rc[i] = store_prev(both[i].store, "t", prefix, &keys[i], &values[i]);
        }
        assert_int_equal(rc[0], rc[1]);
        assert_true(rc[0] < 0 || span_is_equal(buf_span(&values[0]), buf_span(&values[1])));
        assert_true(span_is_equal(buf_span(&keys[0]), buf_span(&keys[1])));
    } while (rc[0] == 0);
    assert_int_equal(rc[0], WAVU_ERR_NOT_FOUND);
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&keys[i]);
        buf_clear(&values[i]);
    }
}

static void compare_records(void)
{
    uint64_t sequences[2];
    struct buf bytes[2];
    int rc[2];
    bool is_back = sim_draw_chance(&draw, 1, 2);

    sequences[0] = sequences[1] = sim_draw_below(&draw, 40);
    for (size_t i = 0; i < 2; i++) {
        buf_init(&bytes[i], STORE_VALUE_MAX);
        rc[i] = is_back ? store_record_back(both[i].store, "t", &sequences[i], &bytes[i])
                        : store_record(both[i].store, "t", &sequences[i], &bytes[i]);
    }
    assert_int_equal(rc[0], rc[1]);
    assert_int_equal(sequences[0], sequences[1]);
    assert_true(span_is_equal(buf_span(&bytes[0]), buf_span(&bytes[1])));
    buf_clear(&bytes[0]);
    buf_clear(&bytes[1]);
}

static void test_twins_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        draw = sim_draw_of(seed, SIM_SCENARIO, 2);
        disk_start(&both[0], seed, STORE_DISK);
        disk_start(&both[1], seed, STORE_MEMORY);
        for (int i = 0; i < OPERATIONS; i++) {
            write_both();
            if (sim_draw_chance(&draw, 1, 4)) {
                compare_walks();
                compare_records();
            }
            if (sim_draw_chance(&draw, 1, 8)) {
                uint64_t wait_ns = sim_draw_below(&draw, 20 * TIMERS_MS);
                sim_run_for(both[0].sim, wait_ns);
                sim_run_for(both[1].sim, wait_ns);
            }
        }
        assert_int_equal(store_flush(both[0].store), 0);
        assert_int_equal(store_flush(both[1].store), 0);
        disk_reopen(&both[0]);
        compare_walks();
        compare_records();
        disk_stop(&both[0]);
        disk_stop(&both[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(test_twins_agree)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
