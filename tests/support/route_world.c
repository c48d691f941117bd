/*
 * Message cables between forwarding machines, on virtual time.
 */
#include "swarm/null_sign.h"
#include "tests/support/route_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"

void route_world_init(struct route_world *w, size_t count, uint32_t hops, uint64_t seed)
{
    struct route_metric metric = route_metric_default();
    memset(w, 0, sizeof *w);
    w->count = count;
    w->now = TIMERS_SECOND;
    random_seeded_init(&w->seeded, seed);
    w->random = random_from_seeded(&w->seeded);
    for (size_t i = 0; i < count; i++) {
        w->ids[i] = overlay_null_id(i);
        w->signs[i] = null_sign_as(&w->ids[i]);
        paths_init(&w->paths[i], &w->ids[i], &w->random, &metric);
        const struct forward_config config = {.self = w->ids[i],
                                              .generation = 5,
                                              .random = &w->random,
                                              .sign = &w->signs[i],
                                              .paths = &w->paths[i],
                                              .hops = hops};
        forward_init(&w->nodes[i], &config);
    }
}

void route_world_clear(struct route_world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        forward_clear(&w->nodes[i]);
        paths_clear(&w->paths[i]);
    }
    for (size_t i = 0; i < ROUTE_WORLD_FLIGHTS; i++) {
        mem_free(w->flights[i].bytes);
    }
}

void route_world_link(struct route_world *w, size_t a, size_t b)
{
    CHECK(!w->links[a][b]);
    w->links[a][b] = true;
    w->links[b][a] = true;
    CHECK(forward_link_up(&w->nodes[a], w->now, &w->ids[b]) == 0);
    CHECK(forward_link_up(&w->nodes[b], w->now, &w->ids[a]) == 0);
}

void route_world_gossip(struct route_world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        struct paths_link links[PATHS_LINKS_MAX];
        uint8_t space[PATHS_VALUE_MAX];
        size_t count = 0;
        struct wr value;
        for (size_t k = 0; k < w->count; k++) {
            if (w->links[i][k]) {
                links[count++] = (struct paths_link){.id = w->ids[k], .facts = {20000, 0}};
            }
        }
        wr_init(&value, span_mut_of(space, sizeof space));
        paths_put(&value, links, count);
        for (size_t k = 0; k < w->count; k++) {
            CHECK(paths_set(&w->paths[k], &w->ids[i], wr_span(&value)) == 0);
        }
    }
}

static void fly(struct route_world *w, size_t from, const struct forward_event *e)
{
    static uint8_t out[ROUTE_MSG_SIZE_MAX];
    struct wr wr;
    size_t i = 0;
    w->sent++;
    if (random_below(&w->random, 100) < w->loss_percent) {
        return;
    }
    while (w->flights[i].bytes != NULL) {
        i++;
        CHECK(i < ROUTE_WORLD_FLIGHTS);
    }
    wr_init(&wr, span_mut_of(out, sizeof out));
    route_msg_encode(&wr, &e->msg);
    CHECK(wr_finish(&wr) == 0);
    struct route_world_flight *f = &w->flights[i];
    f->bytes = mem_new_raw(wr.len);
    memcpy(f->bytes, out, wr.len);
    f->len = wr.len;
    f->from = from;
    f->to = overlay_null_number(&e->id);
    f->due_ns = w->now + ROUTE_WORLD_DELAY_NS;
    CHECK(w->links[from][f->to]);
}

static void drain(struct route_world *w, size_t i)
{
    struct forward_event e;
    while (forward_next_event(&w->nodes[i], w->now, &e)) {
        switch (e.kind) {
        case FORWARD_SEND:
            fly(w, i, &e);
            break;
        case FORWARD_DELIVER:
            w->delivered[i]++;
            break;
        case FORWARD_DONE:
            w->done_ok += e.err == 0;
            w->done_timeout += e.err == WAVU_ERR_TIMEOUT;
            w->done_unreachable += e.err == WAVU_ERR_UNREACHABLE;
            w->hops = e.err == 0 ? e.hops : w->hops;
            break;
        }
    }
    forward_check(&w->nodes[i]);
}

static void land(struct route_world *w, struct route_world_flight *f)
{
    struct route_msg m;
    uint8_t *bytes = f->bytes;
    f->bytes = NULL;
    if (!w->is_deaf[f->to]) {
        CHECK(route_msg_decode(&m, span_of(bytes, f->len)) == 0);
        CHECK(forward_feed(&w->nodes[f->to], w->now, &w->ids[f->from], &m) == 0);
        size_t to = f->to;
        drain(w, to);
    }
    mem_free(bytes);
}

void route_world_run(struct route_world *w)
{
    for (;;) {
        uint64_t next = TIMERS_NEVER;
        for (size_t i = 0; i < ROUTE_WORLD_FLIGHTS; i++) {
            if (w->flights[i].bytes != NULL && w->flights[i].due_ns <= w->now) {
                land(w, &w->flights[i]);
            }
        }
        for (size_t i = 0; i < w->count; i++) {
            drain(w, i);
            uint64_t due = forward_deadline(&w->nodes[i]);
            next = due < next ? due : next;
        }
        for (size_t i = 0; i < ROUTE_WORLD_FLIGHTS; i++) {
            uint64_t due = w->flights[i].due_ns;
            next = w->flights[i].bytes != NULL && due < next ? due : next;
        }
        if (next == TIMERS_NEVER) {
            return;
        }
        w->now = next > w->now ? next : w->now;
    }
}
