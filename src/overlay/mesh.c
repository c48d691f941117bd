/*
 * Frames go to the machine that their kind names; events of the machines leave in the order views,
 * detector, plumtree, state, so that a link is known before anything is sent over it.
 */
#include "overlay/mesh.h"

#include "base/check.h"
#include "overlay/views_repair.h"

enum machine { VIEWS, DETECTOR, PLUMTREE, STATE, MACHINES };

#define ALL ((1u << MACHINES) - 1)

_Static_assert(sizeof((struct mesh *)NULL)->dues / sizeof(uint64_t) == MACHINES, "one each");

/* Something happened to a machine: look at it before the turn ends. */
static void stir(struct mesh *m, enum machine machine)
{
    m->stirred |= (uint8_t)(1u << machine);
}

static bool is_stirred(const struct mesh *m, enum machine machine)
{
    return (m->stirred >> machine & 1) != 0;
}

void mesh_init(struct mesh *m, uint64_t now, const struct mesh_config *config)
{
    CHECK(config->scratch.len >= OVERLAY_FRAME_BODY_MAX);
    m->config = *config;
    m->config.where = span_empty(); /* the views have a copy */
    m->stirred = ALL;
    m->has_drop = false;
    m->has_frame = false;
    m->is_shed = false;
    const struct views_config views = {.self = config->self,
                                       .where = config->where,
                                       .random = config->random,
                                       .rebalance_ns = config->rebalance_ns,
                                       .connect_ns = config->connect_ns,
                                       .active_min = config->degree_min,
                                       .active_max = config->degree_max};
    const struct detector_config detector = {.random = config->random,
                                             .interval_ns = config->heartbeat_ns,
                                             .round_trip_ns = config->round_trip_ns,
                                             .threshold = config->phi_threshold};
    const struct plumtree_config plumtree = {.self = config->self,
                                             .generation = config->generation,
                                             .random = config->random,
                                             .sign = config->sign,
                                             .policy = config->policy,
                                             .ihave_timeout_ns = config->ihave_ns,
                                             .exchange_ns = config->exchange_ns};
    const struct state_config state = {
        .self = config->self,
        .generation = config->generation,
        .random = config->random,
        .sign = config->sign,
        .sign_saved = config->sign_saved,
        .policy = {.belongs = config->policy.belongs, .context = config->policy.context},
        .interval_ns = config->gossip_ns};
    views_init(&m->views, now, &views);
    detector_init(&m->detector, now, &detector);
    plumtree_init(&m->plumtree, &plumtree);
    state_init(&m->state, now, &state);
}

void mesh_tune(struct mesh *m, uint64_t now, const struct mesh_config *config)
{
    m->config.phi_threshold = config->phi_threshold;
    m->config.gossip_ns = config->gossip_ns;
    m->config.rebalance_ns = config->rebalance_ns;
    detector_set_threshold(&m->detector, config->phi_threshold);
    state_set_interval(&m->state, now, config->gossip_ns);
    views_set_rebalance(&m->views, now, config->rebalance_ns);
    stir(m, DETECTOR);
    stir(m, STATE);
    stir(m, VIEWS);
}

void mesh_clear(struct mesh *m)
{
    state_clear(&m->state);
    plumtree_clear(&m->plumtree);
    detector_clear(&m->detector);
    views_clear(&m->views);
}

/* ---- Its machines ---- */

struct views *mesh_views(struct mesh *m)
{
    stir(m, VIEWS);
    return &m->views;
}

struct detector *mesh_detector(struct mesh *m)
{
    stir(m, DETECTOR);
    return &m->detector;
}

struct plumtree *mesh_plumtree(struct mesh *m)
{
    stir(m, PLUMTREE);
    return &m->plumtree;
}

struct state *mesh_state(struct mesh *m)
{
    stir(m, STATE);
    return &m->state;
}

/* ---- In ---- */

/* Tell the views which links the tree lies on, before they choose. */
static void mark_used(struct mesh *m)
{
    size_t at = 0;
    const struct overlay_id *id = NULL;
    while ((id = views_next_active(&m->views, &at)) != NULL) {
        views_set_used(&m->views, id, plumtree_is_eager(&m->plumtree, id));
    }
}

/* What a machine sheds for its sender's rate breaks no rule by itself; who counts is the owner. */
static int excuse(struct mesh *m, int rc)
{
    m->is_shed = rc == WAVU_ERR_LIMIT;
    return m->is_shed ? 0 : rc;
}

