/*
 * Tests of runs with whole nodes: quiet, every kind of fault alone, all of them mixed, planted
 * failures found, one seed one history. A few small runs of each: `make swarm` has the many.
 */
#include "swarm/whole.h"

#include <string.h>

#include "sim/sim_draw.h"
#include "tests/base/unit.h"

#define MIXED_RUNS 4

static void quiet(struct scenario *s, uint64_t seed, uint32_t nodes)
{
    scenario_init(s);
    s->seed = seed;
    s->nodes = nodes;
    s->cable = SCENARIO_WHOLE;
    s->join_ms = 4000;
    s->fault_ms = 16000;
    s->settle_ms = 30000;
    s->senders = nodes;
}

static uint64_t amount_of(enum scenario_fault_kind kind)
{
    return kind == SCENARIO_BANDWIDTH                        ? 4000
           : kind == SCENARIO_FLOOD                          ? 50
           : kind == SCENARIO_SLOW                           ? 8000
           : kind == SCENARIO_SKEW || kind == SCENARIO_CHURN ? 3000
                                                             : 300;
}

static struct scenario_fault *add(struct scenario *s, enum scenario_fault_kind kind)
{
    struct scenario_fault *f = &s->faults[s->fault_count++];
    *f = (struct scenario_fault){.id = (uint32_t)s->fault_count,
                                 .kind = kind,
                                 .at_ms = 6000,
                                 .end_ms = 18000,
                                 .node = SCENARIO_EVERYWHERE,
                                 .share = {1, 3},
                                 .rate = {1, 10},
                                 .amount = amount_of(kind)};
    return f;
}

static bool is_possible(const struct scenario *s)
{
    char why[RUN_WHY_MAX];
    return scenario_check(s, why, sizeof why) == 0;
}

/* How many deliveries were owed, and made. `*hash` is the run's. */
static uint64_t passes(const struct scenario *s, uint64_t *hash)
{
    struct run_result r = {.is_passed = false};
    assert_true(is_possible(s));
    assert_int_equal(run_scenario(s, NULL, &r), 0);
    if (!r.is_passed) {
        print_error("seed %llu: %s\n", (unsigned long long)s->seed, r.why);
    }
    assert_string_equal(r.why, "");
    assert_true(r.is_passed);
    assert_int_equal(r.figures.owed, r.figures.delivered);
    assert_true(r.sample_count >= scenario_end_ms(s) / 1000 - 1);
    assert_int_equal(r.samples[r.sample_count - 1].alive, s->nodes); /* who crashed is back */
    uint64_t owed = r.figures.owed;
    *hash = r.hash;
    run_result_clear(&r);
    return owed;
}

static void test_a_quiet_run_passes_and_is_measured(void **state)
{
    struct scenario s;
    struct run_result r = {.is_passed = false};
    (void)state;
    for (uint64_t seed = 4; seed <= 5; seed++) { /* on a local network, and with seeds */
        quiet(&s, seed, 10);
        s.settle_ms = 20000;
        assert_int_equal(whole_run(&s, NULL, &r), 0);
        assert_string_equal(r.why, "");
        assert_true(r.is_passed);
        const struct run_sample *last = &r.samples[r.sample_count - 1];
        assert_int_equal(last->alive, 10);
        assert_int_equal(last->largest, 10);
        assert_true(last->degree_min >= 4 && last->degree_max <= 6);
        assert_int_equal(r.figures.owed, r.figures.delivered);
        assert_int_equal(r.figures.downs_false, 0);
        assert_int_equal(r.figures.downs_true, 0);
        assert_true(r.figures.hops_max >= 1);
        assert_in_range(r.figures.last_delivery_us, 10000, 1000000);
        assert_in_range(r.figures.bytes_node_s, 100, 20000);
        run_result_clear(&r);
    }
}

static void test_every_fault_alone(void **state)
{
    (void)state;
    uint64_t undisturbed = 0;
    uint64_t hash = 0;
    struct scenario s;
    quiet(&s, 11, 8);
    assert_true(passes(&s, &undisturbed) > 100);
    for (int kind = 0; kind < SCENARIO_FAULT_KINDS; kind++) {
        quiet(&s, 11, 8);
        struct scenario_fault *f = add(&s, (enum scenario_fault_kind)kind);
        f->at_ms = kind == SCENARIO_NAT ? 1000 : f->at_ms; /* while nodes are dialled */
        bool is_refused = kind == SCENARIO_LIAR || kind == SCENARIO_REPLAY;
        assert_true(is_possible(&s) != is_refused);
        if (!is_refused) {
            assert_true(passes(&s, &hash) > 100);
            if (hash == undisturbed && kind != SCENARIO_DUPLICATE) { /* TCP hides those */
                fail_msg("%s does nothing", scenario_fault_word(f->kind));
            }
        }
    }
}

