/* Texts for bytes: published vectors, strictness, room and size limits. */
#include "base/multibase.h"

#include "tests/base/unit.h"
#include "wavu/err.h"

/* As UNIT_TEXT, for tables. */
#define ROW_TEXT(text)                                                                             \
    {                                                                                              \
        (const uint8_t *)("" text), sizeof(text) - 1                                               \
    }

struct row {
    enum multibase base;
    const char *text; /* without prefix */
    struct span bytes;
};

#define YES ROW_TEXT("yes mani !")
#define ZERO_YES ROW_TEXT("\0yes mani !")
#define ZEROS_YES ROW_TEXT("\0\0yes mani !")

/* multiformats/multibase: basic and leading zero vectors. */
static const struct row multibase_rows[] = {
    {MULTIBASE_BASE16, "796573206d616e692021", YES},
    {MULTIBASE_BASE32, "pfsxgidnmfxgsibb", YES},
    {MULTIBASE_BASE36, "2lcpzo5yikidynfl", YES},
    {MULTIBASE_BASE58BTC, "7paNL19xttacUY", YES},
    {MULTIBASE_BASE64, "eWVzIG1hbmkgIQ", YES},
    {MULTIBASE_BASE64URL, "eWVzIG1hbmkgIQ", YES},
    {MULTIBASE_BASE16, "00796573206d616e692021", ZERO_YES},
    {MULTIBASE_BASE32, "ab4wk4zanvqw42jaee", ZERO_YES},
    {MULTIBASE_BASE36, "02lcpzo5yikidynfl", ZERO_YES},
    {MULTIBASE_BASE58BTC, "17paNL19xttacUY", ZERO_YES},
    {MULTIBASE_BASE64, "AHllcyBtYW5pICE", ZERO_YES},
    {MULTIBASE_BASE64URL, "AHllcyBtYW5pICE", ZERO_YES},
    {MULTIBASE_BASE16, "0000796573206d616e692021", ZEROS_YES},
    {MULTIBASE_BASE32, "aaahszltebwwc3tjeaqq", ZEROS_YES},
    {MULTIBASE_BASE36, "002lcpzo5yikidynfl", ZEROS_YES},
    {MULTIBASE_BASE58BTC, "117paNL19xttacUY", ZEROS_YES},
    {MULTIBASE_BASE64, "AAB5ZXMgbWFuaSAh", ZEROS_YES},
    {MULTIBASE_BASE64URL, "AAB5ZXMgbWFuaSAh", ZEROS_YES},
};

/* RFC 4648 section 10 without padding; draft-msporny-base58-03 section 5. */
static const struct row other_rows[] = {
    {MULTIBASE_BASE64, "", ROW_TEXT("")},
    {MULTIBASE_BASE64, "Zg", ROW_TEXT("f")},
    {MULTIBASE_BASE64, "Zm8", ROW_TEXT("fo")},
    {MULTIBASE_BASE64, "Zm9v", ROW_TEXT("foo")},
    {MULTIBASE_BASE64, "Zm9vYg", ROW_TEXT("foob")},
    {MULTIBASE_BASE64, "Zm9vYmE", ROW_TEXT("fooba")},
    {MULTIBASE_BASE64, "Zm9vYmFy", ROW_TEXT("foobar")},
    {MULTIBASE_BASE64, "+/+/", ROW_TEXT("\xfb\xff\xbf")},
    {MULTIBASE_BASE64URL, "-_-_", ROW_TEXT("\xfb\xff\xbf")},
    {MULTIBASE_BASE32, "my", ROW_TEXT("f")},
    {MULTIBASE_BASE32, "mzxq", ROW_TEXT("fo")},
    {MULTIBASE_BASE32, "mzxw6", ROW_TEXT("foo")},
    {MULTIBASE_BASE32, "mzxw6yq", ROW_TEXT("foob")},
    {MULTIBASE_BASE32, "mzxw6ytb", ROW_TEXT("fooba")},
    {MULTIBASE_BASE32, "mzxw6ytboi", ROW_TEXT("foobar")},
    {MULTIBASE_BASE16, "666f6f626172", ROW_TEXT("foobar")},
    {MULTIBASE_BASE58BTC, "2NEpo7TZRRrLZSi2U", ROW_TEXT("Hello World!")},
    {MULTIBASE_BASE58BTC, "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
     ROW_TEXT("The quick brown fox jumps over the lazy dog.")},
    {MULTIBASE_BASE58BTC, "11233QC4", ROW_TEXT("\x00\x00\x28\x7f\xb4\xcd")},
    {MULTIBASE_BASE58BTC, "111", ROW_TEXT("\0\0\0")},
    {MULTIBASE_BASE58BTC, "", ROW_TEXT("")},
    {MULTIBASE_BASE36, "0", ROW_TEXT("\0")},
    {MULTIBASE_BASE36, "73", ROW_TEXT("\xff")},
};

