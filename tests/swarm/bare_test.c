/*
 * Tests of runs with bare overlays: every kind of fault alone, all of them mixed, planted failures
 * found, one seed one history.
 */
#include "swarm/bare.h"

#include <string.h>

#include "tests/base/unit.h"

static void quiet(struct scenario *s, uint64_t seed, uint32_t nodes)
{
    scenario_init(s);
    s->seed = seed;
    s->nodes = nodes;
    s->join_ms = 5000;
    s->fault_ms = 15000;
    s->settle_ms = 50000;
    s->senders = 10;
}

static uint64_t amount_of(enum scenario_fault_kind kind)
{
    return kind == SCENARIO_BANDWIDTH                        ? 3000
           : kind == SCENARIO_FLOOD                          ? 200
           : kind == SCENARIO_SLOW                           ? 8000
           : kind == SCENARIO_SKEW || kind == SCENARIO_CHURN ? 2000
                                                             : 300;
}

static void add(struct scenario *s, enum scenario_fault_kind kind, struct scenario_ratio share)
{
    struct scenario_fault *f = &s->faults[s->fault_count++];
    *f = (struct scenario_fault){.id = (uint32_t)s->fault_count,
                                 .kind = kind,
                                 .at_ms = 7000,
                                 .end_ms = 18000,
                                 .node = SCENARIO_EVERYWHERE,
                                 .share = share,
                                 .rate = {1, 10},
                                 .amount = amount_of(kind)};
}

/* The run's hash; `*fewest` (may be NULL) is how few nodes were up at a time after joining. */
static uint64_t passes(const struct scenario *s, uint32_t *fewest)
{
    struct run_result r = {.is_passed = false};
    char why[100];
    assert_int_equal(scenario_check(s, why, sizeof why), 0);
    assert_int_equal(bare_run(s, NULL, &r), 0);
    assert_string_equal(r.why, "");
    assert_true(r.is_passed);
    assert_int_equal(r.figures.owed, r.figures.delivered);
    assert_true(r.figures.owed > 0);
    assert_true(r.sample_count >= scenario_end_ms(s) / 1000 - 1);
    for (size_t i = 0; fewest != NULL && i < r.sample_count; i++) {
        bool is_lower = r.samples[i].at_ms > s->join_ms && r.samples[i].alive < *fewest;
        *fewest = is_lower ? r.samples[i].alive : *fewest;
    }
    assert_int_equal(r.samples[r.sample_count - 1].alive, s->nodes); /* who crashed is back */
    uint64_t hash = r.hash;
    run_result_clear(&r);
    return hash;
}

static bool is_possible(const struct scenario *s)
{
    char why[100];
    return scenario_check(s, why, sizeof why) == 0;
}

static void test_every_fault_alone(void **state)
{
    (void)state;
    for (int cable = SCENARIO_MESSAGE; cable <= SCENARIO_STREAM; cable++) {
        struct scenario s;
        quiet(&s, 11, 20);
        s.cable = (enum scenario_cable)cable;
        uint64_t undisturbed = passes(&s, NULL);
        for (int kind = 0; kind < SCENARIO_FAULT_KINDS; kind++) {
            uint32_t fewest = s.nodes;
            bool is_away = kind == SCENARIO_CRASH || kind == SCENARIO_RESET ||
                           kind == SCENARIO_CHURN || kind >= SCENARIO_SILENT; /* not counted */
            s.fault_count = 0;
            add(&s, (enum scenario_fault_kind)kind, (struct scenario_ratio){1, 4});
            s.faults[0].at_ms = kind == SCENARIO_NAT ? 1000 : s.faults[0].at_ms; /* while dialled */
            if (is_possible(&s)) {
                if (passes(&s, &fewest) == undisturbed || (fewest < s.nodes) != is_away) {
                    fail_msg("%s on cables %d does nothing, or too much",
                             scenario_fault_word(s.faults[0].kind), cable);
                }
            }
        }
    }
}

