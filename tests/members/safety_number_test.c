/*
 * Safety numbers against vectors of an independent computation (tests/support/vectors_members.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/qr_text.h"
#include "members/safety_number.h"
#include "tests/support/vectors.h"

typedef void writer(struct wr *, const uint8_t *, const uint8_t *);

static struct span text_of(writer *write, const uint8_t *one, const uint8_t *other)
{
    static uint8_t out[2][SAFETY_NUMBER_QR_MAX];
    static size_t turn;
    struct wr w;
    turn = 1 - turn;
    wr_init(&w, span_mut_of(out[turn], sizeof out[0]));
    write(&w, one, other);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/safety_number.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        const uint8_t *one = vectors_span(v, "one").ptr;
        const uint8_t *other = vectors_span(v, "other").ptr;
        uint8_t print[SAFETY_NUMBER_PRINT_MAX];
        struct wr w;
        assert_true(
            span_is_equal(text_of(safety_number_write, one, other), vectors_text(v, "digits")));
        assert_true(
            span_is_equal(text_of(safety_number_write_qr, one, other), vectors_text(v, "qr")));
        wr_init(&w, span_mut_of(print, sizeof print));
        safety_number_write_print(&w, one);
        assert_true(span_is_equal(wr_span(&w), vectors_text(v, "print")));
        assert_int_equal(w.len + 1, SAFETY_NUMBER_PRINT_MAX);
        records++;
    }
    assert_int_equal(records, 4);
    vectors_close(v);
}

static void test_order_does_not_matter(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 8; i++) {
        const uint8_t one[32] = {1, i};
        const uint8_t other[32] = {2, i};
        assert_true(span_is_equal(text_of(safety_number_write, one, other),
                                  text_of(safety_number_write, other, one)));
        assert_true(span_is_equal(text_of(safety_number_write_qr, one, other),
                                  text_of(safety_number_write_qr, other, one)));
    }
}

/* What `text` says to who has `ours` and `theirs`; its error and sentence go with it. */
static enum safety_number_verdict scan(struct span text, const uint8_t *ours, const uint8_t *theirs)
{
    static const int errors[] = {
        [SAFETY_NUMBER_SAME] = 0,
        [SAFETY_NUMBER_THEIR_KEY] = WAVU_ERR_CRYPTO,
        [SAFETY_NUMBER_OUR_KEY] = WAVU_ERR_CRYPTO,
        [SAFETY_NUMBER_BOTH_KEYS] = WAVU_ERR_CRYPTO,
        [SAFETY_NUMBER_NONE] = WAVU_ERR_INVALID,
        [SAFETY_NUMBER_DAMAGED] = WAVU_ERR_INVALID,
        [SAFETY_NUMBER_NEWER] = WAVU_ERR_UNSUPPORTED,
    };
    enum safety_number_verdict verdict = SAFETY_NUMBER_NEWER;
    const int rc = safety_number_check_qr(&verdict, text, ours, theirs);
    assert_int_equal(rc, errors[verdict]);
    /* Each that means danger says so, and none of the others. */
    const bool warns = strstr(safety_number_explain(verdict), "somebody stands between") != NULL;
    assert_int_equal(warns, rc == WAVU_ERR_CRYPTO);
    return verdict;
}

