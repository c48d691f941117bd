/* What is ours: when it is due, what ends, what is replaced, limits. */
#include "discovery/kad_own.h"

#include "tests/discovery/kad_fixture.h"

static struct kad_fixture fixture;
static struct kad_fixture *const f = &fixture;
static struct kad_own own;
static struct kad_own *const o = &own;

static void begin(uint32_t count, uint32_t bytes)
{
    kad_fixture_init(f, STORE_MEMORY, 0);
    kad_own_init(o, &f->rows, &f->draw, count, bytes);
}

static void end(void)
{
    kad_own_check(o);
    kad_own_clear(o);
    kad_fixture_clear(f);
}

static int put(const char *key, const char *value, uint64_t end_ms, uint64_t due_ns)
{
    const struct kad_own_item item = {
        .key = span_from_text(key), .value = span_from_text(value), .end_ms = end_ms};
    int rc = kad_own_put(o, &item, due_ns, false);
    kad_own_check(o);
    return rc;
}

static bool due(const char *key, uint64_t now, uint64_t wall_ms)
{
    struct kad_own_item item;
    bool is_due = kad_own_due(o, now, wall_ms, now + 10, &item);
    assert_true(!is_due || span_is_equal(item.key, span_from_text(key)));
    return is_due;
}

static void each_is_due_in_its_turn(void **state)
{
    (void)state;
    begin(8, 1000);
    assert_true(kad_own_deadline(o) == UINT64_MAX);
    assert_int_equal(put("b", "v", KAD_RECORD_NO_END, 2), 0);
    assert_int_equal(put("a", "", KAD_RECORD_NO_END, 1), 0);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_OWN), 2);
    assert_true(kad_own_deadline(o) == 1);
    assert_false(due("", 0, WALL_MS));
    assert_true(due("a", 2, WALL_MS));
    assert_true(due("b", 2, WALL_MS));
    assert_false(due("", 11, WALL_MS)); /* nobody said how it went: again at 12 */
    assert_true(due("a", 12, WALL_MS));
    kad_own_said(o, UNIT_TEXT("a"), true, 1000, 5);
    kad_own_said(o, UNIT_TEXT("a"), false, 7, 5); /* there is none such */
    assert_true(due("b", 12, WALL_MS));
    assert_false(due("", 21, WALL_MS));
    assert_true(kad_own_deadline(o) == 22);
    assert_int_equal(kad_own_remove(o, UNIT_TEXT("b"), true), WAVU_ERR_NOT_FOUND);
    assert_int_equal(kad_own_remove(o, UNIT_TEXT("b"), false), 0);
    assert_int_equal(kad_own_remove(o, span_empty(), false), WAVU_ERR_NOT_FOUND);
    assert_true(kad_own_deadline(o) == 1000);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_OWN), 1);
    end();
}

static void what_has_ended_is_said_no_more(void **state)
{
    (void)state;
    begin(8, 1000);
    assert_int_equal(put("a", "v", WALL_MS, 1), 0);
    assert_int_equal(put("b", "v", WALL_MS + 1, 1), 0);
    assert_true(due("a", 1, 0)); /* without a clock it is */
    assert_true(due("b", 1, WALL_MS));
    assert_int_equal(o->entries.count, 2);
    assert_true(due("b", 11, WALL_MS)); /* a has ended and is forgotten */
    assert_false(due("", 21, WALL_MS + 1));
    assert_int_equal(o->entries.count, 0);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_OWN), 0);
    end();
}

static void limits_hold_and_what_is_there_stays(void **state)
{
    (void)state;
    uint8_t key[KAD_MSG_KEY_MAX + 1] = {0};
    begin(2, 20);
    assert_int_equal(put("a", "0123456789", KAD_RECORD_NO_END, 1), 0);
    assert_int_equal(put("b", "0123456789", KAD_RECORD_NO_END, 1), WAVU_ERR_LIMIT);
    assert_int_equal(put("a", "0123456789012345678", KAD_RECORD_NO_END, 1), 0); /* in its place */
    assert_int_equal(put("a", "01234567890123456789", KAD_RECORD_NO_END, 1), WAVU_ERR_LIMIT);
    assert_int_equal(put("a", "1", KAD_RECORD_NO_END, 1), 0);
    assert_int_equal(put("b", "", KAD_RECORD_NO_END, 1), 0);
    assert_int_equal(put("c", "", KAD_RECORD_NO_END, 1), WAVU_ERR_LIMIT);
    assert_int_equal(put("", "", KAD_RECORD_NO_END, 1), WAVU_ERR_LIMIT);
    struct kad_own_item item = {.key = span_of(key, sizeof key), .value = UNIT_TEXT("v")};
    assert_int_equal(kad_own_put(o, &item, 1, false), WAVU_ERR_LIMIT);
    item = (struct kad_own_item){.key = span_of(key, KAD_ROWS_PROVIDED_KEY_MAX + 1)};
    assert_int_equal(kad_own_put(o, &item, 1, false), WAVU_ERR_LIMIT);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_OWN), 2);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(each_is_due_in_its_turn),
                                       UNIT(what_has_ended_is_said_no_more),
                                       UNIT(limits_hold_and_what_is_there_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
