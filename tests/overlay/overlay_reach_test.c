/*
 * Who is there answers a ping, who is not does not, and no more are tried at once than may be.
 */
#include "overlay/overlay_reach.h"

#include "tests/base/unit.h"
#include "tests/support/net_world.h"

static struct net_world w;

struct heard {
    struct overlay_reach reach;
    size_t reached;
    size_t missed;
    struct overlay_id last;
};

static struct heard heard;

static void on_done(void *context, const struct overlay_id *id, bool is_reached)
{
    struct heard *h = context;
    h->reached += is_reached ? 1 : 0;
    h->missed += is_reached ? 0 : 1;
    h->last = *id;
}

/* Node 0 asks, and knows where node 1 and node 2 are. */
static void start(uint64_t seed, struct overlay_id ids[3])
{
    net_world_start(&w, seed, 3);
    heard = (struct heard){.reached = 0};
    const struct overlay_reach_config config = {
        .swarm = &w.nodes[0].swarm, .ping = &w.nodes[0].ping, .done = on_done, .context = &heard};
    overlay_reach_init(&heard.reach, &config);
    for (size_t i = 0; i < 3; i++) {
        struct multiaddr address = net_world_address(i);
        const struct peerid *peer = &w.nodes[i].swarm.self;
        assert_int_equal(overlay_id_from_peer(&ids[i], peer), 0);
        assert_int_equal(
            peerbook_add_address(&w.nodes[0].swarm.peerbook, peer, &address, PEERBOOK_PERSON, 0),
            0);
    }
}

static void stop(void)
{
    overlay_reach_clear(&heard.reach);
    net_world_stop(&w);
}

static void who_is_there_is_reached(void **state)
{
    (void)state;
    struct overlay_id ids[3];
    start(1, ids);
    assert_true(overlay_reach_start(&heard.reach, &ids[1]));
    assert_int_equal(heard.reached + heard.missed, 0); /* not at once */
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(heard.reached, 1);
    assert_int_equal(heard.missed, 0);
    assert_true(overlay_id_is_equal(&heard.last, &ids[1]));
    assert_int_equal(list_count(&heard.reach.runs), 0);
    stop();
}

static void who_is_away_is_not(void **state)
{
    (void)state;
    struct overlay_id ids[3];
    start(2, ids);
    net_world_crash(&w, 2, true);
    assert_true(overlay_reach_start(&heard.reach, &ids[2]));
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(heard.reached, 0);
    assert_int_equal(heard.missed, 1);
    const struct overlay_id nobody = {.bytes = {9}};
    if (overlay_reach_start(&heard.reach, &nobody)) { /* no address, now or a moment later */
        sim_run_for(w.sim, 60 * TIMERS_SECOND);
        assert_int_equal(heard.missed, 2);
    }
    assert_int_equal(heard.reached, 0);
    assert_int_equal(list_count(&heard.reach.runs), 0);
    stop();
}

static void so_many_at_once_and_no_more(void **state)
{
    (void)state;
    struct overlay_id ids[3];
    start(3, ids);
    for (size_t i = 0; i < OVERLAY_REACHES_MAX; i++) {
        assert_true(overlay_reach_start(&heard.reach, &ids[1]));
    }
    assert_false(overlay_reach_start(&heard.reach, &ids[2]));
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(heard.reached + heard.missed, OVERLAY_REACHES_MAX);
    assert_true(overlay_reach_start(&heard.reach, &ids[2])); /* and is given up below */
    stop();
    assert_int_equal(heard.reached + heard.missed, OVERLAY_REACHES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_is_there_is_reached),
        UNIT(who_is_away_is_not),
        UNIT(so_many_at_once_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
