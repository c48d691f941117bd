/*
 * Join codes as people type them, and what they are told when they mistype.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/code.h"

static const char *text_of(const struct code *code)
{
    static char out[CODE_TEXT_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    code_write(&w, code);
    assert_int_equal(wr_finish_text(&w), 0);
    return out;
}

static void test_typed_forms(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "7-apple-river-stone", "7 apple river stone", "  7 - APPLE -- River,stone. \n",
        "007-app-riv-sto",     "7apple river stone",  "7_apple_river_stone",
        "7-appl rive\tston",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct code code = {.number = 0};
        struct code_fault fault;
        assert_int_equal(code_parse(&code, &fault, span_from_text(forms[i])), 0);
        assert_int_equal(code.list, WORDS_ENGLISH);
        assert_string_equal(text_of(&code), "7-apple-river-stone");
    }
    struct code code = {.number = 0};
    struct code_fault fault;
    assert_int_equal(code_parse(&code, &fault, span_from_text("999 safari twiga asali")), 0);
    assert_int_equal(code.list, WORDS_SWAHILI);
    assert_string_equal(text_of(&code), "999-safari-twiga-asali");
}

static void test_faults_are_explained(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        enum code_problem problem;
        const char *said; /* a part of the sentence */
    } cases[] = {
        {"", CODE_NO_NUMBER, "number from 1 to 999"},
        {"apple-river-stone", CODE_NO_NUMBER, "number from 1 to 999"},
        {"0-apple-river-stone", CODE_NO_NUMBER, "number from 1 to 999"},
        {"1000-apple-river-stone", CODE_NO_NUMBER, "number from 1 to 999"},
        {"99999999999999999999-apple-river-stone", CODE_NO_NUMBER, "number from 1 to 999"},
        {"7", CODE_TOO_FEW, "missing"},
        {"7-apple-river", CODE_TOO_FEW, "missing"},
        {"7-apple-river-stone-moon", CODE_TOO_MANY, "more than that"},
        {"7-apple-river-stone 8", CODE_TOO_MANY, "more than that"},
        {"7-apple-rivvr-stone", CODE_UNKNOWN,
         "Word 2, \"rivvr\", is in neither list of words; "
         "\"river\" is near."},
        {"7-apple-river-st", CODE_SHORT, "Word 3, \"st\", needs at least three letters."},
        {"7-apple-river-qqqqqqqq", CODE_UNKNOWN,
         "Word 3, \"qqqqqqqq\", is in neither list of words."},
        {"7-a\x01\xff\"e-river-stone", CODE_UNKNOWN, "\"a???e\""},
        {"7-safari-river-stone", CODE_TWO_TONGUES, "all English or all Swahili"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct code code = {.number = 77};
        struct code_fault fault;
        char out[160];
        struct wr w;
        assert_int_equal(code_parse(&code, &fault, span_from_text(cases[i].typed)),
                         WAVU_ERR_INVALID);
        assert_int_equal(fault.problem, cases[i].problem);
        assert_int_equal(code.number, 77);
        wr_init(&w, span_mut_of(out, sizeof out));
        code_explain(&w, &fault);
        assert_int_equal(wr_finish_text(&w), 0);
        assert_non_null(strstr(out, cases[i].said));
    }
}

static void test_long_text_is_refused(void **state)
{
    (void)state;
    char typed[CODE_TYPED_MAX + 2];
    struct code code;
    struct code_fault fault;
    memset(typed, ' ', sizeof typed);
    memcpy(typed, "7-apple-river-stone", 19);
    assert_int_equal(code_parse(&code, &fault, span_of(typed, CODE_TYPED_MAX)), 0);
    assert_int_equal(code_parse(&code, &fault, span_of(typed, CODE_TYPED_MAX + 1)),
                     WAVU_ERR_INVALID);
    assert_int_equal(fault.problem, CODE_TOO_MANY);
    memset(typed + 2, 'a', CODE_TYPED_MAX - 2); /* one long word */
    assert_int_equal(code_parse(&code, &fault, span_of(typed, CODE_TYPED_MAX)), WAVU_ERR_INVALID);
    assert_int_equal(strlen(fault.typed), WORDS_TYPED_MAX);
}

/* What is drawn is written and read again, and draws reach every number and word. */
static void test_words_are_24_bits(void **state)
{
    (void)state;
    struct random_seeded seeded;
    bool words[CODE_WORDS][WORDS_COUNT] = {{false}};
    bool numbers[CODE_NUMBER_MAX + 1] = {false};
    random_seeded_init(&seeded, 11);
    const struct random random = random_from_seeded(&seeded);
    for (size_t i = 0; i < 20000; i++) {
        struct code code;
        struct code again;
        struct code_fault fault;
        code_make(&code, i % 2 == 0 ? WORDS_ENGLISH : WORDS_SWAHILI, &random);
        assert_int_equal(code_parse(&again, &fault, span_from_text(text_of(&code))), 0);
        assert_int_equal(again.number, code.number);
        assert_int_equal(again.list, code.list);
        assert_memory_equal(again.words, code.words, CODE_WORDS);
        numbers[code.number] = true;
        for (size_t w = 0; w < CODE_WORDS; w++) {
            words[w][code.words[w]] = true;
        }
    }
    assert_false(numbers[0]);
    for (size_t i = 1; i <= CODE_NUMBER_MAX; i++) {
        assert_true(numbers[i]);
    }
    for (size_t w = 0; w < CODE_WORDS; w++) {
        for (size_t i = 0; i < WORDS_COUNT; i++) {
            assert_true(words[w][i]);
        }
    }
}

static void test_secret_form(void **state)
{
    (void)state;
    struct code code;
    struct code_fault fault;
    uint8_t out[CODE_TEXT_MAX];
    struct wr w;
    assert_int_equal(code_parse(&code, &fault, span_from_text("12 APP riv Stone")), 0);
    wr_init(&w, span_mut_of(out, sizeof out));
    code_write_secret(&w, &code);
    assert_true(span_is_equal(wr_span(&w), span_from_text("apple-river-stone")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_typed_forms),          cmocka_unit_test(test_faults_are_explained),
        cmocka_unit_test(test_long_text_is_refused), cmocka_unit_test(test_words_are_24_bits),
        cmocka_unit_test(test_secret_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
