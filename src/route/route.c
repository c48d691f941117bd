/*
 * Frames of kind 5 and the members' key `route` go into the machines; this node's own key says its
 * neighbours in order of their ids, and their round trips, which change only when they are another
 * time by much: each change goes to every member. Loss is told as none: links are streams, which
 * turn it into time.
 */
#include "route/route.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

struct route {
    struct route_config config;
    struct paths paths;
    struct forward forward;
    struct timer timer;
    uint64_t tell_ns;                        /* when to look at our links next */
    uint64_t told_ns;                        /* when something was told last */
    struct paths_link told[PATHS_LINKS_MAX]; /* what the members were told last, in order of ids */
    size_t told_count;
    uint8_t scratch[ROUTE_MSG_SIZE_MAX];
    bool is_draining;
};

static void route_send_frame(struct route *r, const struct forward_event *e)
{
    struct wr w;
    wr_init(&w, span_mut_of(r->scratch, sizeof r->scratch));
    route_msg_encode(&w, &e->msg);
    CHECK(wr_finish(&w) == 0);
    /* No link, or a slow one: as if it were lost on the way, and the origin tries again. */
    (void)!overlay_send(r->config.overlay, &e->id, OVERLAY_ROUTE, wr_span(&w));
}

/* Handlers send and so come here again: the outermost loop takes all. */
static void route_drain(struct route *r)
{
    const struct route_user *user = &r->config.user;
    struct forward_event e;
    if (r->is_draining) {
        return;
    }
    r->is_draining = true;
    while (forward_next_event(&r->forward, r->config.turn->now_ns, &e)) {
        switch (e.kind) {
        case FORWARD_SEND:
            route_send_frame(r, &e);
            break;
        case FORWARD_DELIVER:
            user->deliver(user->context, &e.id, e.msg.payload, e.hops);
            break;
        case FORWARD_DONE:
            user->done(user->context, e.sequence, &e.id, e.err, e.hops);
            break;
        }
    }
    r->is_draining = false;
    uint64_t due = forward_deadline(&r->forward);
    timers_set(&r->config.turn->timers, &r->timer, due < r->tell_ns ? due : r->tell_ns,
               ROUTE_SLACK_NS);
}

/* ---- Our links ---- */

