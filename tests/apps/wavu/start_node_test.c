/*
 * A node in the background: one that runs is taken, and no program but wavu itself starts one.
 * tests/program/first.sh has the rest, with the real program.
 */
#include "apps/wavu/start_node.h"

#include "tests/apps/wavu/program.h"

#include "apps/rpc/jsonrpc.h"
#include "apps/term/say.h"

static struct call call;

/* In a child, as it may write to stderr. Its exit code; 100 more when it says that one was started.
 */
static int ensured(void)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool is_new = true;
        int code;
        jsonrpc_start();
        (void)!freopen("/dev/null", "w", stderr);
        code = start_node_ensure(&call, NULL, 0, &is_new);
        _exit(code + (is_new && code == 0 ? 100 : 0));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void one_that_runs_is_taken(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    call = (struct call){.home = program_home};
    assert_int_equal(ensured(), 0);
    assert_int_equal(program_end(&up)->code, 0);
}

static void a_program_that_is_not_wavu_starts_none(void **state)
{
    (void)state;
    call = (struct call){.home = program_home};
    assert_int_equal(ensured(), SAY_NO_NODE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {PROGRAM(one_that_runs_is_taken),
                                       PROGRAM(a_program_that_is_not_wavu_starts_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
