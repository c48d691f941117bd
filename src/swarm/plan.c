/*
 * Steps lie in a heap by their time; most plan the next of their kind. Scenario and world come in,
 * the result goes out.
 */
#include "swarm/plan.h"

#include "base/mem.h"
#include "swarm/verdict.h"

#define MS PLAN_MS
#define STATE_NODES_MAX 1000   /* whole state up to there (docs/protocol/state.md) */
#define STATE_MS 1000          /* one node writes a key every so often */
#define CHECKED_NODES_MAX 1000 /* more are walked at the end only */
#define QUIET_PART 2           /* of settle_ms: nothing is said or written in the last half */
#define AGREED_MS 20000        /* what is written reaches everybody in that time */
#define AGREED_ROUNDS 20       /* or in so many rounds of gossip */
#define BACK_MIN_MS 10000      /* CHURN: down for so long */
#define BACK_MAX_MS 60000
#define HARM_SPREAD_MS 4000          /* nodes that are hit begin one after the other */
#define FAULT_DRAWS UINT64_C(0xffff) /* streams of faults, above those of hosts' disks */

enum step_kind { START, FAULT_ON, FAULT_OFF, SAY, WRITE, SAMPLE, CHURN, HARM, QUIET, STEP_KINDS };

struct step {
    struct heap_node node; /* first; key: ns */
    enum step_kind kind;
    uint32_t who;   /* node */
    uint32_t fault; /* index */
};

static uint64_t now_ms(const struct plan *p)
{
    return p->ops->now_ns(p->world) / MS;
}

static uint64_t faults_end_ms(const struct plan *p)
{
    return p->s->join_ms + p->s->fault_ms;
}

/* When traffic stops. */
static uint64_t hush_ms(const struct plan *p)
{
    return scenario_end_ms(p->s) - p->s->settle_ms / QUIET_PART;
}

static bool has_state(const struct plan *p)
{
    return p->s->nodes <= STATE_NODES_MAX;
}

static bool is_up(const struct plan *p, uint32_t i)
{
    return p->ops->is_up(p->world, i);
}

static bool is_counted(const struct plan *p, uint32_t i)
{
    return is_up(p, i) && p->ops->is_honest(p->world, i);
}

static bool is_hit(const struct plan *p, uint32_t fault, uint32_t i)
{
    return scenario_hits(&p->s->faults[fault], p->s->seed, i);
}

/* ---- What comes up ---- */

void plan_fail(struct plan *p, const char *what, uint32_t node, const char *more)
{
    if (!p->is_over) {
        verdict_fail(p->out, now_ms(p), what, node, more);
        p->is_over = true;
    }
}

void plan_heard(struct plan *p, uint32_t node, uint32_t origin, struct span payload, uint32_t hops)
{
    enum ledger_verdict v =
        ledger_hear(&p->ledger, p->ops->now_ns(p->world), node, origin, payload, hops);
    p->deliveries += v == LEDGER_NEW;
    if (v != LEDGER_NEW) {
        plan_fail(p, verdict_of_delivery(v), node, NULL);
    }
}

void plan_down(struct plan *p, bool is_reachable, uint64_t died_ns)
{
    if (died_ns != UINT64_MAX) {
        p->detected = mem_resize(p->detected, (p->detected_count + 1) * sizeof p->detected[0]);
        p->detected[p->detected_count++] = (p->ops->now_ns(p->world) - died_ns) / MS;
    }
    p->downs_true += !is_reachable;
    p->downs_false += is_reachable;
}

/* ---- The plan ---- */

static void add(struct plan *p, uint64_t at_ms, enum step_kind kind, uint32_t who, uint32_t fault)
{
    struct step *step = mem_new(sizeof *step);
    step->kind = kind;
    step->who = who;
    step->fault = fault;
    heap_add(&p->steps, &step->node, at_ms * MS);
}

static uint64_t end_of(const struct plan *p, uint32_t fault)
{
    uint64_t end_ms = p->s->faults[fault].end_ms;
    return end_ms == 0 ? faults_end_ms(p) : end_ms;
}

static void add_all(struct plan *p)
{
    const struct scenario *s = p->s;
    for (uint32_t i = 0; i < s->nodes; i++) {
        add(p, s->join_ms * i / s->nodes * 4 / 5, START, i, 0);
    }
    for (uint32_t k = 0; k < s->fault_count; k++) {
        p->draws[k] = sim_draw_of(s->seed, SIM_FAULTS, FAULT_DRAWS << 32 | s->faults[k].id);
        add(p, s->faults[k].at_ms, FAULT_ON, 0, k);
        add(p, end_of(p, k), FAULT_OFF, 0, k);
    }
    add(p, faults_end_ms(p), QUIET, 0, 0);
    add(p, samples_every_ms(&p->samples), SAMPLE, 0, 0);
    if (s->senders > 0) {
        add(p, s->join_ms, SAY, 0, 0);
    }
    if (has_state(p)) {
        add(p, s->join_ms, WRITE, 0, 0);
    }
}

