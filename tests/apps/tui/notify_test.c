/*
 * Notes on the desktop: where there may be some, and what is in them.
 */
#include "apps/tui/notify.h"

#include "tests/base/unit.h"

#include <stdlib.h>

static void only_where_the_person_sits(void **state)
{
    (void)state;
    assert_true(notify_is_wanted(false, "unix:path=/run/user/1000/bus"));
    assert_false(notify_is_wanted(true, "unix:path=/run/user/1000/bus"));
    assert_false(notify_is_wanted(false, NULL));
    assert_false(notify_is_wanted(false, ""));
}

static void markup_and_controls_are_harmless(void **state)
{
    char out[NOTIFY_TEXT_MAX];
    char longer[2000];
    (void)state;
    notify_escape(out, "<b>a & b</b>\x1b[1m\n");
    assert_string_equal(out, "&lt;b&gt;a &amp; b&lt;/b&gt;?[1m?");
    memset(longer, '&', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    notify_escape(out, longer);
    assert_true(strlen(out) < NOTIFY_TEXT_MAX && strlen(out) % 5 == 0);
    for (size_t i = 0; i + 3 < sizeof longer; i += 3) {
        memcpy(longer + i, "\u6c34", 3);
    }
    notify_escape(out, longer);
    assert_int_equal(strlen(out) % 3, 0); /* cut at a character */
}

static void without_a_desktop_nothing_happens(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("DBUS_SESSION_BUS_ADDRESS"), 0);
    assert_null(notify_open());
    notify_show(NULL, "a", "b");
    notify_pump(NULL);
    notify_close(NULL);
    assert_int_equal(notify_fd(NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_where_the_person_sits),
        cmocka_unit_test(markup_and_controls_are_harmless),
        cmocka_unit_test(without_a_desktop_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
