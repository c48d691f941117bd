/* A QR in half blocks: its size, its corners, and what does not fit. */
#include "apps/term/qr_blocks.h"

#include <string.h>

#include "tests/base/unit.h"

static char out[QR_BLOCKS_TEXT_MAX];

static size_t lines(void)
{
    size_t count = 0;

    for (const char *at = out; (at = strchr(at, '\n')) != NULL; at++) {
        count++;
    }
    return count;
}

static void test_a_picture(void **state)
{
    (void)state;
    if (!qr_blocks_write(out, sizeof out, "WAVU:JOIN:1:ABC", 80)) {
        assert_string_equal(out, ""); /* built without libqrencode */
        skip();
    }
    /* Version 1: 21 modules and the quiet ones. The upper left corner's first two rows: a border of
     * seven dark, then dark, five light, dark. */
    assert_int_equal(lines(), (21 + 2 * QR_BLOCKS_QUIET + 1) / 2);
    const char *second = strchr(out, '\n') + 1;
    assert_true(strncmp(second, "\x1b[30;47m  █▀▀▀▀▀█ ", strlen("\x1b[30;47m  █▀▀▀▀▀█ ")) == 0);
}

static void test_what_does_not_fit(void **state)
{
    static char text[4000];

    (void)state;
    assert_false(qr_blocks_write(out, sizeof out, "WAVU:JOIN:1:ABC", 20));
    assert_string_equal(out, "");
    memset(text, 'a', sizeof text - 1); /* more than a QR holds */
    assert_false(qr_blocks_write(out, sizeof out, text, 1000));
    assert_string_equal(out, "");
    assert_false(qr_blocks_write(out, 100, "WAVU:JOIN:1:ABC", 80));
    assert_string_equal(out, "");
    memset(text, 'A', 800); /* the longest of ours */
    text[800] = '\0';
    bool is_written = qr_blocks_write(out, sizeof out, text, 1000);
    assert_true(is_written || out[0] == '\0');
    assert_false(qr_blocks_write(out, sizeof out, "", 80));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_picture),
        UNIT(test_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
