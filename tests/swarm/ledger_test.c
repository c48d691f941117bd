/*
 * Tests of the ledger: what was said, heard, heard twice, changed or never said.
 */
#include "swarm/ledger.h"

#include <string.h>

#include "tests/base/unit.h"

static void test_a_broadcast_is_heard_once_by_each(void **state)
{
    struct ledger l;
    (void)state;
    ledger_init(&l, 20);
    struct span p = ledger_say(&l, 100, 3, 40);
    uint8_t copy[40];
    assert_int_equal(p.len, sizeof copy);
    memcpy(copy, p.ptr, sizeof copy);
    struct span c = span_of(copy, sizeof copy);
    assert_true(ledger_has(&l.entries[0], 3));
    assert_false(ledger_has(&l.entries[0], 4));
    assert_int_equal(ledger_hear(&l, 150, 4, 3, c, 2), LEDGER_NEW);
    assert_int_equal(ledger_hear(&l, 170, 19, 3, c, 5), LEDGER_NEW);
    assert_int_equal(ledger_hear(&l, 190, 4, 3, c, 9), LEDGER_TWICE);
    assert_int_equal(l.entries[0].count, 2);
    assert_int_equal(l.entries[0].last_ns, 170);
    assert_int_equal(l.entries[0].hops_max, 5);
    ledger_clear(&l);
}

static void test_lies_are_found(void **state)
{
    struct ledger l;
    uint8_t copy[40];
    (void)state;
    ledger_init(&l, 20);
    memcpy(copy, ledger_say(&l, 1, 3, sizeof copy).ptr, sizeof copy);
    struct span c = span_of(copy, sizeof copy);
    assert_int_equal(ledger_hear(&l, 2, 5, 4, c, 1), LEDGER_NEVER_SAID);
    assert_int_equal(ledger_hear(&l, 2, 5, 3, span_of(copy, 15), 1), LEDGER_NEVER_SAID);
    assert_int_equal(ledger_hear(&l, 2, 5, 3, span_of(copy, 39), 1), LEDGER_CHANGED);
    for (size_t i = 4; i < sizeof copy; i++) {
        copy[i] ^= 1;
        assert_int_equal(ledger_hear(&l, 2, 5, 3, c, 1), LEDGER_CHANGED);
        copy[i] ^= 1;
    }
    copy[0] = 1;
    assert_int_equal(ledger_hear(&l, 2, 5, 3, c, 1), LEDGER_NEVER_SAID);
    copy[0] = 0;
    ledger_void(&l);
    assert_int_equal(ledger_hear(&l, 2, 5, 3, c, 1), LEDGER_CHANGED);
    ledger_clear(&l);
}

static void test_who_starts_anew_may_hear_again(void **state)
{
    struct ledger l;
    uint8_t copies[100][16];
    (void)state;
    ledger_init(&l, 20);
    for (uint32_t i = 0; i < 100; i++) {
        memcpy(copies[i], ledger_say(&l, i, 0, 16).ptr, 16);
        assert_int_equal(ledger_hear(&l, i, 7, 0, span_of(copies[i], 16), 1), LEDGER_NEW);
        assert_int_equal(ledger_hear(&l, i, 8, 0, span_of(copies[i], 16), 1), LEDGER_NEW);
    }
    ledger_forget(&l, 7);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(ledger_hear(&l, i, 7, 0, span_of(copies[i], 16), 1), LEDGER_NEW);
        assert_int_equal(ledger_hear(&l, i, 8, 0, span_of(copies[i], 16), 1), LEDGER_TWICE);
    }
    ledger_clear(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_broadcast_is_heard_once_by_each),
        cmocka_unit_test(test_lies_are_found),
        cmocka_unit_test(test_who_starts_anew_may_hear_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
