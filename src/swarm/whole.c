/*
 * The run of whole nodes: a plan of what happens when, then the simulator between two entries of
 * it.
 *
 *     0 ........... join_ms ........... join_ms + fault_ms ........... + settle_ms
 *     nodes start   faults, broadcasts  faults off, traffic stops      all must be well
 *
 * What a node is told is checked when it is told; links and limits at every sample; that all are
 * one mesh, know the same and have heard everything, at the end. Each fault draws from a stream of
 * its own.
 */
#include "swarm/whole.h"

#include <string.h>

#include "base/heap.h"
#include "base/mem.h"
#include "overlay/mesh.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "swarm/ledger.h"
#include "swarm/samples.h"
#include "swarm/verdict.h"
#include "swarm/whole_fault.h"
#include "swarm/whole_world.h"

#define MS WHOLE_WORLD_MS
#define STATE_MS 1000     /* one node writes a key every so often */
#define QUIET_PART 2      /* of settle_ms: nothing is said or written in the last half */
#define BACK_MIN_MS 10000 /* CHURN: down for so long */
#define BACK_MAX_MS 60000
#define AWAKE_MAX_MS 4000 /* SLOW: between two pauses */
#define PAUSE_HALVINGS 7  /* SLOW: short pauses are commoner: a half, a quarter ... */
#define FLOOD_MS 100
#define FLOOD_BYTES 64
#define FAULT_DRAWS UINT64_C(0xffff) /* streams of faults, above those of hosts' disks */

enum step_kind {
    START,
    FAULT_ON,
    FAULT_OFF,
    SAY,
    WRITE,
    SAMPLE,
    CHURN,
    PAUSE,
    FLOOD,
    QUIET,
    STEP_KINDS
};

struct step {
    struct heap_node node; /* first; key: ns */
    enum step_kind kind;
    uint32_t who;   /* node */
    uint32_t fault; /* index */
};

struct whole {
    const struct scenario *s;
    const struct run_progress *progress;
    struct run_result *out;
    struct whole_world *w;
    struct heap plan;
    struct ledger ledger;
    struct samples samples;
    struct sim_draw draws[SCENARIO_FAULTS_MAX]; /* of each fault */
    struct sim_draw writers;
    uint64_t well_since_ms; /* UINT64_MAX: not well */
    uint64_t duplicates;    /* of all nodes, when faults stopped */
    uint64_t deliveries;
    uint64_t downs_true;
    uint64_t downs_false;
    uint64_t said;
    uint64_t written;
    uint64_t *detected; /* owned: crash to verdict, ms */
    size_t detected_count;
    bool is_agreed; /* all knew the same at some moment after the last write */
    bool is_over;   /* a check failed, or progress said stop */
};

static uint64_t now_ms(const struct whole *b)
{
    return sim_now(b->w->sim) / MS;
}

static uint64_t faults_end_ms(const struct whole *b)
{
    return b->s->join_ms + b->s->fault_ms;
}

/* When traffic stops. */
static uint64_t hush_ms(const struct whole *b)
{
    return scenario_end_ms(b->s) - b->s->settle_ms / QUIET_PART;
}

static bool is_up(const struct whole *b, uint32_t i)
{
    return b->w->nodes[i].node != NULL;
}

static bool is_counted(const struct whole *b, uint32_t i)
{
    return is_up(b, i) && !b->w->nodes[i].is_hostile;
}

/* ---- Failures ---- */

/* The first one is the result. SCENARIO_EVERYWHERE: no node alone did it. */
static void fail(struct whole *b, const char *what, uint32_t node, const char *more)
{
    if (!b->is_over) {
        verdict_fail(b->out, now_ms(b), what, node, more);
        b->is_over = true;
    }
}

static void on_message(struct whole *b, uint32_t node, const struct wavu_mesh_event *e)
{
    uint32_t origin = whole_world_number(b->w, e->peer);
    if (origin < b->s->nodes && b->w->nodes[origin].is_hostile) {
        return; /* says what it likes */
    }
    enum ledger_verdict v = ledger_hear(&b->ledger, sim_now(b->w->sim), node, origin,
                                        span_of(e->data, e->len), e->hops);
    b->deliveries += v == LEDGER_NEW;
    if (v != LEDGER_NEW) {
        fail(b, verdict_of_delivery(v), node, NULL);
    }
}

