/*
 * The whole screen, from what the chat holds: bars, what was told, questions, calls for help.
 */
#include "apps/tui/tui_draw.h"

#include "tests/apps/talk/node_calls.h"
#include "tests/apps/tui/canvas.h"

#include "apps/talk/talk_calls.h"
#include "apps/tui/tui_talk.h"

static struct tui *tui;

static int start(void **state)
{
    static const struct tui_wish wish = {.path = ""};
    node_calls = "[]";
    int rc = canvas_open(state) + node_start_settled(state);
    talk_want_status(the_talk);
    node_later();
    tui = mem_new(sizeof *tui);
    tui->wish = &wish;
    tui->talk = the_talk;
    tui->now_ms = 1;
    tui->input = input_new((struct input_completer){NULL, NULL});
    tui_talk_show(tui, chat_named("nyumbani"));
    node_settle();
    return rc;
}

static int stop(void **state)
{
    popup_close(&tui->popup);
    drafts_clear(&tui->drafts);
    input_free(tui->input);
    mem_free(tui);
    return canvas_close(state) + node_stop(state);
}

static void draw(void)
{
    tui_draw_all(tui);
    canvas_drain();
}

static void bars_messages_and_the_line_that_is_typed(void **state)
{
    (void)state;
    input_set(tui->input, "habari");
    draw();
    assert_string_equal(canvas_row(0), " # nyumbani");
    assert_non_null(strstr(canvas_row(2), ">1 # nyumbani       │"));
    assert_non_null(strstr(canvas_row(21), ": m10"));
    assert_string_equal(canvas_row(22), "> habari");
    assert_non_null(strstr(canvas_row(23), " nyumbani | node up | neighbours 1 | "));
    assert_non_null(strstr(canvas_row(23), "F1 or /help"));
    canvas_size(60, 200);
    draw();
    assert_non_null(strstr(canvas_row(59), "+ delivered  ++ read"));
    assert_non_null(strstr(canvas_row(57), ": m10"));
}

static void what_is_too_small_says_so(void **state)
{
    (void)state;
    canvas_size(4, 30);
    draw();
    assert_string_equal(canvas_row(0), "Make the window larger, please");
}

static void what_was_told_stands_below_with_its_sign(void **state)
{
    (void)state;
    tui_talk_note(tui, TALK_PLAIN, "it is so");
    tui_talk_note(tui, TALK_PROBLEM, "it failed");
    tui_talk_note(tui, TALK_ALERT, "look out");
    draw();
    assert_non_null(strstr(canvas_row(18), ": m10"));
    assert_non_null(strstr(canvas_row(19), "│-- it is so"));
    assert_non_null(strstr(canvas_row(20), "│?? it failed"));
    assert_non_null(strstr(canvas_row(21), "│!! look out"));
    for (int i = 0; i < TUI_NOTES_MAX; i++) { /* half of the view at most, the newest */
        tui_talk_note(tui, TALK_PLAIN, "more");
    }
    draw();
    assert_true(canvas_find(1, "-- more") > 10);
    tui_talk_notes_clear(tui, true);
    draw();
    assert_false(canvas_has("more"));
    assert_non_null(strstr(canvas_row(21), ": m10"));
}

/* However long, it is whole, and what answers it. */
static void a_question_is_whole(void **state)
{
    (void)state;
    (void)snprintf(tui->question, sizeof tui->question, "%s",
                   "Put Baraka out of nyumbani? That is for ever: who is put out cannot come back "
                   "with the same key, and all that was said stays with them.");
    draw();
    canvas_find(15, "Put Baraka out of nyumbani?");
    canvas_find(17, "Type yes or no, and");
    tui->question[0] = '\0';
    tui->is_down = true;
    draw();
    canvas_find(20, "The node has gone. Enter starts it again");
    assert_non_null(strstr(canvas_row(23), "no node"));
}

/* A call is no line that the next Enter takes away: it goes when it is answered or over. */
static void a_call_for_help_stays(void **state)
{
    (void)state;
    node_calls = "[" NODE_CALLS_CHUI "," NODE_CALLS_OWN "]";
    talk_calls_want(the_talk);
    node_settle();
    draw();
    size_t row = canvas_find(15, "!! Chui CALLS FOR HELP. /sos seen tells");
    assert_true((canvas_look(row, 30) & A_REVERSE) != 0);
    canvas_find(row, "You call for help. Called: 3");
    tui_talk_notes_clear(tui, true); /* as Enter does */
    draw();
    assert_true(canvas_has("Chui CALLS FOR HELP"));
    node_calls = "[" NODE_CALLS_OWN "]";
    talk_calls_want(the_talk);
    node_settle();
    draw();
    assert_false(canvas_has("Chui CALLS FOR HELP"));
    canvas_find(15, "You call for help");
    canvas_size(5, 20); /* the smallest one has a row for it */
    draw();
    assert_true(canvas_has("You call for help"));
}

static void it_comes_before_a_window_over_the_others(void **state)
{
    (void)state;
    popup_pages_help(&tui->popup);
    draw();
    assert_true(canvas_has("Help"));
    tui_talk_user.called(tui);
    draw();
    assert_false(canvas_has("Esc closes"));
    assert_true(tui->wants_bell);
}

static void no_letter_of_a_line_is_drawn_twice(void **state)
{
    (void)state;
    draw();
    input_set(tui->input, "one");
    tui_draw_input(tui);
    canvas_drain();
    assert_string_equal(canvas_row(22), "> one");
    input_set(tui->input, "one\ntwo\nthree"); /* more rows: all is drawn anew */
    tui_draw_input(tui);
    canvas_drain();
    assert_string_equal(canvas_row(20), "> one");
    assert_string_equal(canvas_row(22), "  three");
    assert_non_null(strstr(canvas_row(19), ": m10"));
}

#define DRAW(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DRAW(bars_messages_and_the_line_that_is_typed),
        DRAW(what_is_too_small_says_so),
        DRAW(what_was_told_stands_below_with_its_sign),
        DRAW(a_question_is_whole),
        DRAW(a_call_for_help_stays),
        DRAW(it_comes_before_a_window_over_the_others),
        DRAW(no_letter_of_a_line_is_drawn_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
