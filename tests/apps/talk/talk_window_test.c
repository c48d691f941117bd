/*
 * Windows over histories: a million messages scrolled through with a few hundred in memory, marks
 * of what was read.
 */
#include "apps/talk/talk_window.h"

#include "tests/apps/talk/node_window.h"

static void the_newest_page_is_loaded(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(1000);
    is_run(chat, 901, TALK_WINDOW_PAGE);
    assert_true(chat->window->is_last);
    assert_false(chat->window->is_first);
    assert_false(chat->window->is_loading);
    const struct talk_message *m = chat->window->messages[99];
    assert_string_equal(m->text, "m1000");
    assert_string_equal(m->name, "Amina");
    assert_true(m->is_own);
    assert_int_equal(talk_window_find(chat, m->id), 99);
    chat = chat_named("nyumbani"); /* a short one is there whole */
    talk_window_show(the_talk, chat);
    node_settle();
    is_run(chat, 1, 10);
    assert_true(chat->window->is_first && chat->window->is_last);
}

static void a_million_are_scrolled_through(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(1000000);
    for (int i = 0; i < 20; i++) { /* up */
        talk_window_more(the_talk, chat, true);
        assert_true(chat->window->is_loading);
        node_settle();
        assert_true(chat->window->count <= TALK_WINDOW_MAX);
    }
    is_run(chat, 1000000 - 2100 + 1, TALK_WINDOW_MAX);
    assert_false(chat->window->is_last);
    for (int i = 0; i < 12; i++) { /* and down again, a little */
        talk_window_more(the_talk, chat, false);
        node_settle();
    }
    is_run(chat, 1000000 - 300 - TALK_WINDOW_MAX + 1, TALK_WINDOW_MAX);
    char id[NODE_ID]; /* to the first of all */
    node_id(id, 1, 1);
    talk_window_go(the_talk, chat, id);
    node_settle();
    is_run(chat, 1, 1 + TALK_WINDOW_PAGE);
    assert_true(chat->window->is_first);
    node_id(id, 1, 500000); /* into the middle */
    talk_window_go(the_talk, chat, id);
    node_settle();
    is_run(chat, 500000 - TALK_WINDOW_PAGE, 2 * TALK_WINDOW_PAGE + 1);
    assert_int_equal(talk_window_find(chat, id), TALK_WINDOW_PAGE);
    assert_false(chat->window->is_first || chat->window->is_last);
    talk_window_end(the_talk, chat);
    node_settle();
    is_run(chat, 1000000 - TALK_WINDOW_PAGE + 1, TALK_WINDOW_PAGE);
    assert_true(chat->window->is_last);
}

/* Up to the very first, page by page. */
static void the_beginning_is_reached(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(750);
    for (int i = 0; i < 20 && !chat->window->is_first; i++) {
        talk_window_more(the_talk, chat, true);
        node_settle();
    }
    is_run(chat, 1, TALK_WINDOW_MAX);
    assert_true(chat->window->is_first);
    assert_false(chat->window->is_last);
    const size_t looks = node.looks;
    talk_window_more(the_talk, chat, true); /* nothing is asked for where nothing is */
    node_settle();
    assert_int_equal(node.looks, looks);
    for (int i = 0; i < 20 && !chat->window->is_last; i++) {
        talk_window_more(the_talk, chat, false);
        node_settle();
    }
    is_run(chat, 151, TALK_WINDOW_MAX);
    assert_true(chat->window->is_last);
}

static void the_rule_and_what_was_read(void **state)
{
    (void)state;
    struct talk_chat *chat = chat_named("safari");
    node.chats[1].read = 10;
    node_event_take(node_said_event(1, node_add(1, 0), false)); /* 11 */
    node_event_take(node_said_event(1, node_add(1, 0), false));
    node_event_take(json_pack("{s:s, s:s}", "event", "members", "network", NODE_NETWORK));
    node_later();
    assert_int_equal(chat->unread, 2);
    talk_window_show(the_talk, chat);
    node_settle();
    assert_int_equal(talk_window_rule(chat), 10);
    assert_string_equal(chat->window->messages[10]->text, "m11");
    talk_window_read(the_talk, chat);
    assert_int_equal(chat->unread, 0);
    node_settle();
    assert_non_null(node.read);
    assert_int_equal(node.chats[1].read, 12);
    assert_int_equal(talk_window_rule(chat), 10); /* it stays until the chat is shown again */
    node_event_take(node_said_event(1, node_add(1, 0), false));
    node_settle();
    assert_int_equal(chat->unread, 1);
    talk_window_read(the_talk, chat);
    node_settle();
    assert_int_equal(node.chats[1].read, 13);
    talk_window_show(the_talk, chat);
    node_settle();
    assert_int_equal(talk_window_rule(chat), SIZE_MAX);
    json_decref(node.read);
    node.read = NULL;
    talk_window_read(the_talk, chat); /* nothing new: nothing is said */
    node_settle();
    assert_null(node.read);
}

/* A message that is not there leaves the window as it is. */
static void nobody_goes_to_what_is_gone(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(300);
    char id[NODE_ID];
    node_id(id, 1, 999);
    talk_window_go(the_talk, chat, id);
    node_settle();
    node_later();
    is_run(chat, 201, TALK_WINDOW_PAGE);
    assert_true(chat->window->is_last);
    assert_int_equal(told.tone, TALK_PROBLEM);
    assert_false(chat->window->is_loading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODE(the_newest_page_is_loaded),   NODE(a_million_are_scrolled_through),
        NODE(the_beginning_is_reached),    NODE(the_rule_and_what_was_read),
        NODE(nobody_goes_to_what_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
