/*
 * Names of real people pass, in all scripts; what steers, turns, hides, pads or piles up does not.
 */
#include "base/name.h"

#include "base/name_marks.h"
#include "base/utf8.h"
#include "tests/base/unit.h"

static void names_of_people_are_good(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Alice",
        "Jos\u00e9 Mar\u00eda",
        "Nguy\u1ec5n Th\u1ecb H\u1ed3ng",
        "Nguye\u0302\u0303n",
        "O\u2019Brien-Sm\u00fcller, Jr.",
        "\u0410\u043d\u043d\u0430",
        "\u0395\u03bb\u03ad\u03bd\u03b7",
        "\u0645\u062d\u0645\u0651\u064e\u062f",       /* with shadda and fatha */
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", /* Persian, with its non-joiner */
        "\u05d3\u05b8\u05bc\u05d5\u05b4\u05d3",
        "\u0930\u093e\u091c\u094d\u200d\u092f", /* Devanagari, with its joiner */
        "\u0e2a\u0e21\u0e1b\u0e2d\u0e07",
        "\u5c71\u7530 \u592a\u90ce",
        "\uae40\ubbfc\uc900",
        "\u30b5\u30af\u30e9",
        "\u0b95\u0bcb\u0bb5\u0bbf\u0ba8\u0bcd\u0ba4\u0bcd", /* Tamil */
        "\u09b0\u200d\u09cd\u09af\u09be\u099a\u09c7\u09b2", /* Bengali, joiner and virama */
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",                   /* Sinhala */
        "\u0915\u094d\u200c\u0937",                         /* Devanagari, kept apart */
        "\u0626\u06d5\u0628\u0648\u0628\u06d5\u06a9\u0631", /* Kurdish */
        "\u0641\u0627\u0637\u0645\u0629 \u0627\u0644\u0632\u0647\u0631\u0627\u0621",
        "\u0639\u0644\u06cc\u0651\u200c\u0631\u0636\u0627", /* a mark before the non-joiner */
        "\u0f66\u0f92\u0fb2\u0f7c\u0f63\u0f0b\u0f58",       /* Tibetan, letters below */
        "\u1019\u1004\u103a\u1038",
        "\u101c\u103b\u103e\u102d\u102f\u1037\u101d\u103e\u1000\u103a", /* Burmese, five below */
        "\u179f\u17d2\u179a\u17b8",                                     /* Khmer */
        "\u304b\u3099", /* Japanese, in two code points */
        "\u10d2\u10d8\u10dd\u10e0\u10d2\u10d8",
        "\u0531\u0580\u0561\u0574",
        "\u12a0\u1260\u1260",
        "\u2d30\u2d63\u2d53\u2d4d",
        "\U0001f98a fox",
        "\u2764\ufe0f\u200d\U0001f525", /* joined emoji */
        "\U0001f469\u200d\U0001f52c",
        "\U0001f469\U0001f3fd\u200d\U0001f52c",
        "\U0001f1f0\U0001f1ea",
        "x",
        "7",
        "-",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(name_check(span_from_text(names[i])), NAME_GOOD);
    }
}

struct bad_name {
    struct span name;
    enum name_problem problem;
};

static void expect_bad(const struct bad_name *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(name_check(cases[i].name), cases[i].problem);
    }
}

static void what_steers_is_no_name(void **state)
{
    (void)state;
    const struct bad_name cases[] = {
        {UNIT_TEXT(""), NAME_EMPTY},
        {UNIT_TEXT("Ali\0ce"), NAME_CONTROL},
        {UNIT_TEXT("\x1b[2JAlice"), NAME_CONTROL},
        {UNIT_TEXT("Alice\n"), NAME_CONTROL},
        {UNIT_TEXT("Alice\x7f"), NAME_CONTROL},
        {UNIT_TEXT("Alice\xc2\x85"), NAME_CONTROL},
        {UNIT_TEXT("Alice\xc2\x9b[31m"), NAME_CONTROL},
        {UNIT_TEXT("\xff"
                   "Alice"),
         NAME_BROKEN},
        {UNIT_TEXT("Alice\xc3"), NAME_BROKEN},
        {UNIT_TEXT("\xed\xa0\x80"), NAME_BROKEN},
        {UNIT_TEXT("Alice\ufffd"), NAME_BROKEN},
        {UNIT_TEXT("Alice\ufdd0"), NAME_BROKEN},
        {UNIT_TEXT("Alice\U0001fffe"), NAME_BROKEN},
    };
    expect_bad(cases, sizeof cases / sizeof cases[0]);
}

