/*
 * Plumtree machines on a mesh.
 */
#include "swarm/null_sign.h"
#include "tests/support/plumtree_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "tests/support/overlay_null.h"

#define PAYLOAD_SIZE 100

static void note(struct plumtree_world *w, size_t node, const struct plumtree_event *e)
{
    size_t origin = overlay_null_number(&e->origin);
    for (size_t i = 0; i < w->said_count; i++) {
        struct plumtree_world_said *s = &w->said[i];
        if (s->origin != origin || s->sequence != e->sequence || s->generation != e->generation) {
            continue;
        }
        w->strange += e->payload.len != PAYLOAD_SIZE || e->payload.ptr[0] != i;
        w->got[node * PLUMTREE_WORLD_SAID_MAX + i]++;
        s->delivered++;
        s->last_at = w->mesh.now;
        s->hops_max = e->hops > s->hops_max ? e->hops : s->hops_max;
        return;
    }
    w->strange++;
}

void plumtree_world_drain(struct plumtree_world *w, size_t node)
{
    static uint8_t out[PLUMTREE_MSG_SIZE_MAX];
    struct plumtree_event e;
    while (plumtree_next_event(&w->nodes[node], &e)) {
        if (e.kind == PLUMTREE_DELIVER) {
            note(w, node, &e);
            continue;
        }
        struct wr wr;
        wr_init(&wr, span_mut_of(out, sizeof out));
        plumtree_msg_encode(&wr, &e.msg);
        CHECK(wr_finish(&wr) == 0);
        gossip_mesh_send(&w->mesh, node, overlay_null_number(&e.to), wr_span(&wr));
    }
    if (w->is_checked) {
        plumtree_check(&w->nodes[node]);
    }
}

static void feed(void *context, size_t node, size_t from, struct span bytes)
{
    struct plumtree_world *w = context;
    struct plumtree_msg m;
    CHECK(plumtree_msg_decode(&m, bytes) == 0);
    int rc = plumtree_feed(&w->nodes[node], w->mesh.now, &w->ids[from], &m);
    w->errors += rc < 0 && rc != WAVU_ERR_NOT_FOUND;
    plumtree_world_drain(w, node);
}

static void tick(void *context, size_t node)
{
    struct plumtree_world *w = context;
    plumtree_tick(&w->nodes[node], w->mesh.now);
    plumtree_world_drain(w, node);
}

static uint64_t deadline(void *context, size_t node)
{
    struct plumtree_world *w = context;
    return plumtree_deadline(&w->nodes[node]);
}

void plumtree_world_start(struct plumtree_world *w, size_t node, uint64_t generation)
{
    struct plumtree_config config = {.self = w->ids[node],
                                     .generation = generation,
                                     .random = &w->mesh.random,
                                     .sign = &w->signs[node]};
    plumtree_init(&w->nodes[node], &config);
}

static void half_link(struct plumtree_world *w, size_t a, size_t b, bool is_up)
{
    if (is_up) {
        int rc = plumtree_link_up(&w->nodes[a], w->mesh.now, &w->ids[b]);
        CHECK(rc == 0 || rc == WAVU_ERR_EXISTS);
    } else {
        plumtree_link_down(&w->nodes[a], w->mesh.now, &w->ids[b]);
    }
    plumtree_world_drain(w, a);
    gossip_mesh_touch(&w->mesh, a);
}

void plumtree_world_link(struct plumtree_world *w, size_t a, size_t b, bool is_up)
{
    half_link(w, a, b, is_up);
    half_link(w, b, a, is_up);
}

void plumtree_world_link_all(struct plumtree_world *w, size_t node, bool is_up)
{
    for (size_t i = 0; i < w->mesh.nodes[node].link_count; i++) {
        plumtree_world_link(w, node, w->mesh.nodes[node].links[i], is_up);
    }
}

struct plumtree_world *plumtree_world_new(size_t count, size_t degree, uint64_t seed)
{
    static const struct gossip_mesh_ops ops = {feed, tick, deadline};
    struct plumtree_world *w = mem_new(sizeof *w);
    gossip_mesh_init(&w->mesh, count, seed, &ops, w);
    gossip_mesh_wire(&w->mesh, degree);
    w->nodes = mem_new_array(count, sizeof *w->nodes);
    w->ids = mem_new_array(count, sizeof *w->ids);
    w->signs = mem_new_array(count, sizeof *w->signs);
    w->got = mem_new_array(count, PLUMTREE_WORLD_SAID_MAX);
    for (size_t i = 0; i < count; i++) {
        w->ids[i] = overlay_null_id(i);
        w->signs[i] = null_sign_as(&w->ids[i]);
        plumtree_world_start(w, i, 1);
    }
    for (size_t i = 0; i < count; i++) {
        plumtree_world_link_all(w, i, true);
    }
    return w;
}

void plumtree_world_free(struct plumtree_world *w)
{
    for (size_t i = 0; i < w->mesh.count; i++) {
        plumtree_check(&w->nodes[i]);
        plumtree_clear(&w->nodes[i]);
    }
    gossip_mesh_clear(&w->mesh);
    mem_free(w->nodes);
    mem_free(w->ids);
    mem_free(w->signs);
    mem_free(w->got);
    mem_free(w);
}

size_t plumtree_world_say(struct plumtree_world *w, size_t node)
{
    uint8_t payload[PAYLOAD_SIZE];
    struct plumtree_world_said *s = &w->said[w->said_count];
    CHECK(w->said_count < PLUMTREE_WORLD_SAID_MAX);
    memset(payload, (int)w->said_count, sizeof payload);
    *s = (struct plumtree_world_said){.origin = node,
                                      .generation = w->nodes[node].config.generation,
                                      .at = w->mesh.now,
                                      .last_at = w->mesh.now};
    int rc = plumtree_broadcast(&w->nodes[node], w->mesh.now, span_of(payload, sizeof payload),
                                &s->sequence);
    CHECK(rc == 0);
    w->said_count++;
    plumtree_world_drain(w, node);
    gossip_mesh_touch(&w->mesh, node);
    return w->said_count - 1;
}

void plumtree_world_run(struct plumtree_world *w, uint64_t ns)
{
    gossip_mesh_run(&w->mesh, w->mesh.now + ns);
}

size_t plumtree_world_wrong(const struct plumtree_world *w, size_t said)
{
    size_t wrong = 0;
    for (size_t i = 0; i < w->mesh.count; i++) {
        int expected = i != w->said[said].origin && !w->mesh.nodes[i].is_down;
        wrong += w->got[i * PLUMTREE_WORLD_SAID_MAX + said] != expected;
    }
    return wrong;
}

struct plumtree_world_totals plumtree_world_totals(const struct plumtree_world *w)
{
    struct plumtree_world_totals t = {0};
    for (size_t i = 0; i < w->mesh.count; i++) {
        t.duplicates += w->nodes[i].stats.duplicates;
        t.delivered += w->nodes[i].stats.delivered;
        t.grafts += w->nodes[i].stats.grafts;
        t.swaps += w->nodes[i].stats.swaps;
        t.repaired += w->nodes[i].stats.repaired;
    }
    return t;
}