static bool is_heard(const struct whole *b, uint32_t from, uint32_t to)
{
    struct sim_cable_settings settings;
    return is_up(b, from) && is_up(b, to) && whole_fault_wire(b->w, from, to, &settings);
}

static void on_down(struct whole *b, uint32_t node, const struct wavu_mesh_event *e)
{
    uint32_t about = whole_world_number(b->w, e->peer);
    if (about == b->s->nodes) {
        fail(b, "a verdict about a stranger", node, NULL);
        return;
    }
    const struct whole_world_node *a = &b->w->nodes[about];
    bool is_reachable = is_heard(b, node, about) && is_heard(b, about, node);
    if (a->node == NULL && !a->is_reset) {
        b->detected = mem_resize(b->detected, (b->detected_count + 1) * sizeof b->detected[0]);
        b->detected[b->detected_count++] = (sim_now(b->w->sim) - a->died_ns) / MS;
    }
    b->downs_true += !is_reachable;
    b->downs_false += is_reachable;
}

static void on_event(void *context, uint32_t node, const struct wavu_mesh_event *e)
{
    struct whole *b = context;
    if (e->kind == WAVU_MESH_MESSAGE) {
        on_message(b, node, e);
    } else if (e->kind == WAVU_MESH_DOWN) {
        on_down(b, node, e);
    }
}

/* ---- The plan ---- */

static void plan(struct whole *b, uint64_t at_ms, enum step_kind kind, uint32_t who, uint32_t fault)
{
    struct step *step = mem_new(sizeof *step);
    step->kind = kind;
    step->who = who;
    step->fault = fault;
    heap_add(&b->plan, &step->node, at_ms * MS);
}

static uint64_t end_of(const struct whole *b, uint32_t k)
{
    return b->s->faults[k].end_ms == 0 ? faults_end_ms(b) : b->s->faults[k].end_ms;
}

static void plan_all(struct whole *b)
{
    const struct scenario *s = b->s;
    for (uint32_t i = 0; i < s->nodes; i++) {
        plan(b, s->join_ms * i / s->nodes * 4 / 5, START, i, 0);
    }
    for (uint32_t k = 0; k < s->fault_count; k++) {
        b->draws[k] = sim_draw_of(s->seed, SIM_FAULTS, FAULT_DRAWS << 32 | s->faults[k].id);
        plan(b, s->faults[k].at_ms, FAULT_ON, 0, k);
        plan(b, end_of(b, k), FAULT_OFF, 0, k);
    }
    plan(b, faults_end_ms(b), QUIET, 0, 0);
    plan(b, samples_every_ms(&b->samples), SAMPLE, 0, 0);
    if (s->senders > 0) {
        plan(b, s->join_ms, SAY, 0, 0);
    }
    plan(b, s->join_ms, WRITE, 0, 0);
}

/* ---- Steps ---- */

static void write_key(struct whole *b, uint32_t i, const char *key)
{
    uint64_t value = ++b->written;
    int rc = wavu_mesh_set(b->w->nodes[i].node, key, &value, sizeof value);
    if (rc < 0) {
        fail(b, "a key could not be written", i, wavu_err_sentence(rc));
    }
}

static void start(struct whole *b, const struct step *step)
{
    uint32_t i = step->who;
    if (is_up(b, i)) {
        return;
    }
    ledger_forget(&b->ledger, i);
    int rc = whole_world_start(b->w, i);
    if (rc < 0) {
        fail(b, "a node does not start", i, wavu_err_sentence(rc));
        return;
    }
    whole_fault_started(b->w, i);
    write_key(b, i, "born");
}

/* The machine loses power: back at once for TORN, otherwise when START says. */
static void crash_all(struct whole *b, const struct scenario_fault *f)
{
    for (uint32_t i = 0; i < b->s->nodes; i++) {
        if (!is_up(b, i) || !scenario_hits(f, b->s->seed, i)) {
            continue;
        }
        whole_world_crash(b->w, i, f->kind == SCENARIO_RESET);
        if (f->kind == SCENARIO_TORN) {
            plan(b, now_ms(b), START, i, 0);
        }
    }
}

static void skew_all(struct whole *b, const struct scenario_fault *f)
{
    for (uint32_t i = 0; i < b->s->nodes; i++) {
        if (scenario_hits(f, b->s->seed, i) && is_up(b, i)) {
            sim_host_jump(b->w->nodes[i].host, f->amount * MS);
        }
    }
}

