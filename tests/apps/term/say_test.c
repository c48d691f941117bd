/*
 * Texts for people, exit codes, and what happens to output that nobody takes.
 */
#include "apps/term/say.h"

#include "tests/apps/wavu/program.h"

#include <fcntl.h>

#include "wavu/err.h"

static void exit_codes(void **state)
{
    (void)state;
    assert_int_equal(say_exit_of(0), 0);
    assert_int_equal(say_exit_of(WAVU_ERR_REFUSED), 1);
    assert_int_equal(say_exit_of(WAVU_ERR_CORRUPT), 1);
    assert_int_equal(say_exit_of(WAVU_ERR_NO_NODE), 3);
    assert_int_equal(say_exit_of(WAVU_ERR_NOT_FOUND), 4);
    assert_int_equal(say_exit_of(WAVU_ERR_DENIED), 5);
    assert_int_equal(say_exit_of(WAVU_ERR_TIMEOUT), 6);
    assert_int_equal(say_exit_of(WAVU_ERR_EXISTS), 7);
    assert_int_equal(say_exit_of(WAVU_ERR_IN_USE), 7);
    assert_int_equal(say_exit_of(WAVU_ERR_HARDWARE), 8);
}

static void colour_is_for_terminals_that_have_it(void **state)
{
    (void)state;
    assert_true(say_has_colour(NULL, true, NULL, "xterm"));
    assert_true(say_has_colour("auto", true, "", "linux")); /* an empty NO_COLOR is none */
    assert_false(say_has_colour("auto", true, "1", "xterm"));
    assert_false(say_has_colour(NULL, false, NULL, "xterm"));
    assert_false(say_has_colour(NULL, true, NULL, "dumb"));
    assert_false(say_has_colour(NULL, true, NULL, ""));
    assert_false(say_has_colour(NULL, true, NULL, NULL));
    /* Who says it outright means it. */
    assert_true(say_has_colour("always", false, "1", "dumb"));
    assert_false(say_has_colour("never", true, NULL, "xterm"));
}

static void expect_clean(const char *text, const char *expected)
{
    char out[SAY_CLEAN_MAX];
    assert_string_equal(say_clean(text, out), expected);
}

static void texts_of_peers_cannot_steer_a_terminal(void **state)
{
    (void)state;
    expect_clean("js-libp2p/3.0", "js-libp2p/3.0");
    expect_clean("\x1b[2J\r\n\tx\x7f", "?[2J???x?");
    expect_clean("caf\xc3\xa9 \xf0\x9f\x99\x82", "caf\xc3\xa9 \xf0\x9f\x99\x82");
    expect_clean("\xc2\x9b"
                 "31m",
                 "?31m"); /* CSI as a C1 control */
    expect_clean("a\xe2\x80\xae"
                 "b",
                 "a?b"); /* right-to-left override */
    expect_clean("a\xe2\x81\xa6"
                 "b",
                 "a?b"); /* an isolate */
    expect_clean("\xff\xc3", "??");
    expect_clean("\xe2\x82", "??");                          /* cut off */
    expect_clean("\xe0\x80\xaf\xf0\x80\x80\xaf", "???????"); /* overlong */
    expect_clean("\xed\xa0\x80", "???");                     /* half a pair */
}

static void what_shows_nothing_is_no_text(void **state)
{
    (void)state;
    assert_int_equal(say_check_text("say", "a", 1), 0);
    assert_int_equal(say_check_text("say", "\n a ", 4), 0);
    assert_int_equal(say_check_text("say", "\0", 1), 0); /* refused elsewhere, if at all */
    assert_int_equal(say_check_text("say", "", 0), SAY_USAGE);
    assert_int_equal(say_check_text("say", " \t\r\n", 4), SAY_USAGE);
}

static void long_texts_are_cut(void **state)
{
    char text[2 * SAY_CLEAN_MAX];
    char out[SAY_CLEAN_MAX];
    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_true(strlen(say_clean(text, out)) < SAY_CLEAN_MAX);
    assert_true(strlen(out) > SAY_CLEAN_MAX - 8);
}

static void durations(void **state)
{
    char out[32];
    (void)state;
    assert_string_equal(say_duration(0, out, sizeof out), "0 s");
    assert_string_equal(say_duration(59999, out, sizeof out), "59 s");
    assert_string_equal(say_duration(60000, out, sizeof out), "1 min 0 s");
    assert_string_equal(say_duration(3600000, out, sizeof out), "1 h 0 min");
    assert_string_equal(say_duration(UINT64_C(90000000), out, sizeof out), "1 d 1 h");
}

