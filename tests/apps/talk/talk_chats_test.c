/*
 * Which chats there are, in which order, and what is unread there.
 */
#include "apps/talk/talk_chats.h"

#include "tests/apps/talk/node.h"

static void chats_have_an_order(void **state)
{
    static const char *const names[] = {"nyumbani", "safari", "Baraka"};
    (void)state;
    assert_int_equal(talk_chat_count(the_talk), 3);
    for (size_t i = 0; i < 3; i++) {
        struct talk_chat *chat = talk_chat_at(the_talk, i);
        assert_string_equal(chat->name, names[i]);
        assert_int_equal(chat->kind, i);
        assert_true(chat->is_open);
        assert_int_equal(talk_chat_index(the_talk, chat), i);
        assert_int_equal(chat->last_unix_ms, 1700000000010);
    }
    assert_null(talk_chat_at(the_talk, 3));
    assert_ptr_equal(talk_chat_find(the_talk, NODE_NETWORK, NODE_SAFARI), chat_named("safari"));
    assert_null(talk_chat_find(the_talk, NODE_MAIN, NODE_SAFARI));
}

/* A chat with somebody with whom nothing was said yet; it stays when the lists come again. */
static void a_direct_chat_can_be_opened(void **state)
{
    (void)state;
    struct talk_chat *chat =
        talk_chat_direct(the_talk, talk_network_at(the_talk, 0), NODE_CHUI, "Chui");
    assert_int_equal(talk_chat_index(the_talk, chat), 3);
    assert_string_equal(chat->name, "Chui");
    node_event_take(json_pack("{s:s, s:s}", "event", "members", "network", NODE_NETWORK));
    node_later();
    assert_int_equal(talk_chat_index(the_talk, chat), 3);
    assert_ptr_equal(talk_chat_direct(the_talk, talk_network_at(the_talk, 0), NODE_CHUI, "X"),
                     chat);
    assert_string_equal(chat->name, "Chui");
    assert_int_equal(talk_chat_count(the_talk), 4);
}

/* What was said before it was started counts, too, by the node and one glance. */
static void unread_ones_are_there_from_the_start(void **state)
{
    (void)state;
    node.chats[0].unread = 5; /* 6 to 10: 7 mentions */
    node.chats[0].read = 5;
    node.chats[2].unread = 2;
    node.chats[2].read = 8;
    node_settle();
    assert_int_equal(chat_named("nyumbani")->unread, 5);
    assert_int_equal(chat_named("nyumbani")->mentions, 1);
    assert_int_equal(chat_named("Baraka")->mentions, 2);
}

/* A node without a network is shown as such, and what comes later is found. */
static void a_network_may_come_later(void **state)
{
    (void)state;
    node.is_empty = true;
    node_settle();
    assert_int_equal(told.ready, 1);
    assert_int_equal(talk_chat_count(the_talk), 0);
    node.is_empty = false;
    node_event_take(json_pack("{s:s, s:s}", "event", "entered", "network", NODE_NETWORK));
    node_later();
    assert_int_equal(talk_chat_count(the_talk), 3);
    assert_int_equal(told.ready, 1);
}

/* Lists are not asked for at each of many events. */
static void many_events_cost_few_questions(void **state)
{
    (void)state;
    const size_t before = node.lists;
    for (int i = 0; i < 500; i++) {
        node_event_take(json_pack("{s:s, s:s}", "event", "members", "network", NODE_NETWORK));
        node_turn();
    }
    assert_int_equal(node.lists, before);
    node_later();
    assert_int_equal(node.lists, before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODE(chats_have_an_order),
        NODE(a_direct_chat_can_be_opened),
        cmocka_unit_test_setup_teardown(unread_ones_are_there_from_the_start, node_start,
                                        node_stop),
        cmocka_unit_test_setup_teardown(a_network_may_come_later, node_start, node_stop),
        NODE(many_events_cost_few_questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
