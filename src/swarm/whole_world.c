/*
 * Hosts 10.0.0.1 and so on, their nodes' lives, and what is read from outside of them.
 */
#include "swarm/whole_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/wr.h"
#include "node/wavu_node.h"
#include "overlay/mesh.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "sim/sim_lan.h"

#define LAN 1
#define ADDRESS_TEXT_MAX 24
#define FRAMES_METRIC "overlay_frames_out_total"

_Static_assert(SCENARIO_WHOLE_MAX <= 254, "hosts are on one /24");

static void write_address(uint32_t i, const char *behind, char out[ADDRESS_TEXT_MAX])
{
    struct wr w;
    wr_init(&w, span_mut_of(out, ADDRESS_TEXT_MAX));
    wr_text(&w, "10.0.0.");
    wr_decimal(&w, i + 1);
    wr_text(&w, behind);
    CHECK(wr_finish_text(&w) == 0);
}

static void judge_node(const struct scenario *s, struct whole_world_node *n)
{
    for (size_t k = 0; k < s->fault_count; k++) {
        const struct scenario_fault *f = &s->faults[k];
        bool is_crash = f->kind == SCENARIO_CRASH || f->kind == SCENARIO_RESET;
        if (scenario_hits(f, s->seed, n->number)) {
            n->is_hostile |= f->kind >= SCENARIO_SILENT;
            n->is_mortal |= is_crash && f->end_ms == 0;
        }
    }
}

struct whole_world *whole_world_new(const struct scenario *s, const struct whole_world_watch *watch)
{
    struct whole_world *w = mem_new(sizeof *w);
    struct sim_draw draw = sim_draw_of(s->seed, SIM_SCENARIO, UINT64_MAX);
    w->s = s;
    w->watch = *watch;
    w->sim = sim_new(s->seed);
    w->has_lan = sim_draw_below(&draw, 2) == 0;
    w->nodes = mem_new_array(s->nodes, sizeof w->nodes[0]);
    for (uint32_t i = 0; i < s->nodes; i++) {
        char address[ADDRESS_TEXT_MAX];
        struct whole_world_node *n = &w->nodes[i];
        write_address(i, "", address);
        n->world = w;
        n->number = i;
        n->host = sim_host_new(w->sim, address);
        if (w->has_lan) {
            sim_lan_plug(n->host, LAN, NULL);
        }
        sim_host_crash(n->host, true); /* until it starts */
        judge_node(s, n);
    }
    return w;
}

void whole_world_free(struct whole_world *w)
{
    for (uint32_t i = 0; i < w->s->nodes; i++) {
        wavu_node_free(w->nodes[i].node);
    }
    sim_free(w->sim);
    mem_free(w->nodes);
    mem_free(w);
}

static const struct mesh *mesh_of_up(const struct whole_world *w, uint32_t i)
{
    const struct mesh *mesh = whole_world_mesh(w, i);
    CHECK(mesh != NULL);
    return mesh;
}

/* ---- Lives ---- */

static void on_event(void *context, const struct wavu_mesh_event *e)
{
    struct whole_world_node *n = context;
    n->world->watch.event(n->world->watch.context, n->number, e);
}

/* Whom `n` is told at its start: one that was started before, or in a later life any that is up. */
static bool draw_seed(const struct whole_world *w, const struct whole_world_node *n, uint32_t *out)
{
    struct sim_draw draw =
        sim_draw_of(w->s->seed, SIM_SCENARIO, (uint64_t)n->number << 32 | n->lives);
    uint32_t among = n->lives == 0 ? n->number : w->s->nodes;
    for (int tries = 0; among > 0 && tries < WHOLE_WORLD_SEED_TRIES; tries++) {
        const struct whole_world_node *other = &w->nodes[sim_draw_below(&draw, among)];
        bool is_lasting = !other->is_hostile && !other->is_mortal;
        if (other != n && other->node != NULL &&
            (is_lasting || tries >= WHOLE_WORLD_SEED_TRIES / 2)) {
            *out = other->number;
            return true;
        }
    }
    return false;
}

static struct wavu_mesh_config mesh_of(const struct scenario *s)
{
    return (struct wavu_mesh_config){.min_degree = s->min_degree,
                                     .max_degree = s->max_degree,
                                     .gossip_interval_ms = s->gossip_ms,
                                     .heartbeat_interval_ms = s->heartbeat_ms,
                                     .rebalance_interval_ms = s->rebalance_ms,
                                     .ihave_timeout_ms = s->ihave_ms,
                                     .phi_threshold = s->phi_milli / 1000.0};
}

static int make_node(struct whole_world *w, struct whole_world_node *n)
{
    char text[ADDRESS_TEXT_MAX];
    const char *const seeds[] = {text};
    struct wavu_mesh_config mesh = mesh_of(w->s);
    struct wavu_config config = {.port = sim_host_port(n->host), .mesh = &mesh};
    uint32_t seed = 0;
    mesh.has_discovery = w->has_lan;
    if (!w->has_lan && draw_seed(w, n, &seed)) {
        write_address(seed, ":4001", text);
        mesh.seeds = seeds;
        mesh.seed_count = 1;
    }
    int rc = wavu_node_new(&config, &n->node);
    if (rc == 0) {
        write_address(n->number, ":4001", text);
        rc = wavu_node_listen(n->node, text);
    }
    return rc == 0 ? wavu_mesh_listen(n->node, on_event, n) : rc;
}

