/*
 * Shrinking, with failures planted in a runner of the test's own: the result is the smallest, what
 * is kept is kept, budgets hold, and twice gives the same.
 */
#include "swarm/shrink.h"

#include <string.h>

#include "tests/base/unit.h"

#define RUNS_MAX 1000

/* A runner that fails when what was planted is all there. */
struct planted {
    uint32_t ids[4]; /* faults that have to be there; 0: no more */
    uint32_t nodes;  /* at least */
    uint32_t senders;
    uint64_t join_ms;
    uint64_t fault_ms;
    uint64_t length_ms;   /* of the first of them */
    uint32_t other_below; /* with fewer nodes than these another check fails; 0: never */
    uint32_t stop_after;  /* runs; 0: never */
    uint32_t runs;
    uint64_t seed;
};

static const struct scenario_fault *fault_of(const struct scenario *s, uint32_t id)
{
    for (size_t i = 0; i < s->fault_count; i++) {
        if (s->faults[i].id == id) {
            return &s->faults[i];
        }
    }
    return NULL;
}

static bool is_failing(const struct planted *p, const struct scenario *s)
{
    for (size_t i = 0; i < 4 && p->ids[i] != 0; i++) {
        if (fault_of(s, p->ids[i]) == NULL) {
            return false;
        }
    }
    if (p->length_ms > 0) {
        const struct scenario_fault *f = fault_of(s, p->ids[0]);
        if (f == NULL || f->end_ms - f->at_ms < p->length_ms) {
            return false;
        }
    }
    return s->nodes >= p->nodes && s->senders >= p->senders && s->join_ms >= p->join_ms &&
           s->fault_ms >= p->fault_ms && s->seed == p->seed;
}

static int planted_run(void *context, const struct scenario *s, struct run_result *out)
{
    struct planted *p = context;
    char why[100];
    assert_int_equal(scenario_check(s, why, sizeof why), 0);
    p->runs++;
    if (p->stop_after != 0 && p->runs > p->stop_after) {
        return WAVU_ERR_CLOSED;
    }
    *out = (struct run_result){.hash = s->nodes * 1000 + s->fault_count,
                               .samples =
                                   mem_new(sizeof *out->samples)}; /* UNIT sees that it is freed */
    out->is_passed = !is_failing(p, s) && s->nodes >= p->other_below;
    if (!out->is_passed) {
        (void)snprintf(out->why, sizeof out->why, "%s: node %u at %u ms",
                       s->nodes < p->other_below ? "safety" : "not one mesh after 60 s", s->nodes,
                       (unsigned)s->fault_count);
    }
    return 0;
}

static void make_big(struct scenario *s)
{
    scenario_init(s);
    s->seed = 77;
    s->nodes = 120;
    s->senders = 8;
    s->join_ms = 20000;
    s->fault_ms = 300000;
    s->fault_count = 40;
    for (uint32_t i = 0; i < 40; i++) {
        s->faults[i] = (struct scenario_fault){.id = i + 1,
                                               .kind = SCENARIO_CRASH,
                                               .at_ms = 20000 + i * 500,
                                               .end_ms = 80000 + i * 1000,
                                               .node = SCENARIO_EVERYWHERE,
                                               .share = {1, 10}};
    }
}

static void shrink_big(struct planted *p, uint32_t runs_max, struct shrink_result *out)
{
    static struct scenario s;
    struct run_result failed = {.why = "not one mesh after 90 s: node 3", .hash = 5};
    struct shrink_runner runner = {planted_run, p};
    p->seed = 77;
    make_big(&s);
    shrink_scenario(&s, &failed, &runner, runs_max, out);
    assert_true(out->runs <= runs_max);
}

/* Nothing single can go from it without its passing. */
static void expect_minimal(const struct planted *p, const struct scenario *s)
{
    static struct scenario less;
    for (size_t i = 0; i < s->fault_count; i++) {
        less = *s;
        less.faults[i] = less.faults[--less.fault_count];
        assert_false(is_failing(p, &less));
    }
    less = *s;
    less.nodes--;
    assert_true(s->nodes == 2 || !is_failing(p, &less));
    less = *s;
    less.senders--;
    assert_true(s->senders == 0 || !is_failing(p, &less));
    less = *s;
    uint64_t latest_ms = 0;
    for (size_t i = 0; i < s->fault_count; i++) {
        latest_ms = s->faults[i].at_ms > latest_ms ? s->faults[i].at_ms : latest_ms;
    }
    less.fault_ms -= s->fault_ms < 1000 ? s->fault_ms : 1000;
    for (size_t i = 0; i < s->fault_count; i++) {
        uint64_t end_ms = less.join_ms + less.fault_ms;
        less.faults[i].end_ms = less.faults[i].end_ms < end_ms ? less.faults[i].end_ms : end_ms;
    }
    assert_true(s->fault_ms == 0 || s->join_ms + less.fault_ms <= latest_ms ||
                !is_failing(p, &less));
}

static void two_faults_and_five_nodes_remain(void **state)
{
    static struct shrink_result r;
    struct planted p = {.ids = {3, 7}, .nodes = 5};
    (void)state;
    shrink_big(&p, RUNS_MAX, &r);
    assert_true(r.is_minimal);
    assert_int_equal(r.scenario.fault_count, 2);
    assert_int_equal(r.scenario.faults[0].id, 3);
    assert_int_equal(r.scenario.faults[1].id, 7);
    assert_int_equal(r.scenario.nodes, 5);
    assert_int_equal(r.scenario.senders, 0);
    assert_int_equal(r.scenario.seed, 77);
    assert_int_equal(r.scenario.settle_ms, 60000);
    assert_int_equal(r.hash, 5 * 1000 + 2); /* of its own run */
    assert_string_equal(r.why, "not one mesh after 60 s: node 5 at 2 ms");
    assert_true(r.runs < 150);
    expect_minimal(&p, &r.scenario);
}

