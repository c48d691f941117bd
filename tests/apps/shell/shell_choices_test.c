/*
 * What a word may become.
 */
#include "apps/shell/shell_choices.h"

#include <stdio.h>
#include <string.h>

#include "tests/base/unit.h"

static struct shell_choices c;

static void offer(const char *typed, const char *const *words)
{
    shell_choices_begin(&c, typed);
    for (; *words != NULL; words++) {
        shell_choices_offer(&c, *words);
    }
}

#define OFFER(typed, ...) offer(typed, (const char *const[]){__VA_ARGS__, NULL})

static void those_that_begin_so_are_taken_once(void **state)
{
    (void)state;
    OFFER("pe", "ping", "peers", "peers", "pe", "Peers");
    assert_int_equal(c.count, 2);
    shell_choices_sort(&c);
    assert_string_equal(c.items[0], "pe");
    assert_string_equal(c.items[1], "peers");
    OFFER("x", "ping");
    assert_int_equal(c.count, 0);
    assert_int_equal(shell_choices_common(&c), 0);
}

static void what_they_have_in_common_is_known(void **state)
{
    (void)state;
    OFFER("", "connect", "contact", "contacts");
    assert_int_equal(shell_choices_common(&c), 3);
    OFFER("conta", "connect", "contact", "contacts");
    assert_int_equal(shell_choices_common(&c), 7);
    OFFER("ex", "exit");
    assert_int_equal(shell_choices_common(&c), 4);
    OFFER("", "Zo\xc3\xab", "Zo\xc3\xa8"); /* Zoë, Zoè: half a character is none */
    assert_int_equal(shell_choices_common(&c), 2);
}

static void there_is_room_for_so_many(void **state)
{
    char word[SHELL_CHOICES_WORD_MAX + 1];
    (void)state;
    shell_choices_begin(&c, "w");
    for (size_t i = 0; i < SHELL_CHOICES_MAX + 3; i++) {
        (void)snprintf(word, sizeof word, "word%zu", i);
        shell_choices_offer(&c, word);
    }
    assert_int_equal(c.count, SHELL_CHOICES_MAX);
    assert_int_equal(c.others, 3);
    assert_int_equal(shell_choices_common(&c), 1); /* no more than was typed is sure */
    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    shell_choices_begin(&c, "w");
    shell_choices_offer(&c, word);
    assert_int_equal(c.count, 0);
    shell_choices_offer(&c, word + 1);
    assert_int_equal(c.count, 1);
}

static void names_of_others_are_no_options(void **state)
{
    static const char *const bad[] = {"--home=/tmp", "-x", "", "a\nb", "a\x1b[m", "a\u202eb"};
    (void)state;
    shell_choices_begin(&c, "");
    shell_choices_offer_name(&c, "Baraka; x", "0123456789");
    assert_string_equal(c.items[0], "Baraka; x");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        shell_choices_begin(&c, "");
        shell_choices_offer_name(&c, bad[i], "0123456789");
        assert_int_equal(c.count, 1);
        assert_string_equal(c.items[0], "01234567");
    }
    shell_choices_begin(&c, "");
    shell_choices_offer_name(&c, "-x", "0");
    assert_int_equal(c.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(those_that_begin_so_are_taken_once),
        UNIT(what_they_have_in_common_is_known),
        UNIT(there_is_room_for_so_many),
        UNIT(names_of_others_are_no_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
