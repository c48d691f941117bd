/*
 * Views and detectors, each link as two beliefs: `linked` of the one and of the other.
 */
#include "swarm/duel_mesh.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "overlay/detector.h"
#include "overlay/views_repair.h"

enum kind {
    BEGIN, /* to itself: dial the seed */
    VIEWS, /* messages of the two machines */
    DETECTOR,
    KNOCK,  /* a dial comes in */
    ANSWER, /* and was taken */
    BYE,    /* the link was dropped in order */
    RESET,  /* after a verdict */
    REACH,  /* is that node there? for another */
    REACHED
};

struct node {
    struct views views;
    struct detector detector;
    struct random random;
    struct random_seeded seeded;
    struct overlay_id id;
};

struct players {
    struct duel_world *world;
    struct node *nodes;
    uint8_t *linked; /* count x count: row believes in a link to column */
    uint16_t count;
};

static uint8_t *link_of(const struct players *all, uint16_t a, uint16_t b)
{
    return &all->linked[(size_t)a * all->count + b];
}

static uint16_t number_of(const struct overlay_id *id)
{
    return (uint16_t)(id->bytes[0] << 8 | id->bytes[1]);
}

static void post(struct players *all, enum kind kind, uint16_t from, uint16_t to, struct span bytes)
{
    bool is_message = kind == VIEWS || kind == DETECTOR;
    struct duel_letter letter = {
        .from = from, .to = to, .kind = (uint8_t)kind, .is_sure = !is_message};
    duel_world_send(all->world, letter, bytes);
}

/* ---- What the machines want ---- */

static void send_views(struct players *all, uint16_t node, const struct views_event *e)
{
    uint8_t out[VIEWS_MSG_SIZE_MAX];
    uint16_t other = number_of(&e->id);
    struct wr w;
    if (*link_of(all, node, other)) {
        wr_init(&w, span_mut_of(out, sizeof out));
        views_msg_encode(&w, &e->msg);
        CHECK(wr_finish(&w) == 0);
        detector_sent(&all->nodes[node].detector, all->world->now, &e->id);
        post(all, VIEWS, node, other, wr_span(&w));
    }
}

static void on_views(struct players *all, uint16_t node, const struct views_event *e)
{
    struct node *n = &all->nodes[node];
    uint64_t now = all->world->now;
    uint16_t other = number_of(&e->id);
    switch (e->kind) {
    case VIEWS_SEND:
        send_views(all, node, e);
        return;
    case VIEWS_DIAL:
        post(all, KNOCK, node, other, span_empty());
        return;
    case VIEWS_DROP:
        if (*link_of(all, node, other)) {
            *link_of(all, node, other) = 0;
            post(all, BYE, node, other, span_empty());
        }
        return;
    case VIEWS_UP:
        CHECK(detector_link_up(&n->detector, now, &e->id, span_empty()) == 0);
        return;
    case VIEWS_DOWN:
        detector_link_down(&n->detector, now, &e->id);
        return;
    case VIEWS_LEARNED:
    case VIEWS_SPLIT:
    case VIEWS_REFUSED:
        return;
    }
}

static void on_detector(struct players *all, uint16_t node, const struct detector_event *e)
{
    const struct views_peer *anybody;
    uint8_t out[DETECTOR_MSG_SIZE_MAX];
    uint16_t other = number_of(&e->id);
    struct wr w;
    switch (e->kind) {
    case DETECTOR_SEND:
        wr_init(&w, span_mut_of(out, sizeof out));
        detector_msg_encode(&w, &e->msg);
        CHECK(wr_finish(&w) == 0);
        if (*link_of(all, node, other)) {
            post(all, DETECTOR, node, other, wr_span(&w));
        }
        return;
    case DETECTOR_DOWN:
        duel_world_verdict(all->world, node, other, true);
        *link_of(all, node, other) = 0;
        post(all, RESET, node, other, span_empty());
        views_link_down(&all->nodes[node].views, all->world->now, &e->id, true);
        return;
    case DETECTOR_REACH:
        post(all, REACH, node, other, span_empty());
        return;
    case DETECTOR_SEEK:
        anybody = views_repair_seek(&all->nodes[node].views, all->world->now);
        if (anybody != NULL) {
            post(all, REACH, node, number_of(&anybody->id), span_empty());
        } else {
            detector_sought_none(&all->nodes[node].detector, all->world->now);
        }
        return;
    case DETECTOR_SUSPECTED:
    case DETECTOR_TRUSTED:
        return;
    }
}

static void drain(struct players *all, uint16_t node)
{
    struct node *n = &all->nodes[node];
    struct views_event v;
    struct detector_event d;
    bool is_more = true;
    while (is_more) {
        is_more = false;
        while (views_next_event(&n->views, &v)) {
            on_views(all, node, &v);
            is_more = true;
        }
        while (detector_next_event(&n->detector, &d)) {
            on_detector(all, node, &d);
            is_more = true;
        }
    }
}

/* ---- What comes in ---- */

/* What is merely too much, or of a neighbour no more, is no mistake. */
static void check_fed(int rc)
{
    CHECK(rc == 0 || rc == WAVU_ERR_LIMIT || rc == WAVU_ERR_NOT_FOUND);
}

