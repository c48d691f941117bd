/*
 * The run of bare overlays: a plan of what happens when, then the world between two entries of it.
 *
 *     0 ........... join_ms ........... join_ms + fault_ms ........... + settle_ms
 *     nodes start   faults, broadcasts  faults off, broadcasts stop     all must be well
 */
#include "swarm/bare.h"

#include "base/check.h"
#include "base/heap.h"
#include "base/mem.h"
#include "swarm/census.h"
#include "swarm/ledger.h"
#include "swarm/samples.h"
#include "swarm/verdict.h"

#define STATE_NODES_MAX 1000   /* whole state up to there (docs/protocol/state.md) */
#define STATE_MS 1000          /* one node writes its key every so often */
#define CHECKED_NODES_MAX 1000 /* more are walked at the end only */
#define QUIET_PART 2           /* of settle_ms: no more broadcasts in the last half */
#define AGREED_MS 20000        /* what is written reaches everybody in that time */
#define AGREED_ROUNDS 20       /* or in so many rounds of gossip */
#define BACK_MIN_MS 10000      /* CHURN: down for so long */
#define BACK_MAX_MS 60000

enum step_kind { START, FAULT_ON, FAULT_OFF, SAY, WRITE, SAMPLE, CHURN, BACK, QUIET };

struct step {
    struct heap_node node; /* key: world time in ns */
    enum step_kind kind;
    uint32_t who; /* node, or index of the fault */
};

struct bare {
    const struct scenario *s;
    const struct run_progress *progress;
    struct run_result *out;
    struct world *w;
    struct heap plan;
    struct ledger ledger;
    struct random_seeded seeded;
    struct random random; /* of this file's choices: seeds, senders, victims */
    struct samples samples;
    uint64_t well_since_ms;    /* UINT64_MAX: not well */
    struct census_mark *marks; /* owned; what everybody had written when the end was near */
    bool is_agreed;            /* all states were the same since then */
    uint64_t duplicates;       /* of all nodes, when faults stopped */
    uint64_t downs_true;
    uint64_t downs_false;
    uint64_t deliveries;
    uint64_t said;
    uint64_t *detected; /* owned: crash to verdict, ms */
    size_t detected_count;
    bool is_over; /* a check failed, or progress said stop */
};

/* The world's time is rounded down to a slot, which is shorter than a millisecond. */
static uint64_t now_ms(const struct bare *b)
{
    uint64_t slot = UINT64_C(1) << WHEEL_SLOT_SHIFT;
    return (world_now(b->w) + slot - WORLD_S) / WORLD_MS;
}

/* ---- Failures ---- */

/* The first one is the result. SCENARIO_EVERYWHERE: no node alone did it. */
static void fail(struct bare *b, const char *what, uint32_t node)
{
    if (!b->is_over) {
        verdict_fail(b->out, now_ms(b), what, node, NULL);
        b->is_over = true;
    }
}

static bool is_honest(const struct bare *b, uint32_t i)
{
    for (size_t k = 0; k < b->s->fault_count; k++) {
        const struct scenario_fault *f = &b->s->faults[k];
        if (f->kind >= SCENARIO_SILENT && f->kind <= SCENARIO_FLOOD &&
            scenario_hits(f, b->s->seed, i)) {
            return false;
        }
    }
    return true;
}

static void on_delivered(void *context, uint32_t node, uint32_t origin, const struct mesh_event *e)
{
    struct bare *b = context;
    enum ledger_verdict v =
        ledger_hear(&b->ledger, world_now(b->w), node, origin, e->body, e->hops);
    b->deliveries += v == LEDGER_NEW;
    if (v != LEDGER_NEW) {
        fail(b, verdict_of_delivery(v), node);
    }
}