static void test_faults_mixed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct scenario s;
        quiet(&s, seed, 16 + (uint32_t)seed);
        s.cable = seed % 2 == 0 ? SCENARIO_STREAM : SCENARIO_MESSAGE;
        for (uint64_t k = 0; k < 5; k++) {
            uint64_t kind = (seed * 5 + k * 7) % SCENARIO_FAULT_KINDS;
            add(&s, (enum scenario_fault_kind)kind, (struct scenario_ratio){1, 5});
            s.fault_count -= !is_possible(&s);
        }
        (void)passes(&s, NULL);
    }
}

static void test_one_scenario_has_one_hash(void **state)
{
    uint64_t hash[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct scenario s;
        struct run_result r = {.is_passed = false};
        quiet(&s, i == 2 ? 6 : 5, 20);
        add(&s, SCENARIO_LOSS, (struct scenario_ratio){1, 1});
        add(&s, SCENARIO_CHURN, (struct scenario_ratio){1, 1});
        assert_int_equal(bare_run(&s, NULL, &r), 0);
        hash[i] = r.hash;
        run_result_clear(&r);
    }
    assert_true(hash[0] == hash[1]);
    assert_false(hash[0] == hash[2]);
}

/* Two halves have no time to find each other again. */
static void test_a_failure_is_found_and_named(void **state)
{
    struct scenario s;
    struct run_result r = {.is_passed = true};
    (void)state;
    quiet(&s, 3, 20);
    s.settle_ms = 10;
    add(&s, SCENARIO_PARTITION, (struct scenario_ratio){1, 2});
    s.faults[0].end_ms = 0;
    assert_int_equal(bare_run(&s, NULL, &r), 0);
    assert_false(r.is_passed);
    assert_string_equal(r.why, "more than one component: at 20010 ms");
    assert_true(r.failed_ms > 20000);
    run_result_clear(&r);
}

static bool stop_at_10_s(void *context, uint64_t at_ms, uint64_t end_ms)
{
    uint64_t *last = context;
    *last = at_ms;
    return at_ms < 10000 && at_ms <= end_ms;
}

static void test_progress_stops_a_run(void **state)
{
    struct scenario s;
    struct run_result r = {.is_passed = true};
    uint64_t last = 0;
    struct run_progress progress = {.go_on = stop_at_10_s, .context = &last};
    (void)state;
    quiet(&s, 3, 20);
    assert_int_equal(bare_run(&s, &progress, &r), WAVU_ERR_CLOSED);
    assert_false(r.is_passed);
    assert_in_range(last, 10000, 10999);
    run_result_clear(&r);
}

static void test_a_long_run_has_few_samples(void **state)
{
    struct scenario s;
    struct run_result r = {.is_passed = false};
    (void)state;
    quiet(&s, 3, 3);
    s.senders = 3;
    s.fault_ms = UINT64_C(3) * 3600 * 1000;
    s.say_ms = 60000;
    assert_int_equal(bare_run(&s, NULL, &r), 0);
    assert_true(r.is_passed);
    assert_in_range(r.sample_count, RUN_SAMPLES_MAX / 2, RUN_SAMPLES_MAX);
    uint64_t delivered = r.samples[0].delivered;
    uint64_t broadcasts = r.samples[0].broadcasts;
    for (size_t i = 1; i < r.sample_count; i++) {
        assert_true(r.samples[i].at_ms > r.samples[i - 1].at_ms);
        delivered += r.samples[i].delivered;
        broadcasts += r.samples[i].broadcasts;
    }
    assert_in_range(broadcasts, 180, 182); /* one a minute: each sample has all since the last */
    assert_int_equal(delivered, 2 * broadcasts);
    run_result_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fault_alone),
        cmocka_unit_test(test_faults_mixed),
        cmocka_unit_test(test_one_scenario_has_one_hash),
        cmocka_unit_test(test_a_failure_is_found_and_named),
        cmocka_unit_test(test_progress_stops_a_run),
        cmocka_unit_test(test_a_long_run_has_few_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
