/*
 * Streams: choosing the protocol, order, back-pressure, every way to end.
 */
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"

#define NAME "/test/ear/1"

static struct net_world w;
static struct net_ear asker;
static struct net_ear answerer;
static struct conn *conn;

/* Two connected nodes; the second serves `answerer`. */
static void start(uint64_t seed)
{
    int err = 0;
    net_world_start(&w, seed, 2);
    net_ear_init(&asker, NAME);
    net_ear_init(&answerer, NAME);
    assert_int_equal(stream_register(&w.nodes[1].swarm, &answerer.protocol), 0);
    conn = net_world_dial(&w, 0, 1, &err);
    assert_non_null(conn);
    sim_run_for(w.sim, 2 * TIMERS_SECOND); /* identify is over */
}

static void settle(void)
{
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
}

static void a_name_is_taken_once(void **state)
{
    (void)state;
    struct net_ear twin;
    start(1);
    net_ear_init(&twin, NAME);
    assert_int_equal(stream_register(&w.nodes[1].swarm, &twin.protocol), WAVU_ERR_EXISTS);
    net_world_stop(&w);
}

static void what_is_sent_before_the_answer_arrives_in_order(void **state)
{
    (void)state;
    start(2);
    net_ear_open(&asker, conn);
    net_ear_say(&asker, "hello ");
    net_ear_say(&asker, "there");
    settle();
    assert_int_equal(asker.opened, 1);
    assert_int_equal(answerer.opened, 1);
    assert_int_equal(answerer.received, 11);
    assert_memory_equal(answerer.bytes, "hello there", 11);
    net_ear_say(&answerer, "yes");
    settle();
    assert_memory_equal(asker.bytes, "yes", 3);
    net_world_stop(&w);
}

static void an_unknown_protocol_ends_as_unsupported(void **state)
{
    (void)state;
    struct net_ear other;
    start(3);
    net_ear_init(&other, "/test/nobody/1");
    net_ear_open(&other, conn);
    net_ear_say(&other, "lost");
    settle();
    assert_int_equal(other.opened, 0);
    assert_int_equal(other.closed, 1);
    assert_int_equal(other.err, WAVU_ERR_UNSUPPORTED);
    assert_int_equal(w.nodes[1].swarm.metrics.streams_refused.value, 1);
    assert_true(conn_is_open(conn));
    net_world_stop(&w);
}

static enum stream_audience nobody_is_a_member(void *context, const struct peerid *peer)
{
    (void)context;
    (void)peer;
    return STREAM_GUEST;
}

static void who_is_not_of_the_audience_is_told_nothing_else(void **state)
{
    (void)state;
    start(4);
    w.nodes[1].swarm.policy.standing = nobody_is_a_member;
    net_ear_open(&asker, conn);
    settle();
    assert_int_equal(asker.err, WAVU_ERR_UNSUPPORTED);
    answerer.protocol.audience = STREAM_GUEST;
    net_ear_open(&asker, conn);
    settle();
    assert_int_equal(asker.opened, 1);
    net_world_stop(&w);
}

static void the_first_name_that_is_spoken_is_taken(void **state)
{
    static const char *const names[] = {"/test/nobody/1", "/test/nobody/2", NAME, NULL};
    size_t taken = 1;
    (void)state;
    start(21);
    assert_int_equal(stream_open_first(conn, &asker.protocol, names, &asker, &asker.stream), 0);
    assert_int_equal(stream_send(asker.stream, UNIT_TEXT("early"), &taken), 0);
    assert_int_equal(taken, 0); /* the first name might be refused */
    settle();
    assert_int_equal(asker.opened, 1);
    assert_int_equal(answerer.opened, 1);
    assert_int_equal(answerer.received, 0);
    net_ear_say(&asker, "now");
    stream_finish(asker.stream);
    settle();
    assert_memory_equal(answerer.bytes, "now", 3);
    assert_int_equal(answerer.fins, 1);
    net_world_stop(&w);
}

static void names_that_nobody_speaks_end_as_unsupported(void **state)
{
    static const char *const names[] = {"/test/nobody/1", "/test/nobody/2", NULL};
    (void)state;
    start(22);
    assert_int_equal(stream_open_first(conn, &asker.protocol, names, &asker, &asker.stream), 0);
    settle();
    assert_int_equal(asker.opened, 0);
    assert_int_equal(asker.err, WAVU_ERR_UNSUPPORTED);
    assert_true(conn_is_open(conn));
    net_world_stop(&w);
}

