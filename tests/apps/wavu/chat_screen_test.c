/*
 * The chat on a screen: when there is one, and what its options say.
 */
#include "apps/wavu/chat_screen.h"

#include "tests/apps/wavu/program.h"

#include <fcntl.h>

/* Pipes, scripts and terminals that can nothing have the plain chat. */
static void a_screen_wants_a_terminal(void **state)
{
    const struct call call = {.is_json = false};
    int ends[2];
    (void)state;
    int before = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    (void)dup2(ends[0], STDIN_FILENO);
    assert_false(chat_screen_is_wanted(&call));
    (void)dup2(before, STDIN_FILENO);
    (void)close(before);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

#ifdef WAVU_HAS_TUI

/* A terminal as input and output, however the tests are run. */
static void on_a_terminal(const char *term, bool is_json, bool expected)
{
    const struct call call = {.is_json = is_json};
    int far = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(far >= 0 && grantpt(far) == 0 && unlockpt(far) == 0);
    int near = open(ptsname(far), O_RDWR | O_NOCTTY);
    int in = dup(STDIN_FILENO);
    int out = dup(STDOUT_FILENO);
    (void)fflush(stdout);
    (void)dup2(near, STDIN_FILENO);
    (void)dup2(near, STDOUT_FILENO);
    assert_int_equal(setenv("TERM", term, 1), 0);
    bool is_wanted = chat_screen_is_wanted(&call);
    (void)dup2(in, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    (void)close(in);
    (void)close(out);
    (void)close(near);
    (void)close(far);
    assert_int_equal(is_wanted, expected);
}

static void which_terminals_have_one(void **state)
{
    (void)state;
    on_a_terminal("xterm", false, true);
    on_a_terminal("dumb", false, false);
    on_a_terminal("", false, false);
    on_a_terminal("xterm", true, false);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_screen_wants_a_terminal),
#ifdef WAVU_HAS_TUI
        cmocka_unit_test(which_terminals_have_one),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