static void test_faults_mixed(void **state)
{
    uint64_t owed = 0;
    uint64_t hash = 0;
    (void)state;
    for (uint64_t seed = 100; seed < 100 + MIXED_RUNS; seed++) {
        struct scenario s;
        struct sim_draw draw = sim_draw_of(seed, SIM_SCENARIO, 0);
        quiet(&s, seed, 8 + (uint32_t)sim_draw_below(&draw, 13));
        for (int k = 0; k < 6; k++) {
            enum scenario_fault_kind kind =
                (enum scenario_fault_kind)sim_draw_below(&draw, SCENARIO_FAULT_KINDS);
            if (kind != SCENARIO_LIAR && kind != SCENARIO_REPLAY) {
                struct scenario_fault *f = add(&s, kind);
                f->at_ms = 4000 + sim_draw_below(&draw, 12000);
                f->end_ms = f->at_ms + 1 + sim_draw_below(&draw, 20000 - f->at_ms);
                f->share.part = 1 + (uint32_t)sim_draw_below(&draw, 2);
                f->share.whole = 4;
            }
        }
        owed += passes(&s, &hash);
    }
    assert_true(owed > 100 * MIXED_RUNS); /* not for want of anything to check */
}

static void test_a_split_that_has_no_time_to_heal_is_found(void **state)
{
    struct scenario s;
    struct run_result r = {.is_passed = false};
    (void)state;
    quiet(&s, 5, 10);
    s.fault_ms = 60000;
    s.settle_ms = 1;
    struct scenario_fault *f = add(&s, SCENARIO_PARTITION);
    f->share = (struct scenario_ratio){1, 2};
    f->end_ms = 64000;
    assert_int_equal(whole_run(&s, NULL, &r), 0);
    assert_false(r.is_passed);
    assert_string_equal(r.why, "more than one component: at 64001 ms");
    assert_int_equal(r.failed_ms, scenario_end_ms(&s));
    run_result_clear(&r);
}

static void test_one_seed_has_one_history(void **state)
{
    struct run_result r[3];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct scenario s;
        quiet(&s, i < 2 ? 21 : 22, 8);
        (void)add(&s, SCENARIO_TORN);
        (void)add(&s, SCENARIO_LOSS);
        (void)add(&s, SCENARIO_CHURN);
        r[i] = (struct run_result){.is_passed = false};
        assert_int_equal(whole_run(&s, NULL, &r[i]), 0);
    }
    assert_true(r[0].hash == r[1].hash && r[0].events == r[1].events);
    assert_int_equal(r[0].sample_count, r[1].sample_count);
    assert_memory_equal(r[0].samples, r[1].samples, r[0].sample_count * sizeof r[0].samples[0]);
    assert_true(r[0].hash != r[2].hash);
    for (size_t i = 0; i < 3; i++) {
        run_result_clear(&r[i]);
    }
}

static bool stop_at_5_s(void *context, uint64_t at_ms, uint64_t end_ms)
{
    (void)context;
    assert_true(end_ms > at_ms);
    return at_ms < 5000;
}

static void test_progress_can_stop_it(void **state)
{
    struct scenario s;
    struct run_result r = {.is_passed = false};
    const struct run_progress progress = {.go_on = stop_at_5_s};
    (void)state;
    quiet(&s, 3, 4);
    assert_int_equal(whole_run(&s, &progress, &r), WAVU_ERR_CLOSED);
    assert_false(r.is_passed);
    assert_int_equal(r.virtual_ms, 5000);
    run_result_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_quiet_run_passes_and_is_measured),
        UNIT(test_every_fault_alone),
        UNIT(test_faults_mixed),
        UNIT(test_a_split_that_has_no_time_to_heal_is_found),
        UNIT(test_one_seed_has_one_history),
        UNIT(test_progress_can_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
