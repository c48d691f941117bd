/*
 * Nodes that live more than once: each on a simulated host whose disk has its home, for the tests
 * of what survives.
 */
#ifndef TESTS_NODE_HOMES_H
#define TESTS_NODE_HOMES_H

#include "net/swarm.h"
#include "node/wavu_node.h"
#include "sim/sim.h"
#include "sim/sim_cable.h"
#include "sim/sim_files.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "wavu/mesh.h"

#define HOMES_MAX 8

struct homes {
    struct sim *sim;
    size_t count;
    struct sim_host *hosts[HOMES_MAX];
    struct wavu_node *nodes[HOMES_MAX]; /* NULL: down */
    size_t heard[HOMES_MAX];            /* broadcasts */
    const char *failed_file;            /* of the last start */
};

static inline void homes_make(struct homes *h, uint64_t seed, size_t count)
{
    *h = (struct homes){.sim = sim_new(seed), .count = count};
    for (size_t i = 0; i < count; i++) {
        char address[32];
        (void)snprintf(address, sizeof address, "10.0.0.%zu", i + 1);
        h->hosts[i] = sim_host_new(h->sim, address);
    }
}

static inline void homes_on_event(void *context, const struct wavu_mesh_event *event)
{
    size_t *heard = context;
    *heard += event->kind == WAVU_MESH_MESSAGE ? 1 : 0;
}

/* Start node `i`, told the address of node 0 or nobody's. */
static inline int homes_try(struct homes *h, size_t i, bool has_seed)
{
    static const char *const seeds[] = {"10.0.0.1:9000"};
    char address[64];
    const struct wavu_mesh_config mesh = {.seeds = seeds, .seed_count = has_seed ? 1 : 0};
    const struct wavu_config config = {
        .port = sim_host_port(h->hosts[i]), .mesh = &mesh, .failed_file = &h->failed_file};
    int rc = wavu_node_new(&config, &h->nodes[i]);
    if (rc < 0) {
        h->nodes[i] = NULL;
        return rc;
    }
    (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
    assert_int_equal(wavu_node_listen(h->nodes[i], address), 0);
    assert_int_equal(wavu_mesh_listen(h->nodes[i], homes_on_event, &h->heard[i]), 0);
    return 0;
}

static inline void homes_start(struct homes *h, size_t i, bool has_seed)
{
    assert_int_equal(homes_try(h, i, has_seed), 0);
    assert_null(h->failed_file);
}

/* In good order. */
static inline void homes_stop(struct homes *h, size_t i)
{
    wavu_node_shut(h->nodes[i]);
    sim_run_for(h->sim, TIMERS_SECOND);
    wavu_node_free(h->nodes[i]);
    h->nodes[i] = NULL;
    sim_run_for(h->sim, TIMERS_MS); /* what was closed is reaped */
}

/* The power goes, and comes back. */
static inline void homes_crash(struct homes *h, size_t i)
{
    sim_host_crash(h->hosts[i], false);
    wavu_node_free(h->nodes[i]);
    h->nodes[i] = NULL;
    (void)sim_host_restart(h->hosts[i]);
}

static inline void homes_end(struct homes *h)
{
    for (size_t i = 0; i < h->count; i++) {
        wavu_node_free(h->nodes[i]);
    }
    sim_free(h->sim);
}

static inline const struct mesh *homes_mesh(const struct homes *h, size_t i)
{
    return overlay_mesh(wavu_mesh_overlay(h->nodes[i]->mesh));
}

/* All that are up know all, and each has a neighbour. */
static inline bool homes_are_one(void *context)
{
    const struct homes *h = context;
    for (size_t i = 0; i < h->count; i++) {
        struct wavu_mesh_status status;
        if (!wavu_mesh_status(h->nodes[i], &status) || status.neighbours == 0 ||
            status.members != h->count) {
            return false;
        }
    }
    return true;
}

static inline bool homes_meet(struct homes *h, uint64_t limit_ns)
{
    return sim_run_until(h->sim, homes_are_one, h, limit_ns);
}

/* A broadcast of node `from` reaches all others. */
static inline void homes_say(struct homes *h, size_t from)
{
    memset(h->heard, 0, sizeof h->heard);
    assert_int_equal(wavu_broadcast(h->nodes[from], "hello", 5), 0);
    sim_run_for(h->sim, 10 * TIMERS_SECOND);
    for (size_t i = 0; i < h->count; i++) {
        assert_int_equal(h->heard[i], i == from ? 0 : 1);
    }
}

static inline uint64_t homes_commits(const struct homes *h, size_t i)
{
    return metric_find(&h->nodes[i]->metrics, "keep_commits_total")->value;
}

/* How often it has compared what it knows with what the store has. */
static inline uint64_t homes_looks(const struct homes *h, size_t i)
{
    return metric_find(&h->nodes[i]->metrics, "keep_looks_total")->value;
}

#endif
