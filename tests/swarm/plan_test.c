/*
 * Tests of the plan with a world that does nothing by itself: what it is told, when, and what the
 * plan makes of what comes back.
 */
#include "swarm/plan.h"

#include <string.h>

#include "tests/base/unit.h"

#define NODES 6

struct fake {
    struct plan plan;
    uint64_t now_ns;
    uint64_t born_ns[NODES];
    bool is_up[NODES];
    unsigned starts[NODES];
    unsigned crashes[NODES];
    unsigned resets;
    unsigned skews;
    unsigned says;
    unsigned writes;
    unsigned harms;
    uint64_t last_harm_ns;
    uint64_t last_back_ns; /* a start after the first */
    uint64_t last_said_ns;
    uint64_t last_write_ns;
    unsigned faults_on;
    unsigned faults_off;
    unsigned marks;
    uint32_t deaf; /* hears nothing; NODES: nobody */
    uint32_t components;
    bool is_agreed;
    bool is_known;
};

static struct fake *of(const void *world)
{
    return (struct fake *)(uintptr_t)world;
}

static uint64_t now_ns(const void *w)
{
    return of(w)->now_ns;
}

static void run(void *w, uint64_t until_ns)
{
    assert_true(until_ns >= of(w)->now_ns);
    of(w)->now_ns = until_ns;
}

static bool is_up(const void *w, uint32_t i)
{
    return of(w)->is_up[i];
}

static bool is_honest(const void *w, uint32_t i)
{
    (void)w;
    return i < NODES;
}

static uint64_t born_ns(const void *w, uint32_t i)
{
    return of(w)->born_ns[i];
}

static int start(void *w, uint32_t i)
{
    struct fake *f = of(w);
    assert_false(f->is_up[i]);
    f->is_up[i] = true;
    f->born_ns[i] = f->now_ns;
    f->last_back_ns = f->starts[i]++ > 0 ? f->now_ns : f->last_back_ns;
    return 0;
}

static void crash(void *w, uint32_t i, bool is_reset)
{
    assert_true(of(w)->is_up[i]);
    of(w)->is_up[i] = false;
    of(w)->crashes[i]++;
    of(w)->resets += is_reset;
}

static void skew(void *w, uint32_t i, uint64_t ns)
{
    (void)i;
    assert_true(ns == 300 * PLAN_MS);
    of(w)->skews++;
}

static void fault_on(void *w, const struct scenario_fault *f)
{
    (void)f;
    of(w)->faults_on++;
}

static void fault_off(void *w, const struct scenario_fault *f)
{
    (void)f;
    of(w)->faults_off++;
}

static uint64_t harm(void *w, const struct scenario_fault *f, uint32_t i, struct sim_draw *draw)
{
    (void)f;
    (void)i;
    (void)draw;
    of(w)->harms++;
    of(w)->last_harm_ns = of(w)->now_ns;
    return 1000;
}

/* At once, to all that are up. */
static int say(void *w, uint32_t from, struct span payload)
{
    struct fake *f = of(w);
    assert_true(f->is_up[from]);
    f->says++;
    f->last_said_ns = f->now_ns;
    for (uint32_t i = 0; i < NODES; i++) {
        if (i != from && i != f->deaf && f->is_up[i]) {
            plan_heard(&f->plan, i, from, payload, 3);
        }
    }
    return 0;
}

static int write_key(void *w, uint32_t i, const char *key, uint64_t value)
{
    assert_true(of(w)->is_up[i] && key[0] != '\0' && value > 0);
    of(w)->writes++;
    of(w)->last_write_ns = of(w)->now_ns;
    return 0;
}

static void look(const void *w, struct plan_look *out)
{
    *out = (struct plan_look){.census = {.components = of(w)->components}};
    for (uint32_t i = 0; i < NODES; i++) {
        out->census.alive += of(w)->is_up[i];
    }
}

static void check(const void *w)
{
    (void)w;
}

static bool is_agreed(const void *w)
{
    return of(w)->is_agreed;
}

static void mark(void *w)
{
    of(w)->marks++;
}

static bool is_known(const void *w)
{
    return of(w)->is_known;
}

