/*
 * Drawn scenarios: valid, bounded, the same each time, different from one another, and written in
 * full.
 */
#include "swarm/scenario_draw.h"

#include <string.h>

#include "swarm/scenario_toml.h"
#include "tests/base/unit.h"

#define SEEDS 5000

static struct scenario s;

/* What many seeds had. */
struct seen {
    size_t kinds[SCENARIO_FAULT_KINDS]; /* scenarios with a fault of the kind */
    size_t fault_counts[SCENARIO_DRAW_FAULTS_MAX + 1];
    size_t cables[SCENARIO_WHOLE + 1];
    size_t crowds;
    size_t lasting;
    size_t large; /* payloads */
};

static void look(struct seen *seen)
{
    bool has[SCENARIO_FAULT_KINDS] = {false};
    for (size_t i = 0; i < s.fault_count; i++) {
        has[s.faults[i].kind] = true;
        seen->lasting += s.faults[i].end_ms == 0;
        assert_int_equal(s.faults[i].id, i + 1);
        assert_int_equal(s.faults[i].at_ms % 100, 0);
    }
    for (size_t i = 0; i < SCENARIO_FAULT_KINDS; i++) {
        seen->kinds[i] += has[i];
    }
    seen->fault_counts[s.fault_count]++;
    seen->cables[s.cable]++;
    seen->crowds += s.nodes > SCENARIO_DRAW_NODES_MAX;
}

static void all_are_valid_and_bounded(void **state)
{
    struct seen seen = {.crowds = 0};
    char why[200];
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        scenario_draw(seed, SCENARIO_DRAW_BARE, &s);
        if (scenario_check(&s, why, sizeof why) < 0) {
            fail_msg("seed %u: %s", (unsigned)seed, why);
        }
        assert_in_range(s.nodes, SCENARIO_DRAW_NODES_MIN, SCENARIO_DRAW_CROWD_MAX);
        assert_true(s.fault_count <= SCENARIO_DRAW_FAULTS_MAX);
        assert_true(scenario_end_ms(&s) <= 300000);
        assert_true(s.seed == seed);
        /* Nodes keep what is said while faults last: a quarter of 4 MiB of one origin. */
        assert_true(s.senders == 0 ||
                    s.say_bytes * (s.fault_ms / s.say_ms) / s.senders < UINT64_C(1) << 19);
        seen.large += s.say_bytes > 4096;
        look(&seen);
    }
    /* All options come up, and each kind is away from a good part of the seeds. */
    assert_in_range(seen.crowds, SEEDS / 32, SEEDS / 8);
    assert_in_range(seen.cables[SCENARIO_STREAM], SEEDS * 2 / 5, SEEDS * 3 / 5);
    assert_int_equal(seen.cables[SCENARIO_WHOLE], 0);
    assert_true(seen.lasting > SEEDS / 2);
    assert_true(seen.large > SEEDS / 200);
    for (size_t i = 0; i <= SCENARIO_DRAW_FAULTS_MAX; i++) {
        assert_in_range(seen.fault_counts[i], SEEDS / 40, SEEDS / 12);
    }
    for (size_t i = 0; i < SCENARIO_FAULT_KINDS; i++) {
        if (i == SCENARIO_TORN) {
            assert_int_equal(seen.kinds[i], 0); /* only whole nodes have a disk */
        } else {
            assert_in_range(seen.kinds[i], SEEDS / 12, SEEDS / 2);
        }
    }
}

static void whole_nodes_are_few(void **state)
{
    struct seen seen = {.crowds = 0};
    char why[200];
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        scenario_draw(seed, 1u << SCENARIO_WHOLE, &s);
        assert_int_equal(scenario_check(&s, why, sizeof why), 0);
        assert_in_range(s.nodes, 3, SCENARIO_DRAW_WHOLE_MAX);
        look(&seen);
    }
    assert_int_equal(seen.cables[SCENARIO_WHOLE], 500);
    assert_true(seen.kinds[SCENARIO_TORN] > 30);
}

/* However the heavy faults fall, most nodes of a mesh live and are honest at any moment. */
static void most_nodes_live_on(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        uint32_t hit = 0;
        scenario_draw(seed, SCENARIO_DRAW_BARE, &s);
        for (uint32_t node = 0; node < s.nodes; node++) {
            bool is_hit = false;
            for (size_t i = 0; i < s.fault_count; i++) {
                const struct scenario_fault *f = &s.faults[i];
                bool is_heavy = f->kind == SCENARIO_CRASH || f->kind == SCENARIO_RESET ||
                                f->kind >= SCENARIO_SILENT;
                is_hit = is_hit || (is_heavy && f->end_ms == 0 && scenario_hits(f, seed, node));
            }
            hit += is_hit;
        }
        assert_true(hit * 3 <= s.nodes * 2);
    }
}

static void a_seed_gives_one_scenario_and_says_it_in_full(void **state)
{
    static struct scenario_file file;
    static struct scenario_file again;
    struct scenario_toml_error error;
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct buf text;
        buf_init(&text, SCENARIO_TOML_SIZE_MAX);
        memset(&file, 0xee, sizeof file);
        scenario_draw(seed * 0x123456789abcdef, SCENARIO_DRAW_BARE, &file.scenario);
        scenario_draw(seed * 0x123456789abcdef, SCENARIO_DRAW_BARE, &s);
        assert_memory_equal(&s, &file.scenario, sizeof s);
        file.has_expected = false;
        assert_int_equal(scenario_toml_write(&file, &text), 0);
        assert_int_equal(scenario_toml_read(buf_span(&text), &again, &error), 0);
        assert_memory_equal(&again.scenario, &s, sizeof s);
        buf_clear(&text);
    }
}

/* Replays are kept by seed: what a seed means may only change on purpose. */
static void a_known_seed_is_what_it_was(void **state)
{
    (void)state;
    scenario_draw(7, SCENARIO_DRAW_BARE, &s);
    assert_string_equal(s.name, "drawn from 7");
    assert_int_equal(s.nodes, 11);
    assert_int_equal(s.cable, 0);
    assert_int_equal(s.fault_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_are_valid_and_bounded),   UNIT(whole_nodes_are_few),
        UNIT(most_nodes_live_on),          UNIT(a_seed_gives_one_scenario_and_says_it_in_full),
        UNIT(a_known_seed_is_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
