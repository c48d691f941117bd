/*
 * Dialling: names, several addresses, black holes, wrong peers, giving up.
 */
#include "sim/sim_name.h"
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

static struct net_world w;
static int last_err;

static void note(void *context, int err, struct conn *conn)
{
    (void)context;
    (void)conn;
    last_err = err;
}

static int begin(size_t from, const struct multiaddr *address, struct dial **out)
{
    struct dial_user user = {.done = note};
    last_err = 0;
    return dial_start(&w.nodes[from].swarm, NULL, address, 1, user, out);
}

static struct multiaddr address_of(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse_any(&a, span_from_text(text)), 0);
    return a;
}

static struct conn *dial(const char *text, size_t to, int *err)
{
    struct multiaddr a = address_of(text);
    return net_world_dial_at(&w, 0, &w.nodes[to].swarm.self, &a, err);
}

static void a_name_is_looked_up(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 1, 2);
    sim_name_add(w.sim, "bob.example", "10.0.0.2");
    assert_non_null(dial("bob.example:4001", 1, &err));
    net_world_stop(&w);
}

static void an_unknown_name_says_so(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 2, 2);
    assert_null(dial("nobody.example:4001", 1, &err));
    assert_int_equal(err, WAVU_ERR_NOT_FOUND);
    net_world_stop(&w);
}

static void a_black_hole_is_passed_by(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 3, 3);
    sim_name_add(w.sim, "bob.example", "10.0.0.3");
    sim_name_add(w.sim, "bob.example", "10.0.0.2");
    sim_cable_cut(w.hosts[0], w.hosts[2], true);
    uint64_t before = sim_now(w.sim);
    assert_non_null(dial("bob.example:4001", 1, &err));
    /* The next address starts a quarter of a second later, not after the first one's time-out. */
    assert_true(sim_now(w.sim) - before < 3 * TIMERS_SECOND);
    net_world_stop(&w);
}

/* So many attempts at once: behind that many black holes the next address waits for the first's
 * time-out. */
static void a_row_of_black_holes_is_passed_by_in_time(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 11, 2 + DIAL_PARALLEL_MAX + 1);
    for (size_t i = 2; i < w.count; i++) {
        char address[32];
        (void)snprintf(address, sizeof address, "10.0.0.%zu", i + 1);
        sim_name_add(w.sim, "bob.example", address);
        sim_cable_cut(w.hosts[0], w.hosts[i], true);
    }
    sim_name_add(w.sim, "bob.example", "10.0.0.2");
    uint64_t before = sim_now(w.sim);
    assert_non_null(dial("bob.example:4001", 1, &err));
    uint64_t took = sim_now(w.sim) - before;
    assert_true(took >= DIAL_ATTEMPT_NS && took < DIAL_ATTEMPT_NS + 2 * TIMERS_SECOND);
    net_world_stop(&w);
}

/* How long a dial to a black hole lasts when an address may take `attempt_ns`. */
static uint64_t patience(uint64_t attempt_ns)
{
    struct multiaddr to = net_world_address(1);
    struct net_options options = {.key = 1, .attempt_ns = attempt_ns};
    struct dial *d = NULL;
    net_world_start(&w, 13, 2);
    net_node_stop(&w.nodes[0]);
    net_node_start(&w.nodes[0], sim_host_port(w.hosts[0]), &options);
    sim_cable_cut(w.hosts[0], w.hosts[1], true);
    uint64_t before = sim_now(w.sim);
    assert_int_equal(begin(0, &to, &d), 0);
    while (last_err == 0 && sim_now(w.sim) - before < 200 * TIMERS_SECOND) {
        sim_run_for(w.sim, 10 * TIMERS_MS);
    }
    assert_int_equal(last_err, WAVU_ERR_TIMEOUT);
    uint64_t took = sim_now(w.sim) - before;
    net_world_stop(&w);
    return took;
}

static void how_long_an_address_may_take_is_settable(void **state)
{
    (void)state;
    static const uint64_t cases[] = {200 * TIMERS_MS, 2 * TIMERS_SECOND, DIAL_ATTEMPT_NS,
                                     90 * TIMERS_SECOND}; /* the last beyond DIAL_TOTAL_NS */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t took = patience(cases[i]);
        assert_in_range(took, cases[i], cases[i] + 50 * TIMERS_MS);
    }
    assert_in_range(patience(0), DIAL_ATTEMPT_NS, DIAL_ATTEMPT_NS + 50 * TIMERS_MS);
}

static void so_many_dials_and_no_more(void **state)
{
    (void)state;
    struct multiaddr to = net_world_address(1);
    struct dial *d = NULL;
    net_world_start(&w, 12, 2);
    sim_cable_cut(w.hosts[0], w.hosts[1], true);
    for (size_t i = 0; i < DIAL_DIALS_MAX; i++) {
        assert_int_equal(begin(0, &to, &d), 0);
    }
    assert_int_equal(begin(0, &to, &d), WAVU_ERR_LIMIT);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(last_err, WAVU_ERR_TIMEOUT);
    assert_int_equal(begin(0, &to, &d), 0);
    net_world_stop(&w);
}

