/*
 * Languages: by the name of a locale, and English to programs.
 */
#include "apps/term/tongue.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_locale_names_its_language(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"sw_KE.UTF-8", "sw_KE:sw"},
        {"es_MX@euro", "es_MX:es"},
        {"fr", "fr"},
        {"C", ""},
        {"C.UTF-8", ""},
        {"POSIX", ""},
        {"", ""},
        {"../etc", ""},
        {"sw/../x", "sw"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[TONGUE_NAME_MAX];
        assert_string_equal(tongue_language(rows[i][0], out), rows[i][1]);
    }
}

static void a_name_that_is_too_long_names_none(void **state)
{
    (void)state;
    char name[4 * TONGUE_NAME_MAX];
    char out[TONGUE_NAME_MAX];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_string_equal(tongue_language(name, out), "");
    name[TONGUE_NAME_MAX / 2] = '_';
    assert_string_equal(tongue_language(name, out), "");
}

static void what_has_no_translation_is_english(void **state)
{
    (void)state;
    assert_string_equal(tongue(""), "");
    assert_string_equal(tongue("no such text"), "no such text");
    assert_string_equal(tongue_many("one", "many", 1), "one");
    assert_string_equal(tongue_many("one", "many", 0), "many");
    tongue_rest(true);
    assert_string_equal(tongue("no such text"), "no such text");
    assert_string_equal(tongue_many("one", "many", 2), "many");
    tongue_rest(false);
}

static void a_width_counts_characters(void **state)
{
    (void)state;
    assert_int_equal(tongue_width("member", 13), 13);
    assert_int_equal(tongue_width("invité", 13), 14);
    assert_int_equal(tongue_width("\xff", 4), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_locale_names_its_language),
        cmocka_unit_test(a_name_that_is_too_long_names_none),
        cmocka_unit_test(what_has_no_translation_is_english),
        cmocka_unit_test(a_width_counts_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
