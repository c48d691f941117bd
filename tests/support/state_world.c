/*
 * State machines on a mesh.
 */
#include "swarm/null_sign.h"
#include "tests/support/state_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "tests/support/overlay_null.h"

void state_world_drain(struct state_world *w, size_t node)
{
    static uint8_t out[STATE_MSG_SIZE_MAX];
    struct state_event e;
    while (state_next_event(&w->nodes[node], &e)) {
        w->changes += e.kind == STATE_CHANGED;
        w->forgotten += e.kind == STATE_FORGOT;
        if (e.kind != STATE_SEND) {
            continue;
        }
        struct wr wr;
        wr_init(&wr, span_mut_of(out, sizeof out));
        state_msg_encode(&wr, &e.msg);
        CHECK(wr_finish(&wr) == 0);
        gossip_mesh_send(&w->mesh, node, overlay_null_number(&e.to), wr_span(&wr));
    }
    if (w->is_checked) {
        state_check(&w->nodes[node]);
    }
}

static void feed(void *context, size_t node, size_t from, struct span bytes)
{
    struct state_world *w = context;
    struct state_msg m;
    CHECK(state_msg_decode(&m, bytes) == 0);
    int rc = state_feed(&w->nodes[node], w->mesh.now, &w->ids[from], &m);
    w->errors += rc < 0 && rc != WAVU_ERR_NOT_FOUND;
    state_world_drain(w, node);
}

static void tick(void *context, size_t node)
{
    struct state_world *w = context;
    state_tick(&w->nodes[node], w->mesh.now);
    state_world_drain(w, node);
}

static uint64_t deadline(void *context, size_t node)
{
    struct state_world *w = context;
    return state_deadline(&w->nodes[node]);
}

void state_world_start(struct state_world *w, size_t node, uint64_t generation)
{
    struct state_config config = {.self = w->ids[node],
                                  .generation = generation,
                                  .random = &w->mesh.random,
                                  .sign = &w->signs[node],
                                  .forget_ns = w->forget_ns};
    state_init(&w->nodes[node], w->mesh.now, &config);
}

static void half_link(struct state_world *w, size_t a, size_t b, bool is_up)
{
    if (is_up) {
        int rc = state_link_up(&w->nodes[a], w->mesh.now, &w->ids[b]);
        CHECK(rc == 0 || rc == WAVU_ERR_EXISTS);
    } else {
        state_link_down(&w->nodes[a], w->mesh.now, &w->ids[b]);
    }
    state_world_drain(w, a);
    gossip_mesh_touch(&w->mesh, a);
}

void state_world_link_all(struct state_world *w, size_t node, bool is_up)
{
    for (size_t i = 0; i < w->mesh.nodes[node].link_count; i++) {
        half_link(w, node, w->mesh.nodes[node].links[i], is_up);
        half_link(w, w->mesh.nodes[node].links[i], node, is_up);
    }
}

struct state_world *state_world_new(size_t count, size_t degree, uint64_t seed, uint64_t forget_ns)
{
    static const struct gossip_mesh_ops ops = {feed, tick, deadline};
    struct state_world *w = mem_new(sizeof *w);
    gossip_mesh_init(&w->mesh, count, seed, &ops, w);
    gossip_mesh_wire(&w->mesh, degree);
    w->forget_ns = forget_ns;
    w->nodes = mem_new_array(count, sizeof *w->nodes);
    w->ids = mem_new_array(count, sizeof *w->ids);
    w->signs = mem_new_array(count, sizeof *w->signs);
    for (size_t i = 0; i < count; i++) {
        w->ids[i] = overlay_null_id(i);
        w->signs[i] = null_sign_as(&w->ids[i]);
        state_world_start(w, i, 1);
    }
    for (size_t i = 0; i < count; i++) {
        state_world_link_all(w, i, true);
    }
    return w;
}

void state_world_free(struct state_world *w)
{
    for (size_t i = 0; i < w->mesh.count; i++) {
        state_check(&w->nodes[i]);
        state_clear(&w->nodes[i]);
    }
    gossip_mesh_clear(&w->mesh);
    mem_free(w->nodes);
    mem_free(w->ids);
    mem_free(w->signs);
    mem_free(w);
}

int state_world_write(struct state_world *w, size_t node, const char *key, const char *value)
{
    struct span name = span_from_text(key);
    int rc = value == NULL ? state_delete(&w->nodes[node], w->mesh.now, name)
                           : state_set(&w->nodes[node], w->mesh.now, name, span_from_text(value));
    state_world_drain(w, node);
    gossip_mesh_touch(&w->mesh, node);
    return rc;
}

void state_world_run(struct state_world *w, uint64_t ns)
{
    gossip_mesh_run(&w->mesh, w->mesh.now + ns);
}

static bool is_even(const struct state_world *w)
{
    const struct state *first = NULL;
    for (size_t i = 0; i < w->mesh.count; i++) {
        if (w->mesh.nodes[i].is_down) {
            continue;
        }
        if (first != NULL && state_hash(&w->nodes[i]) != state_hash(first)) {
            return false;
        }
        first = &w->nodes[i];
    }
    return true;
}

unsigned state_world_rounds(struct state_world *w, unsigned max)
{
    unsigned rounds = 0;
    while (rounds < max && !is_even(w)) {
        state_world_run(w, TIMERS_SECOND);
        rounds++;
    }
    return rounds;
}

bool state_world_has(const struct state_world *w, size_t node, size_t owner, const char *key,
                     const char *value)
{
    struct span got;
    int rc = state_get(&w->nodes[node], &w->ids[owner], span_from_text(key), &got);
    if (value == NULL) {
        return rc == WAVU_ERR_NOT_FOUND;
    }
    return rc == 0 && span_is_equal(got, span_from_text(value));
}
