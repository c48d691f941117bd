/* Log: level filter, cleaning, cutting, short ids. */
#include "base/log.h"

#include "tests/base/unit.h"

struct caught {
    int lines;
    enum log_level level;
    char subsystem[32];
    char text[LOG_LINE_MAX + 1];
};

static void catch_line(void *context, enum log_level level, const char *subsystem, const char *text)
{
    struct caught *caught = context;

    caught->lines++;
    caught->level = level;
    assert_true(strlen(text) <= LOG_LINE_MAX);
    (void)snprintf(caught->subsystem, sizeof(caught->subsystem), "%s", subsystem);
    (void)snprintf(caught->text, sizeof(caught->text), "%s", text);
}

static void set_up(struct log *l, enum log_level level, uint64_t seed, struct caught *caught)
{
    struct random_seeded seeded;

    random_seeded_init(&seeded, seed);
    struct random r = random_from_seeded(&seeded);

    log_init(l, level, &r);
    *caught = (struct caught){0};
    l->context = caught;
}

static void test_level_and_sink(void **state)
{
    (void)state;
    struct log l;
    struct caught caught;

    set_up(&l, LOG_INFO, 1, &caught);
    log_write(&l, LOG_ERROR, "net", "silent: no sink yet");
    l.sink = catch_line;
    log_write(&l, LOG_DEBUG, "net", "dropped");
    assert_int_equal(caught.lines, 0);
    log_write(&l, LOG_INFO, "net", "%s %d", "peers", 3);
    assert_int_equal(caught.lines, 1);
    assert_int_equal(caught.level, LOG_INFO);
    assert_string_equal(caught.subsystem, "net");
    assert_string_equal(caught.text, "peers 3");
}

static void test_control_characters_are_replaced(void **state)
{
    (void)state;
    struct log l;
    struct caught caught;

    set_up(&l, LOG_DEBUG, 1, &caught);
    l.sink = catch_line;
    log_write(&l, LOG_WARN, "net", "a\nb\r\x1b[31mc\x7f\x9b\xc3\xa4 ~");
    assert_string_equal(caught.text, "a?b??[31mc???? ~");
}

static void test_long_lines_are_cut(void **state)
{
    (void)state;
    struct log l;
    struct caught caught;
    char text[2000];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    set_up(&l, LOG_DEBUG, 1, &caught);
    l.sink = catch_line;
    log_write(&l, LOG_DEBUG, "net", "%s", text);
    assert_int_equal(strlen(caught.text), LOG_LINE_MAX);
}

static void test_ids_are_stable_and_salted(void **state)
{
    (void)state;
    struct log a;
    struct log b;
    struct caught caught;
    char first[LOG_ID_SIZE];
    char second[LOG_ID_SIZE];

    set_up(&a, LOG_DEBUG, 1, &caught);
    set_up(&b, LOG_DEBUG, 2, &caught);
    log_id(&a, UNIT_TEXT("peer"), first);
    log_id(&a, UNIT_TEXT("peer"), second);
    assert_string_equal(first, second);
    assert_int_equal(strlen(first), 8);
    assert_int_equal(strspn(first, "0123456789abcdef"), 8);
    log_id(&a, UNIT_TEXT("reep"), second);
    assert_string_not_equal(first, second);
    log_id(&b, UNIT_TEXT("peer"), second);
    assert_string_not_equal(first, second);
}

static void test_level_names(void **state)
{
    (void)state;
    assert_string_equal(log_level_name(LOG_ERROR), "error");
    assert_string_equal(log_level_name(LOG_WARN), "warn");
    assert_string_equal(log_level_name(LOG_INFO), "info");
    assert_string_equal(log_level_name(LOG_DEBUG), "debug");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_level_and_sink),     UNIT(test_control_characters_are_replaced),
        UNIT(test_long_lines_are_cut), UNIT(test_ids_are_stable_and_salted),
        UNIT(test_level_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