static void take_message(struct players *all, const struct duel_event *e, struct span bytes)
{
    struct node *n = &all->nodes[e->to];
    const struct overlay_id *from = &all->nodes[e->from].id;
    uint64_t now = all->world->now;
    struct views_msg v;
    struct detector_msg d;
    if (!*link_of(all, e->to, e->from)) {
        return;
    }
    if (e->kind == VIEWS) {
        detector_heard(&n->detector, now, from);
        CHECK(views_msg_decode(&v, bytes) == 0);
        check_fed(views_feed(&n->views, now, from, &v));
        return;
    }
    CHECK(detector_msg_decode(&d, bytes) == 0);
    check_fed(detector_feed(&n->detector, now, from, &d));
    uint64_t rtt_ns = detector_rtt_ns(&n->detector, from);
    if (d.kind == DETECTOR_MSG_PONG && rtt_ns > 0) {
        views_set_rtt(&n->views, from, rtt_ns);
    }
}

/* Either end of a new link; when there are too many it ends at once. */
static void link_up(struct players *all, uint16_t node, uint16_t other, bool is_ours)
{
    struct node *n = &all->nodes[node];
    *link_of(all, node, other) = 1;
    if (views_link_up(&n->views, all->world->now, &all->nodes[other].id, is_ours) < 0) {
        *link_of(all, node, other) = 0;
        post(all, BYE, node, other, span_empty());
    }
}

static void take_knock(struct players *all, uint16_t node, uint16_t other)
{
    bool is_new = !*link_of(all, node, other);
    post(all, ANSWER, node, other, span_empty()); /* ahead of what the views say */
    if (is_new) {
        link_up(all, node, other, false);
    }
}

/* The link of `other` to `node` went: `node` hears of it, if it holds it still. */
static void take_end(struct players *all, uint16_t node, uint16_t other, bool is_dead)
{
    struct node *n = &all->nodes[node];
    const struct overlay_id *id = &all->nodes[other].id;
    if (*link_of(all, other, node) || !*link_of(all, node, other)) {
        return;
    }
    *link_of(all, node, other) = 0;
    detector_link_down(&n->detector, all->world->now, id);
    views_link_down(&n->views, all->world->now, id, is_dead);
}

static void begin(struct players *all, uint16_t node)
{
    if (node > 0) {
        post(all, KNOCK, node, (uint16_t)random_below(&all->nodes[node].random, node),
             span_empty());
    }
}

static void take(void *context, const struct duel_event *e, struct span bytes)
{
    struct players *all = context;
    struct node *n = &all->nodes[e->to];
    switch ((enum kind)e->kind) {
    case BEGIN:
        begin(all, e->to);
        break;
    case VIEWS:
    case DETECTOR:
        take_message(all, e, bytes);
        break;
    case KNOCK:
        take_knock(all, e->to, e->from);
        break;
    case ANSWER:
        link_up(all, e->to, e->from, true);
        break;
    case BYE:
    case RESET:
        take_end(all, e->to, e->from, e->kind == RESET);
        break;
    case REACH:
        post(all, REACHED, e->to, e->from, span_empty());
        break;
    case REACHED:
        views_repair_found(&n->views, all->world->now, &all->nodes[e->from].id);
        detector_reached(&n->detector, all->world->now, &all->nodes[e->from].id, true);
        break;
    }
    drain(all, e->to);
}

static void tick(void *context, uint16_t node, bool is_blocked)
{
    struct players *all = context;
    struct node *n = &all->nodes[node];
    (void)is_blocked; /* nothing of ours waits for a message to leave */
    detector_tick(&n->detector, all->world->now);
    views_tick(&n->views, all->world->now);
    drain(all, node);
}

static uint64_t deadline(void *context, uint16_t node)
{
    struct players *all = context;
    uint64_t due = views_deadline(&all->nodes[node].views);
    uint64_t other = detector_deadline(&all->nodes[node].detector);
    return other < due ? other : due;
}

/* ---- Life ---- */

static void *start(struct duel_world *w)
{
    struct players *all = mem_new(sizeof *all);
    all->world = w;
    all->count = (uint16_t)w->config.pauses.nodes;
    all->nodes = mem_new_array(all->count, sizeof all->nodes[0]);
    all->linked = mem_new_array((size_t)all->count * all->count, 1);
    for (uint16_t i = 0; i < all->count; i++) {
        struct node *n = &all->nodes[i];
        random_seeded_init(&n->seeded, sim_draw_mix(w->config.pauses.seed, i));
        n->random = random_from_seeded(&n->seeded);
        random_fill(&n->random, n->id.bytes, OVERLAY_ID_SIZE);
        n->id.bytes[0] = (uint8_t)(i >> 8);
        n->id.bytes[1] = (uint8_t)i;
        views_init(&n->views, w->now, &(struct views_config){.self = n->id, .random = &n->random});
        detector_init(&n->detector, w->now, &(struct detector_config){.random = &n->random});
        duel_world_wake(w, i, BEGIN, w->now + DUEL_MESH_JOIN_NS / all->count * i);
    }
    return all;
}

static void stop(void *context)
{
    struct players *all = context;
    for (uint16_t i = 0; i < all->count; i++) {
        struct node *n = &all->nodes[i];
        views_check(&n->views);
        detector_check(&n->detector);
        views_clear(&n->views);
        detector_clear(&n->detector);
    }
    mem_free(all->linked);
    mem_free(all->nodes);
    mem_free(all);
}

const struct duel_player duel_mesh_player = {start, stop, take, tick, deadline};