static void plan_hit(struct whole *b, uint32_t k, enum step_kind kind, uint64_t spread_ms)
{
    for (uint32_t i = 0; i < b->s->nodes; i++) {
        if (scenario_hits(&b->s->faults[k], b->s->seed, i)) {
            plan(b, now_ms(b) + sim_draw_below(&b->draws[k], spread_ms), kind, i, k);
        }
    }
}

static void fault_on(struct whole *b, const struct step *step)
{
    const struct scenario_fault *f = &b->s->faults[step->fault];
    whole_fault_on(b->w, f);
    if (f->kind == SCENARIO_CRASH || f->kind == SCENARIO_RESET || f->kind == SCENARIO_TORN) {
        crash_all(b, f);
    } else if (f->kind == SCENARIO_SKEW) {
        skew_all(b, f);
    } else if (f->kind == SCENARIO_CHURN) {
        plan(b, now_ms(b), CHURN, 0, step->fault);
    } else if (f->kind == SCENARIO_SLOW) {
        plan_hit(b, step->fault, PAUSE, AWAKE_MAX_MS);
    } else if (f->kind == SCENARIO_FLOOD) {
        plan_hit(b, step->fault, FLOOD, FLOOD_MS);
    }
}

static void fault_off(struct whole *b, const struct step *step)
{
    const struct scenario_fault *f = &b->s->faults[step->fault];
    whole_fault_off(b->w, f);
    if ((f->kind == SCENARIO_CRASH || f->kind == SCENARIO_RESET) && f->end_ms != 0) {
        for (uint32_t i = 0; i < b->s->nodes; i++) {
            if (scenario_hits(f, b->s->seed, i)) {
                start(b, &(struct step){.who = i});
            }
        }
    }
}

static bool is_on(const struct whole *b, const struct step *step)
{
    return whole_fault_is_on(b->w, &b->s->faults[step->fault]);
}

/* One of those hit goes down, and is back before the faults stop or when they do. */
static void churn(struct whole *b, const struct step *step)
{
    const struct scenario_fault *f = &b->s->faults[step->fault];
    struct sim_draw *draw = &b->draws[step->fault];
    uint32_t hit[SCENARIO_WHOLE_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->s->nodes; i++) {
        if (is_up(b, i) && scenario_hits(f, b->s->seed, i)) {
            hit[count++] = i;
        }
    }
    if (!is_on(b, step)) {
        return;
    }
    if (count > 0) {
        uint32_t victim = hit[sim_draw_below(draw, count)];
        uint64_t back = now_ms(b) + BACK_MIN_MS + sim_draw_below(draw, BACK_MAX_MS - BACK_MIN_MS);
        whole_world_crash(b->w, victim, sim_draw_below(draw, 2) == 0);
        plan(b, back < faults_end_ms(b) ? back : faults_end_ms(b), START, victim, 0);
    }
    plan(b, now_ms(b) + f->amount, CHURN, 0, step->fault);
}

static void pause_node(struct whole *b, const struct step *step)
{
    struct sim_draw *draw = &b->draws[step->fault];
    uint64_t longest = b->s->faults[step->fault].amount >> sim_draw_below(draw, PAUSE_HALVINGS);
    uint64_t pause = sim_draw_below(draw, longest + 1);
    if (is_on(b, step)) {
        sim_host_stall(b->w->nodes[step->who].host, pause * MS);
        plan(b, now_ms(b) + pause + 1 + sim_draw_below(draw, AWAKE_MAX_MS), PAUSE, step->who,
             step->fault);
    }
}

/* As many broadcasts and writes as it can, up to `amount` a second of each. */
static void flood(struct whole *b, const struct step *step)
{
    uint8_t junk[FLOOD_BYTES];
    char key[] = "flood0";
    uint64_t amount = b->s->faults[step->fault].amount;
    uint64_t count = (amount * FLOOD_MS + 999) / 1000;
    if (!is_on(b, step)) {
        return;
    }
    for (uint64_t i = 0; i < count && is_up(b, step->who); i++) {
        uint64_t draw = sim_draw_u64(&b->draws[step->fault]);
        struct wavu_node *node = b->w->nodes[step->who].node;
        memset(junk, (int)(draw & 0xff), sizeof junk);
        key[5] = (char)('0' + draw % 10);
        (void)!wavu_broadcast(node, junk, sizeof junk); /* it may well be too much */
        (void)!wavu_mesh_set(node, key, junk, sizeof junk);
    }
    plan(b, now_ms(b) + FLOOD_MS, FLOOD, step->who, step->fault);
}

