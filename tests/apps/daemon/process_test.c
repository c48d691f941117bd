/*
 * What the kernel says of a process: a text of it, and this one.
 */
#include "apps/daemon/process.h"

#include "tests/base/unit.h"

#include <time.h>

static void a_text_of_the_kernel_is_read(void **state)
{
    struct process_figures f = {.cpu_ms = 0};
    uint64_t start_ms = 0;
    (void)state;
    /* A name may hold spaces and brackets. */
    assert_true(process_parse("77 (a ) b) S 1 77 77 0 -1 4194304 900 0 2 0 250 150 3 4 20 0 5 0 "
                              "12300 1000000 321 18446744073709551615 1 1",
                              4096, 100, &f, &start_ms));
    assert_int_equal(f.cpu_ms, 4000);
    assert_int_equal(start_ms, 123000);
    assert_int_equal(f.virtual_bytes, 1000000);
    assert_int_equal(f.resident_bytes, 321 * 4096);
    assert_false(process_parse("", 4096, 100, &f, &start_ms));
    assert_true(process_parse("1 (cut) S 1", 4096, 100, &f, &start_ms));
    assert_int_equal(f.resident_bytes, 0);
}

static void this_process_is_measured(void **state)
{
    struct process_figures f;
    (void)state;
    process_read(&f);
    uint64_t now_ms = (uint64_t)time(NULL) * 1000;
    assert_true(f.resident_bytes > 0 && f.virtual_bytes >= f.resident_bytes);
    assert_true(f.open_fds >= 1);
    assert_true(f.start_unix_ms <= now_ms + 2000 && f.start_unix_ms + 86400000 > now_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_of_the_kernel_is_read),
        cmocka_unit_test(this_process_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