static void on_down(void *context, uint32_t node, uint32_t about)
{
    struct bare *b = context;
    const struct world_node *a = &b->w->nodes[about];
    bool is_reachable = world_is_heard(b->w, node, about) && world_is_heard(b->w, about, node);
    if (!a->is_up && !a->is_reset) {
        b->detected = mem_resize(b->detected, (b->detected_count + 1) * sizeof b->detected[0]);
        b->detected[b->detected_count++] = (world_now(b->w) - a->died_ns) / WORLD_MS;
    }
    b->downs_true += !is_reachable;
    b->downs_false += is_reachable;
}

static void on_broken(void *context, uint32_t node, uint32_t by, int err)
{
    struct bare *b = context;
    (void)err;
    if (is_honest(b, by) && is_honest(b, node)) { /* a liar gets answers to what it never asked */
        fail(b, "an honest peer broke the rules", node);
    }
}

/* ---- The plan ---- */

static void plan(struct bare *b, uint64_t at_ms, enum step_kind kind, uint32_t who)
{
    struct step *step = mem_new(sizeof *step);
    step->kind = kind;
    step->who = who;
    heap_add(&b->plan, &step->node, WORLD_S + at_ms * WORLD_MS);
}

static uint64_t faults_end_ms(const struct bare *b)
{
    return b->s->join_ms + b->s->fault_ms;
}

static void plan_all(struct bare *b)
{
    const struct scenario *s = b->s;
    for (uint32_t i = 0; i < s->nodes; i++) {
        plan(b, s->join_ms * i / s->nodes * 4 / 5, START, i);
    }
    for (uint32_t k = 0; k < s->fault_count; k++) {
        uint64_t end = s->faults[k].end_ms;
        plan(b, s->faults[k].at_ms, FAULT_ON, k);
        plan(b, end == 0 ? faults_end_ms(b) : end, FAULT_OFF, k);
    }
    plan(b, faults_end_ms(b), QUIET, 0);
    plan(b, samples_every_ms(&b->samples), SAMPLE, 0);
    if (s->senders > 0) {
        plan(b, s->join_ms, SAY, 0);
    }
    if (s->nodes <= STATE_NODES_MAX) {
        plan(b, s->join_ms, WRITE, 0);
    }
}

/* ---- Steps ---- */

static uint32_t a_live_node(struct bare *b)
{
    for (int tries = 0; tries < 64; tries++) {
        uint32_t i = (uint32_t)random_below(&b->random, b->s->nodes);
        if (b->w->nodes[i].is_up && is_honest(b, i)) {
            return i;
        }
    }
    return SCENARIO_EVERYWHERE;
}

static void start(struct bare *b, uint32_t i)
{
    uint32_t seed = i;
    if (b->w->nodes[i].is_up) {
        return;
    }
    for (int tries = 0; tries < 8 && (seed == i || !b->w->nodes[seed].is_up); tries++) {
        /* At the first start only earlier nodes are there. */
        bool is_first = b->w->nodes[i].lives == 0;
        seed =
            i == 0 && is_first ? i : (uint32_t)random_below(&b->random, is_first ? i : b->s->nodes);
    }
    ledger_forget(&b->ledger, i);
    world_start(b->w, i, seed);
    if (b->s->nodes <= STATE_NODES_MAX) {
        CHECK(world_set(b->w, i, span_of("born", 4), span_of(&b->w->nodes[i].lives, 4)) == 0);
    }
}

static void crash_all(struct bare *b, const struct scenario_fault *f)
{
    for (uint32_t i = 0; i < b->s->nodes; i++) {
        if (scenario_hits(f, b->s->seed, i) && b->w->nodes[i].is_up) {
            world_crash(b->w, i, f->kind == SCENARIO_RESET);
        }
    }
}

static void start_all(struct bare *b, const struct scenario_fault *f)
{
    for (uint32_t i = 0; i < b->s->nodes; i++) {
        if (scenario_hits(f, b->s->seed, i)) {
            start(b, i);
        }
    }
}

static void skew_all(struct bare *b, const struct scenario_fault *f)
{
    for (uint32_t i = 0; i < b->s->nodes; i++) {
        if (scenario_hits(f, b->s->seed, i)) {
            b->w->nodes[i].ahead_ns += f->amount * WORLD_MS;
            if (b->w->nodes[i].is_up) {
                world_wake(b->w, i);
            }
        }
    }
}

