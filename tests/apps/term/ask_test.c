/*
 * Questions: at a terminal alone, and not when they are forbidden.
 */
#include "apps/term/ask.h"

#include "tests/apps/wavu/program.h"

#include <fcntl.h>
#include <pty.h>

#include "apps/term/say.h"

/* Run `typed` into ask_typed("savanna") at a terminal; returns its exit code. */
static int at_terminal(const char *typed, bool is_forbidden)
{
    int fd = -1;
    int status = 0;
    pid_t child = forkpty(&fd, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0) {
        ask_forbid(is_forbidden);
        _exit(ask_typed("savanna"));
    }
    assert_int_equal(write(fd, typed, strlen(typed)), (ssize_t)strlen(typed));
    char seen[512];
    while (read(fd, seen, sizeof seen) > 0) {
    }
    (void)close(fd);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void the_word_has_to_be_typed(void **state)
{
    (void)state;
    assert_int_equal(at_terminal("savanna\n", false), 0);
    assert_int_equal(at_terminal("mountain\n", false), SAY_FAILURE);
    assert_int_equal(at_terminal("\n", false), SAY_FAILURE);
    assert_int_equal(at_terminal("\4", false), SAY_FAILURE); /* the end of input */
    assert_int_equal(at_terminal("savanna\n", true), SAY_USAGE);
}

static void without_a_terminal_nobody_is_asked(void **state)
{
    int before = dup(STDIN_FILENO);
    int nothing = open("/dev/null", O_RDONLY);
    char line[8] = "x";
    (void)state;
    assert_true(before >= 0 && nothing >= 0);
    assert_true(dup2(nothing, STDIN_FILENO) >= 0);
    ask_forbid(false);
    assert_false(ask_is_possible());
    assert_int_equal(ask_typed("savanna"), SAY_USAGE);
    ask_forbid(true);
    assert_true(ask_is_forbidden());
    assert_int_equal(ask_explain(), SAY_USAGE);
    assert_false(ask_line(line, sizeof line));
    assert_string_equal(line, "");
    assert_true(dup2(before, STDIN_FILENO) >= 0);
    (void)close(before);
    (void)close(nothing);
    ask_forbid(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_word_has_to_be_typed),
        UNIT(without_a_terminal_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
