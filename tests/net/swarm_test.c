/*
 * The swarm: limits, policy, observers, going down with everything in flight.
 */
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"
#include "tests/support/vectors.h"

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

static bool everyone(void *context, const struct peerid *peer, bool is_dialled)
{
    (void)context;
    (void)peer;
    (void)is_dialled;
    return true;
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

/* The key of type `type` among the published ones. */
static struct identity_key *published(enum keys_type type)
{
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    struct identity_key *key = NULL;
    while (vectors_next(v) && (key == NULL || identity_key_type(key) != type)) {
        identity_key_unref(key);
        assert_int_equal(identity_key_decode(&key, vectors_span(v, "private")), 0);
    }
    vectors_close(v);
    assert_int_equal(identity_key_type(key), type);
    return key;
}

/* Node 0 has a key of each type in turn: it dials and is dialled, and its signed record is
 * believed. */
static void identities_of_every_type(void **state)
{
    (void)state;
    for (enum keys_type type = KEYS_RSA; type <= KEYS_ECDSA; type++) {
        struct identity_key *key = published(type);
        int err = 0;
        net_world_start(&w, 40 + (uint64_t)type, 2);
        w.options[0].host_key = key;
        net_world_crash(&w, 0, false);
        net_world_restart(&w, 0);
        struct swarm *other = &w.nodes[1].swarm;
        assert_true(peerid_is_equal(&w.nodes[0].swarm.self, identity_key_peerid(key)));
        struct conn *c = net_world_dial(&w, 1, 0, &err);
        assert_non_null(c);
        assert_true(conn_is_hybrid(c));
        assert_true(peerid_is_equal(conn_peer(c), identity_key_peerid(key)));
        sim_run_for(w.sim, 2 * TIMERS_SECOND);
        assert_string_equal(peerbook_agent(&other->peerbook, identity_key_peerid(key)),
                            "wavu/test");
        conn_close(c, WAVU_ERR_CLOSED);
        sim_run_for(w.sim, 2 * TIMERS_SECOND);
        assert_non_null(net_world_dial(&w, 0, 1, &err));
        sim_run_for(w.sim, TIMERS_SECOND);
        assert_non_null(swarm_peer(other, identity_key_peerid(key)));
        net_world_stop(&w);
        identity_key_unref(key);
    }
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

static void one_that_nobody_uses_gives_way(void **state)
{
    (void)state;
    struct multiaddr to = net_world_address(0); /* whose it is, the dialler cannot know */
    int err = 0;
    net_world_start(&w, 9, 2);
    for (size_t i = 0; i < SWARM_CONNS_PER_PEER_MAX; i++) {
        assert_non_null(net_world_dial_at(&w, 1, NULL, &to, &err));
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    struct conn *c = net_world_dial_at(&w, 1, NULL, &to, &err);
    assert_non_null(c);
    sim_run_for(w.sim, TIMERS_SECOND);
    const struct peer *peer = swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self);
    assert_in_range(peer->conn_count, 2, SWARM_CONNS_PER_PEER_MAX);
    assert_true(conn_is_open(c));
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

/* A peer that never ends its streams holds nobody up who goes, and hears what was said to it. */
static void going_down_waits_for_no_peer(void **state)
{
    (void)state;
    static struct net_ear asker;
    static struct net_ear answerer;
    int err = 0;
    net_world_start(&w, 7, 2);
    net_ear_init(&asker, "/test/ear/1");
    net_ear_init(&answerer, "/test/ear/1");
    assert_int_equal(stream_register(&w.nodes[1].swarm, &answerer.protocol), 0);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    net_ear_open(&asker, c);
    net_ear_say(&asker, "last words");
    swarm_shut(&w.nodes[0].swarm);
    sim_run_for(w.sim, CONN_FAREWELL_NS / 2);
    assert_int_equal(w.nodes[0].swarm.conn_count, 1); /* it has time to answer */
    sim_run_for(w.sim, CONN_FAREWELL_NS);
    assert_int_equal(w.nodes[0].swarm.conn_count, 0);
    assert_int_equal(asker.closed, 1);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_memory_equal(answerer.bytes, "last words", 10);
    assert_int_equal(w.nodes[1].swarm.conn_count, 0);
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

/* Every end has its counter, and no other. */
static void each_end_is_counted_for_what_it_is(void **state)
{
    (void)state;
    net_world_start(&w, 7, 2);
    struct swarm_metrics *m = &w.nodes[0].swarm.metrics;
    const struct {
        int err;
        struct metric *counter;
    } ends[] = {
        {WAVU_ERR_PROTO, &m->dropped_proto},
        {WAVU_ERR_UNSUPPORTED, &m->dropped_proto},
        {WAVU_ERR_CRYPTO, &m->dropped_crypto},
        {WAVU_ERR_PEER_ID, &m->dropped_crypto},
        {WAVU_ERR_TIMEOUT, &m->dropped_timeout},
        {WAVU_ERR_LIMIT, &m->dropped_limit},
        {WAVU_ERR_DENIED, &m->dropped_denied},
        {WAVU_ERR_DOWNGRADE, &m->dropped_downgrade},
        {WAVU_ERR_CLOSED, NULL},
    };
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        int err = 0;
        struct conn *c = net_world_dial(&w, 0, 1, &err);
        assert_non_null(c);
        uint64_t before = ends[i].counter == NULL ? 0 : ends[i].counter->value;
        conn_close(c, ends[i].err);
        sum += ends[i].counter == NULL ? 0 : 1;
        if (ends[i].counter != NULL) {
            assert_int_equal(ends[i].counter->value, before + 1);
        }
        assert_int_equal(m->dropped_proto.value + m->dropped_crypto.value +
                             m->dropped_timeout.value + m->dropped_limit.value +
                             m->dropped_denied.value + m->dropped_downgrade.value,
                         sum);
        sim_run_for(w.sim, 5 * TIMERS_SECOND);
    }
    net_world_stop(&w);
}

static size_t lines;

static void count_line(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void)context;
    (void)level;
    (void)subsystem;
    (void)text;
    lines++;
}

/* Whatever ends, and however often: an operator's log stays silent, a debugger's does not. */
static void ends_of_connections_are_debug_lines(void **state)
{
    (void)state;
    static const enum log_level levels[] = {LOG_INFO, LOG_DEBUG};
    for (size_t i = 0; i < 2; i++) {
        lines = 0;
        net_world_start(&w, 10 + i, 2);
        w.nodes[1].log.level = levels[i];
        w.nodes[1].log.sink = count_line;
        for (int ends = 0; ends < 6; ends++) {
            int err = 0;
            w.nodes[1].swarm.policy.may_connect = ends == 5 ? says_no_to_peer : everyone;
            struct conn *c = net_world_dial(&w, 0, 1, &err);
            if (c != NULL) {
                conn_close(c, ends % 2 == 0 ? WAVU_ERR_CLOSED : WAVU_ERR_RESET);
            }
            sim_run_for(w.sim, 5 * TIMERS_SECOND);
        }
        assert_true(levels[i] == LOG_INFO ? lines == 0 : lines >= 6);
        net_world_stop(&w);
    }
}

/* Connections that say nothing, from as many hosts as wished, each in a /24 of its own. */
struct crowd {
    struct port_tcp *sockets[SWARM_HANDSHAKES_MAX + 1];
    struct port *ports[SWARM_HANDSHAKES_MAX + 1];
    size_t count;
    size_t closed;
};

static void crowd_opened(void *context, int err)
{
    (void)context;
    (void)err;
}

static void crowd_bytes(void *context, struct span_mut in)
{
    (void)context;
    (void)in;
}

static void crowd_closed(void *context, int err)
{
    (void)err;
    ((struct crowd *)context)->closed++;
}

static const struct port_tcp_user crowd_user = {
    .opened = crowd_opened, .bytes = crowd_bytes, .closed = crowd_closed};

static void crowd_add(struct crowd *c, struct port *port)
{
    struct multiaddr address = net_world_address(0);
    struct multiaddr_ip to;
    assert_int_equal(multiaddr_to_ip(&address, MULTIADDR_TCP, &to), 0);
    c->ports[c->count] = port;
    assert_int_equal(port->net->tcp_dial(port, &to, &crowd_user, c, &c->sockets[c->count]), 0);
    c->count++;
}

static void crowd_leave(struct crowd *c)
{
    for (size_t i = 0; i < c->count; i++) {
        c->ports[i]->net->tcp_close(c->sockets[i], true);
    }
    sim_run_for(w.sim, TIMERS_SECOND);
}

static void one_prefix_begins_only_so_many_handshakes(void **state)
{
    (void)state;
    static struct crowd crowd;
    memset(&crowd, 0, sizeof crowd);
    net_world_start(&w, 8, 1);
    struct port *port = sim_host_port(sim_host_new(w.sim, "10.9.9.9"));
    for (size_t i = 0; i < ADMIT_BURST + 10; i++) {
        crowd_add(&crowd, port);
    }
    sim_run_for(w.sim, 500 * TIMERS_MS);
    struct swarm *s = &w.nodes[0].swarm;
    assert_true(s->handshake_count >= ADMIT_BURST && s->handshake_count <= ADMIT_BURST + 4);
    assert_int_equal(s->metrics.refused_rate.value, crowd.count - s->handshake_count);
    assert_int_equal(crowd.closed, s->metrics.refused_rate.value);
    crowd_leave(&crowd);
    net_world_stop(&w);
}

static void the_oldest_handshake_makes_room(void **state)
{
    (void)state;
    static struct crowd crowd;
    memset(&crowd, 0, sizeof crowd);
    net_world_start(&w, 9, 1);
    struct swarm *s = &w.nodes[0].swarm;
    for (size_t i = 0; i <= SWARM_HANDSHAKES_MAX; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "10.%zu.%zu.1", 20 + i / 250, i % 250);
        crowd_add(&crowd, sim_host_port(sim_host_new(w.sim, name)));
        if (crowd.count % 256 == 0) {
            sim_run_for(w.sim, TIMERS_SECOND); /* no more at once than wait in the kernel */
        }
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(s->handshake_count, SWARM_HANDSHAKES_MAX);
    assert_int_equal(s->metrics.dropped_limit.value, 1);
    assert_int_equal(crowd.closed, 1);
    crowd_leave(&crowd);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identities_of_every_type), UNIT(policy_is_asked_for_links_dials_and_peers),
        UNIT(a_full_node_refuses_and_counts),       UNIT(one_peer_gets_a_few_connections),
        UNIT(one_that_nobody_uses_gives_way),       UNIT(observers_hear_once_of_each_connection),
        UNIT(one_does_not_connect_to_oneself),      UNIT(going_down_in_order_lets_bytes_arrive),
        UNIT(going_down_waits_for_no_peer),         UNIT(each_end_is_counted_for_what_it_is),
        UNIT(ends_of_connections_are_debug_lines),  UNIT(one_prefix_begins_only_so_many_handshakes),
        UNIT(the_oldest_handshake_makes_room),      UNIT(taking_down_at_any_moment_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
