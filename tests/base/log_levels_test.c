/* Levels of subsystems: from text, to text, and asked one by one. */
#include "base/log_levels.h"

#include "tests/base/unit.h"

static struct log_levels l;

static void expect_text(const char *expected)
{
    char text[LOG_LEVELS_TEXT_MAX];
    struct wr w;

    wr_init(&w, span_mut_of(text, sizeof text));
    log_levels_write(&l, &w);
    assert_int_equal(wr_finish_text(&w), 0);
    assert_string_equal(text, expected);
}

static void test_one_level_for_all(void **state)
{
    (void)state;
    log_levels_init(&l, LOG_WARN);
    expect_text("warn");
    for (size_t i = 0; log_levels_name(i) != NULL; i++) {
        assert_int_equal(log_levels_of(&l, log_levels_name(i)), LOG_WARN);
    }
    assert_int_equal(log_levels_most(&l), LOG_WARN);
    assert_int_equal(log_levels_parse(&l, "debug"), 0);
    assert_int_equal(log_levels_of(&l, "not one of them"), LOG_DEBUG);
    assert_int_equal(log_levels_most(&l), LOG_DEBUG);
}

static void test_others_for_some(void **state)
{
    (void)state;
    log_levels_init(&l, LOG_WARN);
    assert_int_equal(log_levels_parse(&l, "swarm=debug"), 0);
    assert_int_equal(log_levels_parse(&l, "keep=info"), 0);
    assert_int_equal(log_levels_parse(&l, "chat=error"), 0);
    expect_text("warn,chat=error,keep=info,swarm=debug");
    assert_int_equal(log_levels_of(&l, "chat"), LOG_ERROR);
    assert_int_equal(log_levels_of(&l, "keep"), LOG_INFO);
    assert_int_equal(log_levels_of(&l, "files"), LOG_WARN);
    assert_int_equal(log_levels_most(&l), LOG_DEBUG);
    assert_int_equal(log_levels_parse(&l, "swarm=info"), 0);
    assert_int_equal(log_levels_most(&l), LOG_INFO);
    assert_int_equal(log_levels_parse(&l, "error,keep=debug"), 0); /* for all: the others too */
    expect_text("error,keep=debug");
    assert_int_equal(log_levels_parse(&l, "keep=debug,info"), 0);
    expect_text("info");
}

static void test_what_is_wrong_changes_nothing(void **state)
{
    static const char *const wrong[] = {"",
                                        "loud",
                                        "debug,",
                                        ",debug",
                                        "keep",
                                        "keep=",
                                        "keep=loud",
                                        "=debug",
                                        "kep=debug",
                                        "DEBUG",
                                        "keep=debug,,",
                                        "debug ",
                                        "keep=debug=",
                                        "debugger",
                                        "swarm=info,keep=x"};

    (void)state;
    log_levels_init(&l, LOG_WARN);
    assert_int_equal(log_levels_parse(&l, "mesh=info"), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(log_levels_parse(&l, wrong[i]), WAVU_ERR_INVALID);
        expect_text("warn,mesh=info");
    }
}

/* All of them at once fit into what is said to be enough, and come back. */
static void test_the_longest_text(void **state)
{
    char text[LOG_LEVELS_TEXT_MAX];
    struct wr w;

    (void)state;
    wr_init(&w, span_mut_of(text, sizeof text));
    wr_text(&w, "debug");
    for (size_t i = 0; log_levels_name(i) != NULL; i++) {
        wr_text(&w, ",");
        wr_text(&w, log_levels_name(i));
        wr_text(&w, "=debug");
    }
    assert_int_equal(wr_finish_text(&w), 0);
    log_levels_init(&l, LOG_ERROR);
    assert_int_equal(log_levels_parse(&l, text), 0);
    expect_text(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_one_level_for_all),
        UNIT(test_others_for_some),
        UNIT(test_what_is_wrong_changes_nothing),
        UNIT(test_the_longest_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
