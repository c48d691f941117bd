/* Gossipsub's machines against hostile scripts on virtual time: the attacks of v1.1's evaluation,
 * small. The larger figures: bench/gossipsub.c. */
#include "swarm/gossip_world.h"

#include "tests/base/unit.h"

#define S GOSSIP_WORLD_S

static struct gossip_world_config config_of(uint32_t hostile, enum gossip_world_harm harm)
{
    return (struct gossip_world_config){.seed = 7,
                                        .nodes = 60,
                                        .links = 6,
                                        .hostile = hostile,
                                        .hostile_links = 6,
                                        .delay_min_ms = 25,
                                        .delay_max_ms = 75,
                                        .late_ns = 3 * S / 2,
                                        .payload = 1500,
                                        .start_ns = 5 * S,
                                        .hostile_at_ns = 20 * S,
                                        .hostile_span_ns = 5 * S,
                                        .harm = harm,
                                        .version = GOSSIPSUB_V12};
}

/* What is said while they are there, from half a minute after they came. */
static struct gossip_world_figures figures_of(const struct gossip_world_config *c)
{
    struct gossip_world *w = gossip_world_new(c);
    gossip_world_run(w, 5 * S);
    gossip_world_talk(w, 60, 60 * S);
    gossip_world_mark(w);
    gossip_world_talk(w, 40, 20 * S);
    gossip_world_run(w, 10 * S);
    struct gossip_world_figures f = gossip_world_figures(w);
    gossip_world_check(w);
    gossip_world_free(w);
    return f;
}

static void silent_ones_in_every_mesh_stop_nothing(void **state)
{
    (void)state;
    struct gossip_world_config c = config_of(240, GOSSIP_WORLD_SILENT);
    struct gossip_world_figures f = figures_of(&c);
    assert_true(f.hostile_milli > 0);
    assert_int_equal(f.delivered, f.owed);
    assert_true(f.p99_ms < 2000);
}

static void one_among_four_hundred_hostile_hears_all(void **state)
{
    (void)state;
    struct gossip_world_config c = config_of(400, GOSSIP_WORLD_SILENT);
    c.victims = 1;
    c.hostile_links = 1;
    struct gossip_world_figures f = figures_of(&c);
    assert_true(f.victim_owed > 0);
    assert_int_equal(f.victim_delivered, f.victim_owed);
    assert_true(f.victim_p99_ms < 2000);
}

/* Who lies, breaks promises and does not wait is in no mesh, and heard no more. */
static void spammers_are_put_out(void **state)
{
    (void)state;
    struct gossip_world_config c = config_of(120, GOSSIP_WORLD_SPAM);
    struct gossip_world_figures f = figures_of(&c);
    assert_int_equal(f.hostile_milli, 0);
    assert_int_equal(f.delivered, f.owed);
    assert_true(f.p99_ms < 2000);
}

static void late_ones_delay_but_stop_nothing(void **state)
{
    (void)state;
    struct gossip_world_config c = config_of(240, GOSSIP_WORLD_LATE);
    struct gossip_world_figures f = figures_of(&c);
    assert_int_equal(f.delivered, f.owed);
    assert_true(f.p99_ms < 2000);
}

/* Nine of ten places in meshes are theirs when they fall silent, all at once. */
static void those_that_turn_are_replaced(void **state)
{
    (void)state;
    struct gossip_world_config c = config_of(240, GOSSIP_WORLD_SILENT);
    c.hostile_own = 50;
    c.hostile_at_ns = 0;
    c.turn_ns = 60 * S;
    struct gossip_world *w = gossip_world_new(&c);
    gossip_world_run(w, 5 * S);
    gossip_world_talk(w, 55, 55 * S);
    uint32_t before = gossip_world_figures(w).hostile_milli;
    gossip_world_mark(w);
    gossip_world_talk(w, 60, 30 * S);
    gossip_world_run(w, 20 * S);
    struct gossip_world_figures f = gossip_world_figures(w);
    gossip_world_check(w);
    gossip_world_free(w);
    assert_int_equal(f.delivered, f.owed);
    assert_true(f.p99_ms < 2000);
    assert_true(f.hostile_milli < before);
}

/* Honest and hostile begin at once, and half of whom the honest dial is hostile. */
static void a_cold_boot_among_hostile_ones_delivers_all(void **state)
{
    (void)state;
    struct gossip_world_config c = config_of(240, GOSSIP_WORLD_SILENT);
    c.hostile_own = 50;
    c.hostile_at_ns = 0;
    struct gossip_world *w = gossip_world_new(&c);
    gossip_world_run(w, 5 * S);
    gossip_world_mark(w);
    gossip_world_talk(w, 60, 30 * S);
    gossip_world_run(w, 20 * S);
    struct gossip_world_figures f = gossip_world_figures(w);
    gossip_world_free(w);
    assert_int_equal(f.delivered, f.owed);
    assert_true(f.p99_ms < 4000); /* so few honest neighbours: gossip goes several steps */
}

/* They announce at once what they never give: soon they are asked last. */
static void those_that_hold_back_are_not_waited_for(void **state)
{
    (void)state;
    struct gossip_world_config c = config_of(120, GOSSIP_WORLD_HOLD);
    struct gossip_world_figures f = figures_of(&c);
    assert_int_equal(f.delivered, f.owed);
    assert_true(f.p99_ms < 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(silent_ones_in_every_mesh_stop_nothing),
        UNIT(one_among_four_hundred_hostile_hears_all),
        UNIT(spammers_are_put_out),
        UNIT(late_ones_delay_but_stop_nothing),
        UNIT(those_that_turn_are_replaced),
        UNIT(a_cold_boot_among_hostile_ones_delivers_all),
        UNIT(those_that_hold_back_are_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
