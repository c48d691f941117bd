/* Listeners: who may listen where, who gets a connection, what a full backlog does. */
#include "sim/sim_listener.h"

#include "sim/sim_life.h"
#include "tests/sim/pair.h"

static int listen_at(struct pair *p, struct pair_end *l, const struct multiaddr_ip *at)
{
    return p->bob.port->net->tcp_listen(p->bob.port, at, &pair_listener_user, l, &l->listener);
}

static void test_addresses_that_collide(void **state)
{
    struct pair p;
    struct pair_end second = {0};
    struct multiaddr_ip at = pair_bob_ip();
    struct multiaddr_ip any4 = {.ip_len = 4, .port = 4001};
    struct multiaddr_ip any6 = {.ip_len = 16, .port = 4001};
    struct multiaddr_ip foreign = {.ip = {10, 0, 0, 1}, .ip_len = 4, .port = 4001};

    (void)state;
    pair_start(&p, 1);
    assert_int_equal(listen_at(&p, &p.door, &at), 0);
    assert_int_equal(listen_at(&p, &second, &at), WAVU_ERR_IN_USE);
    assert_int_equal(listen_at(&p, &second, &any4), WAVU_ERR_IN_USE);
    assert_int_equal(listen_at(&p, &second, &foreign), WAVU_ERR_INVALID);
    assert_int_equal(listen_at(&p, &second, &any6), 0); /* IPv6 only */
    p.bob.port->net->listener_close(second.listener);
    at.port = 4002;
    assert_int_equal(listen_at(&p, &second, &at), 0);
    p.bob.port->net->listener_close(second.listener);
    pair_close_door(&p);
    assert_int_equal(listen_at(&p, &p.door, &any4), 0); /* free again */
    pair_stop(&p);
}

static void test_exact_address_before_any(void **state)
{
    struct pair p;
    struct multiaddr_ip at = pair_bob_ip();
    struct multiaddr_ip loopback = {.ip = {127, 0, 0, 1}, .ip_len = 4, .port = 4001};

    (void)state;
    pair_start(&p, 2);
    assert_int_equal(listen_at(&p, &p.door, &at), 0);
    assert_ptr_equal(sim_listener_find(p.bob_host, &at), p.door.listener);
    assert_null(sim_listener_find(p.bob_host, &loopback));
    pair_close_door(&p);
    at.ip_len = 4;
    memset(at.ip, 0, 4);
    assert_int_equal(listen_at(&p, &p.door, &at), 0);
    assert_ptr_equal(sim_listener_find(p.bob_host, &loopback), p.door.listener);
    pair_stop(&p);
}

/* A slow host accepts late; what does not fit into its backlog is dialled again a second later. */
static void test_full_backlog_is_silent(void **state)
{
    enum { DIALS = PORT_NET_BACKLOG + 10 };
    struct pair p;
    struct multiaddr_ip to = pair_bob_ip();
    struct pair_end *ends = mem_new_array(DIALS, sizeof(*ends));
    unsigned at_once = 0;

    (void)state;
    pair_start(&p, 3);
    assert_int_equal(pair_listen(&p), 0);
    sim_run_for(p.sim, 1);
    sim_life_of(p.bob.port)->busy_until_ns = 500 * TIMERS_MS;
    for (unsigned i = 0; i < DIALS; i++) {
        pair_reset_end(&ends[i], p.sim, p.alice.port);
        assert_int_equal(
            p.alice.port->net->tcp_dial(p.alice.port, &to, &pair_user, &ends[i], &ends[i].tcp), 0);
    }
    sim_run_for(p.sim, 100 * TIMERS_MS);
    for (unsigned i = 0; i < DIALS; i++) {
        at_once += ends[i].opened == 0 ? 1 : 0;
    }
    assert_int_equal(at_once, PORT_NET_BACKLOG);
    pair_close_door(&p); /* resets those, refuses the others when they come again */
    sim_run_for(p.sim, 10 * TIMERS_SECOND);
    for (unsigned i = 0; i < DIALS; i++) {
        assert_true(ends[i].closed == WAVU_ERR_RESET || ends[i].opened == WAVU_ERR_REFUSED);
    }
    mem_free(ends);
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_addresses_that_collide),
        UNIT(test_exact_address_before_any),
        UNIT(test_full_backlog_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