static const struct plan_ops OPS = {.now_ns = now_ns,
                                    .run = run,
                                    .is_up = is_up,
                                    .is_honest = is_honest,
                                    .born_ns = born_ns,
                                    .start = start,
                                    .crash = crash,
                                    .skew = skew,
                                    .fault_on = fault_on,
                                    .fault_off = fault_off,
                                    .harm = harm,
                                    .say = say,
                                    .write = write_key,
                                    .look = look,
                                    .check = check,
                                    .is_agreed = is_agreed,
                                    .mark = mark,
                                    .is_known = is_known};

static struct scenario quiet(void)
{
    struct scenario s;
    scenario_init(&s);
    s.nodes = NODES;
    s.join_ms = 5000;
    s.fault_ms = 100000;
    s.settle_ms = 40000;
    s.senders = NODES;
    return s;
}

static void add(struct scenario *s, enum scenario_fault_kind kind, uint64_t end_ms)
{
    s->faults[s->fault_count++] = (struct scenario_fault){.id = (uint32_t)s->fault_count + 1,
                                                          .kind = kind,
                                                          .at_ms = 10000,
                                                          .end_ms = end_ms,
                                                          .node = SCENARIO_EVERYWHERE,
                                                          .share = {1, 1},
                                                          .amount = 300};
}

static struct fake fake_of(void)
{
    return (struct fake){.deaf = NODES, .components = 1, .is_agreed = true};
}

/* `f` afterwards; `why` is how the result begins. */
static struct run_figures carry_out(struct fake *f, const struct scenario *s, const char *why)
{
    struct run_result r = {.is_passed = false};
    plan_init(&f->plan, s, NULL, &OPS, f, &r);
    assert_int_equal(plan_run(&f->plan), 0);
    if (strncmp(r.why, why, strlen(why)) != 0 || r.is_passed != (why[0] == '\0')) {
        fail_msg("'%s', expected '%s'", r.why, why);
    }
    struct run_figures figures = r.figures;
    plan_clear(&f->plan);
    run_result_clear(&r);
    return figures;
}

static void a_quiet_scenario_passes(void **state)
{
    struct scenario s = quiet();
    struct fake f = fake_of();
    (void)state;
    struct run_figures figures = carry_out(&f, &s, "");
    for (uint32_t i = 0; i < NODES; i++) {
        assert_int_equal(f.starts[i], 1);
    }
    assert_int_equal(figures.owed, (uint64_t)f.says * (NODES - 1));
    assert_int_equal(figures.delivered, figures.owed);
    assert_int_equal(figures.hops_max, 3);
    assert_int_equal(f.marks, 1);
    assert_true(f.says > 50 && f.writes > 50);
    assert_in_range(f.last_said_ns / PLAN_MS, 120000, 125000); /* nothing in the last half */
    assert_in_range(f.last_write_ns / PLAN_MS, 120000, 125000);
}

static void what_is_wrong_is_named(void **state)
{
    struct scenario s = quiet();
    struct fake f = fake_of();
    (void)state;
    f.deaf = 2;
    (void)carry_out(&f, &s, "a broadcast was lost: node 2");
    f = fake_of();
    f.components = 2;
    (void)carry_out(&f, &s, "more than one component");
    f = fake_of();
    f.is_agreed = false;
    (void)carry_out(&f, &s, "the shared states differ");
    f = fake_of();
    f.is_agreed = false; /* but all know what was written before the end */
    f.is_known = true;
    (void)carry_out(&f, &s, "");
}

static void who_crashes_is_back_when_the_fault_ends(void **state)
{
    static const enum scenario_fault_kind kinds[] = {SCENARIO_CRASH, SCENARIO_RESET};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct scenario s = quiet();
        struct fake f = fake_of();
        add(&s, kinds[k], 30000);
        (void)carry_out(&f, &s, ""); /* what was said meanwhile is owed to nobody */
        for (uint32_t i = 0; i < NODES; i++) {
            assert_int_equal(f.crashes[i], 1);
            assert_int_equal(f.starts[i], 2);
        }
        assert_int_equal(f.resets, k == 1 ? NODES : 0);
        assert_int_equal(f.last_back_ns, 30000 * PLAN_MS);
    }
    struct scenario s = quiet();
    struct fake f = fake_of();
    add(&s, SCENARIO_CRASH, 0); /* and without an end, never */
    s.faults[0].share = (struct scenario_ratio){1, 2};
    (void)carry_out(&f, &s, "");
    assert_int_equal(f.last_back_ns, 0);
}

