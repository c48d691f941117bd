/*
 * How windows follow what is said while one looks, what changes, and what comes late.
 */
#include "apps/talk/talk_load.h"

#include "tests/apps/talk/node_window.h"

static void what_is_said_is_added(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(1000);
    (void)talk_news(the_talk);
    for (int i = 0; i < 300; i++) { /* many at once */
        node_event_take(node_said_event(1, node_add(1, 0), i % 2 == 0));
    }
    node_settle();
    is_run(chat, 901, 400);
    assert_true((talk_news(the_talk) & TALK_NEWS_MESSAGES) != 0);
    for (int i = 0; i < 500; i++) {
        node_event_take(node_said_event(1, node_add(1, 0), false));
        node_turn();
    }
    node_settle();
    is_run(chat, 1801 - TALK_WINDOW_MAX, TALK_WINDOW_MAX);
    assert_true(chat->window->is_last);
    assert_int_equal(told.said, 800);
    node_event_take(node_said_event(0, node_add(0, 0), false)); /* elsewhere: nothing to draw */
    (void)talk_news(the_talk);
    node_settle();
    assert_int_equal(talk_news(the_talk) & TALK_NEWS_MESSAGES, 0);
}

/* Who reads further up does not lose the place to what is said below. */
static void what_is_said_pushes_nobody_away(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(5000);
    for (int i = 0; i < 5; i++) {
        talk_window_more(the_talk, chat, true);
        node_settle();
    }
    is_run(chat, 4401, TALK_WINDOW_MAX);
    assert_true(chat->window->is_last);
    for (int i = 0; i < 150; i++) {
        node_event_take(node_said_event(1, node_add(1, 0), false));
        node_turn();
    }
    node_settle();
    is_run(chat, 4401, TALK_WINDOW_MAX);
    assert_false(chat->window->is_last);
    while (!chat->window->is_last) {
        talk_window_more(the_talk, chat, false);
        node_settle();
    }
    assert_int_equal(chat->window->messages[chat->window->count - 1]->number, 5150);
    node_event_take(node_said_event(1, node_add(1, 0), false)); /* and follows again */
    node_settle();
    assert_int_equal(chat->window->messages[chat->window->count - 1]->number, 5151);
}

/* After a partition others' messages belong between those that are there. */
static void what_comes_late_stands_in_its_place(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(300);
    for (size_t i = 0; i < 20; i++) {
        node_event_take(node_said_event(1, node_add(1, 5 + i), false));
    }
    node_event_take(node_said_event(1, node_add(1, 0), false));
    node_settle();
    node_later();
    const struct talk_window *w = chat->window;
    assert_true(w->is_last);
    assert_true(w->count >= TALK_WINDOW_PAGE);
    for (size_t i = 0; i < w->count; i++) {
        assert_int_equal(w->messages[i]->number,
                         node.chats[1].order[node.chats[1].count - w->count + i]);
    }
}

static void what_changes_is_seen(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(300);
    const uint32_t before = chat->window->messages[50]->revision;
    const uint32_t other = chat->window->messages[51]->revision;
    char id[NODE_ID];
    node.chats[1].changed = 251;
    node_id(id, 1, 251);
    node_event_take(json_pack("{s:s, s:s, s:s, s:s}", "event", "saidChanged", "network",
                              NODE_NETWORK, "room", NODE_SAFARI, "id", id));
    node_settle();
    assert_string_equal(chat->window->messages[50]->text, "m251 anew");
    assert_int_not_equal(chat->window->messages[50]->revision, before);
    assert_int_equal(chat->window->messages[51]->revision, other);
    is_run(chat, 201, TALK_WINDOW_PAGE);
    node.chats[1].changed = 300; /* an own one: somebody has it */
    node.chats[1].revision = 2;
    node_event_take(json_pack("{s:s, s:s, s:s, s:s, s:s}", "event", "has", "network", NODE_NETWORK,
                              "room", NODE_SAFARI, "id", id, "author", NODE_BARAKA));
    node_settle();
    node_later();
    assert_int_equal(chat->window->messages[99]->receipts, 2);
    assert_int_equal(chat->window->messages[51]->revision, other);
    node_id(id, 1, 3); /* what is not in the window is nobody's matter */
    const size_t looks = node.looks;
    node_event_take(json_pack("{s:s, s:s, s:s, s:s}", "event", "saidChanged", "network",
                              NODE_NETWORK, "room", NODE_SAFARI, "id", id));
    node_settle();
    assert_int_equal(node.looks, looks);
}

