/*
 * What the node tells, and what the screen makes of it.
 */
#include "apps/tui/tui_talk.h"

#include "tests/apps/talk/node.h"
#include "tests/apps/tui/canvas.h"

static struct tui *tui;

static int start(void **state)
{
    int rc = canvas_open(state) + node_start_settled(state);
    tui = mem_new(sizeof *tui);
    tui->talk = the_talk;
    tui->now_ms = 1000;
    tui->run.fd = -1;
    tui->input = input_new((struct input_completer){NULL, NULL});
    tui_talk_show(tui, chat_named("nyumbani"));
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

static void invite(const char *code)
{
    const struct talk_words_told told_words = {.outcome = TALK_WORDS_INVITE,
                                               .network = talk_network_at(the_talk, 0),
                                               .code = code,
                                               .open_ms = 600000};
    assert_true(tui_talk_words_user.outcome(tui, &told_words));
}

static void closed(const char *reason)
{
    json_t *event = json_pack("{s:s, s:s}", "event", "codeClosed", "reason", reason);
    tui_talk_user.event(tui, event);
    json_decref(event);
}

/* Another code withdraws the one before. Whichever is told first: the new one stays open. */
static void the_end_of_a_code_is_not_that_of_the_next(void **state)
{
    (void)state;
    invite("1-a-b-c");
    assert_true(tui_talk_has_code(tui));
    invite("2-a-b-c");
    closed("withdrawn");
    assert_true(tui_talk_has_code(tui));
    closed("withdrawn"); /* this one, by another program */
    assert_false(tui_talk_has_code(tui));
    invite("3-a-b-c");
    closed("withdrawn");
    assert_false(tui_talk_has_code(tui));
    invite("4-a-b-c");
    assert_true(tui_talk_has_code(tui));
    closed("used");
    assert_false(tui_talk_has_code(tui));
    invite("5-a-b-c");
    tui_talk_user.down(tui, WAVU_ERR_NO_NODE); /* it lives no longer than its node */
    assert_false(tui_talk_has_code(tui));
}

/* It is one of the network that is shown. */
static void a_code_is_of_its_network(void **state)
{
    (void)state;
    invite("1-a-b-c");
    (void)snprintf(tui->invite.network_id, sizeof tui->invite.network_id, "another");
    assert_false(tui_talk_has_code(tui));
}

static void plain_lines_go_after_a_while_and_alerts_stay(void **state)
{
    (void)state;
    tui_talk_user.told(tui, TALK_PLAIN, NULL, "plain");
    tui_talk_user.told(tui, TALK_ALERT, NULL, "alert");
    assert_int_equal(tui->note_count, 2);
    tui->now_ms += TUI_NOTE_MS - 1;
    tui_talk_notes_clear(tui, false);
    assert_int_equal(tui->note_count, 2);
    tui->now_ms++;
    tui_talk_notes_clear(tui, false);
    assert_int_equal(tui->note_count, 1);
    assert_string_equal(tui->notes[0].text, "alert");
    tui_talk_notes_clear(tui, true);
    assert_int_equal(tui->note_count, 0);
}

/* What could not be said stands in the line of its chat again, unless something else was typed
 * there. */
static void what_was_not_said_is_there_again(void **state)
{
    (void)state;
    tui_talk_words_user.unsaid(tui, chat_named("nyumbani"), "habari");
    assert_string_equal(input_text(tui->input), "habari");
    tui_talk_words_user.unsaid(tui, chat_named("nyumbani"), "nzuri");
    assert_string_equal(input_text(tui->input), "habari");
    tui_talk_words_user.unsaid(tui, chat_named("safari"), "/njoo"); /* typed with two strokes */
    assert_string_equal(input_text(tui->input), "habari");
    tui_talk_show(tui, chat_named("safari"));
    assert_string_equal(input_text(tui->input), "//njoo");
}

static void each_chat_has_its_draft(void **state)
{
    (void)state;
    input_set(tui->input, "half a sent");
    tui_talk_show(tui, chat_named("safari"));
    assert_string_equal(input_text(tui->input), "");
    tui_talk_show(tui, chat_named("nyumbani"));
    assert_string_equal(input_text(tui->input), "half a sent");
}

#define TALK(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK(the_end_of_a_code_is_not_that_of_the_next),
        TALK(a_code_is_of_its_network),
        TALK(plain_lines_go_after_a_while_and_alerts_stay),
        TALK(what_was_not_said_is_there_again),
        TALK(each_chat_has_its_draft),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