/* Dial node 1 at `wrong` ports where nobody listens, and at last where it does. */
static int dial_behind(size_t wrong)
{
    struct multiaddr addresses[DIAL_ADDRESSES_MAX + 1];
    struct dial_user user = {.done = note};
    struct dial *d = NULL;
    net_world_start(&w, 14, 2);
    for (size_t i = 0; i < wrong; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "10.0.0.2:%zu", 5000 + i);
        addresses[i] = address_of(text);
    }
    addresses[wrong] = net_world_address(1);
    last_err = WAVU_ERR_AGAIN;
    assert_int_equal(dial_start(&w.nodes[0].swarm, NULL, addresses, wrong + 1, user, &d), 0);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    net_world_stop(&w);
    return last_err;
}

static void so_many_addresses_of_one_peer_are_tried_and_no_more(void **state)
{
    (void)state;
    assert_int_equal(dial_behind(DIAL_ADDRESSES_MAX - 1), 0);
    assert_true(dial_behind(DIAL_ADDRESSES_MAX) < 0);
}

static void after_another_peer_the_next_address_is_tried(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 4, 3);
    sim_name_add(w.sim, "bob.example", "10.0.0.3"); /* node 2, who is not bob */
    sim_name_add(w.sim, "bob.example", "10.0.0.2");
    struct conn *c = dial("bob.example:4001", 1, &err);
    assert_non_null(c);
    assert_true(peerid_is_equal(conn_peer(c), &w.nodes[1].swarm.self));
    net_world_stop(&w);
}

static void silence_ends_in_a_time_out(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 5, 2);
    sim_cable_cut(w.hosts[0], w.hosts[1], true);
    uint64_t before = sim_now(w.sim);
    assert_null(dial("10.0.0.2:4001", 1, &err));
    assert_int_equal(err, WAVU_ERR_TIMEOUT);
    assert_true(sim_now(w.sim) - before <= DIAL_TOTAL_NS + TIMERS_SECOND);
    net_world_stop(&w);
}

static void giving_up_during_the_handshake_leaves_nothing(void **state)
{
    (void)state;
    struct multiaddr a = address_of("10.0.0.2:4001");
    net_world_start(&w, 6, 2);
    struct sim_cable_settings slow = {.latency_ns = 400 * TIMERS_MS, .loss_whole = 1, .mtu = 1500};
    sim_cable_set(w.hosts[0], w.hosts[1], &slow);
    struct dial *d = NULL;
    assert_int_equal(begin(0, &a, &d), 0);
    sim_run_for(w.sim, 900 * TIMERS_MS); /* connected, not yet secured */
    assert_int_equal(w.nodes[0].swarm.conn_count, 1);
    dial_cancel(d);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(w.nodes[0].swarm.conn_count, 0);
    assert_true(list_is_empty(&w.nodes[0].swarm.dials));
    net_world_stop(&w);
}

static void a_connected_peer_needs_no_address(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 7, 2);
    struct conn *first = net_world_dial(&w, 0, 1, &err);
    assert_non_null(first);
    struct multiaddr none = {.len = 0};
    assert_int_equal(multiaddr_append(&none, MULTIADDR_P2P, peerid_span(&w.nodes[1].swarm.self)),
                     0);
    assert_ptr_equal(net_world_dial_at(&w, 0, NULL, &none, &err), first);
    net_world_stop(&w);
}

static void on_own(void *context, int err, struct conn *c)
{
    *(struct conn **)context = c;
    assert_int_equal(err, 0);
}

