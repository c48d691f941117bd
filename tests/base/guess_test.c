/*
 * The nearest word.
 */
#include "base/guess.h"

#include "tests/base/unit.h"

static void distances(void **state)
{
    (void)state;
    assert_int_equal(guess_distance("", ""), 0);
    assert_int_equal(guess_distance("", "abc"), 3);
    assert_int_equal(guess_distance("abc", ""), 3);
    assert_int_equal(guess_distance("ping", "ping"), 0);
    assert_int_equal(guess_distance("pnig", "ping"), 1); /* neighbours swapped */
    assert_int_equal(guess_distance("pin", "ping"), 1);
    assert_int_equal(guess_distance("pinng", "ping"), 1);
    assert_int_equal(guess_distance("pung", "ping"), 1);
    assert_int_equal(guess_distance("kitten", "sitting"), 3);
    assert_int_equal(guess_distance("ca", "abc"),
                     3); /* optimal string alignment, not Damerau's 2 */
}

static void long_words_are_not_guessed_at(void **state)
{
    char word[GUESS_WORD_MAX + 2];
    (void)state;
    memset(word, 'a', sizeof word - 1);
    word[GUESS_WORD_MAX] = '\0';
    assert_int_equal(guess_distance(word, word), 0);
    word[GUESS_WORD_MAX] = 'a';
    word[GUESS_WORD_MAX + 1] = '\0';
    assert_int_equal(guess_distance(word, word), GUESS_WORD_MAX + 1);
    assert_int_equal(guess_distance("a", word), GUESS_WORD_MAX + 1);
}

static void the_nearest_word_wins(void **state)
{
    struct guess g = {NULL, 0};
    (void)state;
    guess_try(&g, "prrf", "ping");
    assert_null(g.word);
    guess_try(&g, "prrf", "perf");
    assert_string_equal(g.word, "perf");
    guess_try(&g, "prrf", "prrff");
    assert_string_equal(g.word, "perf"); /* not nearer */
    guess_try(&g, "prrf", "prrf");
    assert_string_equal(g.word, "prrf");
}

static void short_words_are_not_taken_for_one_another(void **state)
{
    struct guess g = {NULL, 0};
    (void)state;
    guess_try(&g, "xy", "up");
    guess_try(&g, "xy", "id");
    assert_null(g.word);
    guess_try(&g, "", "up");
    assert_null(g.word);
    guess_try(&g, "uo", "up");
    assert_string_equal(g.word, "up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(distances),
        UNIT(long_words_are_not_guessed_at),
        UNIT(the_nearest_word_wins),
        UNIT(short_words_are_not_taken_for_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