static void say(struct whole *b, const struct step *step)
{
    const struct scenario *s = b->s;
    uint32_t i = (uint32_t)(b->said++ % s->senders);
    (void)step;
    for (uint32_t tries = 1; tries < s->senders && !is_counted(b, i); tries++) {
        i = (uint32_t)(b->said++ % s->senders);
    }
    if (is_counted(b, i)) {
        struct span payload = ledger_say(&b->ledger, sim_now(b->w->sim), i, s->say_bytes);
        if (wavu_broadcast(b->w->nodes[i].node, payload.ptr, payload.len) < 0) {
            ledger_void(&b->ledger); /* too many a second: the caller was told */
        }
    }
    if (now_ms(b) + s->say_ms < hush_ms(b)) {
        plan(b, now_ms(b) + s->say_ms, SAY, 0, 0);
    }
}

static void write_state(struct whole *b, const struct step *step)
{
    uint32_t i = (uint32_t)sim_draw_below(&b->writers, b->s->nodes);
    (void)step;
    if (is_counted(b, i)) {
        write_key(b, i, "news");
    }
    if (now_ms(b) + STATE_MS < hush_ms(b)) {
        plan(b, now_ms(b) + STATE_MS, WRITE, 0, 0);
    }
}

static void quiet(struct whole *b, const struct step *step)
{
    struct whole_world_sums sums;
    (void)step;
    whole_world_sum(b->w, &sums);
    b->duplicates = sums.duplicates;
}

static void look_whether_well(struct whole *b, uint32_t components)
{
    bool is_well = now_ms(b) >= faults_end_ms(b) && components <= 1;
    b->well_since_ms = !is_well                         ? UINT64_MAX
                       : b->well_since_ms == UINT64_MAX ? now_ms(b)
                                                        : b->well_since_ms;
    b->is_agreed = b->is_agreed || (now_ms(b) >= hush_ms(b) && whole_world_is_agreed(b->w));
}

static void sample(struct whole *b, const struct step *step)
{
    struct census c;
    struct whole_world_sums sums;
    (void)step;
    whole_world_census(b->w, &c);
    whole_world_sum(b->w, &sums);
    whole_world_check(b->w);
    look_whether_well(b, c.components);
    const struct run_sample taken = {
        .at_ms = now_ms(b),
        .alive = c.alive,
        .components = c.components,
        .largest = c.largest,
        .degree_min = c.degree_min,
        .degree_max = c.degree_max,
        .degree_milli = c.alive > 0 ? (uint32_t)(c.degree_sum * 1000 / c.alive) : 0,
        .messages = sums.messages,
        .bytes = sums.bytes,
        .broadcasts = b->ledger.count,
        .delivered = b->deliveries,
        .downs_true = b->downs_true,
        .downs_false = b->downs_false,
        .faults = b->w->fault_count};
    samples_add(&b->samples, &taken);
    if (b->progress != NULL &&
        !b->progress->go_on(b->progress->context, now_ms(b), scenario_end_ms(b->s))) {
        b->is_over = true;
    }
    plan(b, now_ms(b) + samples_every_ms(&b->samples), SAMPLE, 0, 0);
}

static void (*const STEPS[STEP_KINDS])(struct whole *, const struct step *) = {
    [START] = start,       [FAULT_ON] = fault_on, [FAULT_OFF] = fault_off, [SAY] = say,
    [WRITE] = write_state, [SAMPLE] = sample,     [CHURN] = churn,         [PAUSE] = pause_node,
    [FLOOD] = flood,       [QUIET] = quiet};

/* ---- The end ---- */

/* Whether `node` should have heard an entry: both ends lived on since it was said. */
static bool is_owed(const struct whole *b, const struct ledger_entry *e, uint32_t node)
{
    return !e->is_void && scenario_is_owed(b->s, e->said_ns / MS) && is_counted(b, node) &&
           is_counted(b, e->origin) && b->w->nodes[node].born_ns < e->said_ns &&
           b->w->nodes[e->origin].born_ns < e->said_ns;
}

static void count_deliveries(struct whole *b)
{
    struct run_figures *f = &b->out->figures;
    for (size_t k = 0; k < b->ledger.count; k++) {
        const struct ledger_entry *e = &b->ledger.entries[k];
        f->broadcasts += is_owed(b, e, e->origin);
        for (uint32_t i = 0; i < b->s->nodes; i++) {
            if (i == e->origin || !is_owed(b, e, i)) {
                continue;
            }
            f->owed++;
            f->delivered += ledger_has(e, i);
            if (!ledger_has(e, i)) {
                fail(b, "a broadcast was lost", i, NULL);
            }
        }
    }
}

