/*
 * Tests of hostile nodes: they do what they are there for, and an honest mesh bears it.
 */
#include "swarm/world_core.h"

#include "tests/base/unit.h"

struct seen {
    uint64_t broken_by_hostile;
    uint64_t broken_by_honest;
    uint64_t delivered;
    struct world *w;
};

static void on_broken(void *context, uint32_t node, uint32_t by, int err)
{
    struct seen *seen = context;
    (void)err;
    if (seen->w->nodes[by].hostile != 0) {
        seen->broken_by_hostile++;
    } else if (seen->w->nodes[node].hostile == 0) {
        seen->broken_by_honest++;
    }
}

static void on_delivered(void *context, uint32_t node, uint32_t origin, const struct mesh_event *e)
{
    struct seen *seen = context;
    (void)origin;
    (void)e;
    seen->delivered += seen->w->nodes[node].hostile == 0;
}

static struct world *make(struct seen *seen)
{
    struct world_config config = {.seed = 4, .nodes = 20, .delay_min_ms = 10, .delay_max_ms = 50};
    struct world_watch watch = {.context = seen, .delivered = on_delivered, .broken = on_broken};
    struct world *w = world_new(&config, &watch);
    *seen = (struct seen){.w = w};
    for (uint32_t i = 0; i < config.nodes; i++) {
        world_start(w, i, i == 0 ? 0 : i - 1);
        world_run(w, world_now(w) + 20 * WORLD_MS);
    }
    world_run(w, world_now(w) + 10 * WORLD_S);
    return w;
}

/* One hostile node for 30 s, a broadcast a second; what the others made of it. */
static void live_with(enum scenario_fault_kind kind, struct seen *seen)
{
    static const uint8_t payload[20] = {1};
    struct scenario_fault f = {.id = 1, .kind = kind, .node = 7, .amount = 300};
    struct world *w = make(seen);
    world_fault_on(w, &f);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(world_say(w, 3, span_of(payload, sizeof payload), NULL), 0);
        world_run(w, world_now(w) + WORLD_S);
    }
    world_run(w, world_now(w) + 10 * WORLD_S);
    assert_int_equal(seen->broken_by_honest, 0);
    assert_int_equal(seen->delivered, 30 * 18); /* all honest ones but the origin */
    world_fault_off(w, 1);
    assert_int_equal(w->nodes[7].hostile, 0);
    world_free(w);
}

static void test_who_passes_nothing_on_is_gone_around(void **state)
{
    struct seen seen;
    (void)state;
    live_with(SCENARIO_SILENT, &seen);
    assert_int_equal(seen.broken_by_hostile, 0); /* nobody can tell */
}

static void test_lies_are_borne(void **state)
{
    struct seen seen;
    (void)state;
    live_with(SCENARIO_LIAR, &seen);
}

static void test_replays_are_borne(void **state)
{
    struct seen seen;
    (void)state;
    live_with(SCENARIO_REPLAY, &seen);
}

static void test_a_flood_ends_the_link(void **state)
{
    struct seen seen;
    (void)state;
    live_with(SCENARIO_FLOOD, &seen);
    assert_true(seen.broken_by_hostile > 10);
}

static void test_a_liar_lies(void **state)
{
    struct seen seen;
    struct scenario_fault f = {.id = 1, .kind = SCENARIO_LIAR, .node = 7};
    uint8_t bytes[64];
    struct wr writer;
    (void)state;
    struct world *w = make(&seen);
    world_fault_on(w, &f);
    wr_init(&writer, span_mut_of(bytes, sizeof bytes));
    state_msg_encode(&writer, &(struct state_msg){.kind = STATE_MSG_DIGEST, .mask = 1});
    struct span body = wr_span(&writer);
    assert_true(world_hostile_sends(w, 7, OVERLAY_STATE, &body));
    struct state_msg m;
    assert_int_equal(state_msg_decode(&m, body), 0);
    assert_true(m.items.len > 0); /* owners that are not */
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_passes_nothing_on_is_gone_around),
        cmocka_unit_test(test_lies_are_borne),
        cmocka_unit_test(test_replays_are_borne),
        cmocka_unit_test(test_a_flood_ends_the_link),
        cmocka_unit_test(test_a_liar_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
