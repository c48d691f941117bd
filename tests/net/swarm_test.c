/*
 * The swarm: limits, policy, observers, going down with everything in flight.
 */
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"

static struct net_world w;

static bool says_no_to_address(void *context, const struct multiaddr *remote)
{
    (void)context;
    (void)remote;
    return false;
}

static bool says_no_to_peer(void *context, const struct peerid *peer, bool is_dialled)
{
    (void)context;
    (void)peer;
    (void)is_dialled;
    return false;
}

static void policy_is_asked_for_links_dials_and_peers(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 1, 2);
    struct swarm *dialler = &w.nodes[0].swarm;
    struct swarm *listener = &w.nodes[1].swarm;
    listener->policy.may_accept = says_no_to_address;
    assert_null(net_world_dial(&w, 0, 1, &err));
    assert_int_equal(listener->metrics.dropped_denied.value, 1);
    policy_init_open(&listener->policy);
    listener->policy.may_connect = says_no_to_peer;
    (void)net_world_dial(&w, 0, 1, &err); /* it may be up for a moment at the dialler's end */
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_null(swarm_peer(dialler, &listener->self));
    assert_int_equal(listener->metrics.dropped_denied.value, 2);
    policy_init_open(&listener->policy);
    dialler->policy.may_dial = says_no_to_address;
    assert_null(net_world_dial(&w, 0, 1, &err));
    assert_int_equal(err, WAVU_ERR_DENIED);
    net_world_stop(&w);
}

static void a_full_node_refuses_and_counts(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 2, 4);
    w.nodes[0].swarm.conns_max = 2;
    assert_non_null(net_world_dial(&w, 1, 0, &err));
    assert_non_null(net_world_dial(&w, 2, 0, &err));
    assert_null(net_world_dial(&w, 3, 0, &err));
    assert_int_equal(w.nodes[0].swarm.metrics.refused_full.value, 1);
    net_world_stop(&w);
}

static void note(void *context, int err, struct conn *conn)
{
    (void)context;
    (void)err;
    (void)conn;
}

static void one_peer_gets_a_few_connections(void **state)
{
    (void)state;
    struct multiaddr to = net_world_address(0);
    struct dial_user user = {.done = note};
    net_world_start(&w, 3, 2);
    for (size_t i = 0; i < 7; i++) {
        struct dial *d = NULL;
        assert_int_equal(dial_start(&w.nodes[1].swarm, NULL, &to, 1, user, &d), 0);
    }
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    assert_int_equal(peer->conn_count, SWARM_CONNS_PER_PEER_MAX);
    /* Whichever end sees the fifth first ends it. */
    assert_true(w.nodes[0].swarm.metrics.dropped_limit.value +
                    w.nodes[1].swarm.metrics.dropped_limit.value >=
                3);
    net_world_stop(&w);
}

struct news {
    size_t up;
    size_t down;
    int err;
};

static void on_up(void *context, struct conn *conn)
{
    (void)conn;
    ((struct news *)context)->up++;
}

static void on_down(void *context, struct conn *conn, int err)
{
    struct news *n = context;
    (void)conn;
    n->down++;
    n->err = err;
}

static void observers_hear_once_of_each_connection(void **state)
{
    (void)state;
    struct news news = {.up = 0};
    struct observe observe = {.context = &news, .conn_up = on_up, .conn_down = on_down};
    int err = 0;
    net_world_start(&w, 4, 2);
    swarm_observe(&w.nodes[0].swarm, &observe);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_int_equal(news.up, 1);
    conn_close(c, WAVU_ERR_CLOSED);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(news.down, 1);
    assert_int_equal(news.err, WAVU_ERR_CLOSED);
    swarm_unobserve(&observe);
    assert_non_null(net_world_dial(&w, 0, 1, &err));
    assert_int_equal(news.up, 1);
    net_world_stop(&w);
}

static void one_does_not_connect_to_oneself(void **state)
{
    (void)state;
    struct multiaddr own = net_world_address(0);
    int err = 0;
    net_world_start(&w, 5, 1);
    assert_null(net_world_dial_at(&w, 0, NULL, &own, &err));
    assert_true(err < 0);
    net_world_stop(&w);
}

static void going_down_in_order_lets_bytes_arrive(void **state)
{
    (void)state;
    static struct net_ear asker;
    static struct net_ear answerer;
    int err = 0;
    net_world_start(&w, 6, 2);
    net_ear_init(&asker, "/test/ear/1");
    net_ear_init(&answerer, "/test/ear/1");
    answerer.finishes_on_fin = true;
    assert_int_equal(stream_register(&w.nodes[1].swarm, &answerer.protocol), 0);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    net_ear_open(&asker, c);
    net_ear_say(&asker, "last words");
    stream_finish(asker.stream);
    swarm_shut(&w.nodes[0].swarm);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_memory_equal(answerer.bytes, "last words", 10);
    assert_int_equal(asker.err, WAVU_ERR_CLOSED);
    assert_int_equal(w.nodes[0].swarm.conn_count, 0);
    net_world_stop(&w);
}

static void taking_down_at_any_moment_leaks_nothing(void **state)
{
    (void)state;
    static struct net_ear ear;
    for (uint64_t steps = 0; steps < 60; steps++) {
        struct dial *d = NULL;
        struct dial_user user = {.done = note};
        struct multiaddr to = net_world_address(1);
        net_world_start(&w, 100 + steps, 3);
        assert_int_equal(dial_start(&w.nodes[0].swarm, NULL, &to, 1, user, &d), 0);
        assert_int_equal(dial_start(&w.nodes[2].swarm, NULL, &to, 1, user, &d), 0);
        sim_run_for(w.sim, steps * 5 * TIMERS_MS);
        struct conn *c = swarm_conn(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
        if (c != NULL) {
            net_ear_init(&ear, ECHO_NAME);
            net_ear_open(&ear, c);
            net_ear_say(&ear, "in flight");
        }
        net_node_stop(&w.nodes[steps % 3]);
        sim_run_for(w.sim, TIMERS_SECOND);
        net_world_stop(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(policy_is_asked_for_links_dials_and_peers),
        UNIT(a_full_node_refuses_and_counts),
        UNIT(one_peer_gets_a_few_connections),
        UNIT(observers_hear_once_of_each_connection),
        UNIT(one_does_not_connect_to_oneself),
        UNIT(going_down_in_order_lets_bytes_arrive),
        UNIT(taking_down_at_any_moment_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
