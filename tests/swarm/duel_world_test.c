/*
 * The world of a duel, with a player of the test's own: each node ticks every 100 ms and then sends
 * its count of ticks to the next node.
 */
#include "swarm/duel_world.h"

#include <string.h>

#include "base/mem.h"
#include "tests/base/unit.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
#define NODES 8
#define LETTER 3
#define LONG 40 /* bytes: more than an event holds itself */

struct seen {
    uint64_t tick_at;  /* the next */
    uint64_t ticked;   /* the last */
    uint64_t taken_at; /* the last */
    uint32_t ticks;
    uint32_t blocked; /* of them */
    uint32_t taken;
    uint32_t last;  /* number in the last message */
    uint32_t jumps; /* messages whose number was not the next */
    uint32_t late;  /* messages that took longer than a cable does */
    bool is_tick_first;
};

static struct seen seen[NODES];
static struct duel_world world;

static void *start(struct duel_world *w)
{
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < NODES; i++) {
        seen[i].tick_at = w->now + 100 * MS;
    }
    return w;
}

static void stop(void *context)
{
    assert_ptr_equal(context, &world);
}

static void take(void *context, const struct duel_event *e, struct span bytes)
{
    struct duel_world *w = context;
    struct seen *s = &seen[e->to];
    uint64_t sent_at;
    uint32_t number;
    assert_int_equal(e->kind, LETTER);
    assert_int_equal(bytes.len, LONG);
    memcpy(&number, bytes.ptr, sizeof number);
    memcpy(&sent_at, bytes.ptr + 8, sizeof sent_at);
    s->jumps += number != s->last + 1;
    s->last = number;
    s->late += w->now > sent_at + duel_world_delay(w, e->from, e->to);
    s->is_tick_first = s->ticked == w->now;
    s->taken_at = w->now;
    s->taken++;
}

static void tick(void *context, uint16_t node, bool is_blocked)
{
    struct duel_world *w = context;
    struct seen *s = &seen[node];
    uint8_t bytes[LONG] = {0};
    s->blocked += is_blocked;
    s->ticked = w->now;
    if (w->now < s->tick_at) {
        return; /* the end of a block */
    }
    s->ticks++;
    s->tick_at = w->now + 100 * MS;
    memcpy(bytes, &s->ticks, sizeof s->ticks);
    memcpy(bytes + 8, &w->now, sizeof w->now);
    duel_world_send(
        w, (struct duel_letter){.from = node, .to = (uint16_t)((node + 1) % NODES), .kind = LETTER},
        span_of(bytes, sizeof bytes));
}

static uint64_t deadline(void *context, uint16_t node)
{
    (void)context;
    return seen[node].tick_at;
}

static const struct duel_player player = {start, stop, take, tick, deadline};

/* One slow node of eight stands still for 2 s, 8 s apart, from second 10 on. */
static uint16_t begin(enum pause_kind kind, uint32_t loss_permille)
{
    uint16_t slow = 0;
    struct duel_world_config config = {.pauses = {.seed = 5,
                                                  .start_ns = 2 * S,
                                                  .nodes = NODES,
                                                  .slow = 1,
                                                  .duration_ns = 2 * S,
                                                  .interval_ns = 8 * S},
                                       .kind = kind,
                                       .loss_permille = loss_permille,
                                       .delay_min_ns = 10 * MS,
                                       .delay_max_ns = 50 * MS,
                                       .count_from_ns = 5 * S};
    while (!pause_is_slow(&config.pauses, slow)) {
        slow++;
    }
    duel_world_init(&world, &config, &player);
    return slow;
}

static uint16_t after(uint16_t node)
{
    return (uint16_t)((node + 1) % NODES);
}

