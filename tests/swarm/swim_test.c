/*
 * Plain SWIM: a group of members on messages that take 20 ms, and single members played to.
 */
#include "swarm/swim.h"

#include <string.h>

#include "tests/base/unit.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
#define MEMBERS 32
#define FLIGHTS 4096
#define STEP (5 * MS)
#define DELAY (20 * MS)

struct flight {
    uint64_t at;
    uint16_t from;
    uint16_t to;
    struct swim_msg msg;
    struct swim_news news[MEMBERS];
};

static struct swim all[MEMBERS];
static struct random_seeded seeded;
static struct random source;
static struct flight flights[FLIGHTS]; /* a ring, in order of arrival */
static size_t first;
static size_t flying;
static uint64_t now;
static bool is_up[MEMBERS];
static bool is_cut; /* no message between members 0 and 1 */
static uint32_t loss_percent;
static size_t downs[MEMBERS]; /* events about each */
static size_t backs[MEMBERS];
static size_t owns;
static uint64_t down_at[MEMBERS]; /* the first */

static void start(void)
{
    now = 100 * S;
    first = 0;
    flying = 0;
    is_cut = false;
    loss_percent = 0;
    owns = 0;
    memset(downs, 0, sizeof downs);
    memset(backs, 0, sizeof backs);
    memset(down_at, 0, sizeof down_at);
    random_seeded_init(&seeded, 3);
    source = random_from_seeded(&seeded);
    for (uint16_t i = 0; i < MEMBERS; i++) {
        is_up[i] = true;
        swim_init(&all[i], now,
                  &(struct swim_config){.random = &source, .self = i, .members = MEMBERS});
    }
}

static void stop(void)
{
    for (uint16_t i = 0; i < MEMBERS; i++) {
        swim_clear(&all[i]);
    }
}

static void post(uint16_t from, const struct swim_event *e)
{
    bool is_lost = is_cut && (from < 2 && e->member < 2);
    bool is_stream = e->msg.kind == SWIM_SYNC || e->msg.kind == SWIM_SYNC_REPLY;
    if (is_lost || (!is_stream && random_below(&source, 100) < loss_percent)) {
        return;
    }
    assert_true(flying < FLIGHTS && e->msg.count <= MEMBERS);
    struct flight *f = &flights[(first + flying++) % FLIGHTS];
    *f = (struct flight){.at = now + DELAY, .from = from, .to = e->member, .msg = e->msg};
    memcpy(f->news, e->msg.news, e->msg.count * sizeof f->news[0]);
    f->msg.news = f->news;
}

static void drain(uint16_t i)
{
    struct swim_event e;
    while (swim_next_event(&all[i], &e)) {
        switch (e.kind) {
        case SWIM_SEND:
            post(i, &e);
            break;
        case SWIM_DOWN:
            downs[e.member]++;
            owns += e.is_own;
            down_at[e.member] = down_at[e.member] == 0 ? now : down_at[e.member];
            break;
        case SWIM_BACK:
            backs[e.member]++;
            break;
        }
    }
    swim_check(&all[i]);
}

static void pass(uint64_t ns)
{
    for (uint64_t end = now + ns; now < end; now += STEP) {
        while (flying > 0 && flights[first].at <= now) {
            struct flight *f = &flights[first];
            first = (first + 1) % FLIGHTS;
            flying--;
            if (is_up[f->to]) {
                swim_feed(&all[f->to], now, f->from, &f->msg);
                drain(f->to);
            }
        }
        for (uint16_t i = 0; i < MEMBERS; i++) {
            if (is_up[i] && swim_deadline(&all[i]) <= now) {
                swim_tick(&all[i], now, false);
                assert_true(swim_deadline(&all[i]) > now);
                drain(i);
            }
        }
    }
}

static size_t sum(const size_t *counts)
{
    size_t total = 0;
    for (size_t i = 0; i < MEMBERS; i++) {
        total += counts[i];
    }
    return total;
}

static void test_nobody_is_taken_for_dead_when_all_are_well(void **state)
{
    (void)state;
    start();
    pass(120 * S);
    assert_int_equal(sum(downs), 0);
    stop();
}

static void test_loss_alone_makes_suspects_that_refute(void **state)
{
    (void)state;
    start();
    loss_percent = 25;
    pass(120 * S);
    loss_percent = 0;
    pass(40 * S);
    for (uint16_t i = 0; i < MEMBERS; i++) {
        for (uint16_t k = 0; k < MEMBERS; k++) {
            assert_int_equal(swim_state_of(&all[i], k), SWIM_ALIVE);
        }
    }
    assert_int_equal(sum(downs), sum(backs));
    stop();
}

/* Suspicion takes 4 log10(32) = 6.02 s, from the end of the period in which somebody probes it:
 * within one to two periods in most cases, SWIM's e / (e - 1) on average. */