/* Who came to us is reached by a dial of our own, too; and that one counts the next time. */
static void a_connection_of_our_own_is_made_beside(void **state)
{
    (void)state;
    int err;
    struct dial *d;
    struct conn *own = NULL;
    struct conn *again = NULL;
    struct multiaddr at = net_world_address(1);
    net_world_start(&w, 15, 2);
    struct swarm *s = &w.nodes[0].swarm;
    const struct peerid *other = &w.nodes[1].swarm.self;
    assert_non_null(net_world_dial(&w, 1, 0, &err));
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_non_null(swarm_conn(s, other));
    assert_null(swarm_conn_dialled(s, other));
    assert_int_equal(peerbook_add_address(&s->peerbook, other, &at, PEERBOOK_HEARSAY, 1), 0);
    struct dial_user user = {.done = on_own, .context = &own};
    assert_int_equal(dial_start_own(s, other, user, &d), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_non_null(own);
    assert_true(own->is_dialled);
    assert_ptr_equal(swarm_conn_dialled(s, other), own);
    user.context = &again;
    assert_int_equal(dial_start_own(s, other, user, &d), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_ptr_equal(again, own);
    net_world_stop(&w);
}

/* Somebody who knows, after a while: what net/records.h asks. */
static struct records_user asker;
static bool is_cancelled;
static int sought_err;

static int seek(void *context, const struct peerid *peer, struct records_user user,
                struct records_find **out)
{
    assert_true(peerid_is_equal(peer, &w.nodes[1].swarm.self));
    asker = user;
    *out = context;
    return sought_err;
}

static void seek_no_more(struct records_find *find)
{
    (void)find;
    is_cancelled = true;
}

static void of_whom_nothing_is_known_somebody_may_know(void **state)
{
    (void)state;
    static struct conn *own;
    struct dial *d = NULL;
    struct multiaddr at = net_world_address(1);
    net_world_start(&w, 16, 2);
    struct swarm *s = &w.nodes[0].swarm;
    struct dial_user user = {.done = on_own, .context = &own};
    const struct peerid *other = &w.nodes[1].swarm.self;
    s->records = (struct records){.context = &w, .find = seek, .cancel = seek_no_more};
    sought_err = WAVU_ERR_NOT_FOUND;
    assert_int_equal(dial_start(s, other, NULL, 0, user, &d), WAVU_ERR_INVALID);
    assert_null(d);
    sought_err = 0;
    own = NULL;
    assert_int_equal(dial_start_own(s, other, user, &d), WAVU_ERR_INVALID); /* asks nobody */
    assert_int_equal(dial_start(s, other, NULL, 0, user, &d), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_null(own);
    assert_int_equal(peerbook_add_address(&s->peerbook, other, &at, PEERBOOK_HEARSAY, 1), 0);
    asker.done(asker.context, 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_non_null(own);
    conn_close(own, WAVU_ERR_CLOSED);
    sim_run_for(w.sim, TIMERS_SECOND);
    net_world_stop(&w);
    net_world_start(&w, 17, 2);
    w.nodes[0].swarm.records =
        (struct records){.context = &w, .find = seek, .cancel = seek_no_more};
    assert_int_equal(dial_start(&w.nodes[0].swarm, &w.nodes[1].swarm.self, NULL, 0, user, &d), 0);
    is_cancelled = false;
    dial_cancel(d);
    assert_true(is_cancelled);
    net_world_stop(&w);
}

static void ids_that_disagree_are_refused_at_once(void **state)
{
    (void)state;
    struct multiaddr a = address_of("10.0.0.2:4001");
    struct dial *d = NULL;
    struct dial_user user = {.done = NULL};
    net_world_start(&w, 8, 3);
    assert_int_equal(multiaddr_append(&a, MULTIADDR_P2P, peerid_span(&w.nodes[1].swarm.self)), 0);
    assert_int_equal(dial_start(&w.nodes[0].swarm, &w.nodes[2].swarm.self, &a, 1, user, &d),
                     WAVU_ERR_PEER_ID);
    assert_int_equal(dial_start(&w.nodes[0].swarm, NULL, NULL, 0, user, &d), WAVU_ERR_INVALID);
    net_world_stop(&w);
}

static void both_may_dial_each_other_at_once(void **state)
{
    (void)state;
    struct multiaddr to_one = net_world_address(1);
    struct multiaddr to_zero = net_world_address(0);
    struct dial *a = NULL;
    struct dial *b = NULL;
    net_world_start(&w, 9, 2);
    assert_int_equal(begin(0, &to_one, &a), 0);
    assert_int_equal(begin(1, &to_zero, &b), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_non_null(swarm_conn(&w.nodes[0].swarm, &w.nodes[1].swarm.self));
    assert_non_null(swarm_conn(&w.nodes[1].swarm, &w.nodes[0].swarm.self));
    net_world_stop(&w);
}

static void going_down_tells_every_dialler(void **state)
{
    (void)state;
    struct multiaddr to_one = net_world_address(1);
    struct dial *d = NULL;
    net_world_start(&w, 10, 2);
    sim_cable_cut(w.hosts[0], w.hosts[1], true);
    assert_int_equal(begin(0, &to_one, &d), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    swarm_shut(&w.nodes[0].swarm);
    assert_int_equal(last_err, WAVU_ERR_SHUTDOWN);
    assert_int_equal(begin(0, &to_one, &d), WAVU_ERR_SHUTDOWN);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(so_many_addresses_of_one_peer_are_tried_and_no_more),
        UNIT(a_name_is_looked_up),
        UNIT(an_unknown_name_says_so),
        UNIT(a_black_hole_is_passed_by),
        UNIT(a_row_of_black_holes_is_passed_by_in_time),
        UNIT(how_long_an_address_may_take_is_settable),
        UNIT(so_many_dials_and_no_more),
        UNIT(after_another_peer_the_next_address_is_tried),
        UNIT(silence_ends_in_a_time_out),
        UNIT(giving_up_during_the_handshake_leaves_nothing),
        UNIT(a_connected_peer_needs_no_address),
        UNIT(a_connection_of_our_own_is_made_beside),
        UNIT(of_whom_nothing_is_known_somebody_may_know),
        UNIT(ids_that_disagree_are_refused_at_once),
        UNIT(both_may_dial_each_other_at_once),
        UNIT(going_down_tells_every_dialler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