/* Further up than the newest page: what nobody had when it was loaded. */
static void what_waited_far_above_is_seen_to_come(void **state)
{
    (void)state;
    struct talk_chat *chat = shown(300);
    talk_window_more(the_talk, chat, true);
    node_settle();
    is_run(chat, 101, 200);
    assert_int_equal(chat->window->messages[49]->receipts, 0);
    node.chats[1].changed = 150; /* an own one: somebody has it */
    node.chats[1].revision = 1;
    node_event_take(json_pack("{s:s, s:s, s:s, s:s, s:s}", "event", "has", "network", NODE_NETWORK,
                              "room", NODE_SAFARI, "member", NODE_BARAKA, "shown", "Baraka"));
    node_settle();
    node_later();
    is_run(chat, 101, 200);
    assert_int_equal(chat->window->messages[49]->number, 150);
    assert_int_equal(chat->window->messages[49]->receipts, 1);
}

static void states_of_direct_messages_follow(void **state)
{
    (void)state;
    struct talk_chat *chat = chat_named("Baraka");
    char id[NODE_ID];
    talk_window_show(the_talk, chat);
    node_settle();
    node_id(id, 2, 10);
    node_event_take(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "event", "directState", "network",
                              NODE_NETWORK, "member", NODE_BARAKA, "id", id, "state", "stored",
                              "holder", NODE_CHUI));
    node_settle();
    assert_string_equal(chat->window->messages[9]->state, "stored");
    assert_string_equal(chat->window->messages[9]->holder, NODE_CHUI);
}

/* Long texts are as many as fit. */
static void long_texts_are_fewer(void **state)
{
    (void)state;
    node.chats[1].text_size = 60000;
    struct talk_chat *chat = shown(400);
    size_t bytes = 0;
    talk_window_more(the_talk, chat, true);
    node_settle();
    for (size_t i = 0; i < chat->window->count; i++) {
        bytes += chat->window->messages[i]->text_len;
    }
    assert_true(chat->window->count > 10);
    assert_true(bytes <= TALK_WINDOW_BYTES);
}

static void few_chats_are_loaded(void **state)
{
    (void)state;
    static const char *const ids[] = {"f1", "f2", "f3", "f4", "f5"};
    struct talk_chat *first = shown(300);
    for (size_t i = 0; i < 3; i++) {
        node.chats[3].id = ids[i]; /* whoever it is */
        talk_window_show(the_talk,
                         talk_chat_direct(the_talk, talk_network_at(the_talk, 0), ids[i], ids[i]));
        node_settle();
    }
    assert_non_null(first->window);
    talk_window_show(the_talk, first);
    struct talk_chat *second = talk_chat_find(the_talk, NODE_NETWORK, "f1");
    talk_window_show(the_talk, chat_named("nyumbani"));
    node_settle();
    assert_non_null(first->window);
    assert_null(second->window); /* shown longest ago */
    assert_int_equal(talk_window_find(second, "x"), SIZE_MAX);
    assert_int_equal(talk_window_rule(second), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODE(what_is_said_is_added),
        NODE(what_is_said_pushes_nobody_away),
        NODE(what_comes_late_stands_in_its_place),
        NODE(what_changes_is_seen),
        NODE(what_waited_far_above_is_seen_to_come),
        NODE(states_of_direct_messages_follow),
        NODE(long_texts_are_fewer),
        NODE(few_chats_are_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
