/*
 * Calls for help that are open: which count, what is told of them, when they are looked up.
 */
#include "apps/talk/talk_calls.h"

#include "tests/apps/talk/node_calls.h"

static int called;

static void on_called(void *context)
{
    (void)context;
    called++;
}

static void look(const char *calls)
{
    node_calls = calls;
    talk_calls_want(the_talk);
    node_settle();
}

static int start(void **state)
{
    node_calls = "[]";
    node_calls_asked = 0;
    called = 0;
    return node_start_settled(state);
}

static void only_open_ones_count(void **state)
{
    char line[TALK_LINE_MAX];
    (void)state;
    assert_int_equal(node_calls_asked, 1); /* at first */
    assert_false(talk_calls_line(the_talk, true, line));
    assert_false(talk_calls_line(the_talk, false, line));
    look("[" NODE_CALLS_SEEN "," NODE_CALLS_OVER "]");
    assert_int_equal(talk_calls(the_talk)->others, 0);
    assert_int_equal(talk_calls(the_talk)->owns, 0);
    look("[" NODE_CALLS_BARAKA "," NODE_CALLS_SEEN "]");
    assert_true(talk_calls_line(the_talk, false, line));
    assert_string_equal(line, "Baraka CALLS FOR HELP. /sos seen tells them that you saw it.");
    assert_true((talk_news(the_talk) & TALK_NEWS_CALLS) != 0);
}

/* The newest stands for all, since that is what /sos seen answers; what it says is made safe. */
static void the_newest_is_told(void **state)
{
    char line[TALK_LINE_MAX];
    (void)state;
    look("[" NODE_CALLS_BARAKA "," NODE_CALLS_CHUI "," NODE_CALLS_OWN "]");
    assert_int_equal(talk_calls(the_talk)->others, 2);
    assert_true(talk_calls_line(the_talk, false, line));
    assert_null(strchr(line, '\x1b'));
    assert_non_null(strstr(line, "Chui CALLS FOR HELP. /sos seen tells them that you saw it. "
                                 "Others who call: 1. \"the "));
    assert_true(talk_calls_line(the_talk, true, line));
    assert_string_equal(line, "You call for help. Called: 3, reached: 2, seen by: 1. /sos cancel "
                              "ends it. \"fire\"");
    look("[]");
    assert_false(talk_calls_line(the_talk, true, line));
    assert_false(talk_calls_line(the_talk, false, line));
}

/* Wishes while one look is under way become one more, not one each. */
static void many_wishes_are_one_question(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        talk_calls_want(the_talk);
    }
    node_settle();
    assert_int_equal(node_calls_asked, 3);
}

static void events_bring_them(void **state)
{
    char line[TALK_LINE_MAX];
    (void)state;
    node_calls = "[" NODE_CALLS_BARAKA "]";
    node_event_take(
        json_pack("{s:s, s:{s:s, s:n}}", "event", "sosCalled", "call", "shown", "Baraka", "text"));
    node_settle();
    assert_true(talk_calls_line(the_talk, false, line));
    assert_int_equal(told.told, 1); /* a face that does not show them is told */
    node_calls = "[" NODE_CALLS_CHUI "," NODE_CALLS_BARAKA "]"; /* one whose alarm is held back */
    json_t *said = node_said_event(0, node_add(0, 0), false);
    assert_int_equal(json_object_set_new(said, "kind", json_string("sos")), 0);
    node_event_take(said);
    node_settle();
    assert_int_equal(talk_calls(the_talk)->others, 2);
    node_calls = "[]";
    node_event_take(json_pack("{s:s, s:{s:s}}", "event", "sosOver", "call", "shown", "Baraka"));
    node_settle();
    assert_false(talk_calls_line(the_talk, false, line));
}

/* Who comes later hears of what is open, once. */
static void what_was_there_before_is_told(void **state)
{
    (void)state;
    talk_free(the_talk);
    the_talk = NULL;
    node_calls = "[" NODE_CALLS_BARAKA "]";
    assert_int_equal(talk_new(node_path, &node_user, NULL, &the_talk), 0);
    node_settle();
    assert_int_equal(told.told, 1);
    assert_int_equal(told.tone, TALK_ALERT);
    assert_string_equal(told.line, "Baraka CALLS FOR HELP. /sos seen tells them that you saw it.");
    talk_calls_want(the_talk);
    node_settle();
    assert_int_equal(told.told, 1);
}

static void a_face_that_shows_them_is_not_told(void **state)
{
    const struct talk_user user = {.told = node_on_told, .called = on_called};
    (void)state;
    talk_free(the_talk);
    the_talk = NULL;
    node_calls = "[" NODE_CALLS_BARAKA "]";
    assert_int_equal(talk_new(node_path, &user, NULL, &the_talk), 0);
    node_settle();
    node_event_take(
        json_pack("{s:s, s:{s:s, s:n}}", "event", "sosCalled", "call", "shown", "Baraka", "text"));
    node_settle();
    assert_int_equal(called, 1);
    assert_int_equal(told.told, 0);
    talk_free(the_talk);
    the_talk = NULL;
}

#define CALLS(test) cmocka_unit_test_setup_teardown(test, start, node_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALLS(only_open_ones_count),          CALLS(the_newest_is_told),
        CALLS(many_wishes_are_one_question),  CALLS(events_bring_them),
        CALLS(what_was_there_before_is_told), CALLS(a_face_that_shows_them_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
