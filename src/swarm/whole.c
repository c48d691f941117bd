/*
 * Whole nodes as a world of plan.h: its ops go down to whole_world.h and whole_fault.h, and what
 * the nodes tell goes up to the plan.
 */
#include "swarm/whole.h"

#include <string.h>

#include "base/mem.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "swarm/plan.h"
#include "swarm/whole_fault.h"
#include "swarm/whole_world.h"

#define MS WHOLE_WORLD_MS
#define AWAKE_MAX_MS 4000 /* SLOW: between two pauses */
#define PAUSE_HALVINGS 7  /* SLOW: short pauses are commoner: a half, a quarter ... */
#define FLOOD_MS 100
#define FLOOD_BYTES 64

struct whole {
    struct plan plan;
    struct whole_world *w;
};

static const struct whole_world *world_of(const void *world)
{
    return ((const struct whole *)world)->w;
}

static bool is_up(const void *world, uint32_t i)
{
    return world_of(world)->nodes[i].node != NULL;
}

/* ---- What comes up ---- */

static void on_message(struct whole *b, uint32_t node, const struct wavu_mesh_event *e)
{
    uint32_t origin = whole_world_number(b->w, e->peer);
    bool is_free = origin < b->w->s->nodes && b->w->nodes[origin].is_hostile;
    if (!is_free) { /* to say what it likes */
        plan_heard(&b->plan, node, origin, span_of(e->data, e->len), e->hops);
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
    if (about == b->w->s->nodes) {
        plan_fail(&b->plan, "a verdict about a stranger", node, NULL);
        return;
    }
    const struct whole_world_node *a = &b->w->nodes[about];
    plan_down(&b->plan, is_heard(b, node, about) && is_heard(b, about, node),
              a->node == NULL && !a->is_reset ? a->died_ns : UINT64_MAX);
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

/* ---- Ops ---- */

static uint64_t now_ns(const void *world)
{
    return sim_now(world_of(world)->sim);
}

static void run(void *world, uint64_t until_ns)
{
    whole_world_run(((struct whole *)world)->w, until_ns);
}

static bool is_honest(const void *world, uint32_t i)
{
    return !world_of(world)->nodes[i].is_hostile;
}

static uint64_t born_ns(const void *world, uint32_t i)
{
    return world_of(world)->nodes[i].born_ns;
}

static int start(void *world, uint32_t i)
{
    struct whole_world *w = ((struct whole *)world)->w;
    int rc = whole_world_start(w, i);
    if (rc == 0) {
        whole_fault_started(w, i);
    }
    return rc;
}

static void crash(void *world, uint32_t i, bool is_reset)
{
    whole_world_crash(((struct whole *)world)->w, i, is_reset);
}

static void skew(void *world, uint32_t i, uint64_t ns)
{
    if (is_up(world, i)) {
        sim_host_jump(world_of(world)->nodes[i].host, ns);
    }
}

static void fault_on(void *world, const struct scenario_fault *f)
{
    whole_fault_on(((struct whole *)world)->w, f);
}

static void fault_off(void *world, const struct scenario_fault *f)
{
    whole_fault_off(((struct whole *)world)->w, f);
}

/* As many broadcasts and writes as it can, up to `amount` a second of each. */
static void flood(struct wavu_node *node, uint64_t amount, struct sim_draw *draw)
{
    uint8_t junk[FLOOD_BYTES];
    char key[] = "flood0";
    uint64_t count = (amount * FLOOD_MS + 999) / 1000;
    for (uint64_t i = 0; i < count && node != NULL; i++) {
        uint64_t drawn = sim_draw_u64(draw);
        memset(junk, (int)(drawn & 0xff), sizeof junk);
        key[5] = (char)('0' + drawn % 10);
        (void)!wavu_broadcast(node, junk, sizeof junk); /* it may well be too much */
        (void)!wavu_mesh_set(node, key, junk, sizeof junk);
    }
}

static uint64_t harm(void *world, const struct scenario_fault *f, uint32_t i, struct sim_draw *draw)
{
    const struct whole_world_node *n = &world_of(world)->nodes[i];
    if (f->kind == SCENARIO_FLOOD) {
        flood(n->node, f->amount, draw);
        return FLOOD_MS;
    }
    uint64_t longest = f->amount >> sim_draw_below(draw, PAUSE_HALVINGS);
    uint64_t pause = sim_draw_below(draw, longest + 1);
    sim_host_stall(n->host, pause * MS);
    return pause + 1 + sim_draw_below(draw, AWAKE_MAX_MS);
}

static int say(void *world, uint32_t i, struct span payload)
{
    return wavu_broadcast(world_of(world)->nodes[i].node, payload.ptr, payload.len);
}

static int write_key(void *world, uint32_t i, const char *key, uint64_t value)
{
    return wavu_mesh_set(world_of(world)->nodes[i].node, key, &value, sizeof value);
}

static void look(const void *world, struct plan_look *out)
{
    struct whole_world_sums sums;
    whole_world_sum(world_of(world), &sums);
    *out = (struct plan_look){.messages = sums.messages,
                              .bytes = sums.bytes,
                              .duplicates = sums.duplicates,
                              .faults = world_of(world)->fault_count};
    whole_world_census(world_of(world), &out->census);
}

static void check(const void *world)
{
    whole_world_check(world_of(world));
}

static bool is_agreed(const void *world)
{
    return whole_world_is_agreed(world_of(world));
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
                                    .is_agreed = is_agreed};

/* ---- All of it ---- */

int whole_run(const struct scenario *s, const struct run_progress *progress, struct run_result *out)
{
    struct whole *b = mem_new(sizeof *b);
    const struct whole_world_watch watch = {.context = b, .event = on_event};
    b->w = whole_world_new(s, &watch);
    whole_fault_init(b->w);
    plan_init(&b->plan, s, progress, &OPS, b, out);
    int rc = plan_run(&b->plan);
    out->hash = sim_event_hash(b->w->sim);
    out->events = sim_event_count(b->w->sim);
    plan_clear(&b->plan);
    whole_world_free(b->w);
    mem_free(b);
    return rc;
}
