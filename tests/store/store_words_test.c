/* What a word is: lower case, without accents, in the scripts that people write in. */
#include "store/store_words.h"

#include "tests/base/unit.h"

static void expect_words(const char *text, const char *expected)
{
    struct store_words w;
    uint8_t word[STORE_WORDS_SIZE_MAX];
    char got[400] = "";
    size_t at = 0;
    size_t len;

    store_words_init(&w, span_from_text(text));
    while ((len = store_words_next(&w, word)) > 0) {
        at += (size_t)snprintf(got + at, sizeof got - at, "%.*s|", (int)len, (const char *)word);
    }
    assert_string_equal(got, expected);
}

static void test_latin(void **state)
{
    (void)state;
    expect_words("", "");
    expect_words(" .,;-!\n\t", "");
    expect_words("Hello, World_2 x-y don't", "hello|world|2|x|y|don|t|");
    expect_words("ÄÖÜ äöü ÉÈ Ñandú", "aou|aou|ee|nandu|");
    expect_words("Straße STRAẞE", "straße|straße|");
    expect_words("Łódź ŽLUŤOUČKÝ İstanbul ıspanak", "lodz|zlutoucky|istanbul|ispanak|");
    expect_words("Việt Nam Đường", "viet|nam|duong|");
    expect_words("cafe\xcc\x81 = café", "cafe|cafe|"); /* decomposed and composed */
    expect_words("Æ æ Œ œ Ð ð Þ þ Ŋ ŋ", "æ|æ|œ|œ|ð|ð|þ|þ|ŋ|ŋ|");
    expect_words("\xc2\xbfQu\xc3\xa9? \xe2\x80\x9cno\xe2\x80\x9d\xe2\x80\x94si", "que|no|si|");
    expect_words("Ｗａｖｕ　２", "wavu|2|");
}

static void test_greek_and_cyrillic(void **state)
{
    (void)state;
    expect_words("ΚΑΛΗΜΈΡΑ Καλημέρα", "καλημερα|καλημερα|");
    expect_words("ΟΔΟΣ οδος οδός", "οδοσ|οδοσ|οδοσ|");
    expect_words("ΐ ΰ ἄνθρωπος ᾠδή", "ι|υ|ανθρωποσ|ωδη|");
    expect_words("ПРИВЕТ Привет, МИР", "привет|привет|мир|");
    expect_words("Ёлка ЙОД й ї Ў ѐ", "елка|иод|и|і|у|е|");
    expect_words("и\xcc\x86од", "иод|"); /* decomposed */
    expect_words("ЂЃЄЅІЈЉЊЋЌЏ", "ђгєѕіјљњћкџ|");
    expect_words("Ѡ Ҋ Ӂ Ӏ Ӑ Ԁ", "ѡ|ҋ|ӂ|ӏ|ӑ|ԁ|");
    expect_words("ԱԲԳ", "աբգ|");
}

static void test_scripts_without_spaces(void **state)
{
    (void)state;
    expect_words("東京タワーへ", "東|京|タ|ワ|ー|へ|");
    expect_words("go東京go", "go|東|京|go|");
    expect_words("안녕하세요 세계", "안녕하세요|세계|");
    expect_words("สวัสดี", "สวัสดี|");
    expect_words("مَرْحَبًا", "مرحبا|"); /* without the vowels' signs */
    expect_words("ok 👍🏽 ❤\xef\xb8\x8f!", "ok|👍|❤|");
}

static void test_bytes_that_are_no_text(void **state)
{
    (void)state;
    expect_words("a\xff"
                 "b\xc3",
                 "a|b|");
    expect_words("a\xc0\xaf"
                 "b",
                 "a|b|"); /* too long a form */
    expect_words("a\xed\xa0\x80"
                 "b",
                 "a|b|"); /* a surrogate */
    expect_words("a\xf4\x90\x80\x80"
                 "b",
                 "a|b|"); /* behind the end */
    expect_words("a\xe2\x82"
                 "b",
                 "a|b|"); /* cut */
    expect_words("a\xf8\x88\x80\x80\x80"
                 "b",
                 "a|b|");
}

static void test_long_words_count_by_their_beginning(void **state)
{
    (void)state;
    expect_words("aaaaaaaaaabbbbbbbbbbccccccccccddddd x", "aaaaaaaaaabbbbbbbbbbccccccccccdd|x|");
    expect_words("ббббббббббббббббб", "бббббббббббббббб|");   /* 17: no half letters */
    expect_words("aбббббббббббббббббa", "aббббббббббббббб|"); /* nor what would fit behind */
}

static void test_unfinished_queries(void **state)
{
    (void)state;
    assert_true(store_words_is_open(UNIT_TEXT("hel")));
    assert_true(store_words_is_open(UNIT_TEXT("hello wor")));
    assert_true(store_words_is_open(UNIT_TEXT("caf\xc3\xa9")));
    assert_false(store_words_is_open(UNIT_TEXT("hello ")));
    assert_false(store_words_is_open(UNIT_TEXT("hello.")));
    assert_false(store_words_is_open(UNIT_TEXT("東")));
    assert_false(store_words_is_open(UNIT_TEXT("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_latin),
        UNIT(test_greek_and_cyrillic),
        UNIT(test_scripts_without_spaces),
        UNIT(test_bytes_that_are_no_text),
        UNIT(test_long_words_count_by_their_beginning),
        UNIT(test_unfinished_queries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