int whole_world_start(struct whole_world *w, uint32_t i)
{
    struct whole_world_node *n = &w->nodes[i];
    char id[WAVU_PEER_TEXT_MAX];
    CHECK(n->node == NULL);
    (void)sim_host_restart(n->host);
    int rc = make_node(w, n);
    if (rc < 0) {
        return rc;
    }
    wavu_node_id(n->node, id);
    if (n->lives > 0 && strcmp(id, n->id) != 0) {
        return WAVU_ERR_PEER_ID;
    }
    memcpy(n->id, id, sizeof n->id);
    n->key = mesh_of_up(w, i)->config.self;
    n->lives++;
    n->born_ns = sim_now(w->sim);
    return 0;
}

static void add_life(const struct whole_world_node *n, struct whole_world_sums *sums)
{
    struct wavu_status status;
    const struct metric *frames = metric_find(&n->node->metrics, FRAMES_METRIC);
    CHECK(frames != NULL);
    wavu_node_status(n->node, &status);
    sums->bytes += status.bytes_sent;
    sums->messages += frames->value;
}

void whole_world_crash(struct whole_world *w, uint32_t i, bool is_reset)
{
    struct whole_world_node *n = &w->nodes[i];
    CHECK(n->node != NULL);
    add_life(n, &w->past);
    sim_host_crash(n->host, !is_reset);
    wavu_node_free(n->node);
    n->node = NULL;
    n->died_ns = sim_now(w->sim);
    n->is_reset = is_reset;
}

void whole_world_run(struct whole_world *w, uint64_t until_ns)
{
    uint64_t now = sim_now(w->sim);
    if (until_ns > now) {
        sim_run_for(w->sim, until_ns - now);
    }
}

/* ---- Looking ---- */

uint32_t whole_world_number(const struct whole_world *w, const char *peer)
{
    uint32_t i = 0;
    while (i < w->s->nodes && strcmp(w->nodes[i].id, peer) != 0) {
        i++;
    }
    return i;
}

uint32_t whole_world_number_of(const struct whole_world *w, const struct overlay_id *key)
{
    uint32_t i = 0;
    while (i < w->s->nodes &&
           (w->nodes[i].lives == 0 || !overlay_id_is_equal(&w->nodes[i].key, key))) {
        i++;
    }
    return i;
}

const struct mesh *whole_world_mesh(const struct whole_world *w, uint32_t i)
{
    return w->nodes[i].node == NULL ? NULL : wavu_mesh_inside(w->nodes[i].node);
}

static bool is_counted(const struct whole_world *w, uint32_t i)
{
    return w->nodes[i].node != NULL && !w->nodes[i].is_harmful;
}

/* The nodes that can be reached from `i` over mutual links, marked in `seen`; how many. */
static uint32_t walk(const struct whole_world *w, uint32_t i, bool seen[SCENARIO_WHOLE_MAX])
{
    uint32_t stack[SCENARIO_WHOLE_MAX];
    uint32_t depth = 0;
    uint32_t count = 0;
    stack[depth++] = i;
    seen[i] = true;
    while (depth > 0) {
        uint32_t at = stack[--depth];
        const struct overlay_id *id = NULL;
        size_t cursor = 0;
        count++;
        while ((id = views_next_active(&mesh_of_up(w, at)->views, &cursor)) != NULL) {
            uint32_t next = whole_world_number_of(w, id);
            if (next < w->s->nodes && !seen[next] && is_counted(w, next) &&
                views_is_active(&mesh_of_up(w, next)->views, &w->nodes[at].key)) {
                seen[next] = true;
                stack[depth++] = next;
            }
        }
    }
    return count;
}

void whole_world_census(const struct whole_world *w, struct census *out)
{
    bool seen[SCENARIO_WHOLE_MAX] = {false};
    *out = (struct census){.degree_min = UINT32_MAX};
    for (uint32_t i = 0; i < w->s->nodes; i++) {
        if (!is_counted(w, i)) {
            continue;
        }
        uint32_t degree = (uint32_t)views_active_count(&mesh_of_up(w, i)->views);
        out->alive++;
        out->degree_min = degree < out->degree_min ? degree : out->degree_min;
        out->degree_max = degree > out->degree_max ? degree : out->degree_max;
        out->degree_sum += degree;
        if (!seen[i]) {
            uint32_t size = walk(w, i, seen);
            out->components++;
            out->largest = size > out->largest ? size : out->largest;
        }
    }
    out->degree_min = out->alive == 0 ? 0 : out->degree_min;
}

bool whole_world_is_agreed(const struct whole_world *w)
{
    const struct mesh *first = NULL;
    for (uint32_t i = 0; i < w->s->nodes; i++) {
        if (!is_counted(w, i)) {
            continue;
        }
        const struct mesh *mesh = mesh_of_up(w, i);
        first = first == NULL ? mesh : first;
        if (state_hash(&mesh->state) != state_hash(&first->state)) {
            return false;
        }
    }
    return true;
}

void whole_world_check(const struct whole_world *w)
{
    for (uint32_t i = 0; i < w->s->nodes; i++) {
        const struct mesh *mesh = whole_world_mesh(w, i);
        if (mesh != NULL) {
            mesh_check(mesh);
        }
    }
}

void whole_world_sum(const struct whole_world *w, struct whole_world_sums *out)
{
    *out = w->past;
    for (uint32_t i = 0; i < w->s->nodes; i++) {
        const struct whole_world_node *n = &w->nodes[i];
        const struct sim_lan_traffic *datagrams = sim_lan_traffic_of(n->host);
        out->messages += datagrams->sent;
        out->bytes += datagrams->sent_bytes;
        if (n->node != NULL) {
            add_life(n, out);
            out->duplicates += mesh_of_up(w, i)->plumtree.stats.duplicates;
        }
    }
}
