/* Errors: every one has a name of its own and a sentence a person can read. */
#include "wavu/err.h"

#include <limits.h>

#include "tests/base/unit.h"

#define LAST WAVU_ERR_DOWNGRADE

static void test_all_have_texts(void **state)
{
    (void)state;
    for (int err = 0; err >= LAST; err--) {
        const char *name = wavu_err_name(err);
        const char *sentence = wavu_err_sentence(err);

        assert_non_null(name);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        assert_string_not_equal(name, "unknown");
        assert_true(strlen(sentence) > 8);
        assert_int_not_equal(sentence[strlen(sentence) - 1], '.');
        for (int other = 0; other > err; other--) {
            assert_string_not_equal(name, wavu_err_name(other));
            assert_string_not_equal(sentence, wavu_err_sentence(other));
        }
    }
    assert_string_equal(wavu_err_name(WAVU_ERR_LIMIT), "limit");
    assert_string_equal(wavu_err_sentence(WAVU_ERR_LIMIT), "a stated limit is used up");
    assert_string_equal(wavu_err_name(WAVU_ERR_NO_NODE), "no_node");
}

static void test_others_are_unknown(void **state)
{
    (void)state;
    const int others[] = {1, INT_MAX, LAST - 1, INT_MIN, -1000};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_string_equal(wavu_err_name(others[i]), "unknown");
        assert_non_null(wavu_err_sentence(others[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_all_have_texts),
        UNIT(test_others_are_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