static const enum multibase bases[] = {MULTIBASE_BASE16,    MULTIBASE_BASE32, MULTIBASE_BASE36,
                                       MULTIBASE_BASE58BTC, MULTIBASE_BASE64, MULTIBASE_BASE64URL};

static void check_row(const struct row *row)
{
    char text[128];
    uint8_t bytes[64];
    struct wr w;
    wr_init(&w, span_mut_of(text, sizeof text));
    multibase_encode(&w, row->base, row->bytes);
    assert_int_equal(wr_finish_text(&w), 0);
    assert_string_equal(text, row->text);

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(multibase_decode(&w, row->base, span_from_text(row->text)), 0);
    assert_true(span_is_equal(wr_span(&w), row->bytes));

    text[0] = (char)row->base;
    memcpy(text + 1, row->text, strlen(row->text) + 1);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(multibase_decode_prefixed(&w, span_from_text(text)), 0);
    assert_true(span_is_equal(wr_span(&w), row->bytes));
}

static void test_published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof multibase_rows / sizeof multibase_rows[0]; i++)
        check_row(&multibase_rows[i]);
    for (size_t i = 0; i < sizeof other_rows / sizeof other_rows[0]; i++)
        check_row(&other_rows[i]);
}

static int decode(enum multibase base, const char *text)
{
    uint8_t out[64];
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    int rc = multibase_decode(&w, base, span_from_text(text));
    if (rc != 0)
        assert_int_equal(w.len, 0); /* nothing is written by halves */
    return rc;
}

static void test_other_texts_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum multibase base;
        const char *text;
    } rows[] = {
        {MULTIBASE_BASE16, "f"},        {MULTIBASE_BASE16, "0g"},      {MULTIBASE_BASE16, "00 "},
        {MULTIBASE_BASE32, "m"},        {MULTIBASE_BASE32, "mzx"},     {MULTIBASE_BASE32, "mz"},
        {MULTIBASE_BASE32, "my======"}, {MULTIBASE_BASE32, "m1"},      {MULTIBASE_BASE36, "a-b"},
        {MULTIBASE_BASE58BTC, "0"},     {MULTIBASE_BASE58BTC, "O"},    {MULTIBASE_BASE58BTC, "I"},
        {MULTIBASE_BASE58BTC, "l"},     {MULTIBASE_BASE58BTC, " 1"},   {MULTIBASE_BASE64, "Z"},
        {MULTIBASE_BASE64, "Zh"},       {MULTIBASE_BASE64, "Zg=="},    {MULTIBASE_BASE64, "-_-_"},
        {MULTIBASE_BASE64URL, "+/+/"},  {MULTIBASE_BASE64URL, "Zm9"},  {MULTIBASE_BASE64, "Zm9v\n"},
        {MULTIBASE_BASE32, "\xc3\xa9"}, {MULTIBASE_BASE64URL, "\x80"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(decode(rows[i].base, rows[i].text), WAVU_ERR_INVALID);
    assert_int_equal(decode((enum multibase)'1', "11"), WAVU_ERR_INVALID);
}

/* multiformats/multibase: case insensitivity; the mixed-case bases stay sensitive. */
static void test_one_case_alphabets_read_either_case(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MULTIBASE_BASE16, "68656c6c6f20776F726C64", ROW_TEXT("hello world")},
        {MULTIBASE_BASE32, "nbswy3DPEB3W64tmmq", ROW_TEXT("hello world")},
        {MULTIBASE_BASE36, "FuvrsivvnfrbjwAjo", ROW_TEXT("hello world")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[64];
        struct wr w;
        wr_init(&w, span_mut_of(out, sizeof out));
        assert_int_equal(multibase_decode(&w, rows[i].base, span_from_text(rows[i].text)), 0);
        assert_true(span_is_equal(wr_span(&w), rows[i].bytes));
    }
}

