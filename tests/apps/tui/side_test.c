/*
 * The sidebar on a screen: what is unread, what is shown, which row is which.
 */
#include "apps/tui/side.h"

#include "tests/apps/talk/node.h"
#include "tests/apps/tui/canvas.h"

static const struct layout_box place = {1, 0, 22, 20};

static int start(void **state)
{
    return canvas_open(state) + node_start_settled(state);
}

static int stop(void **state)
{
    return canvas_close(state) + node_stop(state);
}

static void rooms_and_people_with_what_is_unread(void **state)
{
    (void)state;
    chat_named("safari")->unread = 3;
    chat_named("Baraka")->unread = 2;
    chat_named("Baraka")->mentions = 2;
    side_draw(the_talk, chat_named("safari"), &place);
    assert_string_equal(canvas_row(1), "nyumbani");
    assert_string_equal(canvas_row(2), " 1 # nyumbani");
    assert_string_equal(canvas_row(3), ">2 # safari       3");
    assert_string_equal(canvas_row(4), " 3 @ Baraka      !2");
    assert_true((canvas_look(3, 19) & A_REVERSE) != 0); /* the whole row of the one that is shown */
    assert_true((canvas_look(2, 19) & A_REVERSE) == 0);
    chat_named("safari")->unread = 1000;
    side_draw(the_talk, NULL, &place);
    assert_string_equal(canvas_row(3), " 2 # safari    999+");
}

static void a_row_is_a_chat(void **state)
{
    (void)state;
    struct talk_chat *main_room = chat_named("nyumbani");
    assert_null(side_at(the_talk, main_room, &place, 0)); /* the title */
    assert_null(side_at(the_talk, main_room, &place, 1)); /* a network's name */
    assert_ptr_equal(side_at(the_talk, main_room, &place, 2), main_room);
    assert_ptr_equal(side_at(the_talk, main_room, &place, 4), chat_named("Baraka"));
    assert_null(side_at(the_talk, main_room, &place, 5));
}

/* Where there is no room for all, the one that is shown is there. */
static void what_is_shown_is_seen(void **state)
{
    const struct layout_box low = {1, 0, 2, 20};
    (void)state;
    struct talk_chat *last = chat_named("Baraka");
    side_draw(the_talk, last, &low);
    assert_string_equal(canvas_row(1), " 2 # safari");
    assert_string_equal(canvas_row(2), ">3 @ Baraka");
    assert_string_equal(canvas_row(3), "");
    assert_ptr_equal(side_at(the_talk, last, &low, 2), last);
}

static void in_short_where_there_is_no_sidebar(void **state)
{
    char text[64];
    (void)state;
    side_active(the_talk, text, sizeof text);
    assert_string_equal(text, "");
    chat_named("safari")->unread = 3;
    chat_named("Baraka")->unread = 2;
    chat_named("Baraka")->mentions = 1;
    side_active(the_talk, text, sizeof text);
    assert_string_equal(text, "2:3 3:!1");
}

#define SIDE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIDE(rooms_and_people_with_what_is_unread),
        SIDE(a_row_is_a_chat),
        SIDE(what_is_shown_is_seen),
        SIDE(in_short_where_there_is_no_sidebar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