/* What is ended before anybody agreed ends in order all the same. */
static void an_end_before_the_answer_waits_for_it(void **state)
{
    static const char *const names[] = {"/test/nobody/1", NAME, NULL};
    (void)state;
    start(23);
    assert_int_equal(stream_open_first(conn, &asker.protocol, names, &asker, &asker.stream), 0);
    stream_finish(asker.stream);
    settle();
    assert_int_equal(asker.opened, 1);
    assert_int_equal(answerer.opened, 1);
    assert_int_equal(answerer.fins, 1);
    net_world_stop(&w);
}

static void both_ends_finish_in_order(void **state)
{
    (void)state;
    start(5);
    answerer.finishes_on_fin = true;
    net_ear_open(&asker, conn);
    net_ear_say(&asker, "bye");
    stream_finish(asker.stream);
    size_t taken = 0;
    assert_int_equal(stream_send(asker.stream, UNIT_TEXT("more"), &taken), WAVU_ERR_CLOSED);
    settle();
    assert_int_equal(answerer.received, 3);
    assert_int_equal(answerer.fins, 1);
    assert_int_equal(asker.fins, 1);
    assert_int_equal(asker.err, WAVU_ERR_CLOSED);
    assert_int_equal(answerer.err, WAVU_ERR_CLOSED);
    assert_true(list_is_empty(&conn->streams));
    net_world_stop(&w);
}

static void a_reset_is_heard_on_the_other_side(void **state)
{
    (void)state;
    start(6);
    net_ear_open(&asker, conn);
    settle();
    stream_reset(asker.stream, 0);
    settle();
    assert_int_equal(asker.closed, 0); /* who resets is not told */
    assert_int_equal(answerer.closed, 1);
    assert_int_equal(answerer.err, WAVU_ERR_RESET);
    net_world_stop(&w);
}

static void what_is_not_taken_waits_charged_and_comes_after_resume(void **state)
{
    (void)state;
    static const uint8_t block[8192] = {1};
    size_t sent = 0;
    size_t taken = 1;
    start(7);
    answerer.take_max = 0;
    net_ear_open(&asker, conn);
    settle();
    while (taken > 0) {
        assert_int_equal(stream_send(asker.stream, span_of(block, sizeof block), &taken), 0);
        sent += taken;
        settle();
    }
    struct peer *peer = swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self);
    assert_true(sent <= YAMUX_WINDOW_INITIAL);      /* the window bounds what can wait; */
    assert_true(sent > YAMUX_WINDOW_INITIAL - 256); /* choosing the protocol took some of it */
    assert_int_equal(answerer.received, 0);
    assert_true(peer->budget.used >= sent);
    answerer.take_max = SIZE_MAX;
    stream_resume(answerer.stream);
    settle();
    assert_int_equal(answerer.received, sent);
    assert_true(peer->budget.used < sent);
    assert_true(asker.writable > 0);
    net_world_stop(&w);
}

static void fin_comes_after_what_was_held_back(void **state)
{
    (void)state;
    start(8);
    answerer.take_max = 0;
    net_ear_open(&asker, conn);
    net_ear_say(&asker, "held");
    stream_finish(asker.stream);
    settle();
    assert_int_equal(answerer.fins, 0);
    answerer.take_max = 1;
    for (size_t i = 0; i < 4; i++) {
        stream_resume(answerer.stream);
        settle();
        assert_int_equal(answerer.received, i + 1);
    }
    stream_resume(answerer.stream);
    settle();
    assert_int_equal(answerer.fins, 1);
    net_world_stop(&w);
}

static void who_closes_with_bytes_unread_resets(void **state)
{
    (void)state;
    start(9);
    answerer.take_max = 0;
    net_ear_open(&asker, conn);
    net_ear_say(&asker, "unread");
    settle();
    stream_close(answerer.stream);
    settle();
    assert_int_equal(asker.err, WAVU_ERR_RESET);
    struct peer *peer = swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self);
    assert_int_equal(peer->budget.used, 0);
    net_world_stop(&w);
}

static void a_peer_that_never_finishes_is_reset_after_a_while(void **state)
{
    (void)state;
    start(10);
    net_ear_open(&asker, conn);
    settle();
    stream_close(asker.stream);
    settle();
    assert_int_equal(answerer.fins, 1);
    assert_int_equal(answerer.closed, 0);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(answerer.closed, 1);
    assert_int_equal(answerer.err, WAVU_ERR_RESET);
    net_world_stop(&w);
}