/* ---- Steps ---- */

static void write_key(struct plan *p, uint32_t i, const char *key)
{
    int rc = p->ops->write(p->world, i, key, ++p->written);
    if (rc < 0) {
        plan_fail(p, "a key could not be written", i, wavu_err_sentence(rc));
    }
}

static void start(struct plan *p, const struct step *step)
{
    uint32_t i = step->who;
    if (is_up(p, i)) {
        return;
    }
    ledger_forget(&p->ledger, i);
    int rc = p->ops->start(p->world, i);
    if (rc < 0) {
        plan_fail(p, "a node does not start", i, wavu_err_sentence(rc));
    } else if (has_state(p)) {
        write_key(p, i, "born");
    }
}

/* Those hit lose power: back at once for TORN, otherwise when the fault ends, or never. */
static void crash_all(struct plan *p, uint32_t fault)
{
    enum scenario_fault_kind kind = p->s->faults[fault].kind;
    for (uint32_t i = 0; i < p->s->nodes; i++) {
        if (!is_up(p, i) || !is_hit(p, fault, i)) {
            continue;
        }
        p->ops->crash(p->world, i, kind == SCENARIO_RESET);
        if (kind == SCENARIO_TORN) {
            add(p, now_ms(p), START, i, 0);
        }
    }
}

static void skew_all(struct plan *p, uint32_t fault)
{
    for (uint32_t i = 0; i < p->s->nodes; i++) {
        if (is_hit(p, fault, i)) {
            p->ops->skew(p->world, i, p->s->faults[fault].amount * MS);
        }
    }
}

static void harm_all(struct plan *p, uint32_t fault)
{
    for (uint32_t i = 0; i < p->s->nodes; i++) {
        if (is_hit(p, fault, i)) {
            add(p, now_ms(p) + sim_draw_below(&p->draws[fault], HARM_SPREAD_MS), HARM, i, fault);
        }
    }
}

static void fault_on(struct plan *p, const struct step *step)
{
    const struct scenario_fault *f = &p->s->faults[step->fault];
    p->is_on[step->fault] = true;
    p->ops->fault_on(p->world, f);
    if (f->kind == SCENARIO_CRASH || f->kind == SCENARIO_RESET || f->kind == SCENARIO_TORN) {
        crash_all(p, step->fault);
    } else if (f->kind == SCENARIO_SKEW) {
        skew_all(p, step->fault);
    } else if (f->kind == SCENARIO_CHURN) {
        add(p, now_ms(p), CHURN, 0, step->fault);
    } else if ((f->kind == SCENARIO_SLOW || f->kind == SCENARIO_FLOOD) && p->ops->harm != NULL) {
        harm_all(p, step->fault);
    }
}

static void fault_off(struct plan *p, const struct step *step)
{
    const struct scenario_fault *f = &p->s->faults[step->fault];
    bool is_crash = f->kind == SCENARIO_CRASH || f->kind == SCENARIO_RESET;
    p->is_on[step->fault] = false;
    p->ops->fault_off(p->world, f);
    for (uint32_t i = 0; is_crash && f->end_ms != 0 && i < p->s->nodes; i++) {
        if (is_hit(p, step->fault, i)) {
            start(p, &(struct step){.who = i});
        }
    }
}

/* Draw one of those that are hit and up; SCENARIO_EVERYWHERE: there is none. */
static uint32_t draw_victim(struct plan *p, uint32_t fault)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->s->nodes; i++) {
        count += is_up(p, i) && is_hit(p, fault, i);
    }
    uint64_t chosen = count > 0 ? sim_draw_below(&p->draws[fault], count) : 0;
    for (uint32_t i = 0; i < p->s->nodes; i++) {
        if (is_up(p, i) && is_hit(p, fault, i) && chosen-- == 0) {
            return i;
        }
    }
    return SCENARIO_EVERYWHERE;
}

/* One of those hit goes down, and is back before the faults stop or when they do. */
static void churn(struct plan *p, const struct step *step)
{
    struct sim_draw *draw = &p->draws[step->fault];
    if (!p->is_on[step->fault]) {
        return;
    }
    uint32_t victim = draw_victim(p, step->fault);
    if (victim != SCENARIO_EVERYWHERE) {
        uint64_t back = now_ms(p) + BACK_MIN_MS + sim_draw_below(draw, BACK_MAX_MS - BACK_MIN_MS);
        p->ops->crash(p->world, victim, sim_draw_below(draw, 2) == 0);
        add(p, back < faults_end_ms(p) ? back : faults_end_ms(p), START, victim, 0);
    }
    add(p, now_ms(p) + p->s->faults[step->fault].amount, CHURN, 0, step->fault);
}

