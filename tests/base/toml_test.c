/*
 * TOML: what is spoken, what is refused and where, limits.
 */
#include "base/toml.h"

#include <string.h>

#include "base/mem.h"
#include "tests/base/unit.h"

static struct toml *parse(const char *text)
{
    struct toml *t = NULL;
    struct toml_error error = {.message = ""};
    int rc = toml_parse(span_from_text(text), &t, &error);
    if (rc != 0) {
        print_message("%u:%u: %s\n", error.line, error.column, error.message);
    }
    assert_int_equal(rc, 0);
    return t;
}

static const struct toml_value *value_of(const struct toml *t, const char *key)
{
    const struct toml_entry *e = toml_find(t, "", 0, key);
    assert_non_null(e);
    return &e->value;
}

static void every_kind_of_value(void **state)
{
    (void)state;
    struct toml *t = parse("# settings\r\n"
                           "name = \"caf\\u00e9 \\\"x\\\" \\t\\U0001F600\" # behind it\n"
                           "raw='C:\\path'\n"
                           "\n"
                           "\"quoted key\" = 1\n"
                           "big = -9_223_372_036_854_775_807\n"
                           "plus = +7\n"
                           "zero = 0\n"
                           "phi = 8.0\n"
                           "small = -1_0.5e-3\n"
                           "power = 2E2\n"
                           "yes = true\n"
                           "no = false\n"
                           "none = []\n"
                           "many = [ # of them\n  \"a\", 'b' ,\n  3.5,\n]\n"
                           "last = 1");
    assert_string_equal(value_of(t, "name")->text, "caf\xc3\xa9 \"x\" \t\xf0\x9f\x98\x80");
    assert_string_equal(value_of(t, "raw")->text, "C:\\path");
    assert_int_equal(value_of(t, "quoted key")->integer, 1);
    assert_true(value_of(t, "big")->integer == -INT64_MAX);
    assert_int_equal(value_of(t, "plus")->integer, 7);
    assert_int_equal(value_of(t, "zero")->kind, TOML_INTEGER);
    assert_int_equal(value_of(t, "phi")->kind, TOML_FLOAT);
    assert_true(value_of(t, "phi")->real == 8.0 && value_of(t, "phi")->integer == 8);
    assert_true(value_of(t, "small")->real == -10.5 / 1000);
    assert_true(value_of(t, "power")->real == 200);
    assert_true(value_of(t, "yes")->boolean && !value_of(t, "no")->boolean);
    assert_int_equal(value_of(t, "none")->kind, TOML_ARRAY);
    assert_int_equal(value_of(t, "none")->count, 0);
    const struct toml_value *many = value_of(t, "many");
    assert_int_equal(many->count, 3);
    assert_string_equal(many->items[0].text, "a");
    assert_string_equal(many->items[1].text, "b");
    assert_true(many->items[2].real == 3.5);
    assert_int_equal(many->items[2].line, 17);
    assert_int_equal(many->items[2].column, 3);
    assert_int_equal(value_of(t, "last")->integer, 1);
    assert_int_equal(toml_entry(t, 0)->line, 2);
    assert_int_equal(toml_count(t), 14);
    toml_free(t);
}

