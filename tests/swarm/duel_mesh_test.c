/*
 * Our detector in the world of a duel.
 */
#include "swarm/duel_mesh.h"

#include "tests/base/unit.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
#define NODES 24
#define WARM (DUEL_MESH_JOIN_NS + 20 * S)

static void begin(struct duel_world *w, enum pause_kind kind, uint32_t slow, uint32_t loss_permille)
{
    struct duel_world_config config = {
        .pauses = {.seed = 12, .start_ns = WARM, .nodes = NODES, .slow = slow},
        .kind = kind,
        .loss_permille = loss_permille,
        .delay_min_ns = 10 * MS,
        .delay_max_ns = 50 * MS,
        .count_from_ns = WARM};
    duel_world_init(w, &config, &duel_mesh_player);
}

static void test_a_crash_is_found_by_its_neighbours_in_seconds(void **state)
{
    struct duel_world w;
    (void)state;
    begin(&w, PAUSE_STOPPED, 0, 50);
    duel_world_run(&w, WARM);
    for (uint16_t i = 0; i < 4; i++) {
        duel_world_crash(&w, (uint16_t)(5 * i + 2));
        duel_world_run(&w, w.now + 15 * S);
        assert_in_range(w.figures.first_ms[i], 2500, 10000);
    }
    assert_in_range(w.figures.all_count, 4 * 3, 4 * 6); /* its neighbours, each once */
    assert_int_equal(w.figures.false_downs[DUEL_FALSE_ALL].verdicts, 0);
    duel_world_clear(&w);
}

static void test_slow_nodes_cost_no_other_its_neighbours(void **state)
{
    struct duel_world w;
    (void)state;
    begin(&w, PAUSE_STOPPED, 6, 0);
    duel_world_run(&w, WARM + 180 * S);
    assert_true(w.figures.false_downs[DUEL_FALSE_ALL].verdicts > 0); /* while they stood still */
    assert_int_equal(w.figures.false_downs[DUEL_FALSE_WELL].verdicts, 0);
    assert_int_equal(w.figures.false_downs[DUEL_FALSE_AWAKE].verdicts, 0);
    duel_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_crash_is_found_by_its_neighbours_in_seconds),
        UNIT(test_slow_nodes_cost_no_other_its_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