static void fault_on(struct bare *b, uint32_t k)
{
    const struct scenario_fault *f = &b->s->faults[k];
    if (f->kind == SCENARIO_CRASH || f->kind == SCENARIO_RESET) {
        crash_all(b, f);
    } else if (f->kind == SCENARIO_SKEW) {
        skew_all(b, f);
    } else if (f->kind == SCENARIO_CHURN) {
        plan(b, now_ms(b), CHURN, k);
    } else {
        world_fault_on(b->w, f);
    }
}

static void fault_off(struct bare *b, uint32_t k)
{
    const struct scenario_fault *f = &b->s->faults[k];
    bool is_crash = f->kind == SCENARIO_CRASH || f->kind == SCENARIO_RESET;
    if (is_crash && f->end_ms != 0) {
        start_all(b, f);
    } else if (!is_crash && f->kind != SCENARIO_SKEW && f->kind != SCENARIO_CHURN) {
        world_fault_off(b->w, f->id);
    }
}

/* One of those hit goes down, and is back before the faults stop or when they do. */
static void churn(struct bare *b, uint32_t k)
{
    const struct scenario_fault *f = &b->s->faults[k];
    uint64_t end = f->end_ms == 0 ? faults_end_ms(b) : f->end_ms;
    uint32_t victim = a_live_node(b);
    if (now_ms(b) >= end) {
        return;
    }
    if (victim != SCENARIO_EVERYWHERE && scenario_hits(f, b->s->seed, victim)) {
        uint64_t back = BACK_MIN_MS + random_below(&b->random, BACK_MAX_MS - BACK_MIN_MS);
        back += now_ms(b);
        world_crash(b->w, victim, random_below(&b->random, 2) == 0);
        plan(b, back < faults_end_ms(b) ? back : faults_end_ms(b), BACK, victim);
    }
    plan(b, now_ms(b) + f->amount, CHURN, k);
}

static void say(struct bare *b)
{
    const struct scenario *s = b->s;
    uint32_t i = (uint32_t)(b->said++ % s->senders);
    uint64_t stop = scenario_end_ms(s) - s->settle_ms / QUIET_PART;
    if (b->w->nodes[i].is_up && is_honest(b, i)) {
        struct span payload = ledger_say(&b->ledger, world_now(b->w), i, s->say_bytes);
        if (world_say(b->w, i, payload, NULL) < 0) {
            ledger_void(&b->ledger); /* too many a second: the caller was told */
        }
    }
    if (now_ms(b) + s->say_ms < stop) {
        plan(b, now_ms(b) + s->say_ms, SAY, 0);
    }
}

static void write_state(struct bare *b)
{
    uint32_t i = a_live_node(b);
    uint64_t stop = scenario_end_ms(b->s) - b->s->settle_ms / QUIET_PART;
    if (i != SCENARIO_EVERYWHERE) {
        uint64_t value = random_u64(&b->random);
        CHECK(world_set(b->w, i, span_of("news", 4), span_of(&value, sizeof value)) == 0);
    }
    if (now_ms(b) + STATE_MS < stop) {
        plan(b, now_ms(b) + STATE_MS, WRITE, 0);
    }
}

static uint64_t all_duplicates(const struct bare *b)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < b->s->nodes; i++) {
        sum += b->w->nodes[i].is_up ? b->w->nodes[i].mesh.plumtree.stats.duplicates : 0;
    }
    return sum;
}

/* ---- Samples ---- */

/* Before the end it is noted what everybody has written, and then either all states are the same
 * some time, or at the end all know that at least: owners speak up now and then. */
