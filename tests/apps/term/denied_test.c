/*
 * The two sentences, of whatever name.
 */
#include "apps/term/denied.h"

#include "tests/base/unit.h"

#include <string.h>

static char line[DENIED_LINE_MAX];

static void it_is_said_as_what_others_say(void **state)
{
    (void)state;
    assert_string_equal(denied_write("savanna", line),
                        "the others say that you are not in savanna any more, and do not hear you: "
                        "ask one of them");
    assert_string_equal(denied_write_over("savanna", line),
                        "nobody says any more that you are not in savanna");
}

static void whatever_it_is_called(void **state)
{
    char name[400];
    (void)state;
    assert_null(strchr(denied_write("a\x1b[2J", line), '\x1b'));
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_non_null(strstr(denied_write(name, line), ": ask one of them"));
    assert_true(strlen(line) < DENIED_LINE_MAX - 60); /* other languages are longer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(it_is_said_as_what_others_say),
        UNIT(whatever_it_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
