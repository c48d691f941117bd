/*
 * What members say of the time: who is believed, and how far; over identify, with clocks that are
 * wrong, and set.
 */
#include "net/clocks.h"

#include "tests/base/unit.h"
#include "tests/support/net_world.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

static struct net_world w;

static struct clocks judge(size_t count, int64_t a, int64_t b, int64_t c)
{
    int64_t ahead_ms[3] = {a, b, c};
    return clocks_judge(ahead_ms, count);
}

static void is(struct clocks seen, int64_t ahead_ms, uint32_t others)
{
    assert_true(seen.ahead_ms == ahead_ms);
    assert_int_equal(seen.others, others);
}

static void nobody_minds_an_hour(void **state)
{
    (void)state;
    is(judge(0, 0, 0, 0), 0, 0);
    is(judge(1, 0, 0, 0), 0, 0);
    is(judge(3, HOUR_MS, -HOUR_MS, HOUR_MS), 0, 0);
    is(judge(1, HOUR_MS + 1, 0, 0), HOUR_MS + 1, 1);
    is(judge(1, -HOUR_MS - 1, 0, 0), -HOUR_MS - 1, 1);
}

static void most_of_the_others_say(void **state)
{
    (void)state;
    is(judge(3, DAY_MS, DAY_MS + 5, DAY_MS - 5), DAY_MS, 3);
    is(judge(3, -DAY_MS, 20, -DAY_MS), -DAY_MS, 2);
    is(judge(2, DAY_MS, DAY_MS, 0), DAY_MS, 2);
    is(judge(1, -DAY_MS, 0, 0), -DAY_MS, 1);
    is(judge(2, DAY_MS, 0, 0), 0, 0); /* one of two: who knows */
}

static void one_liar_among_three_says_nothing(void **state)
{
    (void)state;
    is(judge(3, 0, INT64_MAX / 2, 100), 0, 0);
    is(judge(3, 0, INT64_MIN / 2, 100), 0, 0);
    /* Two who agree about nothing: the middle one is a clock that is right. */
    is(judge(3, DAY_MS, -DAY_MS, 0), 0, 0);
}

static void what_is_no_time_is_none(void **state)
{
    struct peer peer = {.conn_count = 0};
    (void)state;
    clocks_note(&peer, 1000, 5 * TIMERS_SECOND);
    assert_true(peer.has_clock);
    assert_true(peer.clock_ms == -4000);
    clocks_note(&peer, CLOCKS_UNIX_MS_MAX, 0);
    assert_true(peer.has_clock);
    clocks_note(&peer, CLOCKS_UNIX_MS_MAX + 1, 0);
    assert_false(peer.has_clock);
    clocks_note(&peer, CLOCKS_UNIX_MS_MAX, 0);
    clocks_note(&peer, 0, 0);
    assert_false(peer.has_clock);
}

static enum stream_audience a_guest(void *context, const struct peerid *peer)
{
    (void)context;
    (void)peer;
    return STREAM_GUEST;
}

static void connected_members_are_asked(void **state)
{
    int err = 0;
    (void)state;
    net_world_start(&w, 1, 4);
    sim_host_set_skew(w.hosts[0], DAY_MS);
    for (size_t i = 1; i < 4; i++) {
        assert_non_null(net_world_dial(&w, 0, i, &err));
    }
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    struct clocks seen = clocks_look(&w.nodes[0].swarm);
    assert_int_equal(seen.others, 3);
    assert_in_range(seen.ahead_ms, DAY_MS - 5000, DAY_MS + 5000);
    seen = clocks_look(&w.nodes[1].swarm); /* has that one alone */
    assert_int_equal(seen.others, 1);
    assert_in_range(-seen.ahead_ms, DAY_MS - 5000, DAY_MS + 5000);
    sim_run_for(w.sim, 3600 * TIMERS_SECOND);
    sim_host_set_skew(w.hosts[0], 0); /* it is set: that is seen at once */
    is(clocks_look(&w.nodes[0].swarm), 0, 0);
    sim_host_set_skew(w.hosts[0], DAY_MS);
    w.nodes[0].swarm.policy.standing = a_guest; /* what strangers say is not heard */
    is(clocks_look(&w.nodes[0].swarm), 0, 0);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(nobody_minds_an_hour),
        UNIT(most_of_the_others_say),
        UNIT(one_liar_among_three_says_nothing),
        UNIT(what_is_no_time_is_none),
        UNIT(connected_members_are_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