static void look_at_states(struct bare *b)
{
    uint64_t rounds_ms = AGREED_ROUNDS * (uint64_t)b->s->gossip_ms;
    uint64_t span_ms = rounds_ms > AGREED_MS ? rounds_ms : AGREED_MS;
    bool is_asked = b->s->nodes <= STATE_NODES_MAX &&
                    now_ms(b) + span_ms >= scenario_end_ms(b->s) && now_ms(b) >= faults_end_ms(b);
    if (is_asked && b->marks == NULL) {
        b->marks = mem_new_array(b->s->nodes, sizeof b->marks[0]);
        census_mark(b->w, b->marks);
    }
    b->is_agreed = b->is_agreed || (is_asked && census_is_agreed(b->w));
}

static void sample(struct bare *b)
{
    struct census c;
    census_take(b->w, &c);
    const struct run_sample taken = {
        .at_ms = now_ms(b),
        .alive = c.alive,
        .components = c.components,
        .largest = c.largest,
        .degree_min = c.degree_min,
        .degree_max = c.degree_max,
        .degree_milli = c.alive > 0 ? (uint32_t)(c.degree_sum * 1000 / c.alive) : 0,
        .messages = b->w->stats.messages,
        .bytes = b->w->stats.bytes,
        .broadcasts = b->ledger.count,
        .delivered = b->deliveries,
        .downs_true = b->downs_true,
        .downs_false = b->downs_false,
        .faults = b->w->fault_count};
    samples_add(&b->samples, &taken);
    if (b->s->nodes <= CHECKED_NODES_MAX) {
        census_check(b->w);
    }
    look_at_states(b);
    bool is_well = now_ms(b) >= faults_end_ms(b) && c.components <= 1;
    b->well_since_ms = !is_well                         ? UINT64_MAX
                       : b->well_since_ms == UINT64_MAX ? now_ms(b)
                                                        : b->well_since_ms;
    if (b->progress != NULL &&
        !b->progress->go_on(b->progress->context, now_ms(b), scenario_end_ms(b->s))) {
        b->is_over = true;
    }
    plan(b, now_ms(b) + samples_every_ms(&b->samples), SAMPLE, 0);
}

static void carry_out(struct bare *b, const struct step *step)
{
    switch (step->kind) {
    case START:
    case BACK:
        start(b, step->who);
        return;
    case FAULT_ON:
        fault_on(b, step->who);
        return;
    case FAULT_OFF:
        fault_off(b, step->who);
        return;
    case SAY:
        say(b);
        return;
    case WRITE:
        write_state(b);
        return;
    case SAMPLE:
        sample(b);
        return;
    case CHURN:
        churn(b, step->who);
        return;
    case QUIET:
        b->duplicates = all_duplicates(b);
        return;
    }
}

/* ---- The end ---- */

/* Whether `node` should have heard an entry: both ends lived on since it was said. */
static bool is_owed(const struct bare *b, const struct ledger_entry *e, uint32_t node)
{
    const struct world_node *n = &b->w->nodes[node];
    const struct world_node *o = &b->w->nodes[e->origin];
    return !e->is_void && scenario_is_owed(b->s, (e->said_ns - WORLD_S) / WORLD_MS) && n->is_up &&
           o->is_up && n->born_ns < e->said_ns && o->born_ns < e->said_ns && is_honest(b, node) &&
           is_honest(b, e->origin);
}

static void count_deliveries(struct bare *b)
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
                fail(b, "a broadcast was lost", i);
            }
        }
    }
}

/* Medians and greatest over the broadcasts of the settling phase. */
static void measure_quiet(struct bare *b)
{
    struct run_figures *f = &b->out->figures;
    uint64_t *last = mem_new_array(b->ledger.count + 1, sizeof last[0]);
    uint64_t from = WORLD_S + faults_end_ms(b) * WORLD_MS;
    size_t count = 0;
    for (size_t k = 0; k < b->ledger.count; k++) {
        const struct ledger_entry *e = &b->ledger.entries[k];
        if (e->said_ns >= from && !e->is_void) {
            last[count++] = (e->last_ns - e->said_ns) / 1000;
            f->hops_max = e->hops_max > f->hops_max ? e->hops_max : f->hops_max;
            f->first_copies += e->count;
        }
    }
    f->last_delivery_us = samples_median(last, count);
    f->detect_ms = samples_median(b->detected, b->detected_count);
    uint64_t now = all_duplicates(b);
    f->duplicates = now > b->duplicates ? now - b->duplicates : 0;
    mem_free(last);
}