static void test_delays_are_of_the_pair_and_within_their_bounds(void **state)
{
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    (void)state;
    begin(PAUSE_STOPPED, 0);
    for (uint16_t a = 0; a < NODES; a++) {
        for (uint16_t b = 0; b < NODES; b++) {
            uint64_t delay = duel_world_delay(&world, a, b);
            assert_int_equal(delay, duel_world_delay(&world, b, a));
            assert_in_range(delay, 10 * MS, 50 * MS);
            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
    }
    assert_true(least < 20 * MS && most > 40 * MS);
    duel_world_clear(&world);
}

static void test_messages_keep_their_order_and_some_are_lost(void **state)
{
    (void)state;
    begin(PAUSE_STOPPED, 0);
    duel_world_run(&world, 9 * S);
    for (size_t i = 0; i < NODES; i++) {
        assert_in_range(seen[i].taken, 78, 80);
        assert_int_equal(seen[i].jumps + seen[i].late, 0);
    }
    duel_world_clear(&world);
    begin(PAUSE_STOPPED, 100);
    duel_world_run(&world, 9 * S);
    uint32_t taken = 0;
    for (size_t i = 0; i < NODES; i++) {
        taken += seen[i].taken;
    }
    assert_in_range(taken, 540, 605); /* 576 of 640, four deviations each way */
    assert_in_range(world.figures.messages, 630, 640);
    assert_int_equal(world.figures.bytes, world.figures.messages * (LONG + 2));
    duel_world_clear(&world);
}

static void test_a_stopped_node_does_nothing_and_looks_at_its_timers_first(void **state)
{
    (void)state;
    uint16_t slow = begin(PAUSE_STOPPED, 0);
    duel_world_run(&world, 12 * S - 1);
    assert_int_equal(seen[slow].ticks, 89); /* the one of second 10 waits */
    assert_true(seen[slow].taken_at < 10 * S);
    uint32_t taken = seen[slow].taken;
    duel_world_run(&world, 12 * S);
    assert_int_equal(seen[slow].ticks, 90);
    assert_in_range(seen[slow].taken, taken + 19, taken + 21); /* all that waited, in order */
    assert_int_equal(seen[slow].jumps, 0);
    assert_true(seen[slow].is_tick_first);
    assert_int_equal(seen[slow].blocked, 0);
    assert_int_equal(seen[after(slow)].late, 0);
    duel_world_clear(&world);
}

static void test_a_blocked_node_ticks_but_neither_hears_nor_is_heard(void **state)
{
    (void)state;
    uint16_t slow = begin(PAUSE_BLOCKED, 0);
    duel_world_run(&world, 12 * S - 1);
    assert_in_range(seen[slow].ticks, 108, 110);
    assert_in_range(seen[slow].blocked, 19, 21);
    assert_true(seen[slow].taken_at < 10 * S);
    assert_true(seen[after(slow)].taken_at < 10 * S + 50 * MS);
    uint32_t taken = seen[after(slow)].taken;
    duel_world_run(&world, 12 * S + 99 * MS);
    assert_in_range(seen[after(slow)].taken, taken + 19, taken + 21);
    assert_int_equal(seen[after(slow)].jumps, 0); /* late, none lost */
    assert_in_range(seen[after(slow)].late, 19, 21);
    assert_true(seen[slow].taken_at >= 12 * S);
    duel_world_clear(&world);
}

static void test_verdicts_about_the_living_are_counted_by_gravity(void **state)
{
    const struct duel_count *f = world.figures.false_downs;
    (void)state;
    uint16_t slow = begin(PAUSE_STOPPED, 0);
    uint16_t well = after(slow);
    duel_world_verdict(&world, well, slow, true); /* before the count begins */
    duel_world_run(&world, 6 * S);
    duel_world_verdict(&world, slow, well, true);
    duel_world_verdict(&world, after(well), well, false);
    duel_world_run(&world, 11 * S); /* the slow one stands still */
    duel_world_verdict(&world, well, slow, true);
    duel_world_run(&world, 13 * S);
    duel_world_verdict(&world, well, slow, true);
    duel_world_run(&world, 23 * S);
    duel_world_verdict(&world, slow, well, true);
    assert_int_equal(f[DUEL_FALSE_ALL].verdicts, 5);
    assert_int_equal(f[DUEL_FALSE_ALL].declared, 4);
    assert_int_equal(f[DUEL_FALSE_ALL].incidents, 3); /* two of them about `well` */
    assert_int_equal(f[DUEL_FALSE_AWAKE].verdicts, 4);
    assert_int_equal(f[DUEL_FALSE_WELL].verdicts, 3);
    assert_int_equal(f[DUEL_FALSE_WELL].incidents, 2);
    assert_int_equal(f[DUEL_FALSE_WELL_AT_WELL].verdicts, 1);
    assert_int_equal(f[DUEL_FALSE_WELL_AT_WELL].declared, 0);
    assert_int_equal(world.figures.all_count, 0);
    duel_world_clear(&world);
}

static void test_of_crashes_the_time_to_verdicts_is_kept(void **state)
{
    (void)state;
    begin(PAUSE_STOPPED, 0);
    duel_world_run(&world, 6 * S);
    duel_world_crash(&world, 2);
    assert_false(duel_world_is_up(&world, 2));
    duel_world_crash(&world, 3);
    duel_world_run(&world, 8 * S);
    uint32_t ticks = seen[2].ticks;
    duel_world_verdict(&world, 1, 2, true);
    duel_world_run(&world, 9 * S);
    duel_world_verdict(&world, 0, 2, false);
    assert_int_equal(seen[2].ticks, ticks);
    assert_int_equal(world.figures.crashes, 2);
    assert_int_equal(world.figures.first_ms[0], 2000);
    assert_int_equal(world.figures.first_ms[1], UINT32_MAX);
    assert_int_equal(world.figures.all_count, 2);
    assert_int_equal(world.figures.all_ms[1], 3000);
    assert_int_equal(world.figures.false_downs[DUEL_FALSE_ALL].verdicts, 0);
    duel_world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_delays_are_of_the_pair_and_within_their_bounds),
        UNIT(test_messages_keep_their_order_and_some_are_lost),
        UNIT(test_a_stopped_node_does_nothing_and_looks_at_its_timers_first),
        UNIT(test_a_blocked_node_ticks_but_neither_hears_nor_is_heard),
        UNIT(test_verdicts_about_the_living_are_counted_by_gravity),
        UNIT(test_of_crashes_the_time_to_verdicts_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