static void test_prefixes(void **state)
{
    (void)state;
    uint8_t out[8];
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    assert_int_equal(multibase_decode_prefixed(&w, span_empty()), WAVU_ERR_INVALID);
    for (unsigned int c = 0; c < 256; c++) {
        uint8_t text[1] = {(uint8_t)c};
        bool is_known = c != 0 && strchr("fbkzmu", (int)c) != NULL;
        int rc = multibase_decode_prefixed(&w, span_of(text, 1));
        assert_int_equal(rc, is_known ? 0 : WAVU_ERR_INVALID);
    }
    assert_int_equal(w.len, 0);
}

/* The longest input in every base, all ones and all zeros, goes there and back. */
static void test_the_longest_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof bases / sizeof bases[0]; i++) {
        enum multibase base = bases[i / 2];
        uint8_t bytes[MULTIBASE_INPUT_MAX + 1];
        uint8_t back[MULTIBASE_INPUT_MAX];
        char text[2 * MULTIBASE_INPUT_MAX + 2];
        memset(bytes, i % 2 == 0 ? 0xff : 0, sizeof bytes);
        struct wr w;
        wr_init(&w, span_mut_of(text, sizeof text));
        multibase_encode(&w, base, span_of(bytes, MULTIBASE_INPUT_MAX));
        assert_int_equal(wr_finish(&w), 0);
        struct span encoded = wr_span(&w);
        wr_init(&w, span_mut_of(back, sizeof back));
        assert_int_equal(multibase_decode(&w, base, encoded), 0);
        assert_true(span_is_equal(wr_span(&w), span_of(bytes, MULTIBASE_INPUT_MAX)));

        wr_init(&w, span_mut_of(text, sizeof text));
        multibase_encode(&w, base, span_of(bytes, sizeof bytes));
        assert_int_equal(wr_finish(&w), WAVU_ERR_LIMIT);
    }
}

static void test_longer_texts_are_refused(void **state)
{
    (void)state;
    char text[2 * MULTIBASE_INPUT_MAX + 1];
    uint8_t out[2 * MULTIBASE_INPUT_MAX];
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        struct wr w;
        /* 'A' is a digit everywhere; '1' is none in base32 only. */
        memset(text, 'A', sizeof text);
        wr_init(&w, span_mut_of(out, sizeof out));
        assert_int_equal(multibase_decode(&w, bases[i], span_of(text, sizeof text)),
                         WAVU_ERR_LIMIT);
        /* Few enough characters, but more bytes than one may decode to. */
        if (bases[i] == MULTIBASE_BASE16)
            continue;
        int rc = multibase_decode(&w, bases[i], span_of(text, sizeof text - 1));
        assert_int_equal(rc, WAVU_ERR_LIMIT);
        assert_int_equal(w.len, 0);
    }
}

static void test_a_full_writer_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof multibase_rows / sizeof multibase_rows[0]; i++) {
        const struct row *row = &multibase_rows[i];
        uint8_t out[32];
        struct wr w;
        wr_init(&w, span_mut_of(out, strlen(row->text) - 1));
        multibase_encode(&w, row->base, row->bytes);
        assert_int_equal(wr_finish(&w), WAVU_ERR_LIMIT);
        assert_int_equal(w.len, strlen(row->text)); /* measured */
        wr_init(&w, span_mut_of(out, row->bytes.len - 1));
        assert_int_equal(multibase_decode(&w, row->base, span_from_text(row->text)),
                         WAVU_ERR_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_published_vectors),
        UNIT(test_other_texts_are_refused),
        UNIT(test_one_case_alphabets_read_either_case),
        UNIT(test_prefixes),
        UNIT(test_the_longest_input),
        UNIT(test_longer_texts_are_refused),
        UNIT(test_a_full_writer_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