static void test_a_crash_is_found_in_its_time_and_all_hear_of_it(void **state)
{
    (void)state;
    start();
    pass(10 * S);
    is_up[7] = false;
    uint64_t crash = now;
    pass(20 * S);
    assert_int_equal(sum(downs), MEMBERS - 1);
    assert_int_equal(downs[7], MEMBERS - 1);
    assert_in_range(down_at[7] - crash, 6020 * MS, 11 * S);
    stop();
}

static void test_helpers_reach_whom_this_member_does_not(void **state)
{
    (void)state;
    start();
    is_cut = true;
    pass(180 * S);
    assert_int_equal(sum(downs), 0);
    stop();
}

static void test_a_lie_is_refuted_by_a_higher_incarnation(void **state)
{
    const struct swim_news lies[] = {{.incarnation = 0, .member = 5, .state = SWIM_SUSPECT},
                                     {.incarnation = 0, .member = 6, .state = SWIM_DEAD}};
    (void)state;
    start();
    pass(5 * S);
    swim_feed(&all[1], now, 2, &(struct swim_msg){.kind = SWIM_GOSSIP, .count = 2, .news = lies});
    drain(1);
    assert_int_equal(swim_state_of(&all[1], 5), SWIM_SUSPECT);
    assert_int_equal(swim_state_of(&all[1], 6), SWIM_DEAD);
    pass(20 * S);
    assert_int_equal(downs[5], 0); /* in time */
    assert_in_range(downs[6], 1, MEMBERS - 1);
    assert_int_equal(backs[6], downs[6]);
    assert_int_equal(owns, 0); /* nobody's patience ended */
    swim_feed(&all[1], now, 2, &(struct swim_msg){.kind = SWIM_GOSSIP, .count = 2, .news = lies});
    assert_int_equal(swim_state_of(&all[1], 5), SWIM_ALIVE); /* old news */
    assert_int_equal(swim_state_of(&all[1], 6), SWIM_ALIVE);
    stop();
}

static void test_news_are_told_so_often_and_no_more(void **state)
{
    const struct swim_news news = {.incarnation = 4, .member = 9, .state = SWIM_ALIVE};
    struct swim_event e;
    size_t told = 0;
    (void)state;
    start();
    swim_feed(&all[1], now, 2, &(struct swim_msg){.kind = SWIM_GOSSIP, .count = 1, .news = &news});
    for (uint32_t i = 0; i < 100; i++) {
        swim_feed(&all[1], now, 2, &(struct swim_msg){.kind = SWIM_PING, .seq = i, .target = 1});
        assert_true(swim_next_event(&all[1], &e));
        assert_int_equal(e.msg.kind, SWIM_ACK);
        assert_int_equal(e.msg.seq, i);
        told += e.msg.count;
    }
    assert_int_equal(told, 8); /* 4 x ceil(log10(33)) */
    stop();
}

static void test_a_blocked_member_stops_before_one_message_but_its_suspicions_end(void **state)
{
    const struct swim_news lie = {.incarnation = 0, .member = 5, .state = SWIM_SUSPECT};
    struct swim_event e;
    size_t sent[6] = {0};
    (void)state;
    start();
    swim_feed(&all[1], now, 2, &(struct swim_msg){.kind = SWIM_GOSSIP, .count = 1, .news = &lie});
    for (uint64_t end = now + 10 * S; now < end; now += STEP) {
        if (swim_deadline(&all[1]) <= now) {
            swim_tick(&all[1], now, true);
        }
        while (swim_next_event(&all[1], &e)) {
            if (e.kind == SWIM_SEND) {
                sent[e.msg.kind]++;
            } else {
                assert_int_equal(e.kind, SWIM_DOWN);
                assert_true(e.is_own && e.member == 5);
                downs[5]++;
            }
        }
    }
    assert_int_equal(downs[5], 1);
    assert_int_equal(sent[SWIM_PING], 1);
    assert_int_equal(sent[SWIM_GOSSIP], 1);
    assert_int_equal(sent[SWIM_PING_REQ] + sent[SWIM_SYNC], 0);
    swim_tick(&all[1], now, false); /* its probe came to nothing, it believes */
    while (swim_next_event(&all[1], &e)) {
        sent[e.msg.kind]++;
    }
    assert_int_equal(sent[SWIM_PING_REQ], SWIM_HELPERS);
    size_t suspects = 0;
    for (uint16_t i = 0; i < MEMBERS; i++) {
        suspects += swim_state_of(&all[1], i) == SWIM_SUSPECT;
    }
    assert_int_equal(suspects, 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_nobody_is_taken_for_dead_when_all_are_well),
        UNIT(test_loss_alone_makes_suspects_that_refute),
        UNIT(test_a_crash_is_found_in_its_time_and_all_hear_of_it),
        UNIT(test_helpers_reach_whom_this_member_does_not),
        UNIT(test_a_lie_is_refuted_by_a_higher_incarnation),
        UNIT(test_news_are_told_so_often_and_no_more),
        UNIT(test_a_blocked_member_stops_before_one_message_but_its_suspicions_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
