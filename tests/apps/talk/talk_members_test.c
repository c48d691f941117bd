/*
 * Members come when somebody wants them, and anew when that changes, but not all the time.
 */
#include "apps/talk/talk_members.h"

#include "tests/apps/talk/node.h"

static void they_are_asked_for_when_wanted(void **state)
{
    const struct talk_network *n = talk_network_at(the_talk, 0);
    (void)state;
    assert_int_equal(node.members, 0);
    assert_int_equal(talk_people_count(n), 0);
    (void)talk_news(the_talk);
    talk_people_want(the_talk, n);
    talk_people_want(the_talk, n);
    node_settle();
    assert_int_equal(node.members, 1);
    assert_int_equal(talk_people_count(n), 3);
    assert_true((talk_news(the_talk) & TALK_NEWS_PEOPLE) != 0);
    /* Direct chats are called so. */
    assert_non_null(chat_named("Baraka wa Kwanza"));
}

static void changes_are_asked_for_now_and_then(void **state)
{
    const struct talk_network *n = talk_network_at(the_talk, 0);
    (void)state;
    talk_people_want(the_talk, n);
    node_settle();
    for (int i = 0; i < 200; i++) {
        node_event_take(json_pack("{s:s, s:s}", "event", "neighbour", "peer", "x"));
        node_turn();
    }
    assert_int_equal(node.members, 1);
    node_later();
    assert_int_equal(node.members, 2);
    node_later();
    assert_int_equal(node.members, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODE(they_are_asked_for_when_wanted),
        NODE(changes_are_asked_for_now_and_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
