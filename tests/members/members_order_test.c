/*
 * A slice of the random schedules (`make members` runs the whole): every order gives the same state
 * as every other and as a second evaluation, and nothing counts outside its honoured past but ties.
 * That it was hostile enough is checked, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/secret.h"
#include "tests/support/members_null.h"
#include "tests/support/members_schedule.h"

static void test_any_order_gives_the_same_state(void **state)
{
    (void)state;
    struct members_schedule_counts c = {0};
    for (uint64_t seed = 1; seed <= 700; seed++) {
        members_schedule_run(&members_null_signer, seed, &c);
    }
    assert_true(c.waited > c.fed / 4);
    assert_true(c.forks > 200 && c.voids > 3000);
    assert_true(c.whole > 200);
    assert_true(c.left > 200 && c.back > 200 && c.frozen > 40);
}

/* The check itself is in the schedule; here, that it met what it is about. */
static void test_nothing_outside_the_honoured_past_counts(void **state)
{
    (void)state;
    struct members_schedule_counts c = {0};
    for (uint64_t seed = 100001; seed <= 100300; seed++) {
        members_schedule_run(&members_null_signer, seed, &c);
    }
    assert_true(c.stands > 200 && c.falls > 200);
    assert_true(c.knots > 20 && c.ties > 3 && c.pairs > 3);
}

static void test_with_real_signatures(void **state)
{
    (void)state;
    struct members_schedule_counts c = {0};
    assert_int_equal(secret_start(), 0);
    for (uint64_t seed = 1; seed <= 10; seed++) {
        members_schedule_run(&signer_ed25519, seed, &c);
    }
    assert_int_equal(c.schedules, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order_gives_the_same_state),
        cmocka_unit_test(test_nothing_outside_the_honoured_past_counts),
        cmocka_unit_test(test_with_real_signatures),
    };
    return cmocka_run_group_tests_name("members/members_order", tests, NULL, NULL);
}