static int feed_views(struct mesh *m, uint64_t now, const struct overlay_id *from, struct span body)
{
    struct views_msg msg;
    int rc = views_msg_decode(&msg, body);
    if (rc < 0) {
        return rc;
    }
    if (msg.kind == VIEWS_MSG_REQUEST || msg.kind == VIEWS_MSG_ACCEPT ||
        msg.kind == VIEWS_MSG_AUDIT) {
        mark_used(m);
    }
    rc = views_feed(mesh_views(m), now, from, &msg);
    return excuse(m, rc);
}

static int feed_detector(struct mesh *m, uint64_t now, const struct overlay_id *from,
                         struct span body)
{
    struct detector_msg msg;
    int rc = detector_msg_decode(&msg, body);
    if (rc < 0) {
        return rc;
    }
    rc = detector_feed(mesh_detector(m), now, from, &msg);
    uint64_t rtt_ns = detector_rtt_ns(&m->detector, from);
    if (msg.kind == DETECTOR_MSG_PONG && rtt_ns > 0) {
        views_set_rtt(mesh_views(m), from, rtt_ns);
    }
    return excuse(m, rc);
}

static int feed_plumtree(struct mesh *m, uint64_t now, const struct overlay_id *from,
                         struct span body)
{
    struct plumtree_msg msg;
    int rc = plumtree_msg_decode(&msg, body);
    if (rc < 0) {
        return rc;
    }
    rc = plumtree_feed(mesh_plumtree(m), now, from, &msg);
    /* Mostly it is an origin's rate that is exceeded, and not the neighbour's. */
    return rc == WAVU_ERR_LIMIT ? 0 : rc;
}

static int feed_state(struct mesh *m, uint64_t now, const struct overlay_id *from, struct span body)
{
    struct state_msg msg;
    int rc = state_msg_decode(&msg, body);
    if (rc < 0) {
        return rc;
    }
    rc = state_feed(mesh_state(m), now, from, &msg);
    return excuse(m, rc);
}

