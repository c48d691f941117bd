/*
 * Messages in a place, on a screen: where one stands, and what scrolling brings.
 */
#include "apps/tui/view.h"

#include "tests/apps/talk/node.h"
#include "tests/apps/talk/node_window.h"
#include "tests/apps/tui/canvas.h"

static const struct layout_box place = {1, 10, 10, 60};
static struct view view;

static int start(void **state)
{
    memset(&view, 0, sizeof view);
    return canvas_open(state) + node_start_settled(state);
}

static int stop(void **state)
{
    return canvas_close(state) + node_stop(state);
}

static void draw(const struct talk_chat *chat)
{
    paint_clear();
    view_draw(&view, chat, &place);
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    draw(NULL);
    assert_string_equal(canvas_row(1), "");
    view_scroll(&view, the_talk, chat_named("safari"), 3); /* not loaded */
    assert_false(view_is_end(&view, chat_named("safari")));
}

/* A short chat stands at the bottom of the place, and its day above it. */
static void a_short_chat_stands_at_the_bottom(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(3);
    chat->rule = UINT64_MAX;
    draw(chat);
    assert_string_equal(canvas_row(6), "");
    assert_non_null(strstr(canvas_row(7), "─── Tuesday 14 November "));
    assert_non_null(strstr(canvas_row(8), ": m1"));
    assert_non_null(strstr(canvas_row(10), ": m3"));
    assert_string_equal(canvas_row(11), ""); /* below the box */
    assert_int_equal(strspn(canvas_row(10), " "), 10);
}

static void one_scrolls_up_and_down(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(50);
    draw(chat);
    assert_non_null(strstr(canvas_row(10), ": m50"));
    assert_true(view_is_end(&view, chat));
    view_scroll(&view, the_talk, chat, 7);
    draw(chat);
    assert_non_null(strstr(canvas_row(10), ": m43"));
    assert_non_null(strstr(canvas_row(1), ": m34"));
    assert_false(view_is_end(&view, chat));
    node_event_take(node_said_event(1, node_add(1, 0), false)); /* what comes moves nothing */
    node_settle();
    draw(chat);
    assert_non_null(strstr(canvas_row(10), ": m43"));
    view_scroll(&view, the_talk, chat, -100);
    draw(chat);
    assert_non_null(strstr(canvas_row(10), ": m51"));
    assert_true(view_is_end(&view, chat));
    view_top(&view, the_talk, chat);
    draw(chat);
    assert_non_null(strstr(canvas_row(2), ": m1"));
    view_scroll(&view, the_talk, chat, 100); /* there is nothing above */
    draw(chat);
    assert_true(canvas_has(": m1"));
    view_end(&view, the_talk, chat);
    draw(chat);
    assert_non_null(strstr(canvas_row(10), ": m51"));
}

/* Further up more is asked for, long before one is there. */
static void more_is_loaded_on_the_way(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(1000);
    assert_int_equal(chat->window->count, TALK_WINDOW_PAGE);
    for (int i = 0; i < 60; i++) {
        draw(chat);
        view_scroll(&view, the_talk, chat, 8);
        node_settle();
    }
    draw(chat);
    assert_non_null(strstr(canvas_row(10), ": m520"));
}

static void what_was_looked_for_is_in_the_middle(void **state)
{
    char id[NODE_ID];
    (void)state;
    struct talk_chat *chat = shown(1000);
    node_id(id, 1, 300);
    view_go(&view, the_talk, chat, id);
    node_settle();
    draw(chat);
    node_settle();
    draw(chat);
    size_t row = canvas_find(1, ": m300");
    assert_in_range(row, 4, 7);
    assert_false(view_is_end(&view, chat));
}

/* A text of several rows is cut at the place, never drawn outside. */
static void long_texts_stay_in_the_box(void **state)
{
    (void)state;
    node.chats[1].text_size = 400;
    struct talk_chat *chat = shown(20);
    for (int i = 0; i < 30; i++) {
        draw(chat);
        assert_string_equal(canvas_row(0), "");
        assert_string_equal(canvas_row(11), "");
        for (size_t row = 1; row <= 10; row++) {
            assert_int_equal(canvas_look(row, 5), canvas_look(0, 0));
        }
        view_scroll(&view, the_talk, chat, 3);
    }
}

#define VIEW(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VIEW(nothing_is_nothing),
        VIEW(a_short_chat_stands_at_the_bottom),
        VIEW(one_scrolls_up_and_down),
        VIEW(more_is_loaded_on_the_way),
        VIEW(what_was_looked_for_is_in_the_middle),
        VIEW(long_texts_stay_in_the_box),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
