/*
 * What keys do: to the line, to what lies over the screen, to the chat that is shown.
 */
#include "apps/tui/tui_keys.h"

#include "tests/apps/talk/node_words.h"
#include "tests/apps/tui/canvas.h"

#include "apps/tui/tui_draw.h"
#include "apps/tui/tui_talk.h"

static struct tui *tui;

static int start(void **state)
{
    int rc = canvas_open(state) + node_start_settled(state);
    node_asked_name = "";
    tui = mem_new(sizeof *tui);
    tui->talk = the_talk;
    tui->now_ms = 1000;
    tui->run.fd = -1;
    tui->input = input_new((struct input_completer){tui_talk_offer, tui});
    tui->words = talk_words_new(the_talk, &tui_talk_words_user, tui);
    tui_talk_show(tui, chat_named("nyumbani"));
    node_settle();
    tui_draw_all(tui);
    canvas_drain();
    return rc;
}

static int stop(void **state)
{
    talk_free(the_talk);
    the_talk = NULL;
    talk_words_free(tui->words);
    popup_close(&tui->popup);
    drafts_clear(&tui->drafts);
    input_free(tui->input);
    mem_free(tui);
    json_decref(node_asked);
    node_asked = NULL;
    return canvas_close(state) + node_stop(state);
}

static void press(enum keys_kind kind)
{
    const struct keys key = {.kind = kind};
    tui_keys_press(tui, &key);
    node_settle();
    tui_draw_all(tui);
    canvas_drain();
}

static void edit(enum input_key which)
{
    const struct keys key = {.kind = KEYS_EDIT, .edit = which};
    tui_keys_press(tui, &key);
    node_settle();
    tui_draw_all(tui);
    canvas_drain();
}

static void type_in(const char *text)
{
    for (; *text != '\0'; text++) {
        const struct keys key = {.kind = KEYS_LETTER, .point = (unsigned char)*text};
        tui_keys_press(tui, &key);
    }
}

static void enter(const char *text)
{
    type_in(text);
    edit(INPUT_ENTER);
}

static void enter_says_it(void **state)
{
    (void)state;
    enter("habari");
    assert_string_equal(node.heard, "habari ");
    assert_string_equal(input_text(tui->input), "");
    edit(INPUT_UP); /* it is there to be said again */
    assert_string_equal(input_text(tui->input), "habari");
}

static void windows_open_and_close(void **state)
{
    static const struct {
        enum keys_kind key;
        enum popup_kind kind;
    } keys[] = {{KEYS_HELP, POPUP_HELP},       {KEYS_INVITE, POPUP_INVITE},
                {KEYS_MEMBERS, POPUP_MEMBERS}, {KEYS_IDENTITY, POPUP_IDENTITY},
                {KEYS_LINKS, POPUP_LINKS},     {KEYS_CTRL_E, POPUP_IDENTITY}};
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        press(keys[i].key);
        assert_int_equal(tui->popup.kind, keys[i].kind);
        press(keys[i].key); /* the same again closes it */
        assert_int_equal(tui->popup.kind, POPUP_NONE);
        press(keys[i].key);
        press(KEYS_ESCAPE);
        assert_int_equal(tui->popup.kind, POPUP_NONE);
    }
    press(KEYS_HELP);
    type_in("x"); /* who types wants to see it */
    assert_int_equal(tui->popup.kind, POPUP_NONE);
    press(KEYS_CTRL_E); /* where something is typed it is the line's end */
    assert_int_equal(tui->popup.kind, POPUP_NONE);
    assert_string_equal(input_text(tui->input), "x");
}

/* To look at a code again does not make another one, which would withdraw it. */
static void the_code_that_is_open_is_shown_again(void **state)
{
    (void)state;
    press(KEYS_INVITE);
    assert_string_equal(node_asked_name, "network.invite");
    press(KEYS_ESCAPE);
    node_asked_name = "";
    press(KEYS_INVITE);
    assert_int_equal(tui->popup.kind, POPUP_INVITE);
    assert_string_equal(node_asked_name, "");
    press(KEYS_ESCAPE);
    enter("/invite"); /* that does */
    assert_string_equal(node_asked_name, "network.invite");
    press(KEYS_ESCAPE);
    node_asked_name = "";
    tui->now_ms = tui->invite.until_ms; /* it has expired */
    press(KEYS_INVITE);
    assert_string_equal(node_asked_name, "network.invite");
}

/* No letter of an answer is ever said to others. */
static void a_question_is_answered_by_a_word(void **state)
{
    (void)state;
    enter("/revoke \"Baraka wa Kwanza\"");
    assert_string_not_equal(tui->question, "");
    enter("what?");
    assert_string_equal(tui->question, "");
    assert_string_equal(node.heard, "");
    assert_string_not_equal(node_asked_name, "network.revoke"); /* anything but yes is no */
    enter("/revoke \"Baraka wa Kwanza\"");
    assert_string_not_equal(tui->question, "");
    enter("yes");
    assert_string_equal(node_asked_name, "network.revoke");
    assert_string_equal(node.heard, "");
}

