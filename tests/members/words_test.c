/*
 * The lists keep what words.h says of them, and typed words are found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/words.h"

static const char *word(size_t n)
{
    return words_at((enum words_list)(n / WORDS_COUNT), (uint8_t)(n % WORDS_COUNT));
}

static void test_three_letters_tell_all_words_apart(void **state)
{
    (void)state;
    for (size_t a = 0; a < 2 * WORDS_COUNT; a++) {
        for (size_t b = a + 1; b < 2 * WORDS_COUNT; b++) {
            assert_int_not_equal(strncmp(word(a), word(b), WORDS_UNIQUE), 0);
        }
    }
}

static void test_words_are_short_plain_and_sorted(void **state)
{
    (void)state;
    size_t longest = 0;
    for (size_t a = 0; a < 2 * WORDS_COUNT; a++) {
        const size_t len = strlen(word(a));
        assert_true(len >= WORDS_UNIQUE && len <= WORDS_LETTERS_MAX);
        assert_int_equal(strspn(word(a), "abcdefghijklmnopqrstuvwxyz"), len);
        longest = len > longest ? len : longest;
        if (a % WORDS_COUNT > 0) {
            assert_true(strcmp(word(a - 1), word(a)) < 0);
        }
    }
    assert_int_equal(longest, WORDS_LETTERS_MAX);
}

static void test_one_slip_makes_no_other_word(void **state)
{
    (void)state;
    for (size_t a = 0; a < 2 * WORDS_COUNT; a++) {
        for (size_t b = 0; b < 2 * WORDS_COUNT; b++) {
            const size_t distance = words_distance(word(a), span_from_text(word(b)));
            assert_true(a == b ? distance == 0 : distance >= 2);
        }
    }
}

static void test_every_beginning_is_found(void **state)
{
    (void)state;
    for (size_t a = 0; a < 2 * WORDS_COUNT; a++) {
        uint8_t typed[WORDS_LETTERS_MAX];
        const size_t len = strlen(word(a));
        for (size_t i = 0; i < len; i++) {
            typed[i] = (uint8_t)(i % 2 == 0 ? word(a)[i] - 'a' + 'A' : word(a)[i]);
        }
        for (size_t n = 1; n <= len; n++) {
            enum words_list list = WORDS_ENGLISH;
            uint8_t index = 0;
            const int rc = words_find(&list, &index, span_of(typed, n));
            assert_int_equal(rc, n < WORDS_UNIQUE ? WAVU_ERR_NOT_FOUND : 0);
            if (rc == 0) {
                assert_ptr_equal(words_at(list, index), word(a));
            }
        }
    }
}

static void test_others_are_not_found(void **state)
{
    (void)state;
    static const char *const others[] = {
        "", "ap", "apples", "xxx", "app1e", "ap ple", "mm", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        enum words_list list = WORDS_ENGLISH;
        uint8_t index = 0;
        assert_int_equal(words_find(&list, &index, span_from_text(others[i])), WAVU_ERR_NOT_FOUND);
    }
}

static void test_completion(void **state)
{
    (void)state;
    const char *out[600];
    assert_int_equal(words_complete(out, 600, span_empty()), 2 * WORDS_COUNT);
    assert_int_equal(words_complete(out, 600, span_from_text("APP")), 1);
    assert_string_equal(out[0], "apple");
    const size_t many = words_complete(out, 1, span_from_text("m"));
    assert_true(many > 40);
    for (size_t i = 0; i < words_complete(out, 600, span_from_text("ma")); i++) {
        assert_int_equal(strncmp(out[i], "ma", 2), 0);
    }
    assert_int_equal(words_complete(out, 600, span_from_text("qqq")), 0);
}

static void test_nearest(void **state)
{
    (void)state;
    assert_string_equal(words_nearest(span_from_text("aple")), "apple");
    assert_string_equal(words_nearest(span_from_text("APPLR")), "apple");
    assert_string_equal(words_nearest(span_from_text("sfari")), "safari");
    assert_null(words_nearest(span_from_text("qqqqqqq")));
    assert_null(words_nearest(span_from_text("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq")));
    assert_int_equal(words_distance("apple", span_from_text("aplpe")), 2);
    assert_int_equal(words_distance("apple", span_empty()), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_letters_tell_all_words_apart),
        cmocka_unit_test(test_words_are_short_plain_and_sorted),
        cmocka_unit_test(test_one_slip_makes_no_other_word),
        cmocka_unit_test(test_every_beginning_is_found),
        cmocka_unit_test(test_others_are_not_found),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
