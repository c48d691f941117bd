/* errno values become the house's errors. */
#include "os/sys_err.h"

#include <errno.h>

#include "tests/base/unit.h"

static void test_names(void **state)
{
    static const struct {
        int number;
        int err;
    } rows[] = {
        {EAGAIN, WAVU_ERR_AGAIN},
        {ECONNREFUSED, WAVU_ERR_REFUSED},
        {ECONNRESET, WAVU_ERR_RESET},
        {EPIPE, WAVU_ERR_RESET},
        {ETIMEDOUT, WAVU_ERR_TIMEOUT},
        {ENETUNREACH, WAVU_ERR_UNREACHABLE},
        {EADDRINUSE, WAVU_ERR_IN_USE},
        {EACCES, WAVU_ERR_DENIED},
        {EROFS, WAVU_ERR_DENIED},
        {ENOENT, WAVU_ERR_NOT_FOUND},
        {EEXIST, WAVU_ERR_EXISTS},
        {ENOSPC, WAVU_ERR_NO_SPACE},
        {EMFILE, WAVU_ERR_LIMIT},
        {ENFILE, WAVU_ERR_LIMIT},
        {EADDRNOTAVAIL, WAVU_ERR_INVALID},
        {EIO, WAVU_ERR_IO},
        {EBADF, WAVU_ERR_IO},
        {0, WAVU_ERR_IO},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(sys_err_from(rows[i].number), rows[i].err);
    }
}

static void test_no_number_is_a_success(void **state)
{
    (void)state;
    for (int number = -10; number < 200; number++) {
        assert_true(sys_err_from(number) < 0);
    }
}

static void test_last(void **state)
{
    (void)state;
    errno = ENOSPC;
    assert_int_equal(sys_err_last(), WAVU_ERR_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_names),
        UNIT(test_no_number_is_a_success),
        UNIT(test_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