static void finish(struct bare *b)
{
    struct run_result *r = b->out;
    struct run_figures *f = &r->figures;
    struct census c;
    census_take(b->w, &c);
    census_check(b->w);
    if (c.components > 1) {
        fail(b, "more than one component", SCENARIO_EVERYWHERE);
    }
    look_at_states(b);
    if (b->s->nodes <= STATE_NODES_MAX && !b->is_agreed &&
        (b->marks == NULL || !census_is_known(b->w, b->marks))) {
        fail(b, "the shared states differ", SCENARIO_EVERYWHERE);
    }
    count_deliveries(b);
    measure_quiet(b);
    f->settled_ms =
        b->well_since_ms == UINT64_MAX ? b->s->settle_ms : b->well_since_ms - faults_end_ms(b);
    f->downs_true = b->downs_true;
    f->downs_false = b->downs_false;
    f->messages = b->w->stats.messages;
    f->bytes = b->w->stats.bytes;
    f->bytes_node_s = f->bytes * 1000 / b->s->nodes / scenario_end_ms(b->s);
}

static struct world_config world_of(const struct scenario *s)
{
    return (struct world_config){.seed = s->seed,
                                 .nodes = s->nodes,
                                 .is_stream = s->cable == SCENARIO_STREAM,
                                 .delay_min_ms = s->delay_min_ms,
                                 .delay_max_ms = s->delay_max_ms,
                                 .mesh = {.rebalance_ns = s->rebalance_ms * WORLD_MS,
                                          .heartbeat_ns = s->heartbeat_ms * WORLD_MS,
                                          .gossip_ns = s->gossip_ms * WORLD_MS,
                                          .ihave_ns = s->ihave_ms * WORLD_MS,
                                          .phi_threshold = s->phi_milli / 1000.0,
                                          .degree_min = s->min_degree,
                                          .degree_max = s->max_degree}};
}

static void clear(struct bare *b)
{
    struct heap_node *n = NULL;
    while ((n = heap_first(&b->plan)) != NULL) {
        heap_remove(&b->plan, n);
        mem_free(n); /* the first member of a step */
    }
    heap_clear(&b->plan);
    ledger_clear(&b->ledger);
    mem_free(b->detected);
    mem_free(b->marks);
    world_free(b->w);
}

int bare_run(const struct scenario *s, const struct run_progress *progress, struct run_result *out)
{
    struct bare b = {.s = s, .progress = progress, .out = out, .samples = {.result = out}};
    struct world_config config = world_of(s);
    struct world_watch watch = {
        .context = &b, .delivered = on_delivered, .down = on_down, .broken = on_broken};
    uint64_t end = WORLD_S + scenario_end_ms(s) * WORLD_MS;
    b.w = world_new(&config, &watch);
    b.well_since_ms = UINT64_MAX;
    heap_init(&b.plan);
    ledger_init(&b.ledger, s->nodes);
    random_seeded_init(&b.seeded, s->seed ^ UINT64_C(0x5eed));
    b.random = random_from_seeded(&b.seeded);
    plan_all(&b);
    while (!b.is_over && heap_first(&b.plan)->key < end) {
        struct heap_node *first = heap_first(&b.plan);
        struct step step = *(struct step *)(void *)first;
        world_run(b.w, first->key);
        heap_remove(&b.plan, first);
        mem_free(first);
        carry_out(&b, &step);
    }
    bool is_stopped = b.is_over && out->why[0] == '\0';
    if (!b.is_over) {
        world_run(b.w, end);
        finish(&b);
    }
    out->is_passed = out->why[0] == '\0' && !is_stopped;
    out->hash = b.w->hash;
    out->events = b.w->stats.events;
    out->virtual_ms = now_ms(&b);
    clear(&b);
    return is_stopped ? WAVU_ERR_CLOSED : 0;
}