/* The three highest bits, so that a value stands for a quarter of an octave at least. */
static uint32_t route_rounded_us(uint64_t rtt_ns)
{
    uint64_t us = rtt_ns / TIMERS_US;
    uint64_t step = 1;
    while (us / step >= 8) {
        step *= 2;
    }
    us = us / step * step;
    return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

/* What was told of the link to `id`, or NULL. */
static const struct paths_link *route_told_of(const struct route *r, const struct overlay_id *id)
{
    for (size_t i = 0; i < r->told_count; i++) {
        if (overlay_id_is_equal(&r->told[i].id, id)) {
            return &r->told[i];
        }
    }
    return NULL;
}

/* The round trip to tell of: what was told before, unless it has become half as much again, or two
 * thirds. */
static uint32_t route_rtt_us(const struct route *r, const struct overlay_id *id, uint64_t rtt_ns)
{
    const struct paths_link *told = route_told_of(r, id);
    uint64_t before_ns = told == NULL ? 0 : told->facts.rtt_us * TIMERS_US;
    bool is_near = rtt_ns * 2 <= before_ns * 3 && before_ns * 2 <= rtt_ns * 3;
    return before_ns > 0 && is_near ? told->facts.rtt_us : route_rounded_us(rtt_ns);
}

/* Our links, in order of their ids, so that equal ones are equal bytes. */
static size_t route_links(const struct route *r, struct paths_link out[PATHS_LINKS_MAX])
{
    const struct mesh *mesh = overlay_mesh(r->config.overlay);
    const struct overlay_id *id = NULL;
    size_t count = 0;
    size_t at = 0;
    while (count < PATHS_LINKS_MAX && (id = views_next_active(&mesh->views, &at)) != NULL) {
        uint32_t rtt_us = route_rtt_us(r, id, detector_rtt_ns(&mesh->detector, id));
        size_t place = count++;
        for (; place > 0 && overlay_id_order(id, &out[place - 1].id) < 0; place--) {
            out[place] = out[place - 1];
        }
        out[place] = (struct paths_link){.id = *id, .facts = {.rtt_us = rtt_us}};
    }
    return count;
}

/* A node that never had links says nothing: it is no member yet. */
static bool route_is_told(const struct route *r, const struct paths_link *links, size_t count)
{
    bool is_same = count == r->told_count;
    for (size_t i = 0; is_same && i < count; i++) {
        is_same = overlay_id_is_equal(&links[i].id, &r->told[i].id) &&
                  links[i].facts.rtt_us == r->told[i].facts.rtt_us;
    }
    return is_same;
}

/* Our own ways are known as they are now, whatever the others were told. */
static void route_know(struct route *r)
{
    const struct mesh *mesh = overlay_mesh(r->config.overlay);
    struct paths_link links[PATHS_LINKS_MAX];
    uint8_t value[PATHS_VALUE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(value, sizeof value));
    paths_put(&w, links, route_links(r, links));
    CHECK(wr_finish(&w) == 0);
    (void)!paths_set(&r->paths, &mesh->config.self, wr_span(&w)); /* a full graph: without us */
}

static void route_tell(struct route *r)
{
    struct paths_link links[PATHS_LINKS_MAX];
    uint8_t value[PATHS_VALUE_MAX];
    size_t count = route_links(r, links);
    struct wr w;
    r->tell_ns = r->config.turn->now_ns + ROUTE_MEASURE_NS;
    if (route_is_told(r, links, count)) {
        return;
    }
    wr_init(&w, span_mut_of(value, sizeof value));
    paths_put(&w, links, count);
    CHECK(wr_finish(&w) == 0);
    if (overlay_set(r->config.overlay, span_from_text(ROUTE_KEY), wr_span(&w)) < 0) {
        return; /* no room in the state: the next look tries again */
    }
    memcpy(r->told, links, count * sizeof links[0]);
    r->told_count = count;
    r->told_ns = r->config.turn->now_ns;
    route_know(r);
}

static void route_on_timer(struct timer *timer, uint64_t now)
{
    struct route *r = LIST_OF(timer, struct route, timer);
    if (r->tell_ns <= now) {
        route_tell(r);
    }
    route_drain(r);
}

/* ---- News of the overlay ---- */

/* Our links are others than was told. One change brings others, here and at the neighbours: a pause
 * between two words takes them together. */
static void route_changed(struct route *r)
{
    uint64_t due = r->config.turn->now_ns + ROUTE_TELL_NS;
    uint64_t rested = r->told_ns + ROUTE_PAUSE_NS;
    due = r->told_count > 0 && rested > due ? rested : due;
    r->tell_ns = r->tell_ns < due ? r->tell_ns : due;
    route_know(r);
}

static void route_neighbour(struct route *r, const struct mesh_event *event)
{
    uint64_t now = r->config.turn->now_ns;
    if (!event->is_up) {
        forward_link_down(&r->forward, &event->id);
    } else if (forward_link_up(&r->forward, now, &event->id) < 0) {
        return; /* known, or more than there are neighbours */
    }
    route_changed(r);
}

static void route_frame(struct route *r, const struct mesh_event *event)
{
    struct route_msg m;
    int rc = route_msg_decode(&m, event->body);
    rc = rc < 0 ? rc : forward_feed(&r->forward, r->config.turn->now_ns, &event->id, &m);
    if (rc == WAVU_ERR_PROTO || rc == WAVU_ERR_CRYPTO) {
        overlay_expel(r->config.overlay, &event->id);
    }
}

void route_event(struct route *r, const struct mesh_event *event)
{
    bool is_route =
        event->kind == MESH_CHANGED && span_is_equal(event->key, span_from_text(ROUTE_KEY));
    if (event->kind == MESH_NEIGHBOUR) {
        route_neighbour(r, event);
    } else if (event->kind == MESH_DOWN) {
        forward_link_down(&r->forward, &event->id);
        route_changed(r);
    } else if (event->kind == MESH_FRAME && event->frame == OVERLAY_ROUTE) {
        route_frame(r, event);
    } else if (event->kind == MESH_FORGOT || (is_route && event->value.ptr == NULL)) {
        paths_forget(&r->paths, &event->id);
    } else if (is_route) {
        (void)!paths_set(&r->paths, &event->id, event->value); /* bad ones are no links */
    }
    route_drain(r);
}

/* ---- Life ---- */

struct route *route_new(const struct route_config *config)
{
    const struct mesh *mesh = overlay_mesh(config->overlay);
    const struct route_metric standard = route_metric_default();
    const struct route_metric *metric = config->metric != NULL ? config->metric : &standard;
    struct route *r = mem_new(sizeof *r);
    r->config = *config;
    r->config.metric = NULL;
    r->tell_ns = config->turn->now_ns;
    paths_init(&r->paths, &mesh->config.self, config->random, metric);
    const struct forward_config forward = {.self = mesh->config.self,
                                           .generation = config->generation,
                                           .random = config->random,
                                           .sign = mesh->config.sign,
                                           .paths = &r->paths};
    forward_init(&r->forward, &forward);
    timers_prepare(&r->timer, route_on_timer);
    route_drain(r);
    return r;
}

void route_free(struct route *r)
{
    if (r == NULL) {
        return;
    }
    timers_cancel(&r->config.turn->timers, &r->timer);
    forward_clear(&r->forward);
    paths_clear(&r->paths);
    mem_free(r);
}

void route_set_metric(struct route *r, const struct route_metric *metric)
{
    const struct route_metric standard = route_metric_default();
    paths_set_metric(&r->paths, metric != NULL ? metric : &standard);
}

bool route_is_reached(struct route *r, const struct overlay_id *target)
{
    return forward_has_link(&r->forward, target) || paths_is_reached(&r->paths, target);
}

size_t route_way(struct route *r, const struct overlay_id *target,
                 struct paths_hop out[FORWARD_HOPS])
{
    return forward_way(&r->forward, target, out, FORWARD_HOPS);
}

int route_send(struct route *r, const struct overlay_id *target, struct span payload,
               uint32_t *sequence)
{
    int rc = forward_send(&r->forward, r->config.turn->now_ns, target, payload, sequence);
    if (rc == 0) { /* it leaves with the timers of this turn: the verdict comes after return */
        timers_set(&r->config.turn->timers, &r->timer, r->config.turn->now_ns, 0);
    }
    return rc;
}