static void one_peer_gets_no_more_inbound_streams_than_allowed(void **state)
{
    (void)state;
    static struct net_ear many[10];
    size_t open = 0;
    start(11);
    for (size_t i = 0; i < 10; i++) {
        net_ear_init(&many[i], NAME);
        net_ear_open(&many[i], conn);
    }
    settle();
    for (size_t i = 0; i < 10; i++) {
        open += many[i].opened;
    }
    assert_int_equal(open, answerer.protocol.inbound_max);
    assert_int_equal(w.nodes[1].swarm.metrics.streams_refused.value, 2);
    net_world_stop(&w);
}

/* A second connection is no second allowance. */
static void the_allowance_is_the_peers_not_the_connections(void **state)
{
    (void)state;
    static struct net_ear many[10];
    size_t open = 0;
    int err = 0;
    start(15);
    struct multiaddr own = net_world_address(0);
    assert_non_null(net_world_dial_at(&w, 1, NULL, &own, &err));
    settle();
    struct peer *other = swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    assert_int_equal(other->conn_count, 2);
    struct list *node = list_next(&other->conns, &other->conns);
    struct conn *second = LIST_OF(node, struct conn, link_peer);
    second =
        second != conn ? second : LIST_OF(list_next(&other->conns, node), struct conn, link_peer);
    for (size_t i = 0; i < 10; i++) {
        net_ear_init(&many[i], NAME);
        net_ear_open(&many[i], i % 2 == 0 ? conn : second);
    }
    settle();
    for (size_t i = 0; i < 10; i++) {
        open += many[i].opened;
    }
    assert_int_equal(open, answerer.protocol.inbound_max);
    assert_int_equal(w.nodes[1].swarm.metrics.streams_refused.value, 2);
    net_world_stop(&w);
}

static void bytes_beyond_the_peers_budget_end_the_stream(void **state)
{
    (void)state;
    static const uint8_t block[8192] = {1};
    size_t taken = 0;
    start(16);
    answerer.take_max = 0;
    net_ear_open(&asker, conn);
    settle();
    struct peer *peer = swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self);
    size_t before = peer->budget.used;
    peer->budget.max = before + 4096;
    assert_int_equal(stream_send(asker.stream, span_of(block, sizeof block), &taken), 0);
    assert_int_equal(taken, sizeof block);
    settle();
    assert_int_equal(answerer.err, WAVU_ERR_LIMIT);
    assert_int_equal(asker.err, WAVU_ERR_RESET);
    assert_int_equal(w.nodes[1].swarm.metrics.dropped_limit.value, 1);
    assert_true(peer->budget.used <= before);
    net_world_stop(&w);
}

static void a_choice_that_takes_too_long_ends_the_stream(void **state)
{
    (void)state;
    start(12);
    net_ear_open(&asker, conn);
    sim_cable_cut(w.hosts[0], w.hosts[1], true);
    sim_run_for(w.sim, 20 * TIMERS_SECOND);
    assert_int_equal(asker.closed, 1);
    assert_int_equal(asker.err, WAVU_ERR_TIMEOUT);
    net_world_stop(&w);
}

static void a_withdrawn_protocol_ends_its_streams(void **state)
{
    (void)state;
    start(13);
    net_ear_open(&asker, conn);
    settle();
    stream_unregister(&w.nodes[1].swarm, &answerer.protocol);
    settle();
    assert_int_equal(answerer.err, WAVU_ERR_SHUTDOWN);
    assert_int_equal(asker.err, WAVU_ERR_RESET);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_name_is_taken_once),
        UNIT(what_is_sent_before_the_answer_arrives_in_order),
        UNIT(an_unknown_protocol_ends_as_unsupported),
        UNIT(who_is_not_of_the_audience_is_told_nothing_else),
        UNIT(the_first_name_that_is_spoken_is_taken),
        UNIT(names_that_nobody_speaks_end_as_unsupported),
        UNIT(an_end_before_the_answer_waits_for_it),
        UNIT(both_ends_finish_in_order),
        UNIT(a_reset_is_heard_on_the_other_side),
        UNIT(what_is_not_taken_waits_charged_and_comes_after_resume),
        UNIT(fin_comes_after_what_was_held_back),
        UNIT(who_closes_with_bytes_unread_resets),
        UNIT(a_peer_that_never_finishes_is_reset_after_a_while),
        UNIT(one_peer_gets_no_more_inbound_streams_than_allowed),
        UNIT(the_allowance_is_the_peers_not_the_connections),
        UNIT(bytes_beyond_the_peers_budget_end_the_stream),
        UNIT(a_choice_that_takes_too_long_ends_the_stream),
        UNIT(a_withdrawn_protocol_ends_its_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
