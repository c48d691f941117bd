/*
 * What was said is followed until others have it.
 */
#include "apps/talk/plain_await.h"

#include "tests/apps/talk/node.h"

static struct plain_await await;

static int start(void **state)
{
    int rc = node_start_settled(state);
    if (rc == 0) {
        plain_await_init(&await, the_talk);
    }
    return rc;
}

static int stop(void **state)
{
    talk_free(the_talk);
    the_talk = NULL;
    plain_await_clear(&await);
    return node_stop(state);
}

static size_t left(void)
{
    node_now_ms += PLAIN_AWAIT_LOOK_MS;
    (void)plain_await_step(&await, node_now_ms);
    node_settle();
    return plain_await_step(&await, node_now_ms);
}

static void a_message_is_over_when_somebody_has_it(void **state)
{
    char id[NODE_ID];
    (void)state;
    node_id(id, 1, 5);
    plain_await_said(&await, chat_named("safari"), id);
    plain_await_typed(&await, id, node_now_ms);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(left(), 1);
    }
    node.chats[1].changed = 5;
    node.chats[1].revision = 1; /* a receipt */
    assert_int_equal(left(), 0);
    assert_int_equal(await.failed, 0);
}

/* What was said elsewhere, an edit, a reaction: nobody waits for these. */
static void what_is_no_message_is_not_waited_for(void **state)
{
    char id[NODE_ID];
    (void)state;
    node_id(id, 1, 5);
    plain_await_said(&await, chat_named("safari"), id);
    assert_int_equal(left(), 0);
    plain_await_typed(&await, "ee99", node_now_ms);
    assert_int_equal(left(), 1);
    node_now_ms += 1000;
    assert_int_equal(left(), 0);
}

static void many_are_bounded(void **state)
{
    char id[NODE_ID];
    (void)state;
    for (size_t i = 0; i < 3 * PLAIN_AWAIT_MAX; i++) {
        node_id(id, 1, i + 1);
        plain_await_said(&await, chat_named("safari"), id);
        plain_await_typed(&await, id, node_now_ms);
    }
    assert_int_equal(await.count, PLAIN_AWAIT_MAX);
    node_id(id, 1, 3 * PLAIN_AWAIT_MAX);
    assert_string_equal(await.said[PLAIN_AWAIT_MAX - 1].id, id); /* the newest */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_is_over_when_somebody_has_it, start, stop),
        cmocka_unit_test_setup_teardown(what_is_no_message_is_not_waited_for, start, stop),
        cmocka_unit_test_setup_teardown(many_are_bounded, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
