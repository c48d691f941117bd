/*
 * A machine with interfaces is online as they say; one with loopback alone is not.
 */
#include "apps/talk/talk_online.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/base/unit.h"

/* In a network namespace of its own, where the system lets one make it: nothing there is up. */
static void without_a_network_it_is_not(void **state)
{
    (void)state;
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 && unshare(CLONE_NEWNET) != 0) {
            _exit(2);
        }
        _exit(talk_online_is_any() ? 1 : 0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) {
        print_message("no network namespaces here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_a_network_it_is_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
