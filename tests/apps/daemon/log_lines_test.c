/*
 * Log lines on stderr: text, journald's, JSON; which are wanted; and that none can forge another.
 */
#include "apps/daemon/log_lines.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/base/unit.h"

static struct log_lines l;
static int pipes[2];
static int before = -1;
static char text[8192];

/* stderr is a pipe from here to what_was_said. */
static void listen_in(void)
{
    assert_int_equal(pipe(pipes), 0);
    (void)fflush(stderr);
    before = dup(STDERR_FILENO);
    assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
}

static const char *what_was_said(void)
{
    (void)fflush(stderr);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    (void)close(before);
    (void)close(pipes[1]);
    ssize_t len = read(pipes[0], text, sizeof text - 1);
    text[len > 0 ? len : 0] = '\0';
    (void)close(pipes[0]);
    return text;
}

static void lines_are_text(void **state)
{
    (void)state;
    (void)unsetenv("JOURNAL_STREAM");
    listen_in();
    log_lines_init(&l);
    log_lines_take(&l, WAVU_LOG_WARN, "keep", "the store can be written again");
    log_lines_take(&l, WAVU_LOG_INFO, "keep", "not wanted");
    assert_int_equal(log_levels_parse(&l.levels, "keep=debug"), 0);
    log_lines_take(&l, WAVU_LOG_DEBUG, "keep", "now it is");
    log_lines_take(&l, WAVU_LOG_DEBUG, "swarm", "this is not");
    log_lines_say(&l, WAVU_LOG_INFO, "metrics", "this was asked for");
    log_lines_hear(&l, false, "something failed");
    log_lines_hear(&l, true, "something should be otherwise");
    assert_string_equal(what_was_said(), "warn keep: the store can be written again\n"
                                         "debug keep: now it is\n"
                                         "info metrics: this was asked for\n"
                                         "wavu: something failed\n"
                                         "wavu: warning: something should be otherwise\n");
    assert_int_equal(log_lines_most(&l), WAVU_LOG_DEBUG);
}

static void journald_is_told_priorities(void **state)
{
    char stream[64];
    struct stat found;
    (void)state;
    listen_in();
    assert_int_equal(fstat(STDERR_FILENO, &found), 0);
    (void)snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)found.st_dev,
                   (unsigned long long)found.st_ino);
    (void)setenv("JOURNAL_STREAM", stream, 1);
    log_lines_init(&l);
    assert_int_equal(log_levels_parse(&l.levels, "debug"), 0);
    log_lines_take(&l, WAVU_LOG_ERROR, "a", "1");
    log_lines_take(&l, WAVU_LOG_WARN, "a", "2");
    log_lines_take(&l, WAVU_LOG_INFO, "a", "3");
    log_lines_take(&l, WAVU_LOG_DEBUG, "a", "4");
    log_lines_hear(&l, false, "5");
    log_lines_hear(&l, true, "6");
    assert_string_equal(what_was_said(),
                        "<3>error a: 1\n<4>warn a: 2\n<6>info a: 3\n<7>debug a: 4\n"
                        "<3>wavu: 5\n<4>wavu: warning: 6\n");
    log_lines_init(&l); /* stderr is another file now, as of who leads it elsewhere */
    assert_false(l.is_journal);
    (void)unsetenv("JOURNAL_STREAM");
}

static void json_is_an_object_a_line(void **state)
{
    (void)state;
    listen_in();
    log_lines_init(&l);
    l.is_json = true;
    log_lines_take(&l, WAVU_LOG_WARN, "keep", "a \"b\" \\ c");
    log_lines_hear(&l, false, "d");
    (void)what_was_said();
    assert_memory_equal(text, "{\"time\":\"20", 11);
    assert_non_null(strstr(text, "Z\",\"level\":\"warn\",\"subsystem\":\"keep\","
                                 "\"text\":\"a \\\"b\\\" \\\\ c\"}\n{\"time\":\"20"));
    assert_non_null(strstr(text, "Z\",\"level\":\"error\",\"subsystem\":\"up\",\"text\":\"d\"}\n"));
}

static void a_line_stays_one(void **state)
{
    static char much[3 * LOG_LINES_TEXT_MAX];
    (void)state;
    listen_in();
    log_lines_init(&l);
    log_lines_say(&l, WAVU_LOG_WARN, "a", "x\nerror b: y\x1b[2J\xc3\xa9");
    memset(much, '"', sizeof much - 1);
    l.is_json = true; /* each is two bytes there */
    log_lines_say(&l, WAVU_LOG_WARN, "a", much);
    (void)what_was_said();
    assert_memory_equal(text, "warn a: x?error b: y?[2J??\n{", 28);
    assert_ptr_equal(strchr(strchr(text, '\n') + 1, '\n'), text + strlen(text) - 1);
    assert_non_null(strstr(text, "\\\"\"}\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(lines_are_text),
        UNIT(journald_is_told_priorities),
        UNIT(json_is_an_object_a_line),
        UNIT(a_line_stays_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
