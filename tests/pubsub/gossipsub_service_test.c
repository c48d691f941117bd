/* Gossipsub between nodes of the simulator: streams, versions, reconnecting. */
#include "pubsub/gossipsub_service.h"

#include "tests/pubsub/gossipsub_streams.h"

static void each_gets_each_message_once(void **state)
{
    (void)state;
    start(1, NODES_MAX);
    join_all();
    for (size_t i = 1; i < w.count; i++) {
        bring_together(i, i / 2); /* a tree, and a ring */
        bring_together(i, (i + 5) % w.count);
    }
    run(5);
    for (size_t i = 0; i < w.count; i++) {
        say(i, "from each");
        run(1);
    }
    run(5);
    for (size_t i = 0; i < w.count; i++) {
        assert_int_equal(readers[i].delivered, w.count - 1);
    }
    stop();
}

static void an_answer_may_be_given_from_the_event(void **state)
{
    (void)state;
    start(2, 2);
    join_all();
    bring_together(0, 1);
    run(3);
    assert_int_equal(readers[0].on, 1);
    readers[1].answers = true;
    say(0, "hello");
    run(1);
    assert_int_equal(readers[1].delivered, 1);
    assert_int_equal(readers[0].delivered, 1);
    assert_memory_equal(readers[0].last, "and back", 8);
    stop();
}

static void large_messages_pass_in_pieces(void **state)
{
    (void)state;
    static uint8_t large[60000];
    start(3, 3);
    join_all();
    bring_together(0, 1);
    bring_together(1, 2);
    run(3);
    for (int i = 0; i < 20; i++) {
        large[0] = (uint8_t)i;
        assert_int_equal(gossipsub_service_publish(&readers[0].service, TOPIC,
                                                   span_of(large, sizeof large), NULL),
                         0);
    }
    run(20);
    assert_int_equal(readers[1].delivered, 20);
    assert_int_equal(readers[2].delivered, 20);
    stop();
}

static void who_speaks_floodsub_alone_is_in(void **state)
{
    (void)state;
    net_world_start(&w, 4, 3);
    open_reader(0, false);
    open_reader(1, true);
    open_reader(2, false);
    join_all();
    bring_together(0, 1);
    bring_together(1, 2);
    run(3);
    say(0, "through the old one");
    run(2);
    assert_int_equal(readers[2].delivered, 1);
    stop();
}

static void a_verdict_stops_a_message(void **state)
{
    (void)state;
    struct gossipsub_topic_config asks = {.policy = GOSSIPSUB_SIGN_STRICT, .asks = true};
    start(5, 3);
    assert_int_equal(gossipsub_service_join(&readers[0].service, TOPIC, NULL), 0);
    assert_int_equal(gossipsub_service_join(&readers[1].service, TOPIC, &asks), 0);
    assert_int_equal(gossipsub_service_join(&readers[2].service, TOPIC, NULL), 0);
    bring_together(0, 1);
    bring_together(1, 2);
    run(3);
    readers[1].verdict = GOSSIPSUB_REJECT;
    say(0, "nothing good");
    run(2);
    assert_int_equal(readers[1].asked, 1);
    assert_int_equal(readers[1].delivered + readers[2].delivered, 0);
    readers[1].verdict = GOSSIPSUB_ACCEPT;
    say(0, "something good");
    run(2);
    assert_int_equal(readers[1].delivered, 1);
    assert_int_equal(readers[2].delivered, 1);
    stop();
}

static void a_broken_connection_is_taken_up_again(void **state)
{
    (void)state;
    start(6, 2);
    join_all();
    struct conn *c = bring_together(0, 1);
    run(3);
    conn_close(c, WAVU_ERR_CLOSED);
    run(1);
    assert_int_equal(readers[0].service.ways.count, 0);
    bring_together(1, 0);
    run(3);
    say(0, "here again");
    run(1);
    assert_int_equal(readers[1].delivered, 1);
    stop();
}

static void who_joins_later_is_told(void **state)
{
    (void)state;
    start(7, 2);
    bring_together(0, 1);
    run(3);
    join_all();
    run(3);
    say(1, "both are in");
    run(1);
    assert_int_equal(readers[0].delivered, 1);
    assert_int_equal(gossipsub_service_leave(&readers[0].service, TOPIC), 0);
    run(1);
    say(1, "nobody is");
    run(1);
    assert_int_equal(readers[0].delivered, 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(each_gets_each_message_once),   UNIT(an_answer_may_be_given_from_the_event),
        UNIT(large_messages_pass_in_pieces), UNIT(who_speaks_floodsub_alone_is_in),
        UNIT(a_verdict_stops_a_message),     UNIT(a_broken_connection_is_taken_up_again),
        UNIT(who_joins_later_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
