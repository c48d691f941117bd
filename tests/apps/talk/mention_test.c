/*
 * Names in a text.
 */
#include "apps/talk/mention.h"

#include <stdio.h>
#include <string.h>

#include "tests/base/unit.h"
#include "wavu/members.h"

/* The names in `text`, each in brackets. */
static const char *names_in(const char *text)
{
    static char out[512];
    struct span name;
    size_t used = 0;
    size_t at = 0;
    out[0] = '\0';
    while (mention_next(span_from_text(text), &at, &name)) {
        used += (size_t)snprintf(out + used, sizeof out - used, "[%.*s]", (int)name.len,
                                 (const char *)name.ptr);
    }
    return out;
}

static void names_stand_behind_an_at(void **state)
{
    static const struct {
        const char *text;
        const char *names;
    } cases[] = {
        {"", ""},
        {"habari", ""},
        {"@", ""},
        {"@ @", ""},
        {"@Baraka", "[Baraka]"},
        {"habari @Baraka, njoo", "[Baraka,]"},
        {"@Amina @Baraka#3f9c\n@Chiku", "[Amina][Baraka#3f9c][Chiku]"},
        {"(@Amina)", "[Amina)]"},
        {"@\"Baraka wa Pwani\": njoo", "[Baraka wa Pwani]"},
        {"@\"Baraka wa\nPwani\"", ""},
        {"@\"Baraka", ""},
        {"@\"\"", ""},
        {"amina@example.org x.@y 1@z @@a", "[@a]"},    /* addresses */
        {"\xe4\xbd\xa0\xe5\xa5\xbd@Amina", "[Amina]"}, /* no spaces are written there */
    };
    char text[WAVU_SHOWN_MAX + 8];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(names_in(cases[i].text), cases[i].names);
    }
    memset(text, 'a', sizeof text);
    text[0] = '@';
    text[WAVU_SHOWN_MAX] = '\0';
    assert_int_equal(strlen(names_in(text)), WAVU_SHOWN_MAX + 1);
    text[WAVU_SHOWN_MAX] = 'a'; /* too long for anybody's */
    text[WAVU_SHOWN_MAX + 1] = '\0';
    assert_string_equal(names_in(text), "");
}

static void what_ends_a_sentence_is_no_part_of_a_name(void **state)
{
    (void)state;
    assert_int_equal(mention_bare(span_from_text("Baraka!?")).len, 6);
    assert_int_equal(mention_bare(span_from_text("Baraka.K")).len, 8);
    assert_int_equal(mention_bare(span_from_text(")\"'")).len, 0);
    assert_int_equal(mention_bare(span_of((const uint8_t *)"a\0", 2)).len, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(names_stand_behind_an_at),
        UNIT(what_ends_a_sentence_is_no_part_of_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
