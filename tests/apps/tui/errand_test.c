/*
 * A program that is run for a word: what it says, that it ends, and that nobody waits for it.
 */
#include "apps/tui/errand.h"

#include "tests/base/unit.h"

#include <poll.h>

#include "base/mem.h"

static void wait_for(struct errand *e)
{
    while (!errand_pump(e)) {
        struct pollfd fd = {.fd = errand_fd(e), .events = POLLIN};
        (void)poll(&fd, 1, 1000);
    }
}

static void what_it_says_and_how_it_ends(void **state)
{
    static const char *const words[] = {"-c", "echo said; echo wrong >&2; cat; exit 7", NULL};
    struct errand e = {0};
    size_t live = mem_live_count();
    (void)state;
    assert_int_equal(errand_fd(&e), -1);
    assert_true(errand_start(&e, "/bin/sh", words, NULL));
    assert_false(errand_start(&e, "/bin/sh", words, NULL)); /* one at a time */
    wait_for(&e);
    assert_string_equal(e.text, "said\nwrong\n");
    assert_int_equal(e.code, 7);
    errand_clear(&e);
    assert_int_equal(mem_live_count(), live);
}

static void the_home_is_told(void **state)
{
    static const char *const words[] = {"-c", "echo $0 $1", NULL};
    struct errand e = {0};
    (void)state;
    assert_true(errand_start(&e, "/bin/sh", words, "/nowhere"));
    wait_for(&e);
    assert_string_equal(e.text, "--home /nowhere\n");
    errand_clear(&e);
}

static void much_is_cut_and_what_is_not_there_fails(void **state)
{
    static const char *const much[] = {"-c", "head -c 1000000 /dev/zero | tr '\\0' x", NULL};
    static const char *const none[] = {"x", NULL};
    struct errand e = {0};
    (void)state;
    assert_true(errand_start(&e, "/bin/sh", much, NULL));
    wait_for(&e);
    assert_int_equal(e.len, ERRAND_TEXT_MAX - 1);
    errand_clear(&e);
    assert_true(errand_start(&e, "/nowhere/at/all", none, NULL));
    wait_for(&e);
    assert_int_equal(e.code, 127);
    errand_clear(&e);
}

static void one_that_does_not_end_is_ended(void **state)
{
    static const char *const words[] = {"-c", "exec sleep 1000", NULL};
    struct errand e = {0};
    (void)state;
    assert_true(errand_start(&e, "/bin/sh", words, NULL));
    assert_false(errand_pump(&e));
    errand_clear(&e);
    assert_int_equal(e.pid, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_says_and_how_it_ends),
        cmocka_unit_test(the_home_is_told),
        cmocka_unit_test(much_is_cut_and_what_is_not_there_fails),
        cmocka_unit_test(one_that_does_not_end_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