static void harm(struct plan *p, const struct step *step)
{
    const struct scenario_fault *f = &p->s->faults[step->fault];
    if (p->is_on[step->fault]) {
        uint64_t next = p->ops->harm(p->world, f, step->who, &p->draws[step->fault]);
        add(p, now_ms(p) + next, HARM, step->who, step->fault);
    }
}

static void say(struct plan *p, const struct step *step)
{
    const struct scenario *s = p->s;
    uint32_t i = (uint32_t)(p->said++ % s->senders);
    (void)step;
    for (uint32_t tries = 1; tries < s->senders && !is_counted(p, i); tries++) {
        i = (uint32_t)(p->said++ % s->senders);
    }
    if (is_counted(p, i)) {
        struct span payload = ledger_say(&p->ledger, p->ops->now_ns(p->world), i, s->say_bytes);
        if (p->ops->say(p->world, i, payload) < 0) {
            ledger_void(&p->ledger); /* too many a second: the caller was told */
        }
    }
    if (now_ms(p) + s->say_ms < hush_ms(p)) {
        add(p, now_ms(p) + s->say_ms, SAY, 0, 0);
    }
}

static void write_state(struct plan *p, const struct step *step)
{
    uint32_t i = (uint32_t)sim_draw_below(&p->writers, p->s->nodes);
    (void)step;
    if (is_counted(p, i)) {
        write_key(p, i, "news");
    }
    if (now_ms(p) + STATE_MS < hush_ms(p)) {
        add(p, now_ms(p) + STATE_MS, WRITE, 0, 0);
    }
}

static void quiet(struct plan *p, const struct step *step)
{
    struct plan_look look;
    (void)step;
    p->ops->look(p->world, &look);
    p->duplicates = look.duplicates;
}

/* ---- Samples ---- */

/* Before the end it is noted what everybody has written, and then either all states are the same
 * some time, or at the end all know that at least: owners speak up now and then. */
static void look_at_states(struct plan *p)
{
    uint64_t rounds_ms = AGREED_ROUNDS * (uint64_t)p->s->gossip_ms;
    uint64_t span_ms = rounds_ms > AGREED_MS ? rounds_ms : AGREED_MS;
    if (!has_state(p) || now_ms(p) + span_ms < scenario_end_ms(p->s) ||
        now_ms(p) < faults_end_ms(p)) {
        return;
    }
    if (!p->is_marked && p->ops->mark != NULL) {
        p->ops->mark(p->world);
    }
    p->is_marked = true;
    p->is_agreed = p->is_agreed || p->ops->is_agreed(p->world);
}

static void look_whether_well(struct plan *p, const struct plan_look *look)
{
    bool is_well = now_ms(p) >= faults_end_ms(p) && look->census.components <= 1;
    p->well_since_ms = !is_well                         ? UINT64_MAX
                       : p->well_since_ms == UINT64_MAX ? now_ms(p)
                                                        : p->well_since_ms;
    look_at_states(p);
}

static void sample(struct plan *p, const struct step *step)
{
    struct plan_look look;
    const struct census *c = &look.census;
    (void)step;
    p->ops->look(p->world, &look);
    const struct run_sample taken = {
        .at_ms = now_ms(p),
        .alive = c->alive,
        .components = c->components,
        .largest = c->largest,
        .degree_min = c->degree_min,
        .degree_max = c->degree_max,
        .degree_milli = c->alive > 0 ? (uint32_t)(c->degree_sum * 1000 / c->alive) : 0,
        .messages = look.messages,
        .bytes = look.bytes,
        .broadcasts = p->ledger.count,
        .delivered = p->deliveries,
        .downs_true = p->downs_true,
        .downs_false = p->downs_false,
        .faults = look.faults};
    samples_add(&p->samples, &taken);
    if (p->s->nodes <= CHECKED_NODES_MAX) {
        p->ops->check(p->world);
    }
    look_whether_well(p, &look);
    if (p->progress != NULL &&
        !p->progress->go_on(p->progress->context, now_ms(p), scenario_end_ms(p->s))) {
        p->is_over = true;
    }
    add(p, now_ms(p) + samples_every_ms(&p->samples), SAMPLE, 0, 0);
}

static void (*const STEPS[STEP_KINDS])(struct plan *, const struct step *) = {
    [START] = start, [FAULT_ON] = fault_on, [FAULT_OFF] = fault_off,
    [SAY] = say,     [WRITE] = write_state, [SAMPLE] = sample,
    [CHURN] = churn, [HARM] = harm,         [QUIET] = quiet};

/* ---- The end ---- */