int mesh_feed(struct mesh *m, uint64_t now, const struct overlay_id *from,
              const struct overlay_frame *frame)
{
    int rc = 0;
    m->has_frame = false; /* nobody took it, and its bytes are gone */
    m->is_shed = false;
    detector_heard(mesh_detector(m), now, from);
    switch (frame->kind) {
    case OVERLAY_VIEWS:
        rc = feed_views(m, now, from, frame->body);
        break;
    case OVERLAY_DETECTOR:
        rc = feed_detector(m, now, from, frame->body);
        break;
    case OVERLAY_PLUMTREE:
        rc = feed_plumtree(m, now, from, frame->body);
        break;
    case OVERLAY_STATE:
        rc = feed_state(m, now, from, frame->body);
        break;
    case OVERLAY_ROUTE:
        m->frame_from = *from;
        m->frame = *frame;
        m->has_frame = true;
        break;
    default:
        break; /* of a newer version */
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc; /* a neighbour no more: its last words crossed ours */
}

int mesh_link_up(struct mesh *m, uint64_t now, const struct overlay_id *id, bool is_ours)
{
    return views_link_up(mesh_views(m), now, id, is_ours);
}

/* `id` is no neighbour any more, as far as the machines above the views go. */
static void part(struct mesh *m, uint64_t now, const struct overlay_id *id)
{
    detector_link_down(mesh_detector(m), now, id);
    plumtree_link_down(mesh_plumtree(m), now, id);
    state_link_down(mesh_state(m), now, id);
}

void mesh_link_down(struct mesh *m, uint64_t now, const struct overlay_id *id, bool is_dead)
{
    part(m, now, id);
    views_link_down(mesh_views(m), now, id, is_dead);
}

void mesh_link_failed(struct mesh *m, uint64_t now, const struct overlay_id *id)
{
    views_link_failed(mesh_views(m), now, id);
}

void mesh_link_refused(struct mesh *m, uint64_t now, const struct overlay_id *id,
                       enum views_refusal why)
{
    part(m, now, id);
    views_link_refused(mesh_views(m), now, id, why);
}

void mesh_reached(struct mesh *m, uint64_t now, const struct overlay_id *id, bool is_reached)
{
    if (is_reached) {
        views_repair_found(&m->views, now, id);
    }
    detector_reached(mesh_detector(m), now, id, is_reached);
}

/* ---- Out ---- */

/* A message is in the scratch: send it. */
static void send(struct mesh *m, uint64_t now, struct mesh_event *event, enum overlay_kind frame,
                 const struct wr *w)
{
    CHECK(wr_finish(w) == 0);
    event->kind = MESH_SEND;
    event->frame = frame;
    event->body = wr_span(w);
    detector_sent(mesh_detector(m), now, &event->id);
}

static void meet(struct mesh *m, uint64_t now, const struct overlay_id *id, bool is_spare)
{
    int rc = detector_link_up(mesh_detector(m), now, id, span_empty());
    CHECK(rc == 0 || rc == WAVU_ERR_EXISTS);
    rc = plumtree_link_up(mesh_plumtree(m), now, id);
    CHECK(rc == 0 || rc == WAVU_ERR_EXISTS);
    if (is_spare && rc == 0) {
        plumtree_link_rest(&m->plumtree, id);
    }
    rc = state_link_up(mesh_state(m), now, id);
    CHECK(rc == 0 || rc == WAVU_ERR_EXISTS);
}

static bool next_of_views(struct mesh *m, uint64_t now, struct mesh_event *event)
{
    struct views_event e;
    struct wr w;
    if (!views_next_event(&m->views, &e)) {
        return false;
    }
    event->id = e.id;
    event->where = e.where;
    switch (e.kind) {
    case VIEWS_SEND:
        wr_init(&w, m->config.scratch);
        views_msg_encode(&w, &e.msg);
        send(m, now, event, OVERLAY_VIEWS, &w);
        break;
    case VIEWS_DIAL:
        event->kind = MESH_DIAL;
        break;
    case VIEWS_DROP:
        event->kind = MESH_DROP;
        break;
    case VIEWS_UP:
        meet(m, now, &e.id, e.is_spare);
        event->kind = MESH_NEIGHBOUR;
        event->is_up = true;
        break;
    case VIEWS_DOWN:
        part(m, now, &e.id);
        event->kind = MESH_NEIGHBOUR;
        event->is_up = false;
        break;
    case VIEWS_LEARNED:
        event->kind = MESH_LEARNED;
        break;
    case VIEWS_SPLIT:
        event->kind = MESH_SPLIT;
        break;
    case VIEWS_REFUSED:
        event->kind = MESH_REFUSED;
        event->refusal = e.refusal;
        break;
    }
    return true;
}

/* Whom the detector seeks are those of the passive view in turn; false when that is empty. */
static bool seek(struct mesh *m, uint64_t now, struct detector_event *e)
{
    const struct views_peer *peer = views_repair_seek(&m->views, now);
    if (peer == NULL) {
        detector_sought_none(&m->detector, now);
        return false;
    }
    *e = (struct detector_event){
        .kind = DETECTOR_REACH, .id = peer->id, .where = views_book_where(peer)};
    return true;
}

static bool next_of_detector(struct mesh *m, uint64_t now, struct mesh_event *event)
{
    struct detector_event e;
    struct wr w;
    do {
        if (!detector_next_event(&m->detector, &e)) {
            return false;
        }
    } while (e.kind == DETECTOR_SEEK && !seek(m, now, &e));
    event->id = e.id;
    switch (e.kind) {
    case DETECTOR_SEND:
        wr_init(&w, m->config.scratch);
        detector_msg_encode(&w, &e.msg);
        send(m, now, event, OVERLAY_DETECTOR, &w);
        break;
    case DETECTOR_SUSPECTED:
    case DETECTOR_TRUSTED:
        event->kind = MESH_SUSPECTED;
        event->is_up = e.kind == DETECTOR_TRUSTED;
        break;
    case DETECTOR_DOWN:
        mesh_link_down(m, now, &e.id, true);
        event->kind = MESH_DOWN;
        m->drop = e.id;
        m->has_drop = true;
        break;
    case DETECTOR_REACH:
        event->kind = MESH_REACH;
        event->where = e.where;
        break;
    case DETECTOR_SEEK:
        CHECK(false); /* became REACH above */
        break;
    }
    return true;
}

static bool next_of_plumtree(struct mesh *m, uint64_t now, struct mesh_event *event)
{
    struct plumtree_event e;
    struct wr w;
    if (!plumtree_next_event(&m->plumtree, &e)) {
        return false;
    }
    switch (e.kind) {
    case PLUMTREE_SEND:
        event->id = e.to;
        wr_init(&w, m->config.scratch);
        plumtree_msg_encode(&w, &e.msg);
        send(m, now, event, OVERLAY_PLUMTREE, &w);
        break;
    case PLUMTREE_DELIVER:
        event->kind = MESH_DELIVER;
        event->id = e.origin;
        event->generation = e.generation;
        event->sequence = e.sequence;
        event->hops = e.hops;
        event->items = e.items;
        event->signature = e.signature;
        event->body = e.payload;
        break;
    }
    return true;
}

static bool next_of_state(struct mesh *m, uint64_t now, struct mesh_event *event)
{
    struct state_event e;
    struct wr w;
    if (!state_next_event(&m->state, &e)) {
        return false;
    }
    event->id = e.kind == STATE_SEND ? e.to : e.owner;
    switch (e.kind) {
    case STATE_SEND:
        wr_init(&w, m->config.scratch);
        state_msg_encode(&w, &e.msg);
        send(m, now, event, OVERLAY_STATE, &w);
        break;
    case STATE_CHANGED:
        event->kind = MESH_CHANGED;
        event->key = e.key;
        event->value = e.value;
        break;
    case STATE_WRITTEN:
        event->kind = MESH_WRITTEN;
        break;
    case STATE_FORGOT:
        event->kind = MESH_FORGOT;
        break;
    }
    return true;
}

static uint64_t due_of(const struct mesh *m, enum machine machine)
{
    switch (machine) {
    case VIEWS:
        return views_deadline(&m->views);
    case DETECTOR:
        return detector_deadline(&m->detector);
    case PLUMTREE:
        return plumtree_deadline(&m->plumtree);
    case STATE:
        return state_deadline(&m->state);
    case MACHINES:
        break;
    }
    return UINT64_MAX;
}

/* The first event of a machine; only those to which something happened are looked at. */
static bool take(struct mesh *m, uint64_t now, struct mesh_event *event)
{
    static bool (*const next[MACHINES])(struct mesh *, uint64_t,
                                        struct mesh_event *) = {[VIEWS] = next_of_views,
                                                                [DETECTOR] = next_of_detector,
                                                                [PLUMTREE] = next_of_plumtree,
                                                                [STATE] = next_of_state};
    for (enum machine i = VIEWS; i < MACHINES; i++) {
        if (!is_stirred(m, i)) {
            continue;
        }
        if (next[i](m, now, event)) {
            return true;
        }
        m->stirred &= (uint8_t) ~(1u << i);
        m->dues[i] = due_of(m, i);
    }
    return false;
}

bool mesh_next_event(struct mesh *m, uint64_t now, struct mesh_event *event)
{
    *event = (struct mesh_event){.kind = MESH_DROP};
    if (m->has_drop) {
        m->has_drop = false;
        event->id = m->drop;
        return true;
    }
    if (m->has_frame) {
        m->has_frame = false;
        event->kind = MESH_FRAME;
        event->id = m->frame_from;
        event->frame = (enum overlay_kind)m->frame.kind;
        event->body = m->frame.body;
        return true;
    }
    return take(m, now, event);
}

/* ---- Ahead ---- */

static void load(const void *first, const void *end)
{
    const uint8_t *at = first;
    for (size_t i = 0; i < (size_t)((const uint8_t *)end - at); i += 64) {
        PREFETCH(at + i);
    }
}

void mesh_load_ahead(const struct mesh *m, unsigned kind)
{
    PREFETCH(m);
    load(&m->detector, &m->detector.config);
    if (kind == OVERLAY_PLUMTREE || kind == 0) {
        load(&m->plumtree.seen, &m->plumtree + 1);
    }
}

void mesh_load_links_ahead(const struct mesh *m, unsigned kind, const struct overlay_id *from)
{
    detector_load_ahead(&m->detector, overlay_id_key(from));
    if (kind == OVERLAY_PLUMTREE || kind == 0) {
        plumtree_load_ahead(&m->plumtree);
    }
}

/* ---- Time ---- */

uint64_t mesh_deadline(const struct mesh *m)
{
    uint64_t due = UINT64_MAX;
    for (enum machine i = VIEWS; i < MACHINES; i++) {
        uint64_t next = is_stirred(m, i) ? due_of(m, i) : m->dues[i];
        due = next < due ? next : due;
    }
    return due;
}

/* Whether a machine is to tick; then it is stirred. */
static bool is_due(struct mesh *m, uint64_t now, enum machine machine)
{
    if ((is_stirred(m, machine) ? due_of(m, machine) : m->dues[machine]) > now) {
        return false;
    }
    stir(m, machine);
    return true;
}

void mesh_tick(struct mesh *m, uint64_t now)
{
    if (is_due(m, now, VIEWS)) {
        mark_used(m);
        views_tick(&m->views, now);
    }
    if (is_due(m, now, DETECTOR)) {
        detector_tick(&m->detector, now);
    }
    if (is_due(m, now, PLUMTREE)) {
        plumtree_tick(&m->plumtree, now);
    }
    if (is_due(m, now, STATE)) {
        state_tick(&m->state, now);
    }
}

void mesh_check(const struct mesh *m)
{
    views_check(&m->views);
    detector_check(&m->detector);
    plumtree_check(&m->plumtree);
    state_check(&m->state);
    for (enum machine i = VIEWS; i < MACHINES; i++) {
        CHECK(is_stirred(m, i) || m->dues[i] == due_of(m, i));
    }
}
