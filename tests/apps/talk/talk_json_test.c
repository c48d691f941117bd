/*
 * Reading without trust.
 */
#include "apps/talk/talk_json.h"

#include "tests/base/unit.h"

#include <jansson.h>

static void what_is_missing_is_nothing(void **state)
{
    char out[6];
    (void)state;
    json_t *o = json_loads(
        "{\"t\":\"haba\\nri\",\"n\":7,\"m\":-7,\"b\":true,\"big\":9007199254740991}", 0, NULL);
    assert_string_equal(talk_json_text(o, "t"), "haba\nri");
    assert_string_equal(talk_json_text(o, "n"), "");
    assert_string_equal(talk_json_text(NULL, "t"), "");
    assert_int_equal(talk_json_count(o, "n"), 7);
    assert_int_equal(talk_json_count(o, "m"), 0);
    assert_int_equal(talk_json_count(o, "t"), 0);
    assert_int_equal(talk_json_small(o, "n"), 7);
    assert_int_equal(talk_json_small(o, "big"), UINT32_MAX);
    assert_true(talk_json_is(o, "b"));
    assert_false(talk_json_is(o, "n"));
    talk_json_copy(out, sizeof out, o, "t");
    assert_string_equal(out, "haba\n");
    talk_json_shown(out, sizeof out, o, "t");
    assert_string_equal(out, "haba?");
    talk_json_copy(out, sizeof out, o, "none");
    assert_string_equal(out, "");
    json_decref(o);
}

static void a_name_among_words_is_one(void **state)
{
    char out[SAY_CLEAN_MAX];
    (void)state;
    json_t *o = json_loads("{\"a\":\"Amina\",\"b\":\"Amina is in\",\"c\":\"\"}", 0, NULL);
    assert_string_equal(talk_json_named(o, "a", "-", out), "Amina");
    assert_string_equal(talk_json_named(o, "b", "-", out), "\"Amina is in\"");
    assert_string_equal(talk_json_named(o, "c", "-", out), "-");
    assert_string_equal(talk_json_named(o, "none", "-", out), "-");
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_missing_is_nothing),
                                       cmocka_unit_test(a_name_among_words_is_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