static void tables_and_arrays_of_tables(void **state)
{
    (void)state;
    struct toml *t = parse("a = 1\n[net . wan]\na = 2\n[[fault]]\nkind = 'cut'\n[[fault]]\nkind = "
                           "'loss'\nrate = [1, 100]\n[[fault]]\n");
    assert_int_equal(value_of(t, "a")->integer, 1);
    assert_int_equal(toml_find(t, "net.wan", 0, "a")->value.integer, 2);
    assert_int_equal(toml_tables(t, "fault"), 3);
    assert_int_equal(toml_tables(t, "net.wan"), 1);
    assert_int_equal(toml_tables(t, "absent"), 0);
    assert_string_equal(toml_find(t, "fault", 0, "kind")->value.text, "cut");
    assert_string_equal(toml_find(t, "fault", 1, "kind")->value.text, "loss");
    assert_int_equal(toml_find(t, "fault", 1, "rate")->value.items[1].integer, 100);
    assert_null(toml_find(t, "fault", 2, "kind"));
    toml_free(t);
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line;
        uint32_t column;
        const char *part; /* of the message */
    } rows[] = {
        {"a = 1\nb = nonsense", 2, 5, "a value is missing"},
        {"a = truely", 1, 9, "no value"},
        {"a 1", 1, 3, "'=' is missing"},
        {"= 1", 1, 1, "a name is missing"},
        {"a = \"open\nb = 1", 1, 10, "no end on its line"},
        {"a = 'open", 1, 10, "no end on its line"},
        {"a = \"\\q\"", 1, 7, "no such escape"},
        {"a = \"\\u12g4\"", 1, 10, "hexadecimal"},
        {"a = \"\\ud800\"", 1, 12, "no character"},
        {"a = \"\\u0000\"", 1, 12, "no character"},
        {"a = 1 2", 1, 7, "behind the end"},
        {"a = 01", 1, 7, "begin with 0"},
        {"a = 1__0", 1, 7, "between two digits"},
        {"a = 1_", 1, 7, "digit is missing"},
        {"a = -", 1, 6, "digit is missing"},
        {"a = 1.", 1, 7, "digit is missing"},
        {"a = 99999999999999999999", 1, 24, "too large"},
        {"a = 9223372036854775808", 1, 24, "too large"},
        {"a = 1e99", 1, 9, "too large"},
        {"a = 2026-11-21", 1, 9, "neither a number"},
        {"a = 10:30", 1, 7, "neither a number"},
        {"a = {b = 1}", 1, 5, "inline tables"},
        {"a = [[1]]", 1, 6, "arrays in arrays"},
        {"a = [1 2]", 1, 8, "comma"},
        {"a = [1,\n", 2, 1, "a value is missing"},
        {"a.b = 1", 1, 2, "'=' is missing"},
        {"a = 1\na = 2", 2, 1, "twice in its table"},
        {"[t]\n[t]", 2, 4, "table stands twice"},
        {"[[t]]\n[t]", 2, 4, "table stands twice"},
        {"[t\n", 1, 3, "']' is missing"},
        {"[[t]\n", 1, 5, "']' is missing"},
        {"[]\n", 1, 2, "a name is missing"},
        {"[t] x\n", 1, 5, "behind the end"},
        {"# \x01\n", 1, 3, "control character"},
        {"a = \"\x01\"", 1, 6, "control character"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct toml *t = NULL;
        struct toml_error error = {.message = ""};
        assert_int_equal(toml_parse(span_from_text(rows[i].text), &t, &error), WAVU_ERR_INVALID);
        print_message("%s -> %u:%u: %s\n", rows[i].text, error.line, error.column, error.message);
        assert_int_equal(error.line, rows[i].line);
        assert_int_equal(error.column, rows[i].column);
        assert_non_null(strstr(error.message, rows[i].part));
        assert_null(t);
    }
    assert_int_equal(mem_live_count(), 0);
}

/* Limits: each just reached, and passed by one. */
static void what_is_too_much_is_refused(void **state)
{
    (void)state;
    struct toml *t = NULL;
    struct toml_error error;
    char name[2 * TOML_NAME_MAX];
    for (size_t len = TOML_NAME_MAX; len <= TOML_NAME_MAX + 1; len++) {
        memset(name, 'n', len);
        memcpy(name + len, "=1", 3);
        int rc = toml_parse(span_from_text(name), &t, &error);
        assert_int_equal(rc, len == TOML_NAME_MAX ? 0 : WAVU_ERR_LIMIT);
        toml_free(rc == 0 ? t : NULL);
    }
    size_t size = 2 * (TOML_ENTRIES_MAX + 8);
    char *text = mem_new(size);
    for (size_t items = TOML_ENTRIES_MAX; items <= TOML_ENTRIES_MAX + 1; items++) {
        size_t at = 0;
        memcpy(text, "a=[", 3);
        at = 3;
        for (size_t i = 0; i < items; i++) {
            text[at++] = '1';
            text[at++] = ',';
        }
        text[at++] = ']';
        int rc = toml_parse(span_of(text, at), &t, &error);
        assert_int_equal(rc, items == TOML_ENTRIES_MAX ? 0 : WAVU_ERR_LIMIT);
        toml_free(rc == 0 ? t : NULL);
    }
    mem_free(text);
    text = mem_new(TOML_SIZE_MAX + 1);
    memset(text, '\n', TOML_SIZE_MAX + 1);
    assert_int_equal(toml_parse(span_of(text, TOML_SIZE_MAX + 1), &t, &error), WAVU_ERR_LIMIT);
    assert_int_equal(toml_parse(span_of(text, TOML_SIZE_MAX), &t, &error), 0);
    toml_free(t);
    mem_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(every_kind_of_value),
        UNIT(tables_and_arrays_of_tables),
        UNIT(what_is_wrong_is_said_with_its_place),
        UNIT(what_is_too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
