/*
 * Connections that TLS secured, and that nothing did (a test's): which protocol two nodes agree on,
 * megabytes both ways, new keys, the end and a cut.
 */
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"
#include "tests/support/vectors.h"

#define NOISE SWARM_SECURITY_NOISE
#define TLS SWARM_SECURITY_TLS
#define PLAINTEXT SWARM_SECURITY_PLAINTEXT
#define MINUTE (60 * TIMERS_SECOND)

static struct net_world w;

static void again(size_t node, unsigned security, struct identity_key *key)
{
    w.options[node].security = security;
    w.options[node].host_key = key;
    net_world_crash(&w, node, false);
    net_world_restart(&w, node);
}

/* Node 0 dials node 1. */
static struct conn *meet(uint64_t seed, unsigned dialler, unsigned listener, int *err)
{
    net_world_start(&w, seed, 2);
    again(0, dialler, NULL);
    again(1, listener, NULL);
    return net_world_dial(&w, 0, 1, err);
}

static struct conn *other_end(void)
{
    struct peer *peer = swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self);
    assert_non_null(peer);
    return LIST_OF(list_next(&peer->conns, &peer->conns), struct conn, link_peer);
}

struct result {
    bool is_over;
    int err;
};

static void done(void *context, int err)
{
    *(struct result *)context = (struct result){.is_over = true, .err = err};
}

static bool is_over(void *context)
{
    return ((struct result *)context)->is_over;
}

static void megabytes(struct conn *c)
{
    struct result r = {.is_over = false};
    struct perf_run *run = NULL;
    struct perf_user user = {.done = done, .context = &r};
    assert_int_equal(perf_start(&w.nodes[0].perf, c, 3000000, 3000001, user, &run), 0);
    assert_true(sim_run_until(w.sim, is_over, &r, 600 * TIMERS_SECOND));
    assert_int_equal(r.err, 0);
}