static void test_other_keys_are_seen(void **state)
{
    (void)state;
    const uint8_t one[32] = {1};
    const uint8_t other[32] = {2};
    for (size_t bit = 0; bit < 256; bit += 37) {
        uint8_t changed[32];
        memcpy(changed, one, sizeof changed);
        changed[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_false(span_is_equal(text_of(safety_number_write, one, other),
                                   text_of(safety_number_write, changed, other)));
        assert_int_equal(scan(text_of(safety_number_write_qr, changed, other), one, other),
                         SAFETY_NUMBER_OUR_KEY);
        assert_int_equal(scan(text_of(safety_number_write_qr, other, changed), other, one),
                         SAFETY_NUMBER_THEIR_KEY);
    }
    assert_int_equal(scan(text_of(safety_number_write_qr, other, one), one, other),
                     SAFETY_NUMBER_SAME);
}

/* Mallory shows each of them a key of his: the numbers have nothing in common. With one key on both
 * sides, or on one side alone, neither. */
static void test_man_in_the_middle_is_seen(void **state)
{
    (void)state;
    const uint8_t alice[32] = {1};
    const uint8_t baraka[32] = {2};
    const uint8_t m1[32] = {3};
    const uint8_t m2[32] = {4};
    const struct {
        const uint8_t *alices; /* the key that Alice has of Baraka */
        const uint8_t *barakas;
        enum safety_number_verdict alice_sees;
    } cases[] = {
        {m1, m2, SAFETY_NUMBER_BOTH_KEYS},    {m1, m1, SAFETY_NUMBER_OUR_KEY},
        {m1, alice, SAFETY_NUMBER_THEIR_KEY}, {baraka, m2, SAFETY_NUMBER_OUR_KEY},
        {baraka, alice, SAFETY_NUMBER_SAME},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct span shown = text_of(safety_number_write_qr, baraka, cases[i].barakas);
        assert_int_equal(scan(shown, alice, cases[i].alices), cases[i].alice_sees);
    }
    /* A text of one person twice is not that of two. */
    assert_int_equal(scan(text_of(safety_number_write_qr, alice, alice), alice, baraka),
                     SAFETY_NUMBER_THEIR_KEY);
}

static void test_other_texts(void **state)
{
    (void)state;
    const uint8_t one[32] = {1};
    const uint8_t other[32] = {2};
    static const struct {
        const char *text;
        enum safety_number_verdict verdict;
    } cases[] = {
        {"", SAFETY_NUMBER_NONE},
        {"WAVU:JOIN:1:ABC", SAFETY_NUMBER_NONE},
        {"WAVU:SAFETY", SAFETY_NUMBER_NONE},
        {"WAVU:SAFETY:", SAFETY_NUMBER_DAMAGED},
        {"WAVU:SAFETY:1", SAFETY_NUMBER_DAMAGED},
        {"WAVU:SAFETY::", SAFETY_NUMBER_DAMAGED},
        {"WAVU:SAFETY:01:", SAFETY_NUMBER_DAMAGED},
        {"WAVU:SAFETY:1x:ABC", SAFETY_NUMBER_DAMAGED},
        {"WAVU:SAFETY:1000:ABC", SAFETY_NUMBER_DAMAGED},
        {"WAVU:SAFETY:1:ABC", SAFETY_NUMBER_DAMAGED},
        {"WAVU:SAFETY:2:ABC", SAFETY_NUMBER_NEWER},
        {"WAVU:SAFETY:12:", SAFETY_NUMBER_NEWER},
        {"wavu:safety:999:", SAFETY_NUMBER_NEWER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(scan(span_from_text(cases[i].text), one, other), cases[i].verdict);
    }
}

/* Both people see the same order; a text in the other one was made by something else. */
static void test_order_is_checked(void **state)
{
    (void)state;
    const uint8_t one[32] = {1};
    const uint8_t other[32] = {2};
    uint8_t halves[64];
    uint8_t swapped[64];
    uint8_t text[SAFETY_NUMBER_QR_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(halves, sizeof halves));
    assert_int_equal(qr_text_parse(&w, "WAVU:SAFETY:", text_of(safety_number_write_qr, one, other)),
                     0);
    assert_int_equal(w.len, sizeof halves);
    memcpy(swapped, halves + 32, 32);
    memcpy(swapped + 32, halves, 32);
    wr_init(&w, span_mut_of(text, sizeof text));
    qr_text_write(&w, "WAVU:SAFETY:", span_of(swapped, sizeof swapped));
    assert_int_equal(scan(wr_span(&w), one, other), SAFETY_NUMBER_DAMAGED);
    wr_init(&w, span_mut_of(text, sizeof text));
    qr_text_write(&w, "WAVU:SAFETY:", span_of(halves, 63));
    assert_int_equal(scan(wr_span(&w), one, other), SAFETY_NUMBER_DAMAGED);
}

/* What a camera or a chat makes of it: in lower case it is the same; cut, with a wrong sign, in
 * another order or with more behind it, it is damaged, which is no reason to fear anybody. */
static void test_damage_is_not_danger(void **state)
{
    (void)state;
    const uint8_t one[32] = {1};
    const uint8_t other[32] = {2};
    const struct span good = text_of(safety_number_write_qr, one, other);
    const size_t head = strlen("WAVU:SAFETY:");
    uint8_t text[SAFETY_NUMBER_QR_MAX + 4] = " \n";
    for (size_t len = 0; len < good.len; len++) {
        assert_int_equal(scan(span_slice(good, 0, len), one, other),
                         len < head ? SAFETY_NUMBER_NONE : SAFETY_NUMBER_DAMAGED);
    }
    for (size_t i = 0; i < good.len; i++) {
        const uint8_t c = good.ptr[i];
        text[i + 2] = c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
    }
    text[good.len + 2] = '\r';
    assert_int_equal(scan(span_of(text, good.len + 3), one, other), SAFETY_NUMBER_SAME);
    text[good.len + 2] = 'a';
    assert_int_equal(scan(span_of(text, good.len + 3), one, other), SAFETY_NUMBER_DAMAGED);
    for (size_t i = head + 2; i < good.len; i += 9) {
        const uint8_t was = text[i + 2];
        text[i + 2] = '0'; /* not in base32 */
        assert_int_equal(scan(span_of(text, good.len + 2), one, other), SAFETY_NUMBER_DAMAGED);
        text[i + 2] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_other_keys_are_seen),
        cmocka_unit_test(test_man_in_the_middle_is_seen),
        cmocka_unit_test(test_other_texts),
        cmocka_unit_test(test_order_is_checked),
        cmocka_unit_test(test_damage_is_not_danger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