static void what_turns_or_hides_is_no_name(void **state)
{
    (void)state;
    const struct bad_name cases[] = {
        {UNIT_TEXT("\u202e"
                   "ecila"),
         NAME_HIDDEN},
        {UNIT_TEXT("Alice\u2066"), NAME_HIDDEN},
        {UNIT_TEXT("Alice\u061c"), NAME_HIDDEN},
        {UNIT_TEXT("Ali\u200b"
                   "ce"),
         NAME_HIDDEN},
        {UNIT_TEXT("Ali\u200d"
                   "ce"),
         NAME_HIDDEN},
        {UNIT_TEXT("Ali\u200c\u5c71"), NAME_HIDDEN},
        {UNIT_TEXT("\u5c71\u200cx"), NAME_HIDDEN},
        {UNIT_TEXT("a\u0301\u200d\u5c71"), NAME_HIDDEN},
        {UNIT_TEXT("\u5c71\u200c\u200d\u5c71"), NAME_HIDDEN},
        {UNIT_TEXT("\u200d\u5c71"), NAME_HIDDEN},
        {UNIT_TEXT("\u5c71\u200d"), NAME_HIDDEN},
        {UNIT_TEXT("\u5c71\u200d \u5c71"), NAME_HIDDEN},
        {UNIT_TEXT("\u5c71\u200d\u0301"), NAME_HIDDEN},
        {UNIT_TEXT("Al\u00adice"), NAME_HIDDEN},
        {UNIT_TEXT("Alice\ufe0f"), NAME_HIDDEN},
        {UNIT_TEXT("\u2764\ufe0f\ufe0f"), NAME_HIDDEN},
        {UNIT_TEXT("Alice\ufe00"), NAME_HIDDEN},
        {UNIT_TEXT("\ufeffAlice"), NAME_HIDDEN},
        {UNIT_TEXT("\u3164"), NAME_HIDDEN},
        {UNIT_TEXT("\u2800"), NAME_HIDDEN},
        {UNIT_TEXT("Alice\ue000"), NAME_HIDDEN},
        {UNIT_TEXT("Alice\U000e0041"), NAME_HIDDEN},
        {UNIT_TEXT("Alice\u2028Bob"), NAME_HIDDEN},
        {UNIT_TEXT("\u0710\u070f\u0710"), NAME_HIDDEN},
        {UNIT_TEXT("\u674e\ufe0f"), NAME_HIDDEN}, /* Han, Kana, Braille: no emoji */
        {UNIT_TEXT("\u30a2\ufe0e"), NAME_HIDDEN},
        {UNIT_TEXT("\u2801\ufe0f"), NAME_HIDDEN},
        {UNIT_TEXT("1\ufe0f\u20e3"), NAME_HIDDEN},
    };
    expect_bad(cases, sizeof cases / sizeof cases[0]);
}

/* A joiner stands only where it shows. */
static void joiners_join_what_is_joined(void **state)
{
    (void)state;
    const char *const hidden[] = {
        "\u0410\u200d\u043d\u0430", /* Cyrillic */
        "\u0391\u200c\u03bd",       /* Greek */
        "\u05d0\u200d\u05d1",       /* Hebrew */
        "\u5c71\u200d\u5c71",       /* Han */
        "\u0e01\u200c\u0e02",       /* Thai */
        "\u0627\u200c\u0628",       /* behind an alef nothing joins anyway */
        "\u0628\u200d\u0628",       /* what joins anyway */
        "\u0628\u200c\u0661",       /* a digit */
        "\u0628\u200c\u0903\u0628", /* another script's mark */
        "\u0628\u0903\u200c\u0628",
        "\u0628\u200cb",
        "\u0915\u200d\u0915",       /* no virama */
        "\u0915\u200c\u094d\u0915", /* only U+200D stands before one */
        "\u0915\u093f\u200d\u094d\u0915",
        "\u0915\u094d\u200d\u0995", /* two scripts */
        "\u0915\u094d\u200db",
        "a\u094d\u200db",
        "\u0915\u094d\u200d", /* at the end */
        "\u0915\u094d\u200d \u0915",
        "\u0915\u094d\u200d\u200d\u0915",
        "\U0001f469\u200c\U0001f52c", /* emoji are joined, not kept apart */
        "\U0001f469\u0301\u200d\U0001f52c",
        "\U0001f469\u200da",
        "\U0001f469\u200d\u5c71",
    };
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        assert_int_equal(name_check(span_from_text(hidden[i])), NAME_HIDDEN);
    }
}

