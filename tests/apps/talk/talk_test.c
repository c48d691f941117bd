/*
 * What a face knows at first, and a node that goes and comes back.
 */
#include "apps/talk/talk.h"

#include "tests/apps/talk/node.h"

static void everything_is_looked_up(void **state)
{
    (void)state;
    assert_int_equal(told.ready, 1);
    assert_int_equal(talk_network_count(the_talk), 1);
    const struct talk_network *n = talk_network_at(the_talk, 0);
    assert_string_equal(n->name, "nyumbani");
    assert_true(n->is_member);
    assert_ptr_equal(talk_network_find(the_talk, "nyumbani"), n);
    assert_ptr_equal(talk_network_find(the_talk, NODE_NETWORK), n);
    assert_null(talk_network_find(the_talk, "kule"));
    assert_null(talk_network_at(the_talk, 1));
    assert_string_equal(talk_self(the_talk)->nick, "Amina");
    assert_string_equal(talk_self(the_talk)->key, NODE_KEY);
    const struct talk_status *s = talk_status(the_talk);
    assert_true(s->is_known);
    assert_int_equal(s->neighbours, 1);
    assert_int_equal(s->seed_count, 1);
    assert_string_equal(s->seeds[0].state, "in ?[31mreach");
    assert_int_equal(talk_news(the_talk) & TALK_NEWS_CHATS, TALK_NEWS_CHATS);
    assert_int_equal(talk_news(the_talk), 0);
}

/* Who was not looked at for long is looked up anew, and the person is told. */
static void lost_events_are_said(void **state)
{
    (void)state;
    talk_window_show(the_talk, chat_named("safari"));
    node_settle();
    (void)node_add(1, 0); /* nothing tells of it */
    node.lost = 7;
    node_event_take(json_pack("{s:s}", "event", "seed"));
    node_settle();
    assert_non_null(strstr(told.line, "'wavu history' has all"));
    node_later();
    assert_int_equal(chat_named("safari")->window->count, 11);
    assert_int_equal(chat_named("safari")->unread, 1);
    assert_int_equal(told.ready, 1);
}

static void a_node_that_goes_and_comes_back(void **state)
{
    (void)state;
    talk_window_show(the_talk, chat_named("safari"));
    node_settle();
    struct talk_chat *chat = chat_named("safari");
    assert_int_equal(chat->window->count, 10);
    rpc_server_close(node_server);
    for (int i = 0; i < 100 && told.down == 0; i++) {
        node_turn();
    }
    assert_int_equal(told.down, 1);
    assert_false(talk_is_up(the_talk));
    assert_int_equal(talk_wait_ms(the_talk, node_now_ms), -1);
    assert_int_equal(chat->window->count, 10); /* still to be looked at */
    assert_int_equal(talk_again(the_talk), WAVU_ERR_NO_NODE);
    assert_int_equal(talk_ask_take(the_talk, "node.id", json_object(), NULL, NULL),
                     WAVU_ERR_NO_NODE);
    (void)node_add(1, 0);
    node_listen();
    assert_int_equal(talk_again(the_talk), 0);
    assert_true(talk_is_up(the_talk));
    node_later();
    assert_int_equal(told.down, 1);
    assert_int_equal(chat->window->count, 11); /* what was said meanwhile is there */
    assert_ptr_equal(chat_named("safari"), chat);
    assert_int_equal(chat->unread, 1);
}

static void nobody_there_is_said(void **state)
{
    struct talk *none = NULL;
    char path[200];
    (void)state;
    assert_int_equal(talk_new("/nowhere/control.sock", &node_user, NULL, &none), WAVU_ERR_NO_NODE);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(talk_new(path, &node_user, NULL, &none), WAVU_ERR_INVALID);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODE(everything_is_looked_up),
        NODE(lost_events_are_said),
        NODE(a_node_that_goes_and_comes_back),
        cmocka_unit_test(nobody_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
