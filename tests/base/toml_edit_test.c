/*
 * Changes to a text in TOML: what was meant is changed, and nothing else.
 */
#include "base/toml_edit.h"

#include <string.h>

#include "base/mem.h"
#include "tests/base/unit.h"

/* The text after the change, or the error's name. Static. */
static const char *changed(const char *text, const char *key, const char *value)
{
    static char out[1024];
    struct buf made;
    struct toml_error error;
    buf_init(&made, sizeof out - 1);
    int rc = value != NULL ? toml_edit_set(span_from_text(text), key, value, &made, &error)
                           : toml_edit_unset(span_from_text(text), key, &made, &error);
    (void)snprintf(out, sizeof out, "%.*s", (int)made.len,
                   made.ptr != NULL ? (const char *)made.ptr : "");
    if (rc < 0) {
        (void)snprintf(out, sizeof out, "%s", wavu_err_name(rc));
    }
    buf_clear(&made);
    return out;
}

static void a_value_is_replaced_where_it_stands(void **state)
{
    (void)state;
    assert_string_equal(changed("# mine\n a = 1 # why\nb = 2\n", "a", "7"),
                        "# mine\n a = 7 # why\nb = 2\n");
    assert_string_equal(changed("a='x # y'#z\r\nb=true\r\n", "a", "\"q\""),
                        "a=\"q\"#z\r\nb=true\r\n");
    assert_string_equal(changed("a = \"x\\\" ]\" # c", "a", "1"), "a = 1 # c");
    assert_string_equal(changed("a=[ # one\n  'b]', 2, # ] \n]# end\nc=1", "a", "[]"),
                        "a=[]# end\nc=1");
    assert_string_equal(changed("\"a\" = 1.5e3", "a", "2"), "\"a\" = 2");
}

static void a_new_key_stands_at_the_end_of_the_top(void **state)
{
    (void)state;
    assert_string_equal(changed("", "a", "1"), "a = 1\n");
    assert_string_equal(changed("b = 2", "a", "1"), "b = 2\na = 1\n");
    assert_string_equal(changed("b = 2\n# end\n", "a", "1"), "b = 2\n# end\na = 1\n");
    assert_string_equal(changed("b = 2\n\n [t]\na = 3\n", "a", "1"),
                        "b = 2\n\na = 1\n [t]\na = 3\n");
    assert_string_equal(changed("b = [\n1]\n", "a", "1"), "b = [\n1]\na = 1\n");
}

static void a_key_goes_with_its_lines(void **state)
{
    (void)state;
    assert_string_equal(changed("# of a\na = 1 # why\nb = 2\n", "a", NULL), "# of a\nb = 2\n");
    assert_string_equal(changed("b = 2\na = [\n 1,\n # two\n 2 ] # end\nc = 3", "a", NULL),
                        "b = 2\nc = 3");
    assert_string_equal(changed("a = 1", "a", NULL), "");
    assert_string_equal(changed("b = 1", "a", NULL), wavu_err_name(WAVU_ERR_NOT_FOUND));
    assert_string_equal(changed("[t]\na = 1", "a", NULL), wavu_err_name(WAVU_ERR_NOT_FOUND));
}

static void what_is_no_toml_is_not_changed(void **state)
{
    struct buf out;
    struct toml_error error;
    (void)state;
    buf_init(&out, 8);
    assert_int_equal(toml_edit_set(span_from_text("a = 1\nb ="), "a", "2", &out, &error),
                     WAVU_ERR_INVALID);
    assert_int_equal(error.line, 2);
    assert_int_equal(toml_edit_unset(span_from_text("a"), "a", &out, &error), WAVU_ERR_INVALID);
    assert_int_equal(toml_edit_set(span_from_text("a = 1\n"), "b", "2", &out, &error),
                     WAVU_ERR_LIMIT);
    assert_null(error.message);
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_value_is_replaced_where_it_stands),
        UNIT(a_new_key_stands_at_the_end_of_the_top),
        UNIT(a_key_goes_with_its_lines),
        UNIT(what_is_no_toml_is_not_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