/* No mark of any script stands alone, or five of them on a letter; nor do marks beside the letter,
 * joiners and presentations let them pile up higher. */
/* Marks without a shape that put the next letter below: between letters of their script, and
 * nowhere else, at an end neither. */
static void stackers_stack_letters(void **state)
{
    (void)state;
    static const char *const good[] = {
        "\u1019\u1019\u1039\u1019",       /* Myanmar */
        "\u1004\u103a\u1039\u1000",       /* with a killer between */
        "\u179f\u17d2\u179a\u17b8",       /* Khmer */
        "\u1a34\u1a6e\u1a60\u1a3f",       /* Tai Tham, behind a vowel */
        "\uabc0\uaaf6\uabc1",             /* Meetei Mayek */
        "\U00011f12\U00011f42\U00011f12", /* Kawi */
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(name_check(span_from_text(good[i])), NAME_GOOD);
    }
    for (uint32_t point = 0x1000; point < 0x12000; point++) {
        static const char *const around[][2] = {{"Ana", ""}, {"Ana", "a"}, {"\u5c71", "\u5c71"}};
        static const uint32_t stackers[] = {0x1039,  0x17d2,  0x1a60,  0x1bab,  0xaaf6,
                                            0x10a3f, 0x1107f, 0x11133, 0x1193e, 0x11a47,
                                            0x11a99, 0x11d45, 0x11d97, 0x11f42};
        bool is_one = false;
        for (size_t i = 0; i < sizeof stackers / sizeof stackers[0]; i++) {
            is_one = is_one || stackers[i] == point;
        }
        for (size_t i = 0; is_one && i < 3; i++) {
            uint8_t text[16];
            const size_t before = strlen(around[i][0]);
            memcpy(text, around[i][0], before);
            size_t len = before + utf8_write(text + before, point);
            memcpy(text + len, around[i][1], strlen(around[i][1]));
            len += strlen(around[i][1]);
            assert_int_equal(name_check(span_of(text, len)), NAME_HIDDEN);
        }
    }
    const struct bad_name cases[] = {
        {UNIT_TEXT("\u1000\u1039"), NAME_HIDDEN},
        {UNIT_TEXT("\u1000\u1039 \u1000"), NAME_HIDDEN},
        {UNIT_TEXT("\u1000\u1039\u1039\u1000"), NAME_HIDDEN},
        {UNIT_TEXT("\u1000\u1039\u1780"), NAME_HIDDEN},
        {UNIT_TEXT("\u1000\u1039\u102d"), NAME_HIDDEN},
        {UNIT_TEXT("\u1039\u1000"), NAME_HIDDEN},
        {UNIT_TEXT("a\u0301\u1039\u1000"), NAME_HIDDEN},
        {UNIT_TEXT("Ana\U0001d159"), NAME_HIDDEN},
        {UNIT_TEXT("\U0001d159"), NAME_HIDDEN},
        {UNIT_TEXT("\u2d30\u2d7f\u2d30"), NAME_HIDDEN},
        {UNIT_TEXT("Ana\U00016fe4"), NAME_HIDDEN},
    };
    expect_bad(cases, sizeof cases / sizeof cases[0]);
}

static void no_marks_pile_up(void **state)
{
    (void)state;
    unsigned piled = 0;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        uint8_t text[1 + 5 * 4] = {'a'};
        size_t len = 1;
        size_t one = 0;
        if (name_marks_of(point) != NAME_MARKS_PILED) {
            continue;
        }
        piled++;
        for (int i = 0; i < 5; i++) {
            one = utf8_write(text + len, point);
            len += one;
        }
        assert_int_not_equal(name_check(span_of(text, len)), NAME_GOOD);
        assert_int_not_equal(name_check(span_of(text + 1, one)), NAME_GOOD);
    }
    assert_int_equal(piled, 1985 + 13); /* Mn and Me of Unicode 15 */
    const struct bad_name cases[] = {
        {UNIT_TEXT("a\u0301\u0903\u0301\u0903\u0301\u0903\u0301\u0903\u0301"), NAME_MARKS},
        {UNIT_TEXT("\u2764\u0301\u0301\u0301\u0301\u0301"), NAME_MARKS},
        {UNIT_TEXT("\u2764\ufe0f\u0301\u0301\u0301\u0301\u0301"), NAME_MARKS},
        {UNIT_TEXT("\u0903"), NAME_MARKS},
        {UNIT_TEXT("a \u0903"), NAME_MARKS},
    };
    expect_bad(cases, sizeof cases / sizeof cases[0]);
}

