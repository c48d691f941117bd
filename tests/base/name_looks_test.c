/*
 * Which names look alike. That the table is what Unicode 15 says is what
 * tests/house/name_looks_test.py holds.
 */
#include "base/name_looks.h"

#include "base/name.h"
#include "base/utf8.h"
#include "tests/base/unit.h"

static const char *look(char out[NAME_LOOKS_SIZE_MAX + 1], const char *name)
{
    struct wr w;
    assert_int_equal(name_check(span_from_text(name)), NAME_GOOD);
    wr_init(&w, span_mut_of(out, NAME_LOOKS_SIZE_MAX));
    assert_true(name_looks_write(&w, span_from_text(name)));
    assert_int_equal(wr_finish(&w), 0);
    out[w.len] = '\0';
    return out;
}

static void look_alikes_have_one_look(void **state)
{
    (void)state;
    static const char *const alike[][2] = {
        {"Amina", "amina"},
        {"Amina", "\u0410\u041c\u0406N\u0410"}, /* Cyrillic */
        {"amina", "\u0430min\u0430"},
        {"Amina", "\u0391mina"}, /* Greek */
        {"Amina", "Am1na"},
        {"Amina", "AmIna"},
        {"Amina", "Amlna"},
        {"Amina", "\u00c1m\u00edna"},
        {"\u00c1mina", "A\u0301mina"},
        {"Amina", "Arnina"},
        {"Amina", "\uff21\uff4d\uff49\uff4e\uff41"}, /* wide */
        {"Amina", "\U0001d400\U0001d426\U0001d422\U0001d427\U0001d41a"},
        {"Amina", "\u24b6min\u24d0"},
        {"Omar", "0mar"},
        {"Omar", "\u041emar"},
        {"Omar", "\u0555mar"}, /* Armenian */
        {"paypal", "\u0440\u0430\u0443\u0440\u0430l"},
        {"\u0418\u0432\u0430\u043d", "\u0438\u0432\u0430\u043d"},
        {"\u0394\u03ac\u03c6\u03bd\u03b7", "\u03b4\u03b1\u03c6\u03bd\u03b7"},
        {"\u0639\u0644\u064a", "\u0639\u0644\u06cc"}, /* Arabic and Persian yeh */
        {"\u304b\u3099", "\u304c"},
        {"\u2764\ufe0f Ana", "\u2764 Ana"},
    };
    char one[NAME_LOOKS_SIZE_MAX + 1];
    char other[NAME_LOOKS_SIZE_MAX + 1];
    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        assert_string_equal(look(one, alike[i][0]), look(other, alike[i][1]));
    }
}

static void other_names_look_otherwise(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Amina",
        "Amira",
        "Baraka",
        "Chiku",
        "Daudi",
        "Eshe",
        "Ana",
        "Anna",
        "\u0418\u0432\u0430\u043d",
        "\u041e\u043b\u044c\u0433\u0430",
        "\u039d\u03af\u03ba\u03bf\u03c2",
        "\u0639\u0644\u064a",
        "\u0639\u0645\u0631",
        "\u5c71\u7530",
        "\u5c71\u672c",
        "\u0e2a\u0e21\u0e0a\u0e32\u0e22",
        "\u0930\u093e\u092e",
        "Am ina",
        "Amina 2",
        "\u2764",
        "\U0001f600",
        "\U0001f601",
    };
    char one[NAME_LOOKS_SIZE_MAX + 1];
    char other[NAME_LOOKS_SIZE_MAX + 1];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(look(one, names[i]), look(other, names[k]));
        }
    }
}

/* Every code point has one look, which is its own look, and within the bound. */
static void looks_are_at_an_end(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        uint32_t looks[NAME_LOOKS_POINTS_MAX];
        uint8_t bytes[4];
        const size_t size = point >= 0xd800 && point < 0xe000 ? 3 : utf8_write(bytes, point);
        const size_t count = name_looks_of(point, looks);
        size_t written = 0;
        assert_in_range(count, 1, NAME_LOOKS_POINTS_MAX);
        for (size_t i = 0; i < count; i++) {
            uint32_t again[NAME_LOOKS_POINTS_MAX];
            if (count > 1 || looks[0] != point) {
                assert_int_equal(name_looks_of(looks[i], again), 1);
                assert_int_equal(again[0], looks[i]);
                written += utf8_write(bytes, looks[i]);
            }
        }
        assert_true(written <= size * NAME_LOOKS_GROWTH_MAX);
    }
}

static void twins_that_are_left_out_are_told(void **state)
{
    (void)state;
    static const char *const names[] = {"\uf900",     "\u2f00",       "\u3131",
                                        "\U0001ee00", "\u1100\u1161", "A\U0002f800"};
    uint8_t out[NAME_LOOKS_SIZE_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct wr w;
        wr_init(&w, span_mut_of(out, sizeof out));
        assert_false(name_looks_write(&w, span_from_text(names[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(look_alikes_have_one_look),
        UNIT(other_names_look_otherwise),
        UNIT(looks_are_at_an_end),
        UNIT(twins_that_are_left_out_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
