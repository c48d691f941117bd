/*
 * All namespaces: equal content gives equal hashes however it came, and the whole has bounds.
 */
#include "tests/base/unit.h"

#include "overlay/state_table.h"
#include "tests/support/overlay_null.h"

static const uint8_t zeros[STATE_MSG_VALUE_MAX];
static struct random_seeded seeded;
static struct random source;

static void begin(struct state_table *t, size_t max, size_t bytes_max)
{
    random_seeded_init(&seeded, 5);
    source = random_from_seeded(&seeded);
    state_table_init(t, &source, max, bytes_max);
}

static int put(struct state_table *t, size_t number, uint64_t version, size_t value_len)
{
    struct overlay_id id = overlay_null_id(number);
    struct state_owner *o = state_table_get(t, &id);
    struct state_entry *old;
    struct state_msg_entry e = {.version = version,
                                .key = UNIT_TEXT("key"),
                                .value = span_of(zeros, value_len),
                                .set = span_of(zeros, STATE_MSG_SET_SIZE),
                                .signature = span_of(zeros, OVERLAY_SIGN_SIZE)};
    if (o == NULL) {
        o = state_table_add(t, &id, 0);
    }
    int rc = state_table_put(t, o, &e, &old);
    state_table_settle(t, o);
    state_table_check(t);
    return rc;
}

static void equal_content_has_equal_hashes(void **state)
{
    (void)state;
    struct state_table a;
    struct state_table b;
    begin(&a, 100, 1 << 20);
    begin(&b, 100, 1 << 20);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(put(&a, i, 1 + i % 3, 10), 0);
        assert_int_equal(put(&b, 49 - i, 1 + (49 - i) % 3, 10), 0);
    }
    assert_true(state_table_hash(&a, 0) == state_table_hash(&b, 0));
    assert_true(state_table_hash(&a, 77) == state_table_hash(&b, 77));
    assert_true(state_table_hash(&a, 77) != state_table_hash(&a, 78));
    assert_int_equal(put(&b, 7, 9, 10), 0);
    assert_true(state_table_hash(&a, 0) != state_table_hash(&b, 0));
    assert_true(state_table_hash(&a, 77) != state_table_hash(&b, 77));
    assert_int_equal(put(&a, 7, 9, 10), 0);
    assert_true(state_table_hash(&a, 0) == state_table_hash(&b, 0));
    state_table_clear(&a);
    state_table_clear(&b);
}

static void owners_that_are_forgotten_do_not_count(void **state)
{
    (void)state;
    struct state_table t;
    struct overlay_id id = overlay_null_id(3);
    begin(&t, 100, 1 << 20);
    assert_int_equal(put(&t, 1, 1, 10), 0);
    uint64_t before = state_table_hash(&t, 0);
    assert_int_equal(put(&t, 3, 4, 10), 0);
    struct state_owner *o = state_table_get(&t, &id);
    state_table_forget(&t, o, 5);
    state_table_check(&t);
    assert_true(state_table_hash(&t, 0) == before && o->version == 4);
    state_table_recall(&t, o);
    assert_true(o->version == 0 && !o->is_forgotten);
    state_table_check(&t);
    assert_int_equal(put(&t, 3, 4, 10), 0);
    state_table_bar(&t, o);
    state_table_check(&t);
    assert_true(o->version == UINT64_MAX && state_table_hash(&t, 0) == before);
    state_table_remove(&t, o);
    state_table_check(&t);
    assert_null(state_table_get(&t, &id));
    state_table_clear(&t);
}

static void owners_and_bytes_are_bounded(void **state)
{
    (void)state;
    struct state_table t;
    begin(&t, 4, 16384);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(put(&t, i, 1, 4000), 0);
    }
    assert_int_equal(put(&t, 3, 1, 4000), WAVU_ERR_LIMIT);
    assert_int_equal(put(&t, 2, 2, 4000), 0); /* in the place of another */
    struct overlay_id more = overlay_null_id(9);
    assert_null(state_table_add(&t, &more, 0));
    assert_true(t.bytes <= 16384);
    state_table_clear(&t);
}

static void what_was_taken_out_is_freed_when_buried(void **state)
{
    (void)state;
    struct state_table t;
    begin(&t, 4, 16384);
    assert_int_equal(put(&t, 1, 1, 10), 0);
    struct overlay_id id = overlay_null_id(1);
    struct state_owner *o = state_table_get(&t, &id);
    state_table_begin(&t, o, 2);
    struct state_entry *past = state_table_take_past(&t, o);
    assert_true(span_is_equal(state_owner_key(past), UNIT_TEXT("key"))); /* still there */
    assert_null(state_table_take_past(&t, o));
    state_table_bury(&t);
    state_table_check(&t);
    state_table_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(equal_content_has_equal_hashes),
        UNIT(owners_that_are_forgotten_do_not_count),
        UNIT(owners_and_bytes_are_bounded),
        UNIT(what_was_taken_out_is_freed_when_buried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