static void what_pads_or_piles_up_is_no_name(void **state)
{
    (void)state;
    const struct bad_name cases[] = {
        {UNIT_TEXT(" Alice"), NAME_SPACES},
        {UNIT_TEXT("Alice "), NAME_SPACES},
        {UNIT_TEXT("Alice  Bob"), NAME_SPACES},
        {UNIT_TEXT(" "), NAME_SPACES},
        {UNIT_TEXT("Alice\u00a0"
                   "Bob"),
         NAME_SPACES},
        {UNIT_TEXT("Alice\u3000"
                   "Bob"),
         NAME_SPACES},
        {UNIT_TEXT("Alice\u2003"
                   "Bob"),
         NAME_SPACES},
        {UNIT_TEXT("\u0301"
                   "a"),
         NAME_MARKS},
        {UNIT_TEXT("a \u0301"), NAME_MARKS},
        {UNIT_TEXT("a\u0301\u0302\u0303\u0304\u0305"), NAME_MARKS},
        {UNIT_TEXT("\u0e01\u0e34\u0e49\u0e49\u0e49\u0e49"), NAME_MARKS},
    };
    expect_bad(cases, sizeof cases / sizeof cases[0]);
    assert_int_equal(name_check(UNIT_TEXT("a\u0301\u0302\u0303\u0304 b\u0301")), NAME_GOOD);
}

static void length_is_in_bytes(void **state)
{
    (void)state;
    uint8_t name[NAME_SIZE_MAX + 1];
    memset(name, 'a', sizeof name);
    assert_int_equal(name_check(span_of(name, NAME_SIZE_MAX)), NAME_GOOD);
    assert_int_equal(name_check(span_of(name, NAME_SIZE_MAX + 1)), NAME_LONG);
    memcpy(name + NAME_SIZE_MAX - 2, "\xe5\xb1\xb1", 3);
    assert_int_equal(name_check(span_of(name, NAME_SIZE_MAX)), NAME_BROKEN); /* cut in a letter */
}

/* Whoever turns, hides or steers is found alone, in front, in the middle and at the end, for every
 * code point of the classes that the page names. */
static void each_code_point_is_judged(void **state)
{
    (void)state;
    static const struct {
        uint32_t first, last;
    } bad[] = {
        {0x00, 0x1f},       {0x7f, 0xa0},       {0xad, 0xad},         {0x61c, 0x61c},
        {0x1680, 0x1680},   {0x180b, 0x180f},   {0x2000, 0x200b},     {0x200e, 0x200f},
        {0x2028, 0x202f},   {0x205f, 0x206f},   {0x3000, 0x3000},     {0xd800, 0xf8ff},
        {0xfdd0, 0xfdef},   {0xfe00, 0xfe0d},   {0xfeff, 0xfeff},     {0xfff0, 0xffff},
        {0x1fffe, 0x1ffff}, {0xe0000, 0xe0fff}, {0x10fff0, 0x10ffff},
    };
    static const char *const around[][2] = {
        {"", ""}, {"a", ""}, {"", "a"}, {"a", "b"}, {"\u5c71", "\u5c71"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (uint32_t point = bad[i].first; point <= bad[i].last; point++) {
            for (size_t k = 0; k < sizeof around / sizeof around[0]; k++) {
                uint8_t text[16];
                const size_t before = strlen(around[k][0]);
                const size_t after = strlen(around[k][1]);
                memcpy(text, around[k][0], before);
                const size_t len = before + utf8_write(text + before, point);
                memcpy(text + len, around[k][1], after);
                assert_int_not_equal(name_check(span_of(text, len + after)), NAME_GOOD);
            }
        }
    }
}

static void every_problem_has_a_sentence(void **state)
{
    (void)state;
    for (int p = NAME_GOOD; p <= NAME_MARKS; p++) {
        const char *text = name_explain((enum name_problem)p);
        assert_int_equal(text[strlen(text) - 1], '.');
        for (int q = NAME_GOOD; q < p; q++) {
            assert_string_not_equal(text, name_explain((enum name_problem)q));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(names_of_people_are_good),         UNIT(what_steers_is_no_name),
        UNIT(what_turns_or_hides_is_no_name),   UNIT(joiners_join_what_is_joined),
        UNIT(stackers_stack_letters),           UNIT(no_marks_pile_up),
        UNIT(what_pads_or_piles_up_is_no_name), UNIT(length_is_in_bytes),
        UNIT(each_code_point_is_judged),        UNIT(every_problem_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