static void torn_is_back_at_once(void **state)
{
    struct scenario s = quiet();
    struct fake f = fake_of();
    (void)state;
    add(&s, SCENARIO_TORN, 30000);
    (void)carry_out(&f, &s, "");
    assert_int_equal(f.starts[3], 2);
    assert_int_equal(f.last_back_ns, 10000 * PLAN_MS);
}

static void churn_ends_with_all_back(void **state)
{
    struct scenario s = quiet();
    struct fake f = fake_of();
    unsigned crashes = 0;
    (void)state;
    add(&s, SCENARIO_CHURN, 0);
    s.faults[0].amount = 5000;
    (void)carry_out(&f, &s, "");
    for (uint32_t i = 0; i < NODES; i++) {
        crashes += f.crashes[i];
        assert_int_equal(f.starts[i], f.crashes[i] + 1);
    }
    assert_in_range(crashes, 8, 20); /* one in 5 s, of those that are up */
    assert_true(f.resets > 0 && f.resets < crashes);
    assert_true(f.last_back_ns <= 105000 * PLAN_MS);
}

static void harm_and_skew_are_handed_down_while_they_last(void **state)
{
    struct scenario s = quiet();
    struct fake f = fake_of();
    (void)state;
    add(&s, SCENARIO_SLOW, 30000);
    add(&s, SCENARIO_SKEW, 30000);
    (void)carry_out(&f, &s, "");
    assert_int_equal(f.faults_on, 2);
    assert_int_equal(f.faults_off, 2);
    assert_int_equal(f.skews, NODES);
    assert_in_range(f.harms, NODES * 15, NODES * 20); /* each second, from some second on */
    assert_in_range(f.last_harm_ns / PLAN_MS, 28000, 30000);
}

/* A fault's draws are its own: another fault beside it changes none of them. */
static void faults_draw_for_themselves(void **state)
{
    struct scenario s = quiet();
    struct fake alone = fake_of();
    struct fake beside = fake_of();
    (void)state;
    add(&s, SCENARIO_CHURN, 0);
    s.faults[0].amount = 5000;
    (void)carry_out(&alone, &s, "");
    add(&s, SCENARIO_SLOW, 0);
    (void)carry_out(&beside, &s, "");
    assert_true(beside.harms > 0);
    assert_memory_equal(alone.crashes, beside.crashes, sizeof alone.crashes);
    assert_int_equal(alone.resets, beside.resets);
}

static void verdicts_are_counted_and_timed(void **state)
{
    struct scenario s = quiet();
    struct run_result r = {.is_passed = false};
    struct fake f = fake_of();
    (void)state;
    plan_init(&f.plan, &s, NULL, &OPS, &f, &r);
    f.now_ns = 10000 * PLAN_MS;
    plan_down(&f.plan, false, 4000 * PLAN_MS);
    plan_down(&f.plan, false, UINT64_MAX);
    plan_down(&f.plan, true, UINT64_MAX);
    f.now_ns = 0;
    assert_int_equal(plan_run(&f.plan), 0);
    assert_int_equal(r.figures.detect_ms, 6000);
    assert_int_equal(r.figures.downs_true, 2);
    assert_int_equal(r.figures.downs_false, 1);
    plan_clear(&f.plan);
    run_result_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_quiet_scenario_passes),
        UNIT(what_is_wrong_is_named),
        UNIT(who_crashes_is_back_when_the_fault_ends),
        UNIT(torn_is_back_at_once),
        UNIT(churn_ends_with_all_back),
        UNIT(harm_and_skew_are_handed_down_while_they_last),
        UNIT(faults_draw_for_themselves),
        UNIT(verdicts_are_counted_and_timed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