/* Medians and greatest over the broadcasts of the settling phase. */
static void measure_quiet(struct whole *b)
{
    struct run_figures *f = &b->out->figures;
    struct whole_world_sums sums;
    uint64_t *last = mem_new_array(b->ledger.count + 1, sizeof last[0]);
    size_t count = 0;
    for (size_t k = 0; k < b->ledger.count; k++) {
        const struct ledger_entry *e = &b->ledger.entries[k];
        if (e->said_ns >= faults_end_ms(b) * MS && !e->is_void) {
            last[count++] = (e->last_ns - e->said_ns) / 1000;
            f->hops_max = e->hops_max > f->hops_max ? e->hops_max : f->hops_max;
            f->first_copies += e->count;
        }
    }
    whole_world_sum(b->w, &sums);
    f->last_delivery_us = samples_median(last, count);
    f->detect_ms = samples_median(b->detected, b->detected_count);
    f->duplicates = sums.duplicates > b->duplicates ? sums.duplicates - b->duplicates : 0;
    f->messages = sums.messages;
    f->bytes = sums.bytes;
    f->bytes_node_s = f->bytes * 1000 / b->s->nodes / scenario_end_ms(b->s);
    mem_free(last);
}

static void finish(struct whole *b)
{
    struct run_figures *f = &b->out->figures;
    struct census c;
    whole_world_census(b->w, &c);
    whole_world_check(b->w);
    look_whether_well(b, c.components);
    if (c.components > 1) {
        fail(b, "more than one component", SCENARIO_EVERYWHERE, NULL);
    }
    if (!b->is_agreed) {
        fail(b, "the shared states differ", SCENARIO_EVERYWHERE, NULL);
    }
    count_deliveries(b);
    measure_quiet(b);
    f->settled_ms =
        b->well_since_ms == UINT64_MAX ? b->s->settle_ms : b->well_since_ms - faults_end_ms(b);
    f->downs_true = b->downs_true;
    f->downs_false = b->downs_false;
}

/* ---- All of it ---- */

static void init(struct whole *b)
{
    struct whole_world_watch watch = {.context = b, .event = on_event};
    b->w = whole_world_new(b->s, &watch);
    b->samples.result = b->out;
    b->writers = sim_draw_of(b->s->seed, SIM_SCENARIO, UINT64_MAX - 1);
    b->well_since_ms = UINT64_MAX;
    heap_init(&b->plan);
    ledger_init(&b->ledger, b->s->nodes);
    whole_fault_init(b->w);
    plan_all(b);
}

static void clear(struct whole *b)
{
    struct heap_node *n = NULL;
    while ((n = heap_first(&b->plan)) != NULL) {
        heap_remove(&b->plan, n);
        mem_free(n); /* the first member of a step */
    }
    heap_clear(&b->plan);
    ledger_clear(&b->ledger);
    mem_free(b->detected);
    whole_world_free(b->w);
}

static void step_on(struct whole *b)
{
    struct heap_node *first = heap_first(&b->plan);
    struct step step = *(struct step *)(void *)first;
    whole_world_run(b->w, first->key);
    heap_remove(&b->plan, first);
    mem_free(first);
    if (!b->is_over) {
        STEPS[step.kind](b, &step);
    }
}

int whole_run(const struct scenario *s, const struct run_progress *progress, struct run_result *out)
{
    struct whole *b = mem_new(sizeof *b);
    uint64_t end = scenario_end_ms(s) * MS;
    b->s = s;
    b->progress = progress;
    b->out = out;
    init(b);
    while (!b->is_over && heap_first(&b->plan)->key < end) {
        step_on(b);
    }
    bool is_stopped = b->is_over && out->why[0] == '\0';
    if (!b->is_over) {
        whole_world_run(b->w, end);
    }
    if (!b->is_over) {
        finish(b);
    }
    out->is_passed = out->why[0] == '\0' && !is_stopped;
    out->hash = sim_event_hash(b->w->sim);
    out->events = sim_event_count(b->w->sim);
    out->virtual_ms = now_ms(b);
    clear(b);
    mem_free(b);
    return is_stopped ? WAVU_ERR_CLOSED : 0;
}
