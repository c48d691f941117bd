/*
 * A node without a place for one more: who holds most of them from one prefix gives way.
 */
#include "net/crowd.h"
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

static struct net_world w;

static struct conn *one_more(size_t from)
{
    struct multiaddr to = net_world_address(0);
    int err = 0;
    struct conn *c = net_world_dial_at(&w, from, NULL, &to, &err);
    sim_run_for(w.sim, 2 * CROWD_COUNT_NS);
    return c;
}

static size_t conns_of(size_t i)
{
    const struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[i].swarm.self);
    return peer == NULL ? 0 : peer->conn_count;
}

/* Nodes 1 and 2 are in one /24 and hold three of four places; 6 and 7 come from another. */
static void one_place_keeps_nobody_out(void **state)
{
    (void)state;
    net_world_start(&w, 1, 8);
    w.nodes[0].swarm.conns_max = 4;
    assert_non_null(one_more(1));
    assert_non_null(one_more(2));
    assert_non_null(one_more(2));
    assert_non_null(one_more(7));
    assert_non_null(one_more(6));
    assert_int_equal(w.nodes[0].swarm.conn_count, 3); /* the two newest of three were closed */
    assert_int_equal(conns_of(1), 1);
    assert_int_equal(conns_of(2), 0);
    assert_int_equal(conns_of(7), 1);
    assert_int_equal(conns_of(6), 1);
    net_world_stop(&w);
}

/* Who has most makes no room for itself, nor does anybody when all have their part. */
static void nobody_gives_way_to_its_own(void **state)
{
    (void)state;
    net_world_start(&w, 2, 8);
    w.nodes[0].swarm.conns_max = 2;
    assert_non_null(one_more(1));
    assert_non_null(one_more(2));
    assert_null(one_more(2));
    assert_int_equal(conns_of(1), 1);
    assert_int_equal(conns_of(2), 1);
    assert_non_null(one_more(7));
    assert_int_equal(conns_of(1), 1);
    assert_int_equal(conns_of(2), 0);
    assert_null(one_more(6)); /* one each, of two: that is their part */
    assert_int_equal(w.nodes[0].swarm.metrics.refused_full.value, 2);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(one_place_keeps_nobody_out),
        UNIT(nobody_gives_way_to_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