static void whatever_is_planted_the_result_is_minimal(void **state)
{
    static const struct planted cases[] = {
        {.ids = {1}, .nodes = 2},
        {.ids = {40}, .nodes = 120, .senders = 8},
        {.ids = {1, 14, 27, 40}, .nodes = 3},
        {.ids = {2, 3, 4, 5}, .nodes = 64, .senders = 3},
        {.ids = {20}, .fault_ms = 45000, .nodes = 17},
        {.ids = {9, 10}, .length_ms = 30000, .join_ms = 10000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct shrink_result r;
        struct planted p = cases[i];
        size_t wanted = 0;
        shrink_big(&p, RUNS_MAX, &r);
        while (wanted < 4 && p.ids[wanted] != 0) {
            wanted++;
        }
        assert_true(r.is_minimal);
        assert_true(is_failing(&p, &r.scenario));
        assert_int_equal(r.scenario.fault_count, wanted);
        assert_int_equal(r.scenario.nodes, p.nodes < 2 ? 2 : p.nodes);
        assert_int_equal(r.scenario.senders, p.senders);
        expect_minimal(&p, &r.scenario);
    }
}

static void times_become_shorter(void **state)
{
    static struct shrink_result r;
    struct planted p = {.ids = {9}, .length_ms = 30000, .join_ms = 10000};
    (void)state;
    shrink_big(&p, RUNS_MAX, &r);
    assert_int_equal(r.scenario.join_ms, 10000);
    assert_int_equal(r.scenario.faults[0].at_ms, 24000 - 10000);
    assert_in_range(r.scenario.faults[0].end_ms - r.scenario.faults[0].at_ms, 30000, 30999);
    assert_in_range(r.scenario.fault_ms, 34000, 35000); /* until its end, no longer */
}

static void a_failure_without_faults_loses_them_all(void **state)
{
    static struct shrink_result r;
    struct planted p = {.nodes = 30};
    (void)state;
    shrink_big(&p, RUNS_MAX, &r);
    assert_int_equal(r.scenario.fault_count, 0);
    assert_int_equal(r.scenario.nodes, 30);
    assert_int_equal(r.scenario.fault_ms, 0);
    assert_int_equal(r.scenario.join_ms, 1000);
    assert_true(r.is_minimal);
}

static void another_check_is_not_taken_for_it(void **state)
{
    static struct shrink_result r;
    struct planted p = {.ids = {3, 7}, .nodes = 5, .other_below = 20};
    (void)state;
    shrink_big(&p, RUNS_MAX, &r);
    assert_int_equal(r.scenario.nodes, 20);
    assert_memory_equal(r.why, "not one mesh", 12);
}

static void a_budget_holds_and_the_best_so_far_is_kept(void **state)
{
    (void)state;
    for (uint32_t budget = 0; budget < 48; budget += 6) {
        static struct shrink_result r;
        struct planted p = {.ids = {3, 7}, .nodes = 5};
        shrink_big(&p, budget, &r);
        assert_int_equal(p.runs, budget);
        assert_int_equal(r.runs, budget);
        assert_false(r.is_minimal);
        assert_true(is_failing(&p, &r.scenario));
    }
}

static void a_runner_that_stops_ends_it(void **state)
{
    static struct shrink_result r;
    struct planted p = {.ids = {3, 7}, .nodes = 5, .stop_after = 9};
    (void)state;
    shrink_big(&p, RUNS_MAX, &r);
    assert_int_equal(p.runs, 10);
    assert_false(r.is_minimal);
    assert_true(is_failing(&p, &r.scenario));
}

static void twice_gives_the_same(void **state)
{
    static struct shrink_result first;
    static struct shrink_result second;
    struct planted p = {.ids = {11, 12, 30}, .nodes = 9, .senders = 2};
    (void)state;
    shrink_big(&p, RUNS_MAX, &first);
    p.runs = 0;
    shrink_big(&p, RUNS_MAX, &second);
    assert_memory_equal(&first.scenario, &second.scenario, sizeof first.scenario);
    assert_int_equal(first.runs, second.runs);
    assert_int_equal(first.hash, second.hash);
}

static void checks_are_told_apart_by_their_heads(void **state)
{
    (void)state;
    assert_true(shrink_is_same_check("", ""));
    assert_true(shrink_is_same_check("a: b", "a: c"));
    assert_true(shrink_is_same_check("a", "a: c"));
    assert_true(shrink_is_same_check("node 17 is deaf", "node 3 is deaf"));
    assert_false(shrink_is_same_check("node 17 is deaf", "node 3 is dumb"));
    assert_false(shrink_is_same_check("node 17", "node x"));
    assert_false(shrink_is_same_check("a", "ab"));
    assert_false(shrink_is_same_check("ab: c", "a: c"));
    assert_false(shrink_is_same_check("", "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(two_faults_and_five_nodes_remain),
        UNIT(whatever_is_planted_the_result_is_minimal),
        UNIT(times_become_shorter),
        UNIT(a_failure_without_faults_loses_them_all),
        UNIT(another_check_is_not_taken_for_it),
        UNIT(a_budget_holds_and_the_best_so_far_is_kept),
        UNIT(a_runner_that_stops_ends_it),
        UNIT(twice_gives_the_same),
        UNIT(checks_are_told_apart_by_their_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
