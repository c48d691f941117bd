/*
 * Plain SWIM in the world of a duel.
 */
#include "swarm/duel_swim.h"

#include "tests/base/unit.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
#define NODES 24

static void begin(struct duel_world *w, uint32_t slow, uint32_t loss_permille)
{
    struct duel_world_config config = {
        .pauses = {.seed = 11, .start_ns = 10 * S, .nodes = NODES, .slow = slow},
        .kind = PAUSE_STOPPED,
        .loss_permille = loss_permille,
        .delay_min_ns = 10 * MS,
        .delay_max_ns = 50 * MS,
        .count_from_ns = 10 * S};
    pause_cell(&config.pauses, 5 * PAUSE_INTERVALS + 7); /* 33 s of every 49 s */
    duel_world_init(w, &config, &duel_swim_player);
}

static void test_a_quiet_group_condemns_nobody_even_with_loss(void **state)
{
    struct duel_world w;
    (void)state;
    begin(&w, 0, 50);
    duel_world_run(&w, 120 * S);
    assert_int_equal(w.figures.false_downs[DUEL_FALSE_ALL].verdicts, 0);
    assert_in_range(w.figures.messages, NODES * 110 * 2, NODES * 120 * 40);
    duel_world_clear(&w);
}

static void test_all_hear_of_a_crash(void **state)
{
    struct duel_world w;
    (void)state;
    begin(&w, 0, 50);
    duel_world_run(&w, 20 * S);
    duel_world_crash(&w, 7);
    duel_world_run(&w, 50 * S);
    assert_int_equal(w.figures.all_count, NODES - 1);
    assert_in_range(w.figures.first_ms[0], 5520, 12000); /* 4 log10(24) s of suspicion, and more */
    assert_int_equal(w.figures.false_downs[DUEL_FALSE_ALL].verdicts, 0);
    duel_world_clear(&w);
}

static void test_who_stands_still_for_long_is_taken_for_dead_and_comes_back(void **state)
{
    struct duel_world w;
    (void)state;
    begin(&w, 6, 0);
    duel_world_run(&w, 200 * S);
    const struct duel_count *all = &w.figures.false_downs[DUEL_FALSE_ALL];
    assert_true(all->verdicts > 6 * (NODES / 2)); /* nearly everybody believed it */
    assert_in_range(all->incidents, 12, 60);      /* more than once of each: they came back */
    assert_in_range(all->declared, all->incidents, all->verdicts);
    duel_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_quiet_group_condemns_nobody_even_with_loss),
        UNIT(test_all_hear_of_a_crash),
        UNIT(test_who_stands_still_for_long_is_taken_for_dead_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
