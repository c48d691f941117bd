/*
 * Bare overlays as a world of plan.h: its ops go down to world.h, and what the world's watch says
 * goes up to the plan. The scenario's seed says whom a node dials first.
 */
#include "swarm/bare.h"

#include "base/mem.h"
#include "swarm/plan.h"

#define SEED_TRIES 8

struct bare {
    struct plan plan;
    struct world *w;
    struct sim_draw seeds;
    struct census_mark *marks; /* owned; what everybody had written when the end was near */
};

static const struct bare *bare_of(const void *world)
{
    return world;
}

/* The world's time is rounded down to a slot, which is shorter than a millisecond, and starts at a
 * second. */
static uint64_t since_begin(uint64_t world_ns)
{
    return world_ns + (UINT64_C(1) << WHEEL_SLOT_SHIFT) - WORLD_S;
}

/* ---- What comes up ---- */

static void on_delivered(void *context, uint32_t node, uint32_t origin, const struct mesh_event *e)
{
    struct bare *b = context;
    plan_heard(&b->plan, node, origin, e->body, e->hops);
}

static void on_down(void *context, uint32_t node, uint32_t about)
{
    struct bare *b = context;
    const struct world_node *a = &b->w->nodes[about];
    bool is_reachable = world_is_heard(b->w, node, about) && world_is_heard(b->w, about, node);
    plan_down(&b->plan, is_reachable,
              !a->is_up && !a->is_reset ? since_begin(a->died_ns) : UINT64_MAX);
}

static bool is_honest(const void *world, uint32_t i)
{
    const struct scenario *s = bare_of(world)->plan.s;
    for (size_t k = 0; k < s->fault_count; k++) {
        const struct scenario_fault *f = &s->faults[k];
        if (f->kind >= SCENARIO_SILENT && f->kind <= SCENARIO_FLOOD &&
            scenario_hits(f, s->seed, i)) {
            return false;
        }
    }
    return true;
}

static void on_broken(void *context, uint32_t node, uint32_t by, int err)
{
    struct bare *b = context;
    (void)err;
    if (is_honest(b, by) && is_honest(b, node)) { /* a liar gets answers to what it never asked */
        plan_fail(&b->plan, "an honest peer broke the rules", node, NULL);
    }
}

/* ---- Ops ---- */

static uint64_t now_ns(const void *world)
{
    return since_begin(world_now(bare_of(world)->w));
}

static void run(void *world, uint64_t until_ns)
{
    world_run(bare_of(world)->w, WORLD_S + until_ns);
}

static bool is_up(const void *world, uint32_t i)
{
    return bare_of(world)->w->nodes[i].is_up;
}

static uint64_t born_ns(const void *world, uint32_t i)
{
    return since_begin(bare_of(world)->w->nodes[i].born_ns);
}

/* At the first start only earlier nodes are there. */
static int start(void *world, uint32_t i)
{
    struct bare *b = world;
    bool is_first = b->w->nodes[i].lives == 0;
    uint32_t others = is_first ? i : b->plan.s->nodes;
    uint32_t seed = i;
    for (int tries = 0; others > 0 && tries < SEED_TRIES; tries++) {
        seed = (uint32_t)sim_draw_below(&b->seeds, others);
        if (seed != i && b->w->nodes[seed].is_up) {
            break;
        }
    }
    world_start(b->w, i, seed);
    return 0;
}

static void crash(void *world, uint32_t i, bool is_reset)
{
    world_crash(bare_of(world)->w, i, is_reset);
}

static void skew(void *world, uint32_t i, uint64_t ns)
{
    struct world *w = bare_of(world)->w;
    w->nodes[i].ahead_ns += ns;
    if (w->nodes[i].is_up) {
        world_wake(w, i);
    }
}

static bool is_of_world(const struct scenario_fault *f)
{
    return f->kind != SCENARIO_CRASH && f->kind != SCENARIO_RESET && f->kind != SCENARIO_CHURN &&
           f->kind != SCENARIO_SKEW;
}

static void fault_on(void *world, const struct scenario_fault *f)
{
    if (is_of_world(f)) {
        world_fault_on(bare_of(world)->w, f);
    }
}

static void fault_off(void *world, const struct scenario_fault *f)
{
    if (is_of_world(f)) {
        world_fault_off(bare_of(world)->w, f->id);
    }
}

static int say(void *world, uint32_t i, struct span payload)
{
    return world_say(bare_of(world)->w, i, payload, NULL);
}

static int write_key(void *world, uint32_t i, const char *key, uint64_t value)
{
    return world_set(bare_of(world)->w, i, span_from_text(key), span_of(&value, sizeof value));
}

static void look(const void *world, struct plan_look *out)
{
    const struct world *w = bare_of(world)->w;
    *out = (struct plan_look){
        .messages = w->stats.messages, .bytes = w->stats.bytes, .faults = w->fault_count};
    census_take(w, &out->census);
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        out->duplicates += w->nodes[i].is_up ? w->nodes[i].mesh.plumtree.stats.duplicates : 0;
    }
}

static void check(const void *world)
{
    census_check(bare_of(world)->w);
}

static bool is_agreed(const void *world)
{
    return census_is_agreed(bare_of(world)->w);
}

static void mark(void *world)
{
    struct bare *b = world;
    b->marks = mem_new_array(b->plan.s->nodes, sizeof b->marks[0]);
    census_mark(b->w, b->marks);
}

static bool is_known(const void *world)
{
    return census_is_known(bare_of(world)->w, bare_of(world)->marks);
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
                                    .say = say,
                                    .write = write_key,
                                    .look = look,
                                    .check = check,
                                    .is_agreed = is_agreed,
                                    .mark = mark,
                                    .is_known = is_known};

/* ---- All of it ---- */

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

int bare_run(const struct scenario *s, const struct run_progress *progress, struct run_result *out)
{
    struct bare *b = mem_new(sizeof *b);
    const struct world_config config = world_of(s);
    const struct world_watch watch = {
        .context = b, .delivered = on_delivered, .down = on_down, .broken = on_broken};
    b->w = world_new(&config, &watch);
    b->seeds = sim_draw_of(s->seed, SIM_SCENARIO, UINT64_MAX);
    plan_init(&b->plan, s, progress, &OPS, b, out);
    int rc = plan_run(&b->plan);
    out->hash = b->w->hash;
    out->events = b->w->stats.events;
    plan_clear(&b->plan);
    world_free(b->w);
    mem_free(b->marks);
    mem_free(b);
    return rc;
}