static void amounts(void **state)
{
    char out[32];
    (void)state;
    assert_string_equal(say_bytes(0, out, sizeof out), "0 B");
    assert_string_equal(say_bytes(1023, out, sizeof out), "1023 B");
    assert_string_equal(say_bytes(1536, out, sizeof out), "1.5 KiB");
    assert_string_equal(say_bytes(UINT64_MAX, out, sizeof out), "16.0 EiB");
}

/* Run `act` in a child whose stdout is `fd`; its exit code. */
static int in_child(int (*act)(void), int fd)
{
    int status = 0;
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(fd, STDOUT_FILENO);
        say_start();
        _exit(act());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int print_and_end(void)
{
    say_out("%s\n", "text");
    return say_end(SAY_OK);
}

static int print_and_fail_otherwise(void)
{
    say_out("%s\n", "text");
    return say_flush() ? 99 : say_end(SAY_NOT_FOUND);
}

static void lost_output_is_a_failure(void **state)
{
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(in_child(print_and_end, ends[1]), SAY_OK);
    (void)close(ends[0]);
    assert_int_equal(in_child(print_and_end, ends[1]), SAY_FAILURE);
    assert_int_equal(in_child(print_and_fail_otherwise, ends[1]), SAY_NOT_FOUND);
    (void)close(ends[1]);
}

static int open_next(void)
{
    return open("/dev/null", O_RDONLY) > 2 ? 0 : 1;
}

static int close_and_start(void)
{
    (void)close(0);
    (void)close(1);
    (void)close(2);
    say_start();
    return open_next();
}

static void closed_streams_are_filled(void **state)
{
    (void)state;
    assert_int_equal(in_child(close_and_start, STDOUT_FILENO), 0);
}

static int print_wrapped(void)
{
    say_out("head ");
    say_wrapped(
        5, 5,
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
        "end\nnew line\n");
    return say_end(SAY_OK);
}

static void lines_break_at_spaces(void **state)
{
    static const char expected[] =
        "head one two three four five six seven eight nine ten eleven twelve thirteen\n"
        "     fourteen\n"
        "     "
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
        "     end\n"
        "     new line\n";
    int ends[2];
    char text[1024] = "";
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(in_child(print_wrapped, ends[1]), 0);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    assert_string_equal(text, expected);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static int say_two_lines(void)
{
    (void)dup2(STDOUT_FILENO, STDERR_FILENO);
    return say_problem(7, "one\ntwo %d\x1b[m\xc2\x9b\xe2\x80\xae\xc3", 3);
}

static void a_problem_is_one_line(void **state)
{
    int ends[2];
    char text[64] = {0};
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(in_child(say_two_lines, ends[1]), 7);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    assert_string_equal(text, "wavu: one?two 3?[m???\n");
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static char heard[64];

static void hear(void *context, bool is_warning, const char *sentence)
{
    (void)context;
    (void)snprintf(heard, sizeof heard, "%s%s", is_warning ? "w " : "p ", sentence);
}

static void somebody_else_may_hear_it(void **state)
{
    (void)state;
    struct say_ear before = say_to((struct say_ear){hear, heard});
    assert_null(before.hear);
    assert_int_equal(say_problem(7, "%s", "a\nb"), 7);
    assert_string_equal(heard, "p a?b");
    say_warning("c");
    assert_string_equal(heard, "w c");
    assert_ptr_equal(say_to(before).context, heard);
}

static void a_name_is_read_as_no_more(void **state)
{
    static const char *const names[][2] = {{"Amina wa Pwani", "Amina wa Pwani"},
                                           {"Amina (left)", "Amina (left)"},
                                           {"[direct] Amina", "\"[direct] Amina\""},
                                           {"Amina: yes", "\"Amina: yes\""},
                                           {"x\": y", "\"x': y\""},
                                           {"* Amina", "\"* Amina\""},
                                           {"-- hapana", "\"-- hapana\""},
                                           {"you", "\"you\""},
                                           {"a\x1b[m", "a?[m"},
                                           {"", ""}};
    char out[SAY_CLEAN_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_string_equal(say_name(names[i][0], "", out), names[i][1]);
    }
    assert_string_equal(say_name("Amina to you alone", " ", out), "\"Amina to you alone\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_codes),
        cmocka_unit_test(colour_is_for_terminals_that_have_it),
        cmocka_unit_test(texts_of_peers_cannot_steer_a_terminal),
        cmocka_unit_test(what_shows_nothing_is_no_text),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(durations),
        cmocka_unit_test(amounts),
        cmocka_unit_test(lost_output_is_a_failure),
        cmocka_unit_test(closed_streams_are_filled),
        cmocka_unit_test(lines_break_at_spaces),
        cmocka_unit_test(a_problem_is_one_line),
        cmocka_unit_test(somebody_else_may_hear_it),
        cmocka_unit_test(a_name_is_read_as_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
