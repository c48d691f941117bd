/*
 * Stored rows of the outbox: an outbox that is loaded goes on where the other one stopped.
 */
#include "tests/base/unit.h"

#include "base/timers.h"
#include "courier/outbox_row.h"
#include "tests/support/outbox_world.h"

static struct outbox_world w;

static size_t save(uint64_t row, uint8_t value[OUTBOX_ROW_SIZE])
{
    struct wr wr;
    wr_init(&wr, span_mut_of(value, OUTBOX_ROW_SIZE));
    outbox_row_save(&wr, &w.box, row);
    assert_int_equal(wr_finish(&wr), 0);
    return wr.len;
}

static void test_rows_come_back(void **state)
{
    uint8_t value[OUTBOX_ROW_SIZE];
    uint8_t again[OUTBOX_ROW_SIZE];
    struct wr wr;
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    const uint64_t rows[] = {outbox_world_add(&w, 1, 5, 50), outbox_world_add(&w, 2, 6, 50)};
    outbox_world_pump(&w); /* the first one is sealed */
    outbox_fate(&w.box, w.now, rows[0], OUTBOX_WORLD_DIRECT, WAY_TAKEN);
    for (size_t i = 0; i < 2; i++) {
        struct outbox o;
        outbox_init(&o, &w.box.config);
        assert_int_equal(save(rows[i], value), OUTBOX_ROW_SIZE);
        assert_int_equal(outbox_row_load(&o, w.now, rows[i], span_of(value, sizeof(value))), 0);
        outbox_check(&o);
        wr_init(&wr, span_mut_of(again, sizeof(again)));
        outbox_row_save(&wr, &o, rows[i]);
        assert_memory_equal(value, again, sizeof(value));
        outbox_clear(&o);
    }
    outbox_world_restart(&w);
    outbox_world_pump(&w);
    assert_int_equal(w.seals, 1); /* no key is spent by a restart */
    assert_int_equal(outbox_world_count(&w, OUTBOX_OFFER), 1);
    assert_true(outbox_world_add(&w, 3, 6, 50) > rows[1]);
    outbox_world_clear(&w);
}

static void test_rows_that_are_none(void **state)
{
    uint8_t value[OUTBOX_ROW_SIZE + 1] = {0};
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    const uint64_t row = outbox_world_add(&w, 1, 5, 50);
    outbox_world_pump(&w);
    const size_t len = save(row, value);
    struct outbox o;
    outbox_init(&o, &w.box.config);
    for (size_t i = 0; i <= len + 1; i++) {
        assert_int_equal(outbox_row_load(&o, w.now, row, span_of(value, i)),
                         i == len ? 0 : WAVU_ERR_CORRUPT);
    }
    assert_int_equal(outbox_row_load(&o, w.now, row, span_of(value, len)), WAVU_ERR_CORRUPT);
    assert_int_equal(outbox_row_load(&o, w.now, row + 1, span_of(value, len)), WAVU_ERR_CORRUPT);
    value[0] = 2;
    assert_int_equal(outbox_row_load(&o, w.now, 9, span_of(value, len)), WAVU_ERR_UNSUPPORTED);
    outbox_check(&o);
    assert_int_equal(o.rows.count, 1);
    outbox_clear(&o);
    outbox_world_clear(&w);
}

static void test_damaged_rows(void **state)
{
    uint8_t value[OUTBOX_ROW_SIZE];
    struct outbox_event e;
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    const uint64_t row = outbox_world_add(&w, 1, 5, 50);
    outbox_world_pump(&w);
    const size_t len = save(row, value);
    for (size_t i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct outbox o;
            outbox_init(&o, &w.box.config);
            value[i] ^= (uint8_t)(1u << bit);
            const int rc = outbox_row_load(&o, w.now, row, span_of(value, len));
            value[i] ^= (uint8_t)(1u << bit);
            assert_true(rc <= 0);
            outbox_check(&o);
            outbox_tick(&o, w.now);
            while (outbox_next_event(&o, w.now, &e)) {
            }
            outbox_check(&o);
            outbox_clear(&o);
        }
    }
    outbox_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_rows_come_back),
        UNIT(test_rows_that_are_none),
        UNIT(test_damaged_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
