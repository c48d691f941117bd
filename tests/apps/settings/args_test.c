/*
 * Command lines, good and bad.
 */
#include "apps/settings/args.h"

#include "tests/base/unit.h"

static const struct args_option own[] = {
    {"listen", '\0', "ADDR", ""}, {"count", 'c', "N", ""}, {"echo", 'e', NULL, ""}};
static const struct args_option common[] = {{"home", '\0', "DIR", ""}, {"json", '\0', NULL, ""}};
static const struct args_tables tables = {own, 3, common, 2};

static struct args args;

#define WORDS_MAX 80

/* Parse the words of `line`, which are separated by single spaces. */
static bool parse(const char *line)
{
    static char copy[1024];
    static char *words[WORDS_MAX];
    int count = 0;
    char *save = NULL;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        assert_true(count < WORDS_MAX);
        words[count++] = word;
    }
    args = (struct args){.found_count = 0};
    return args_parse(&args, &tables, count, words);
}

static void expect_problem(const char *line, const char *part)
{
    assert_false(parse(line));
    if (strstr(args.problem, part) == NULL) {
        fail_msg("'%s' does not say '%s'", args.problem, part);
    }
}

static void values_are_found_however_they_are_written(void **state)
{
    (void)state;
    assert_true(parse("--listen a --listen=b word -c 5 -e"));
    assert_string_equal(args_nth(&args, "listen", 0), "a");
    assert_string_equal(args_nth(&args, "listen", 1), "b");
    assert_null(args_nth(&args, "listen", 2));
    assert_string_equal(args_value(&args, "listen"), "b");
    assert_string_equal(args_value(&args, "count"), "5");
    assert_true(args_has(&args, "echo"));
    assert_false(args_has(&args, "json"));
    assert_null(args_value(&args, "home"));
    assert_int_equal(args.word_count, 1);
    assert_string_equal(args.words[0], "word");
    assert_true(parse("-c7 --home=x=y --json"));
    assert_string_equal(args_value(&args, "count"), "7");
    assert_string_equal(args_value(&args, "home"), "x=y");
    assert_true(args_has(&args, "json"));
    assert_true(parse("--home="));
    assert_string_equal(args_value(&args, "home"), "");
}

static void what_stands_behind_two_dashes_is_a_word(void **state)
{
    (void)state;
    assert_true(parse("-- --listen -c --"));
    assert_int_equal(args.word_count, 3);
    assert_int_equal(args.found_count, 0);
    assert_true(parse("-"));
    assert_string_equal(args.words[0], "-");
}

static void a_forgotten_value_is_not_the_next_option(void **state)
{
    (void)state;
    expect_problem("--listen --home d", "--listen needs a value: --listen ADDR; one that begins "
                                        "with -- is given as --listen=--...");
    expect_problem("-c --json", "--count needs a value");
    expect_problem("--listen -- x", "--listen needs a value");
    assert_int_equal(args.found_count, 0);
    assert_true(parse("--listen=--home -c--json --home=--"));
    assert_string_equal(args_value(&args, "listen"), "--home");
    assert_string_equal(args_value(&args, "count"), "--json");
    assert_string_equal(args_value(&args, "home"), "--");
    assert_true(parse("--count -6.1659,39.2026 --home -")); /* below nothing, or the input */
    assert_string_equal(args_value(&args, "count"), "-6.1659,39.2026");
    assert_string_equal(args_value(&args, "home"), "-");
}

static void mistakes_are_named(void **state)
{
    (void)state;
    expect_problem("--lisen a", "no option --lisen; did you mean --listen?");
    expect_problem("--lisen=a", "no option --lisen; did you mean --listen?");
    expect_problem("--xyzzy", "no option --xyzzy");
    expect_problem("-x", "no option -x");
    expect_problem("-ec", "--echo takes no value");
    expect_problem("--json=1", "--json takes no value");
    expect_problem("--listen", "--listen needs a value: --listen ADDR");
    expect_problem("-c", "--count needs a value");
    expect_problem("--=x", "no option --");
    expect_problem("1 2 3 4 5 6 7 8 9", "words are too many");
}

