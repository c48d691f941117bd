/*
 * Limits that a crowd or a hasty peer meets, by the virtual clock: connections of a node, and
 * streams that one connection may open.
 */
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

#define SETTLE (2 * TIMERS_SECOND)
#define BATCH 100 /* streams opened and reset between two looks at the world */

static void a_full_node_refuses_and_takes_again(void **state)
{
    (void)state;
    struct net_world w;
    int err = 0;
    net_world_start(&w, 1, 4);
    struct swarm *full = &w.nodes[0].swarm;
    full->conns_max = 2;
    struct conn *first = net_world_dial(&w, 1, 0, &err);
    assert_non_null(first);
    assert_non_null(net_world_dial(&w, 2, 0, &err));
    assert_null(net_world_dial(&w, 3, 0, &err));
    assert_true(err < 0);
    assert_true(full->metrics.refused_full.value >= 1);
    assert_int_equal(full->conn_count, 2);
    conn_finish(first);
    sim_run_for(w.sim, SETTLE);
    assert_int_equal(full->conn_count, 1);
    assert_non_null(net_world_dial(&w, 3, 0, &err));
    net_world_stop(&w);
}

static void ignore(void *service, struct stream *stream, struct stream_event *event)
{
    (void)service;
    (void)stream;
    (void)event;
}

static const struct stream_protocol hasty_protocol = {.name = ECHO_NAME, .up = ignore};

/* Open and reset up to `count` streams; returns how many before the connection ended. */
static size_t churn(struct net_world *w, struct conn *conn, size_t count)
{
    size_t opened = 0;
    uint64_t before = w->nodes[1].swarm.metrics.conns_closed.value;
    while (opened < count && w->nodes[1].swarm.metrics.conns_closed.value == before) {
        for (int i = 0; i < BATCH; i++) {
            struct stream *stream = NULL;
            if (stream_open(conn, &hasty_protocol, NULL, &stream) < 0) {
                break;
            }
            opened++;
            stream_reset(stream, 0);
        }
        sim_run_for(w->sim, TIMERS_SECOND / 1000);
    }
    return opened;
}

static void who_opens_and_resets_without_pause_is_closed(void **state)
{
    (void)state;
    struct net_world w;
    int err = 0;
    net_world_start(&w, 1, 2);
    struct swarm_metrics *seen = &w.nodes[0].swarm.metrics;
    struct conn *conn = net_world_dial(&w, 1, 0, &err);
    assert_non_null(conn);
    size_t opened = churn(&w, conn, 100000);
    assert_in_range(opened, CONN_OPENS_BURST + CONN_OPENS_EXCESS_MAX, 20000);
    assert_in_range(seen->streams_refused_rate.value, CONN_OPENS_EXCESS_MAX,
                    CONN_OPENS_EXCESS_MAX + BATCH);
    assert_int_equal(seen->dropped_limit.value, 1);
    sim_run_for(w.sim, SETTLE);
    assert_int_equal(w.nodes[0].swarm.conn_count, 0);
    assert_int_equal(w.nodes[0].swarm.budget.used, 0);
    net_world_stop(&w);
}

/* A burst as large as allowed, again and again, is nobody's misbehaviour. */
static void who_pauses_may_go_on(void **state)
{
    (void)state;
    struct net_world w;
    int err = 0;
    net_world_start(&w, 1, 2);
    struct conn *conn = net_world_dial(&w, 1, 0, &err);
    assert_non_null(conn);
    for (int i = 0; i < 5; i++) {
        assert_true(churn(&w, conn, CONN_OPENS_BURST - BATCH) >= CONN_OPENS_BURST - BATCH);
        sim_run_for(w.sim, SETTLE);
    }
    assert_int_equal(w.nodes[0].swarm.metrics.streams_refused_rate.value, 0);
    assert_true(conn_is_open(conn));
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_full_node_refuses_and_takes_again),
        UNIT(who_opens_and_resets_without_pause_is_closed),
        UNIT(who_pauses_may_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