static void who_agrees_on_what(void **state)
{
    (void)state;
    static const struct {
        unsigned dialler;
        unsigned listener;
        enum channel_kind kind;
        bool is_hybrid;
    } cases[] = {
        {NOISE | TLS, NOISE | TLS, CHANNEL_NOISE, true},
        {NOISE | TLS, NOISE, CHANNEL_NOISE, true},
        {0, NOISE | TLS | PLAINTEXT, CHANNEL_NOISE, true},
        {NOISE | TLS, TLS, CHANNEL_TLS, false},
        {TLS, NOISE | TLS, CHANNEL_TLS, false},
        {TLS, TLS, CHANNEL_TLS, false},
        {TLS | PLAINTEXT, PLAINTEXT, CHANNEL_PLAINTEXT, false},
        {NOISE | TLS | PLAINTEXT, PLAINTEXT, CHANNEL_PLAINTEXT, false},
        {NOISE, TLS, CHANNEL_NONE, false},
        {TLS, NOISE, CHANNEL_NONE, false},
        {NOISE | TLS, PLAINTEXT, CHANNEL_NONE, false},
        {PLAINTEXT, NOISE | TLS, CHANNEL_NONE, false},
        {PLAINTEXT, 0, CHANNEL_NONE, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int err = 0;
        struct conn *c = meet(10 + i, cases[i].dialler, cases[i].listener, &err);
        if (cases[i].kind == CHANNEL_NONE) {
            assert_null(c);
        } else {
            assert_non_null(c);
            sim_run_for(w.sim, TIMERS_SECOND);
            assert_int_equal(c->channel.kind, cases[i].kind);
            assert_int_equal(conn_is_hybrid(c), cases[i].is_hybrid);
            assert_memory_equal(conn_binding(c).ptr, conn_binding(other_end()).ptr,
                                CONN_BINDING_SIZE);
            assert_true(peerid_is_equal(conn_peer(c), &w.nodes[1].swarm.self));
        }
        net_world_stop(&w);
    }
}

static void megabytes_both_ways(void **state)
{
    (void)state;
    static const unsigned kinds[] = {TLS, PLAINTEXT};
    for (size_t i = 0; i < 2; i++) {
        int err = 0;
        struct conn *c = meet(30 + i, kinds[i], kinds[i], &err);
        assert_non_null(c);
        megabytes(c);
        megabytes(c);
        net_world_stop(&w);
    }
}

/* A closed network has no use for TLS, whatever its settings say. */
static void a_private_network_speaks_noise_alone(void **state)
{
    (void)state;
    static const uint8_t psk[PNET_KEY_SIZE] = {7};
    int err = 0;
    net_world_start(&w, 40, 2);
    for (size_t i = 0; i < 2; i++) {
        w.options[i].psk = psk;
        again(i, TLS | PLAINTEXT, NULL);
        assert_string_equal(w.nodes[i].swarm.security[0], NOISE_HYBRID);
        assert_string_equal(w.nodes[i].swarm.security[1], NOISE_CLASSIC);
        assert_null(w.nodes[i].swarm.security[2]);
    }
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_non_null(c);
    assert_true(conn_is_hybrid(c));
    net_world_stop(&w);
}

static void identities_of_every_type(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    uint64_t seed = 50;
    while (vectors_next(v)) {
        struct identity_key *key = NULL;
        int err = 0;
        assert_int_equal(identity_key_decode(&key, vectors_span(v, "private")), 0);
        net_world_start(&w, seed++, 2);
        again(0, TLS, key);
        again(1, TLS, NULL);
        assert_non_null(net_world_dial(&w, 0, 1, &err));
        sim_run_for(w.sim, TIMERS_SECOND);
        assert_non_null(swarm_peer(&w.nodes[1].swarm, identity_key_peerid(key)));
        net_world_stop(&w);
        net_world_start(&w, seed++, 2);
        again(0, PLAINTEXT, key);
        again(1, PLAINTEXT, NULL);
        struct conn *c = net_world_dial(&w, 1, 0, &err);
        assert_non_null(c);
        assert_true(peerid_is_equal(conn_peer(c), identity_key_peerid(key)));
        net_world_stop(&w);
        identity_key_unref(key);
    }
    vectors_close(v);
}

/* Who answers is somebody else than was dialled. */
static void another_peer_than_dialled(void **state)
{
    (void)state;
    static const unsigned kinds[] = {TLS, PLAINTEXT};
    for (size_t i = 0; i < 2; i++) {
        int err = 0;
        net_world_start(&w, 60 + i, 3);
        again(0, kinds[i], NULL);
        again(1, kinds[i], NULL);
        const struct multiaddr to = net_world_address(1);
        assert_null(net_world_dial_at(&w, 0, &w.nodes[2].swarm.self, &to, &err));
        assert_int_equal(err, WAVU_ERR_PEER_ID);
        net_world_stop(&w);
    }
}

/* The dialler makes new keys every ten minutes, and data goes on. */
static void tls_gets_new_keys(void **state)
{
    (void)state;
    int err = 0;
    struct conn *c = meet(70, TLS, TLS, &err);
    assert_non_null(c);
    sim_run_for(w.sim, TIMERS_SECOND);
    conn_hold(c);
    conn_hold(other_end());
    const uint64_t begun = c->channel.renewed_ns;
    for (int i = 0; i < 3; i++) {
        const uint64_t before = c->channel.renewed_ns;
        sim_run_for(w.sim, 11 * MINUTE);
        assert_true(c->channel.renewed_ns > before);
        megabytes(c);
    }
    assert_true(other_end()->channel.renewed_ns <= begun + TIMERS_SECOND);
    conn_release(c);
    conn_release(other_end());
    net_world_stop(&w);
}

static void an_end_is_no_cut(void **state)
{
    (void)state;
    int err = 0;
    struct conn *c = meet(80, TLS, TLS, &err);
    assert_non_null(c);
    sim_run_for(w.sim, TIMERS_SECOND);
    const uint64_t failed = w.nodes[1].swarm.metrics.dropped_proto.value;
    conn_finish(c);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_null(swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self));
    assert_int_equal(w.nodes[1].swarm.metrics.dropped_proto.value, failed);
    net_world_stop(&w);
}

/* One bit of what is on its way is changed: the connection ends, and says why. */
static void a_changed_record_ends_it(void **state)
{
    (void)state;
    int err = 0;
    struct conn *c = meet(90, TLS, TLS, &err);
    assert_non_null(c);
    sim_run_for(w.sim, TIMERS_SECOND);
    static const uint8_t garbage[] = {0x17, 3, 3,  0,  18, 1,  2,  3,  4,  5,  6, 7,
                                      8,    9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    assert_int_equal(buf_append(&c->channel.raw, span_of(garbage, sizeof garbage)), 0);
    conn_mark(c);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(w.nodes[1].swarm.metrics.dropped_crypto.value, 1);
    assert_null(swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self));
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_agrees_on_what),
        cmocka_unit_test(megabytes_both_ways),
        cmocka_unit_test(a_private_network_speaks_noise_alone),
        cmocka_unit_test(identities_of_every_type),
        cmocka_unit_test(another_peer_than_dialled),
        cmocka_unit_test(tls_gets_new_keys),
        cmocka_unit_test(an_end_is_no_cut),
        cmocka_unit_test(a_changed_record_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
