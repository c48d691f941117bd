/*
 * Colours where they are wanted, and what tells things apart without them.
 */
#include "apps/tui/theme.h"

#include "tests/base/unit.h"

static int colours(enum theme_wish wish, const char *no_color, const char *term, int have)
{
    const struct theme_world world = {no_color, term, have};
    return theme_colours(wish, &world);
}

static void the_environment_decides(void **state)
{
    (void)state;
    assert_int_equal(colours(THEME_AUTO, NULL, "xterm-256color", 256), 256);
    assert_int_equal(colours(THEME_AUTO, NULL, "linux", 8), 8);
    assert_int_equal(colours(THEME_AUTO, NULL, "xterm-16color", 16), 16);
    assert_int_equal(colours(THEME_AUTO, "1", "xterm-256color", 256), 0);
    assert_int_equal(colours(THEME_AUTO, "", "xterm-256color", 256), 256);
    assert_int_equal(colours(THEME_AUTO, NULL, "vt100", -1), 0);
    assert_int_equal(colours(THEME_AUTO, NULL, "dumb", 8), 0);
    assert_int_equal(colours(THEME_AUTO, NULL, NULL, 8), 8);
    assert_int_equal(colours(THEME_ALWAYS, "1", "xterm", 8), 8); /* a wish is stronger */
    assert_int_equal(colours(THEME_ALWAYS, NULL, "vt100", -1), 0);
    assert_int_equal(colours(THEME_NEVER, NULL, "xterm-256color", 256), 0);
}

static void styles_survive_without_colour(void **state)
{
    static const enum theme_role told[] = {THEME_BAR,    THEME_BAR_BAD, THEME_CHOSEN,
                                           THEME_UNREAD, THEME_MENTION, THEME_HIT};
    (void)state;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        struct theme_style style = theme_style(told[i], 0);
        assert_true(style.attributes != 0);
        assert_int_equal(style.foreground, -1);
        assert_int_equal(style.background, -1);
    }
    assert_int_not_equal(theme_style(THEME_UNREAD, 0).attributes,
                         theme_style(THEME_MENTION, 0).attributes);
    for (int role = 0; role < THEME_ROLES; role++) {
        assert_true(theme_style((enum theme_role)role, 8).foreground < 8);
        assert_true(theme_style((enum theme_role)role, 256).foreground < 256);
    }
}

/* Of 40 people few share colour and sign. */
static void senders_have_a_second_sign(void **state)
{
    char tags[40][3];
    int16_t looks[40];
    size_t alike = 0;
    (void)state;
    for (size_t i = 0; i < 40; i++) {
        char id[65];
        (void)snprintf(id, sizeof id, "%064zx", i * 7919);
        theme_tag(id, tags[i]);
        looks[i] = theme_sender(id, 256).foreground;
        assert_true(tags[i][0] >= 'a' && tags[i][0] <= 'z' && tags[i][1] >= '2' &&
                    tags[i][1] <= '9' && tags[i][2] == '\0');
        for (size_t k = 0; k < i; k++) {
            alike += strcmp(tags[i], tags[k]) == 0 && looks[i] == looks[k];
        }
    }
    assert_true(alike <= 3);
    assert_int_equal(theme_sender("x", 0).foreground, -1);
    assert_true(theme_sender("x", 8).foreground < 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_decides),
        cmocka_unit_test(styles_survive_without_colour),
        cmocka_unit_test(senders_have_a_second_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
