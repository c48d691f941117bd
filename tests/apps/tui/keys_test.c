/*
 * Which key is which: what terminals deliver, and nothing that they cannot.
 */
#include "apps/tui/keys.h"

#include "tests/base/unit.h"

#include <curses.h>

static struct keys plain(uint32_t code)
{
    struct keys_state state = {0};
    return keys_of(&state, false, code, false);
}

static struct keys alt(bool is_code, uint32_t code)
{
    struct keys_state state = {0};
    return keys_of(&state, is_code, code, true);
}

static struct keys code(uint32_t number)
{
    struct keys_state state = {0};
    return keys_of(&state, true, number, false);
}

static void controls(void **state)
{
    (void)state;
    /* Ctrl+I, Ctrl+M and Ctrl+H are Tab, Enter and Backspace. */
    assert_int_equal(plain('\t').edit, INPUT_TAB);
    assert_int_equal(plain('\r').edit, INPUT_ENTER);
    assert_int_equal(plain('\b').edit, INPUT_BACKSPACE);
    assert_int_equal(plain('\n').edit, INPUT_NEWLINE);
    assert_int_equal(plain(5).kind, KEYS_CTRL_E);
    assert_int_equal(plain(6).kind, KEYS_CTRL_F);
    assert_int_equal(plain(14).kind, KEYS_NEXT);
    assert_int_equal(plain(16).kind, KEYS_PREVIOUS);
    assert_int_equal(plain(0x7f).edit, INPUT_BACKSPACE);
    assert_int_equal(plain('x').kind, KEYS_LETTER);
    assert_int_equal(plain(0x6c34).point, 0x6c34);
}

static void alt_and_letters(void **state)
{
    (void)state;
    assert_int_equal(alt(false, '3').kind, KEYS_CHAT);
    assert_int_equal(alt(false, '3').number, 3);
    assert_int_equal(alt(false, 'a').kind, KEYS_ACTIVE);
    assert_int_equal(alt(false, '\r').edit, INPUT_NEWLINE);
    assert_int_equal(alt(false, 'b').edit, INPUT_WORD_LEFT);
    assert_int_equal(alt(true, KEY_LEFT).kind, KEYS_PREVIOUS);
    assert_int_equal(alt(true, KEY_F(1)).kind, KEYS_OTHER);  /* Escape, then F1 */
    assert_int_equal(alt(false, KEY_LEFT).kind, KEYS_OTHER); /* a letter of that number */
    assert_int_equal(alt(false, 'z').kind, KEYS_OTHER);
}

static void function_keys(void **state)
{
    static const enum keys_kind kinds[] = {KEYS_HELP, KEYS_INVITE, KEYS_MEMBERS, KEYS_IDENTITY,
                                           KEYS_LINKS};
    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(code(KEY_F(i + 1)).kind, kinds[i]);
    }
    assert_int_equal(code(KEY_PPAGE).kind, KEYS_PAGE_UP);
    assert_int_equal(code(KEY_UP).edit, INPUT_UP);
    assert_int_equal(code(KEY_F(9)).kind, KEYS_OTHER);
}

/* In a paste nothing is a key: Enter and the rest are letters of the text. */
static void a_paste_is_text(void **state)
{
    struct keys_state keys = {0};
    (void)state;
    assert_int_equal(keys_of(&keys, true, KEY_MAX + 1, false).edit, INPUT_PASTE_BEGIN);
    assert_int_equal(keys_of(&keys, false, '\r', false).kind, KEYS_LETTER);
    assert_int_equal(keys_of(&keys, false, 4, false).kind, KEYS_LETTER);
    assert_int_equal(keys_of(&keys, true, KEY_MAX + 2, false).edit, INPUT_PASTE_END);
    assert_int_equal(keys_of(&keys, false, '\r', false).edit, INPUT_ENTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controls),
        cmocka_unit_test(alt_and_letters),
        cmocka_unit_test(function_keys),
        cmocka_unit_test(a_paste_is_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
