/* Gossipsub's machines against each other on virtual time. The larger figures: bench/gossipsub.c.
 */
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

static void all_hear_all_and_each_copy_is_counted(void **state)
{
    (void)state;
    struct gossip_world_config c = config_of(0, GOSSIP_WORLD_SILENT);
    struct gossip_world_figures f = figures_of(&c);
    assert_int_equal(f.said, 40);
    assert_int_equal(f.owed, 40 * 59);
    assert_int_equal(f.delivered, f.owed);
    assert_true(f.last_ms < 500);
    assert_true(f.p50_ms >= 25 && f.p50_ms <= f.p99_ms && f.p99_ms <= f.last_ms);
    assert_true(f.duplicates > f.delivered && f.duplicates < 12 * f.delivered);
    /* Each delivery and each duplicate has the whole payload. */
    assert_true(f.bytes > (f.delivered + f.duplicates) * 1500);
    assert_int_equal(f.hostile_milli, 0);
}

static void narrow_lines_take_longer(void **state)
{
    (void)state;
    struct gossip_world_config c = config_of(0, GOSSIP_WORLD_SILENT);
    struct gossip_world_figures wide = figures_of(&c);
    c.bytes_s = 50000; /* a message takes 30 ms */
    struct gossip_world_figures narrow = figures_of(&c);
    assert_int_equal(narrow.delivered, narrow.owed);
    assert_true(narrow.p50_ms > wide.p50_ms + 30);
}

static void a_seed_is_one_run(void **state)
{
    (void)state;
    uint64_t hash[3];
    for (unsigned i = 0; i < 3; i++) {
        struct gossip_world_config c = config_of(60, GOSSIP_WORLD_SPAM);
        c.seed = i < 2 ? 11 : 12;
        struct gossip_world *w = gossip_world_new(&c);
        gossip_world_run(w, 5 * S);
        gossip_world_talk(w, 20, 30 * S);
        hash[i] = gossip_world_hash(w);
        gossip_world_free(w);
    }
    assert_true(hash[0] == hash[1]);
    assert_true(hash[0] != hash[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_hear_all_and_each_copy_is_counted),
        UNIT(narrow_lines_take_longer),
        UNIT(a_seed_is_one_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
