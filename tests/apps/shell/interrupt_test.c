/*
 * Ctrl+C is seen by whoever polls, and nobody is hit by it before or afterwards.
 */
#include "apps/shell/interrupt.h"

#include "tests/base/unit.h"

#include <poll.h>
#include <signal.h>

static size_t hits;

static void on_hit(int number)
{
    (void)number;
    hits++;
}

static void a_signal_ends_the_wait(void **state)
{
    (void)state;
    (void)signal(SIGINT, on_hit);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(interrupt_fd(), -1);
        interrupt_begin();
        struct pollfd one = {.fd = interrupt_fd()};
        assert_true(one.fd >= 0);
        assert_int_equal(poll(&one, 1, 0), 0);
        assert_false(interrupt_came());
        assert_int_equal(raise(SIGINT), 0);
        assert_int_equal(raise(SIGINT), 0); /* once more is no matter */
        assert_true(interrupt_came());
        assert_int_equal(poll(&one, 1, 0), 1);
        assert_true(one.revents != 0);
        interrupt_end();
    }
    assert_int_equal(hits, 0);
    assert_int_equal(raise(SIGINT), 0);
    assert_int_equal(hits, 1); /* as it was before */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_signal_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
