/*
 * What was typed before: order, bounds, what is not kept, and the file.
 */
#include "apps/shell/shell_history.h"

#include "tests/base/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct shell_history h;
static char folder[64];
static char path[96];

static void add(const char *line)
{
    shell_history_add(&h, line, strlen(line));
}

static int start(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/wavu_history_XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/shell_history", folder);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    shell_history_clear(&h);
    (void)unlink(path);
    return rmdir(folder);
}

static void the_newest_comes_first(void **state)
{
    (void)state;
    assert_null(shell_history_newest(&h));
    assert_null(shell_history_oldest(&h));
    assert_null(shell_history_here(&h));
    add("peers\n");
    add("status\n");
    add("routes");
    assert_null(shell_history_here(&h));
    assert_string_equal(shell_history_newest(&h), "routes");
    assert_string_equal(shell_history_older(&h), "status");
    assert_string_equal(shell_history_older(&h), "peers");
    assert_null(shell_history_older(&h));
    assert_string_equal(shell_history_here(&h), "peers");
    assert_string_equal(shell_history_newer(&h), "status");
    add("peers"); /* again: it is the newest now, and nowhere else */
    assert_string_equal(shell_history_older(&h), "peers");
    assert_string_equal(shell_history_older(&h), "routes");
    assert_string_equal(shell_history_oldest(&h), "status");
}

static void some_lines_are_not_kept(void **state)
{
    static char line[SHELL_HISTORY_LINE_MAX];
    (void)state;
    add("");
    add("\n");
    add(" say nobody shall know");
    shell_history_add(&h, "a\0b", 3);
    memset(line, 'x', sizeof line);
    shell_history_add(&h, line, sizeof line);
    assert_null(shell_history_newest(&h));
    shell_history_add(&h, line, sizeof line - 1);
    assert_int_equal(strlen(shell_history_newest(&h)), sizeof line - 1);
}

static void the_oldest_go(void **state)
{
    char line[32];
    (void)state;
    for (size_t i = 0; i < SHELL_HISTORY_MAX + 2; i++) {
        (void)snprintf(line, sizeof line, "ping %zu", i);
        add(line);
    }
    assert_string_equal(shell_history_oldest(&h), "ping 2");
    assert_int_equal(h.next - h.first, SHELL_HISTORY_MAX);
}

static void the_file_gives_them_back(void **state)
{
    struct stat about;
    (void)state;
    add("say 'two\nlines' \\x");
    add("peers");
    assert_true(shell_history_save(&h, path));
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    shell_history_clear(&h);
    shell_history_load(&h, path);
    assert_string_equal(shell_history_newest(&h), "peers");
    assert_string_equal(shell_history_older(&h), "say 'two\nlines' \\x");
    assert_null(shell_history_older(&h));
    add("status");
    assert_true(shell_history_save(&h, path)); /* over the old one */
    assert_false(shell_history_save(&h, "/nowhere/shell_history"));
}

static void whatever_the_file_holds_is_borne(void **state)
{
    static const char text[] = "peers\n\n a\nx\\\n\\qy\n\x01\xff\\n\nno end";
    (void)state;
    shell_history_read(&h, span_of((const uint8_t *)text, sizeof text - 1));
    assert_string_equal(shell_history_newest(&h), "\x01\xff"); /* its newline at the end goes */
    assert_string_equal(shell_history_older(&h), "qy");
    assert_string_equal(shell_history_older(&h), "x");
    assert_string_equal(shell_history_older(&h), "peers");
    shell_history_load(&h, "/nowhere/shell_history");
    shell_history_load(&h, "/dev/null");
    assert_string_equal(shell_history_newest(&h), "\x01\xff");
}

#define KEPT(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEPT(the_newest_comes_first),   KEPT(some_lines_are_not_kept),          KEPT(the_oldest_go),
        KEPT(the_file_gives_them_back), KEPT(whatever_the_file_holds_is_borne),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
