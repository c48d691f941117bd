/*
 * Texts of others, made harmless: the table and the texts of tests/vectors/clean.txt, to which
 * Python's are held, too.
 */
#include "apps/term/clean.h"

#include "tests/base/unit.h"

#include <stdlib.h>
#include <string.h>

#include "apps/term/say.h"
#include "base/name_looks.h"
#include "base/utf8.h"
#include "tests/support/vectors.h"

#define POINT_MAX 0x10ffff
#define VECTORS WAVU_TEST_DATA "/../../vectors/clean.txt"

static uint8_t sets[8][(POINT_MAX >> 3) + 1];

/* The ranges of a value as a set of code points. */
static void read_set(const struct vectors *v, const char *name, uint8_t *set)
{
    const struct span value = vectors_text(v, name);
    const char *at = (const char *)value.ptr;
    const char *end = at + value.len;
    while (at < end) {
        char *next = NULL;
        const unsigned long first = strtoul(at, &next, 16);
        const unsigned long last = *next == '-' ? strtoul(next + 1, &next, 16) : first;
        assert_true(first <= last && last <= POINT_MAX && next > at);
        for (unsigned long point = first; point <= last; point++) {
            set[point >> 3] |= (uint8_t)(1U << (point & 7));
        }
        at = next < end ? next + 1 : end;
    }
}

static bool has(size_t set, uint32_t point)
{
    return (sets[set][point >> 3] >> (point & 7) & 1) != 0;
}

/* Does `text`, with `point` for its '#', stand between quotes as a name? */
static bool is_quoted(const char *text, uint32_t point)
{
    char name[16];
    char out[SAY_CLEAN_MAX];
    uint8_t bytes[4];
    const size_t len = utf8_write(bytes, point);
    const size_t head = strcspn(text, "#");
    (void)snprintf(name, sizeof name, "%.*s%.*s%s", (int)head, text, (int)len, (const char *)bytes,
                   text + head + 1);
    return say_name(name, "", out)[0] == '"';
}

static void every_character_is_as_the_table_says(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(VECTORS);
    assert_true(vectors_next(v));
    read_set(v, "never", sets[0]);
    read_set(v, "behind", sets[1]);
    for (uint32_t point = 0; point <= POINT_MAX; point++) {
        const enum clean_rule rule =
            has(0, point) ? CLEAN_NEVER : (has(1, point) ? CLEAN_BEHIND : CLEAN_SHOWN);
        if (clean_rule_of(point) != rule) {
            fail_msg("U+%04x is %d, not %d", point, (int)clean_rule_of(point), (int)rule);
        }
    }
    vectors_close(v);
}

static void every_sign_in_a_name_is_as_the_table_says(void **state)
{
    static const char *const names[] = {"colons", "quotes", "heads", "y", "o", "u"};
    static const char *const forms[] = {"a#b", "a#b", "#b", "#ou", "y#u", "yo#"};
    (void)state;
    struct vectors *v = vectors_open(VECTORS);
    assert_true(vectors_next(v));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        memset(sets[i], 0, sizeof sets[i]);
        read_set(v, names[i], sets[i]);
    }
    for (uint32_t point = 1; point <= POINT_MAX; point++) {
        if (clean_rule_of(point) != CLEAN_SHOWN || name_looks_of(point, (uint32_t[7]){0}) != 1) {
            continue; /* a mark, two letters in one, or nothing */
        }
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const bool is_odd = has(0, point) || has(1, point) ||
                                (forms[i][0] == '#' && has(2, point)) || (i > 2 && has(i, point));
            if (is_quoted(forms[i], point) != is_odd) {
                fail_msg("U+%04x in %s", point, forms[i]);
            }
        }
    }
    vectors_close(v);
}

static void expect(struct vectors *v, const char *name, enum clean_kind kind)
{
    char out[256];
    const struct span given = vectors_span(v, "given");
    const struct span wanted = vectors_span(v, name);
    const size_t len = clean_text(out, sizeof out, (const char *)given.ptr, given.len, kind);
    assert_int_equal(out[len], '\0');
    if (!span_is_equal(span_of(out, len), wanted)) {
        fail_msg("%s: %s, not %.*s", name, out, (int)wanted.len, (const char *)wanted.ptr);
    }
}

static void texts_become_as_the_vectors_say(void **state)
{
    size_t texts = 0;
    size_t names = 0;
    (void)state;
    struct vectors *v = vectors_open(VECTORS);
    while (vectors_next(v)) {
        char name[SAY_CLEAN_MAX] = "";
        char apart[8] = "";
        char out[SAY_CLEAN_MAX];
        if (vectors_has(v, "given")) {
            expect(v, "name", CLEAN_NAME);
            expect(v, "line", CLEAN_LINE);
            expect(v, "text", CLEAN_TEXT);
            texts++;
        } else if (vectors_has(v, "named")) {
            const struct span shown = vectors_span(v, "shown");
            memcpy(name, vectors_span(v, "named").ptr, vectors_span(v, "named").len);
            memcpy(apart, vectors_span(v, "apart").ptr, vectors_span(v, "apart").len);
            (void)say_name(name, apart, out);
            assert_true(span_is_equal(span_from_text(out), shown));
            names++;
        }
    }
    assert_true(texts > 10 && names > 10);
    vectors_close(v);
}

static void what_does_not_fit_is_cut_at_a_character(void **state)
{
    char out[4];
    (void)state;
    assert_int_equal(clean_text(out, sizeof out, "ab\xc3\xa9", 4, CLEAN_LINE), 2);
    assert_string_equal(out, "ab");
    assert_int_equal(clean_text(out, 1, "ab", 2, CLEAN_LINE), 0);
    assert_string_equal(out, "");
    assert_int_equal(clean_text(out, sizeof out, "\t", 1, CLEAN_LINE), 0);
}

static void marks_do_not_pile_up(void **state)
{
    char text[2 * 100 + 2] = "z";
    char out[300];
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        memcpy(text + 1 + 2 * i, "\xcc\x8d", 2);
    }
    const size_t len = clean_text(out, sizeof out, text, 201, CLEAN_LINE);
    assert_int_equal(len, 1 + 2 * CLEAN_MARKS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_as_the_table_says),
        cmocka_unit_test(every_sign_in_a_name_is_as_the_table_says),
        cmocka_unit_test(texts_become_as_the_vectors_say),
        cmocka_unit_test(what_does_not_fit_is_cut_at_a_character),
        cmocka_unit_test(marks_do_not_pile_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