static void very_long_options_are_cut_in_the_sentence(void **state)
{
    char line[1000];
    (void)state;
    memset(line, 'a', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    memcpy(line, "--", 2);
    expect_problem(line, "no option --aaa");
    assert_true(strlen(args.problem) < 128);
}

static void options_have_a_limit(void **state)
{
    char line[3 * (ARGS_FOUND_MAX + 1) + 1];
    (void)state;
    for (size_t i = 0; i < ARGS_FOUND_MAX + 1; i++) {
        memcpy(line + 3 * i, "-e ", 3);
    }
    line[3 * (size_t)ARGS_FOUND_MAX] = '\0';
    assert_true(parse(line));
    line[3 * (size_t)ARGS_FOUND_MAX] = '-';
    line[3 * (size_t)(ARGS_FOUND_MAX + 1)] = '\0';
    expect_problem(line, "options are too many");
}

static void leading_options_end_at_the_first_word(void **state)
{
    char *words[] = {(char *)(uintptr_t) "--home", (char *)(uintptr_t) "d",
                     (char *)(uintptr_t) "up", (char *)(uintptr_t) "--nonsense"};
    (void)state;
    args = (struct args){.found_count = 0};
    assert_int_equal(args_parse_leading(&args, &tables, 4, words), 2);
    assert_string_equal(args_value(&args, "home"), "d");
    assert_int_equal(args_parse_leading(&args, &tables, 0, words), 0);
    assert_int_equal(args_parse_leading(&args, &tables, 1, words + 3), -1);
}

static void numbers_have_bounds(void **state)
{
    static const char *const wrong[] = {
        "--count=",   "--count=x",   "--count=-1",
        "--count=5x", "--count=+5",  "--count=1e3",
        "--count=0",  "--count=101", "--count=99999999999999999999"};
    uint64_t value = 77;
    (void)state;
    assert_true(parse("word"));
    assert_true(args_number(&args, "count", 1, 100, &value));
    assert_int_equal(value, 77); /* absent: unchanged */
    assert_true(parse("--count 100"));
    assert_true(args_number(&args, "count", 1, 100, &value));
    assert_int_equal(value, 100);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_true(parse(wrong[i]));
        assert_false(args_number(&args, "count", 1, 100, &value));
        assert_non_null(strstr(args.problem, "--count takes a whole number from 1 to 100, not '"));
        assert_int_equal(value, 100);
    }
    assert_true(parse("--count 9223372036854775807"));
    assert_true(args_number(&args, "count", 0, INT64_MAX, &value));
    assert_true(value == INT64_MAX);
}

static void seconds_have_decimals(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } right[] = {{"-c 0", 0},     {"-c 1", 1000},       {"-c 0.2", 200},       {"-c 1.25", 1250},
                 {"-c 0.001", 1}, {"-c 3600", 3600000}, {"-c 3600.0", 3600000}};
    static const char *const wrong[] = {"-c .5", "-c 1.",       "-c 0.0001", "-c x",
                                        "-c -1", "-c 3600.001", "-c 1.2.3",  "-c 1,5"};
    uint64_t ms = 5;
    (void)state;
    assert_true(parse("word"));
    assert_true(args_seconds(&args, "count", 3600, &ms));
    assert_int_equal(ms, 5);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        assert_true(parse(right[i].text));
        assert_true(args_seconds(&args, "count", 3600, &ms));
        assert_int_equal(ms, right[i].ms);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_true(parse(wrong[i]));
        assert_false(args_seconds(&args, "count", 3600, &ms));
        assert_non_null(strstr(args.problem, "--count takes seconds"));
    }
}

/* In both ways of writing it, and in no other word; the value is still there. */
static void what_is_hidden_leaves_the_command_line(void **state)
{
    char first[] = "--home=abc";
    char second[] = "--listen";
    char third[] = "abc";
    char room[ARGS_SECRET_SIZE];
    char *words[] = {first, second, third};
    (void)state;
    args = (struct args){.found_count = 0};
    assert_true(args_parse(&args, &tables, 3, words));
    args_hide(&args, "home", 3, words, room);
    assert_string_equal(first, "--home=***");
    assert_string_equal(third, "abc");
    assert_string_equal(args_value(&args, "home"), "abc");
    args_hide(&args, "listen", 3, words, room);
    assert_string_equal(third, "***");
    assert_string_equal(args_value(&args, "listen"), "abc");
    args_hide(&args, "count", 3, words, room); /* not given */
    assert_string_equal(second, "--listen");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(values_are_found_however_they_are_written),
        UNIT(what_stands_behind_two_dashes_is_a_word),
        UNIT(a_forgotten_value_is_not_the_next_option),
        UNIT(mistakes_are_named),
        UNIT(very_long_options_are_cut_in_the_sentence),
        UNIT(options_have_a_limit),
        UNIT(leading_options_end_at_the_first_word),
        UNIT(numbers_have_bounds),
        UNIT(seconds_have_decimals),
        UNIT(what_is_hidden_leaves_the_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
