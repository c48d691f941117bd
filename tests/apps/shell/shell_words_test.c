/*
 * Lines as words: quotes, escapes, remarks, several commands, what is open, what is too much.
 */
#include "apps/shell/shell_words.h"

#include <string.h>

#include "tests/base/unit.h"

static struct shell_words words;

/* The first command of `line` is these words, ended by NULL. */
static void is(const char *line, const char *const *expected)
{
    size_t count = 0;
    assert_int_equal(shell_words_read(&words, line, strlen(line)), 0);
    for (; expected[count] != NULL; count++) {
        assert_true(count < words.count);
        assert_string_equal(words.items[count], expected[count]);
    }
    assert_int_equal(words.count, count);
}

#define IS(line, ...) is(line, (const char *const[]){__VA_ARGS__, NULL})

static void words_are_parted_by_spaces(void **state)
{
    (void)state;
    IS("peers", "peers");
    IS("  send \t hello ", "send", "hello");
    IS("connect peer123@192.168.1.12\r\n", "connect", "peer123@192.168.1.12");
    is("", (const char *const[]){NULL});
    is("   ", (const char *const[]){NULL});
}

static void quotes_keep_together(void **state)
{
    (void)state;
    IS("send \"text with spaces\"", "send", "text with spaces");
    IS("send 'it is \"so\" \\ ; # here'", "send", "it is \"so\" \\ ; # here");
    IS("send \"a \\\"b\\\" \\\\ \\n\"", "send", "a \"b\" \\ \\n");
    IS("send a\\ b\\;\\#\\'c", "send", "a b;#'c");
    IS("send it' is'\" one\"", "send", "it is one");
    IS("nick ''", "nick", "");
    IS("say \"zwei\nZeilen\"", "say", "zwei\nZeilen");
}

static void remarks_say_nothing(void **state)
{
    (void)state;
    IS("send hello # to all", "send", "hello");
    IS("send number#1", "send", "number#1");
    is("# nothing", (const char *const[]){NULL});
}

static void commands_stand_one_behind_the_other(void **state)
{
    const char *line = "peers; send \"a; b\" # c; d\nstatus";
    (void)state;
    IS(line, "peers");
    assert_int_equal(words.used, 6);
    line += words.used;
    IS(line, "send", "a; b");
    line += words.used;
    IS(line, "status");
    assert_int_equal(words.used, sizeof "status" - 1);
}

static void what_is_open_is_told(void **state)
{
    static const struct {
        const char *line;
        enum shell_words_open open;
        const char *last;
        size_t at;
    } cases[] = {
        {"send \"a b", SHELL_WORDS_DOUBLE, "a b", 5},
        {"send 'a b", SHELL_WORDS_SINGLE, "a b", 5},
        {"send a b\\", SHELL_WORDS_ESCAPED, "b", 7},
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const char *line = cases[i].line;
        assert_int_equal(shell_words_read(&words, line, strlen(line)), WAVU_ERR_PROTO);
        assert_int_equal(words.open, cases[i].open);
        assert_string_equal(words.items[words.count - 1], cases[i].last);
        assert_int_equal(words.last_at, cases[i].at);
    }
    assert_int_equal(shell_words_read(&words, "send a", 6), 0);
    assert_int_equal(words.open, SHELL_WORDS_BARE);
    assert_int_equal(shell_words_read(&words, "send a ", 7), 0);
    assert_int_equal(words.open, SHELL_WORDS_BETWEEN);
}

static void too_much_is_refused(void **state)
{
    static char line[SHELL_WORDS_LINE_MAX + 1];
    (void)state;
    memset(line, 'a', sizeof line);
    assert_int_equal(shell_words_read(&words, line, SHELL_WORDS_LINE_MAX), 0);
    assert_int_equal(strlen(words.items[0]), SHELL_WORDS_LINE_MAX);
    assert_int_equal(shell_words_read(&words, line, SHELL_WORDS_LINE_MAX + 1), WAVU_ERR_LIMIT);
    for (size_t i = 0; i < (size_t)2 * SHELL_WORDS_MAX; i++) {
        line[i] = i % 2 == 0 ? 'a' : ' ';
    }
    assert_int_equal(shell_words_read(&words, line, (size_t)2 * SHELL_WORDS_MAX), 0);
    assert_int_equal(words.count, SHELL_WORDS_MAX);
    assert_int_equal(shell_words_read(&words, line, (size_t)2 * SHELL_WORDS_MAX + 1),
                     WAVU_ERR_LIMIT);
    assert_int_equal(words.count, 0);
    assert_int_equal(shell_words_read(&words, "a\0b", 3), WAVU_ERR_INVALID);
}

static void a_word_is_written_so_that_it_is_read(void **state)
{
    char out[16];
    (void)state;
    assert_int_equal(shell_words_quote("Amina Juma", out, sizeof out), 0);
    assert_string_equal(out, "Amina\\ Juma");
    assert_int_equal(shell_words_quote("", out, sizeof out), 0);
    assert_string_equal(out, "''");
    assert_int_equal(shell_words_quote("a;#'\"\\", out, sizeof out), 0);
    assert_string_equal(out, "a\\;\\#\\'\\\"\\\\");
    assert_int_equal(shell_words_quote("a\nb", out, sizeof out), WAVU_ERR_LIMIT);
    assert_int_equal(shell_words_quote("0123456789012345", out, sizeof out), WAVU_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(words_are_parted_by_spaces),
        UNIT(quotes_keep_together),
        UNIT(remarks_say_nothing),
        UNIT(commands_stand_one_behind_the_other),
        UNIT(what_is_open_is_told),
        UNIT(too_much_is_refused),
        UNIT(a_word_is_written_so_that_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