static void escape_takes_one_thing_at_a_time(void **state)
{
    (void)state;
    tui_talk_note(tui, TALK_PLAIN, "a note");
    tui->hits.count = 1;
    press(KEYS_HELP);
    (void)snprintf(tui->question, sizeof tui->question, "sure?");
    press(KEYS_ESCAPE);
    assert_string_equal(tui->question, "");
    assert_int_equal(tui->popup.kind, POPUP_HELP);
    press(KEYS_ESCAPE);
    assert_int_equal(tui->popup.kind, POPUP_NONE);
    assert_int_equal(tui->hits.count, 1);
    press(KEYS_ESCAPE);
    assert_int_equal(tui->hits.count, 0);
    assert_int_equal(tui->note_count, 1);
    press(KEYS_ESCAPE);
    assert_int_equal(tui->note_count, 0);
    assert_false(tui->is_over);
}

static void chats_by_number_by_step_and_by_click(void **state)
{
    const struct keys second = {.kind = KEYS_CHAT, .number = 2};
    const struct keys ninth = {.kind = KEYS_CHAT, .number = 9};
    struct keys click = {.kind = KEYS_CLICK, .row = 2, .column = 3};
    (void)state;
    tui_keys_press(tui, &second);
    assert_ptr_equal(tui->chat, chat_named("safari"));
    tui_keys_press(tui, &ninth); /* there is none */
    assert_ptr_equal(tui->chat, chat_named("safari"));
    press(KEYS_NEXT);
    assert_ptr_equal(tui->chat, talk_chat_at(the_talk, 2));
    press(KEYS_NEXT); /* and around */
    assert_ptr_equal(tui->chat, chat_named("nyumbani"));
    press(KEYS_PREVIOUS);
    assert_ptr_equal(tui->chat, talk_chat_at(the_talk, 2));
    tui_keys_press(tui, &click);
    assert_ptr_equal(tui->chat, chat_named("nyumbani"));
    chat_named("safari")->unread = 1;
    press(KEYS_ACTIVE);
    assert_ptr_equal(tui->chat, chat_named("safari"));
    press(KEYS_HELP);
    tui_keys_press(tui, &click); /* closes what lies above first */
    assert_int_equal(tui->popup.kind, POPUP_NONE);
    assert_ptr_equal(tui->chat, chat_named("safari"));
}

static void what_scrolls_is_the_window_or_the_chat(void **state)
{
    (void)state;
    node_fill(1, 200);
    tui_talk_show(tui, chat_named("safari"));
    node_settle();
    tui_draw_all(tui);
    canvas_drain();
    press(KEYS_PAGE_UP);
    assert_false(view_is_end(&tui->view, tui->chat));
    press(KEYS_BOTTOM);
    assert_true(view_is_end(&tui->view, tui->chat));
    press(KEYS_HELP);
    press(KEYS_PAGE_DOWN);
    assert_true(tui->popup.top > 10);
    press(KEYS_WHEEL_UP);
    assert_true(view_is_end(&tui->view, tui->chat));
    press(KEYS_TOP);
    assert_int_equal(tui->popup.top, 0);
}

/* The screen's own words; what is nearly one is said to be none, and to nobody else. */
static void words_of_the_screen(void **state)
{
    (void)state;
    enter("/notify show");
    assert_int_equal(tui->tells, TUI_NOTIFY_SHOW);
    enter("/notify loud");
    assert_int_equal(tui->tells, TUI_NOTIFY_SHOW);
    assert_int_equal(tui->notes[tui->note_count - 1].tone, TALK_PROBLEM);
    enter("/mouse on");
    assert_true(tui->has_mouse);
    enter("/mouse off ");
    assert_false(tui->has_mouse);
    assert_string_equal(node.heard, "");
}

static void ways_to_leave(void **state)
{
    (void)state;
    type_in("half");
    press(KEYS_CLOSED); /* something is typed */
    assert_false(tui->is_over);
    tui_keys_interrupt(tui); /* empties the line first */
    assert_false(tui->is_over);
    assert_string_equal(input_text(tui->input), "");
    tui_keys_interrupt(tui);
    assert_true(tui->is_over);
    tui->is_over = false;
    press(KEYS_CLOSED);
    assert_true(tui->is_over);
    tui->is_over = false;
    enter("/quit");
    assert_true(tui->is_over);
}

/* What is typed while there is no node stays, and Enter wants one. */
static void without_a_node_enter_wants_one(void **state)
{
    (void)state;
    tui->is_down = true;
    type_in("habari");
    const struct keys key = {.kind = KEYS_EDIT, .edit = INPUT_ENTER};
    tui_keys_press(tui, &key);
    assert_true(tui->wants_start);
    assert_string_equal(input_text(tui->input), "habari");
    assert_string_equal(node.heard, "");
}

#define PRESS(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRESS(enter_says_it),
        PRESS(windows_open_and_close),
        PRESS(the_code_that_is_open_is_shown_again),
        PRESS(a_question_is_answered_by_a_word),
        PRESS(escape_takes_one_thing_at_a_time),
        PRESS(chats_by_number_by_step_and_by_click),
        PRESS(what_scrolls_is_the_window_or_the_chat),
        PRESS(words_of_the_screen),
        PRESS(ways_to_leave),
        PRESS(without_a_node_enter_wants_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