/* Whether `node` should have heard an entry: both ends lived on since it was said. */
static bool is_owed(const struct plan *p, const struct ledger_entry *e, uint32_t node)
{
    return !e->is_void && scenario_is_owed(p->s, e->said_ns / MS) && is_counted(p, node) &&
           is_counted(p, e->origin) && p->ops->born_ns(p->world, node) < e->said_ns &&
           p->ops->born_ns(p->world, e->origin) < e->said_ns;
}

static void count_deliveries(struct plan *p)
{
    struct run_figures *f = &p->out->figures;
    for (size_t k = 0; k < p->ledger.count; k++) {
        const struct ledger_entry *e = &p->ledger.entries[k];
        f->broadcasts += is_owed(p, e, e->origin);
        for (uint32_t i = 0; i < p->s->nodes; i++) {
            if (i == e->origin || !is_owed(p, e, i)) {
                continue;
            }
            f->owed++;
            f->delivered += ledger_has(e, i);
            if (!ledger_has(e, i)) {
                plan_fail(p, "a broadcast was lost", i, NULL);
            }
        }
    }
}

/* Medians and greatest over the broadcasts of the settling phase. */
static void measure(struct plan *p, const struct plan_look *look)
{
    struct run_figures *f = &p->out->figures;
    uint64_t *last = mem_new_array(p->ledger.count + 1, sizeof last[0]);
    size_t count = 0;
    for (size_t k = 0; k < p->ledger.count; k++) {
        const struct ledger_entry *e = &p->ledger.entries[k];
        if (e->said_ns >= faults_end_ms(p) * MS && !e->is_void) {
            last[count++] = (e->last_ns - e->said_ns) / 1000;
            f->hops_max = e->hops_max > f->hops_max ? e->hops_max : f->hops_max;
            f->first_copies += e->count;
        }
    }
    f->last_delivery_us = samples_median(last, count);
    f->detect_ms = samples_median(p->detected, p->detected_count);
    f->duplicates = look->duplicates > p->duplicates ? look->duplicates - p->duplicates : 0;
    f->settled_ms =
        p->well_since_ms == UINT64_MAX ? p->s->settle_ms : p->well_since_ms - faults_end_ms(p);
    f->downs_true = p->downs_true;
    f->downs_false = p->downs_false;
    f->messages = look->messages;
    f->bytes = look->bytes;
    f->bytes_node_s = f->bytes * 1000 / p->s->nodes / scenario_end_ms(p->s);
    mem_free(last);
}

static void finish(struct plan *p)
{
    struct plan_look look;
    p->ops->look(p->world, &look);
    p->ops->check(p->world);
    look_whether_well(p, &look);
    if (look.census.components > 1) {
        plan_fail(p, "more than one component", SCENARIO_EVERYWHERE, NULL);
    }
    bool is_known = p->is_marked && p->ops->is_known != NULL && p->ops->is_known(p->world);
    if (has_state(p) && !p->is_agreed && !is_known) {
        plan_fail(p, "the shared states differ", SCENARIO_EVERYWHERE, NULL);
    }
    count_deliveries(p);
    measure(p, &look);
}

/* ---- All of it ---- */

void plan_init(struct plan *p, const struct scenario *s, const struct run_progress *progress,
               const struct plan_ops *ops, void *world, struct run_result *out)
{
    *p = (struct plan){.s = s,
                       .progress = progress,
                       .out = out,
                       .ops = ops,
                       .world = world,
                       .samples = {.result = out},
                       .writers = sim_draw_of(s->seed, SIM_SCENARIO, UINT64_MAX - 1),
                       .well_since_ms = UINT64_MAX};
    heap_init(&p->steps);
    ledger_init(&p->ledger, s->nodes);
    add_all(p);
}

void plan_clear(struct plan *p)
{
    struct heap_node *n = NULL;
    while ((n = heap_first(&p->steps)) != NULL) {
        heap_remove(&p->steps, n);
        mem_free(n); /* the first member of a step */
    }
    heap_clear(&p->steps);
    ledger_clear(&p->ledger);
    mem_free(p->detected);
}

static void step_on(struct plan *p)
{
    struct heap_node *first = heap_first(&p->steps);
    struct step step = *(struct step *)(void *)first;
    p->ops->run(p->world, first->key);
    heap_remove(&p->steps, first);
    mem_free(first);
    if (!p->is_over) {
        STEPS[step.kind](p, &step);
    }
}

int plan_run(struct plan *p)
{
    uint64_t end = scenario_end_ms(p->s) * MS;
    while (!p->is_over && heap_first(&p->steps)->key < end) {
        step_on(p);
    }
    bool is_stopped = p->is_over && p->out->why[0] == '\0';
    if (!p->is_over) {
        p->ops->run(p->world, end);
    }
    if (!p->is_over) {
        finish(p);
    }
    p->out->is_passed = p->out->why[0] == '\0' && !is_stopped;
    p->out->virtual_ms = now_ms(p);
    return is_stopped ? WAVU_ERR_CLOSED : 0;
}
