/* Names of received files: no path, no device, no trick. */
#include "sync/file_name.h"

#include "base/random.h"
#include "base/utf8.h"
#include "tests/base/unit.h"

static void expect_len(const char *name, size_t len, uint32_t number, const char *stored)
{
    char out[FILE_NAME_SIZE_MAX + 1];

    file_name_make(out, span_of(name, len), number);
    assert_string_equal(out, stored);
}

static void expect(const char *name, const char *stored)
{
    expect_len(name, strlen(name), 1, stored);
}

/* docs/protocol/file.md */
static void names_cannot_escape(void **state)
{
    (void)state;
    expect("holiday.jpg", "holiday.jpg");
    expect("two words.tar.gz", "two words.tar.gz");
    expect("\xd8\xb5\xd9\x88\xd8\xb1\xd8\xa9.png", "\xd8\xb5\xd9\x88\xd8\xb1\xd8\xa9.png");
    expect("", "file");
    expect(".", "file");
    expect("..", "file");
    expect("../../etc/passwd", "_.._.._etc_passwd");
    expect("/etc/passwd", "_etc_passwd");
    expect("..\\..\\boot.ini", "_.._.._boot.ini");
    expect("C:\\x", "C__x");
    expect(".bashrc", "_.bashrc");
    expect("-rf", "_-rf");
    expect("~root", "_~root");
    expect("   ", "file");
    expect(" a ", "a");
    expect("a. . .", "a");
    expect("NUL", "_NUL");
    expect("nul.txt", "_nul.txt");
    expect("Com7 .log", "_Com7.log");
    expect("COM.log", "COM.log");
    expect("a\nb\x1b[2J", "a_b_[2J");
    expect("x\xe2\x80\xaegpj.exe", "x_gpj.exe"); /* turns the line around */
    expect("\xff\xfe.txt", "__.txt");
    expect("a*b?c\"d<e>f|g:h", "a_b_c_d_e_f_g_h");
    expect_len("a\0b.txt", 7, 1, "a_b.txt");
}

static void test_numbers_stand_before_the_ending(void **state)
{
    (void)state;
    expect_len("a.txt", 5, 2, "a (2).txt");
    expect_len("a", 1, 37, "a (37)");
    expect_len("..", 2, 2, "file (2)");
    expect_len("a.tar.gz", 8, FILE_NAME_NUMBER_MAX, "a.tar (10000).gz");
}

/* Whatever comes in, the same holds of what leaves. */
static void test_any_bytes(void **state)
{
    struct random_seeded seeded;
    struct random random;
    uint8_t name[FILE_NAME_SIZE_MAX];
    char out[FILE_NAME_SIZE_MAX + 1];

    (void)state;
    random_seeded_init(&seeded, 5);
    random = random_from_seeded(&seeded);
    for (int round = 0; round < 20000; round++) {
        static const char likely[] = "./\\ -~\xe2\x80\xae\x80nulcom1";
        size_t len = (size_t)random_below(&random, sizeof name + 1);

        for (size_t i = 0; i < len; i++) {
            name[i] = random_below(&random, 2) == 0
                          ? (uint8_t)likely[random_below(&random, sizeof likely)]
                          : (uint8_t)random_u64(&random);
        }
        file_name_make(out, span_of(name, len), 1 + (uint32_t)random_below(&random, 3));
        size_t got = strlen(out);

        assert_true(got > 0 && got <= FILE_NAME_SIZE_MAX);
        assert_true(utf8_is_plain(span_from_text(out)));
        assert_null(strpbrk(out, "/\\:*?\"<>|"));
        assert_null(strchr(".-~ ", out[0]));
        assert_true(out[got - 1] != '.' && out[got - 1] != ' ');
        assert_true(file_name_is_good(span_from_text(out)));
    }
}

static void test_long_names_keep_their_ending(void **state)
{
    char name[FILE_NAME_SIZE_MAX];
    char out[FILE_NAME_SIZE_MAX + 1];

    (void)state;
    for (size_t i = 0; i + 1 < sizeof name; i += 2) {
        memcpy(name + i, "\xc3\xa4", 2);
    }
    name[sizeof name - 1] = 'x';
    memcpy(name + sizeof name - 5, ".jpeg", 5);
    file_name_make(out, span_of(name, sizeof name), 12);
    assert_true(strlen(out) <= FILE_NAME_STORED_MAX + 10);
    assert_string_equal(out + strlen(out) - 10, " (12).jpeg");
    assert_true(utf8_is_plain(span_from_text(out)));
}

static void test_good_names(void **state)
{
    (void)state;
    assert_true(file_name_is_good(UNIT_TEXT("holiday.jpg")));
    assert_false(file_name_is_good(span_empty()));
    assert_false(file_name_is_good(UNIT_TEXT("a/b")));
    assert_false(file_name_is_good(UNIT_TEXT("..")));
    assert_false(file_name_is_good(UNIT_TEXT("a\xe2\x80\xae")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(names_cannot_escape), UNIT(test_numbers_stand_before_the_ending),
        UNIT(test_any_bytes),      UNIT(test_long_names_keep_their_ending),
        UNIT(test_good_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
