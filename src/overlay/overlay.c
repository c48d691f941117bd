/*
 * Streams and dials on one side, the mesh on the other: what it wants sent waits in a link's queue.
 */
#include "overlay/overlay.h"

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "net/listen.h"
#include "overlay/overlay_link.h"
#include "overlay/overlay_proof.h"
#include "overlay/overlay_reach.h"
#include "overlay/overlay_where.h"
#include "overlay/views_repair.h"

_Static_assert(OVERLAY_SEND_MAX <= OVERLAY_OUT_MAX / 4, "what is above leaves room for the mesh");
_Static_assert(OVERLAY_LINKS_MAX > VIEWS_LINKS_MAX, "the views may have what they ask for");
_Static_assert(OVERLAY_REACHES_MAX >= DETECTOR_PROBES_MAX + VIEWS_REPAIR_SOUGHT_MAX,
               "who is sought leaves room for probes");

struct overlay {
    struct overlay_config config;
    struct turn *turn;
    struct mesh mesh;
    struct ed25519_pair key; /* of the signatures; wiped at the end */
    struct overlay_sign sign;
    struct overlay_sign_scope scope; /* of it, unless the network is open */
    struct overlay_bar bar;
    struct gate_protocol protocol;
    struct overlay_links links;
    struct overlay_reach reach;
    struct timer timer;
    uint8_t *scratch;
    uint32_t changes_told; /* of the views' book */
    bool is_draining;
};

static void overlay_drain(struct overlay *o);

/* ---- Links ---- */

static struct overlay *overlay_of(const struct overlay_link *l)
{
    return l->links->overlay;
}

/* The link is gone without the mesh's wish. */
static void overlay_lost(struct overlay_link *l, bool is_dead)
{
    struct overlay *o = overlay_of(l);
    if (l->is_over) {
        return;
    }
    bool was_up = l->is_up;
    struct overlay_id id = l->id;
    overlay_link_end(l, false);
    if (was_up) {
        mesh_link_down(&o->mesh, o->turn->now_ns, &id, is_dead);
    } else {
        mesh_link_failed(&o->mesh, o->turn->now_ns, &id);
    }
    overlay_drain(o);
}

/* The peer is not of our network, by its word or by ours. */
static void overlay_refused(struct overlay *o, const struct overlay_id *peer,
                            enum views_refusal why)
{
    struct overlay_id id = *peer;
    struct overlay_link *l = overlay_link_of(&o->links, &id);
    if (l != NULL) {
        overlay_link_end(l, false);
    }
    mesh_link_refused(&o->mesh, o->turn->now_ns, &id, why);
    overlay_drain(o);
}

static bool overlay_is_member(const struct overlay *o, const struct overlay_id *id)
{
    const struct gate_network *n = o->config.network;
    return n->is_member == NULL || n->is_member(n->context, id);
}

/* The peer of the link broke the rules. */
static void overlay_broken(struct overlay_link *l)
{
    struct overlay *o = overlay_of(l);
    struct overlay_id id = l->id;
    o->config.metrics->links_broken.value++;
    uint64_t ns = overlay_bar_strike(&o->bar, o->turn->now_ns, &id);
    overlay_lost(l, false);
    if (o->config.user.barred != NULL) {
        o->config.user.barred(o->config.user.context, &id, ns);
    }
}

static bool overlay_is_barred(const struct overlay *o, const struct overlay_id *id)
{
    return overlay_bar_left(&o->bar, o->turn->now_ns, id) > 0;
}

static void overlay_opened(struct overlay_link *l)
{
    struct overlay *o = overlay_of(l);
    if (l->is_up) {
        return;
    }
    l->is_up = true;
    o->config.metrics->links_made.value++;
    if (mesh_link_up(&o->mesh, o->turn->now_ns, &l->id, l->is_ours) < 0) {
        overlay_link_end(l, true);
    }
    overlay_drain(o);
}

/* ---- Out ---- */

static void overlay_send_event(struct overlay *o, const struct mesh_event *event)
{
    struct overlay_link *l = overlay_link_of(&o->links, &event->id);
    if (l == NULL || !l->is_up) {
        return; /* it went while this waited */
    }
    int rc = overlay_link_send(l, event->frame, event->body);
    if (rc < 0) {
        o->config.metrics->links_broken.value += rc == WAVU_ERR_LIMIT ? 1 : 0;
        overlay_lost(l, false);
        return;
    }
    o->config.metrics->frames_out.value++;
}

/* What binds a proof to the link; we are its prover or its judge. */
static struct gate_link overlay_direction(const struct overlay_link *l, bool is_ours)
{
    const struct overlay_id *self = &overlay_of(l)->mesh.config.self;
    return (struct gate_link){.binding = conn_binding(stream_conn(l->stream)),
                              .prover = is_ours ? *self : l->id,
                              .judge = is_ours ? l->id : *self};
}

/* Who let the stream in shows that it is of the network. */
static int overlay_prove(struct overlay_link *l)
{
    const struct gate_link link = overlay_direction(l, true);
    uint8_t bytes[OVERLAY_PROOF_FRAME_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    overlay_proof_write(overlay_of(l)->config.network, &link, &w);
    return overlay_link_put(l, wr_span(&w));
}

/* ---- In ---- */

/* The first frame on a stream that we opened, where a proof is wanted. */
static void overlay_take_proof(struct overlay_link *l, const struct overlay_frame *frame)
{
    struct overlay *o = overlay_of(l);
    const struct gate_link link = overlay_direction(l, false);
    if (overlay_proof_holds(o->config.network, &link, frame)) {
        CHECK(stream_hand_over(l->stream, &o->protocol.stream) == 0); /* waits no more */
        overlay_opened(l);
    } else {
        overlay_refused(o, &l->id, VIEWS_WRONG_NETWORK);
    }
}

static int overlay_take(struct overlay_link *l, const struct overlay_frame *frame)
{
    struct overlay *o = overlay_of(l);
    if (!l->is_up) {
        overlay_take_proof(l, frame);
        return 0;
    }
    int rc = mesh_feed(&o->mesh, o->turn->now_ns, &l->id, frame);
    if (rc >= 0) {
        o->config.metrics->frames_in.value++;
        rc = overlay_link_count(l, o->mesh.is_shed);
    }
    overlay_drain(o);
    return rc;
}

static void overlay_received(struct overlay_link *l, struct span data)
{
    int rc = overlay_link_read(l, data, overlay_take);
    if (rc < 0 && !l->is_over) {
        struct conn *flooded = l->is_flooding ? stream_conn(l->stream) : NULL;
        overlay_broken(l);
        if (flooded != NULL) {
            conn_close(flooded, WAVU_ERR_LIMIT); /* or it would begin anew on the next stream */
        }
    }
}

/* The peer opened a stream. */
static void overlay_accept(struct overlay *o, struct stream *stream)
{
    struct overlay_id id;
    struct overlay_link *l = NULL;
    if (overlay_id_from_peer(&id, stream_peer(stream)) == 0 && !overlay_is_barred(o, &id)) {
        l = overlay_link_make(&o->links, &id);
    }
    if (l == NULL) {
        stream_reset(stream, 0);
        return;
    }
    if (!overlay_link_adopt(l, &o->mesh.config.self, stream)) {
        return;
    }
    if (overlay_proof_is_wanted(o->config.network) && overlay_prove(l) < 0) {
        overlay_lost(l, true);
        return;
    }
    overlay_opened(l);
}

/* The stream of the link is over. */
static void overlay_closed(struct overlay_link *l, int err)
{
    if (err == WAVU_ERR_REFUSED) {
        overlay_refused(overlay_of(l), &l->id, VIEWS_WRONG_NETWORK);
    } else if (err == WAVU_ERR_DENIED) {
        overlay_refused(overlay_of(l), &l->id, VIEWS_NOT_INVITED);
    } else {
        overlay_lost(l, err != WAVU_ERR_CLOSED && err != WAVU_ERR_UNSUPPORTED);
    }
}

static void overlay_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct overlay_link *l = stream_user(stream);
    switch (event->kind) {
    case STREAM_OPENED:
        if (stream_is_inbound(stream)) {
            overlay_accept(service, stream);
        } else if (overlay_proof_is_wanted(overlay_of(l)->config.network)) {
            stream_expect(stream, GATE_NS); /* by its first frame */
        } else {
            overlay_opened(l);
        }
        return;
    case STREAM_DATA:
        overlay_received(l, event->data);
        return;
    case STREAM_WRITABLE:
        if (overlay_link_flush(l) < 0) {
            overlay_lost(l, true);
        }
        return;
    case STREAM_FIN:
        overlay_lost(l, false); /* whoever ends one direction wants no link */
        return;
    case STREAM_CLOSED:
        if (l != NULL) {
            l->stream = NULL;
            overlay_closed(l, event->err);
        }
        return;
    }
}

/* ---- Dials ---- */

static void overlay_open(struct overlay_link *l, struct conn *conn)
{
    struct overlay *o = overlay_of(l);
    if (l->stream != NULL) {
        return; /* the peer was faster */
    }
    int rc = gate_open(o->config.gate, &o->protocol, conn, l, &l->stream);
    if (rc < 0) {
        l->stream = NULL;
        overlay_closed(l, rc == WAVU_ERR_DENIED ? rc : WAVU_ERR_CLOSED);
    }
}

static void overlay_on_dialled(void *context, int err, struct conn *conn)
{
    struct overlay_link *l = context;
    l->dial = NULL;
    if (err == 0) {
        overlay_open(l, conn);
    } else if (l->stream == NULL) {
        overlay_lost(l, true);
    }
}

static void overlay_learn(struct overlay *o, const struct overlay_id *id, struct span where)
{
    struct multiaddr addresses[OVERLAY_WHERE_ADDRESSES_MAX];
    struct peerid peer;
    if (!overlay_is_member(o, id)) {
        return; /* who told it knows less, or more: we wait until we know */
    }
    overlay_id_to_peer(id, &peer);
    size_t count = overlay_where_read(where, addresses, OVERLAY_WHERE_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        /* No room: better known addresses fill the entry. */
        (void)!peerbook_add_address(&o->config.swarm->peerbook, &peer, &addresses[i],
                                    PEERBOOK_HEARSAY, o->turn->now_ns);
    }
}

static void overlay_dial(struct overlay *o, const struct mesh_event *event)
{
    if (!overlay_is_member(o, &event->id)) {
        overlay_refused(o, &event->id, VIEWS_NOT_INVITED);
        return;
    }
    bool is_barred = overlay_is_barred(o, &event->id); /* then it counts as one that is away */
    struct overlay_link *l = is_barred ? NULL : overlay_link_make(&o->links, &event->id);
    overlay_learn(o, &event->id, event->where);
    if (l == NULL) {
        mesh_link_failed(&o->mesh, o->turn->now_ns, &event->id);
        return;
    }
    l->is_ours = true;
    if (l->stream != NULL || l->dial != NULL) {
        return; /* under way, or the peer was faster */
    }
    struct dial_user user = {.done = overlay_on_dialled, .context = l};
    if (dial_start(o->config.swarm, &l->peer, NULL, 0, user, &l->dial) < 0) {
        l->dial = NULL;
        overlay_lost(l, false);
    }
}

static void overlay_drop(struct overlay *o, const struct overlay_id *id)
{
    struct overlay_link *l = overlay_link_of(&o->links, id);
    if (l != NULL) {
        overlay_link_end(l, true);
    }
}

static void overlay_on_reached(void *context, const struct overlay_id *id, bool is_reached)
{
    struct overlay *o = context;
    mesh_reached(&o->mesh, o->turn->now_ns, id, is_reached);
    overlay_drain(o);
}

/* A peer that another wants reached. */
static void overlay_try(struct overlay *o, const struct mesh_event *event)
{
    overlay_learn(o, &event->id, event->where);
    if (!overlay_is_member(o, &event->id) || !overlay_reach_start(&o->reach, &event->id)) {
        mesh_reached(&o->mesh, o->turn->now_ns, &event->id, false);
    }
}

/* ---- Events of the mesh ---- */

static void overlay_handle(struct overlay *o, const struct mesh_event *event)
{
    switch (event->kind) {
    case MESH_SEND:
        overlay_send_event(o, event);
        return;
    case MESH_DIAL:
        overlay_dial(o, event);
        return;
    case MESH_DROP:
        overlay_drop(o, &event->id);
        return;
    case MESH_REACH:
        overlay_try(o, event);
        return;
    case MESH_LEARNED:
        overlay_learn(o, &event->id, event->where);
        return;
    case MESH_NEIGHBOUR:
    case MESH_SUSPECTED:
    case MESH_DOWN:
    case MESH_SPLIT:
    case MESH_REFUSED:
    case MESH_DELIVER:
    case MESH_CHANGED:
    case MESH_WRITTEN:
    case MESH_FORGOT:
    case MESH_FRAME:
        if (o->config.user.event != NULL) {
            o->config.user.event(o->config.user.context, event);
        }
        return;
    }
}

/* Handlers call into the mesh and so come here again: the outermost loop takes all. */
static void overlay_drain(struct overlay *o)
{
    struct mesh_event event;
    if (o->is_draining) {
        return;
    }
    o->is_draining = true;
    while (mesh_next_event(&o->mesh, o->turn->now_ns, &event)) {
        overlay_handle(o, &event);
    }
    o->is_draining = false;
    if (o->changes_told != o->mesh.views.book.changes) {
        o->changes_told = o->mesh.views.book.changes;
        if (o->config.user.met != NULL) {
            o->config.user.met(o->config.user.context);
        }
    }
    timers_set(&o->turn->timers, &o->timer, mesh_deadline(&o->mesh), o->config.slack_ns);
}

static void overlay_on_timer(struct timer *timer, uint64_t now)
{
    struct overlay *o = LIST_OF(timer, struct overlay, timer);
    mesh_tick(&o->mesh, now);
    overlay_drain(o);
}

/* ---- Public ---- */

void overlay_metrics_add(struct overlay_metrics *m, struct metric_set *set)
{
    metric_add(set, &m->links_made, "overlay_links_made_total");
    metric_add(set, &m->links_broken, "overlay_links_broken_total");
    metric_add(set, &m->frames_in, "overlay_frames_in_total");
    metric_add(set, &m->frames_out, "overlay_frames_out_total");
}

int overlay_new(const struct overlay_config *config, struct overlay **out)
{
    struct swarm *s = config->swarm;
    struct overlay *o = mem_new(sizeof *o);
    *o = (struct overlay){.config = *config, .turn = s->turn, .key = s->key};
    o->protocol.stream = (struct stream_protocol){
        .name = OVERLAY_NAME, .inbound_max = OVERLAY_INBOUND_MAX, .up = overlay_up, .service = o};
    int rc = gate_register(config->gate, config->network, &o->protocol);
    if (rc < 0) {
        mem_free(o);
        return rc;
    }
    overlay_link_init(&o->links, o->turn, o);
    const struct overlay_reach_config reach = {
        .swarm = s, .ping = config->ping, .done = overlay_on_reached, .context = o};
    overlay_reach_init(&o->reach, &reach);
    timers_prepare(&o->timer, overlay_on_timer);
    o->sign = overlay_sign_ed25519(&o->key);
    if (config->scope.len > 0) {
        o->sign = overlay_sign_in(&o->scope, &o->sign, config->scope);
    }
    o->config.scope = span_empty();
    o->scratch = mem_new_raw(OVERLAY_FRAME_BODY_MAX);
    struct mesh_config mesh = config->mesh;
    const struct gate_network *n = config->network;
    CHECK(overlay_id_from_peer(&mesh.self, &s->self) == 0); /* our own key is Ed25519 */
    mesh.random = &s->port->random;
    mesh.sign = &o->sign;
    mesh.sign_saved = config->scope.len > 0 ? &o->scope.inner : NULL;
    o->config.slack_ns = config->slack_ns > 0 ? config->slack_ns : OVERLAY_SLACK_NS;
    mesh.scratch = span_mut_of(o->scratch, OVERLAY_FRAME_BODY_MAX);
    mesh.where = span_empty();
    mesh.policy = (struct plumtree_policy){n->is_member, n->whose, n->context};
    mesh_init(&o->mesh, o->turn->now_ns, &mesh);
    overlay_addresses_changed(o);
    overlay_drain(o);
    *out = o;
    return 0;
}

void overlay_quit(struct overlay *o)
{
    views_quit(mesh_views(&o->mesh), o->turn->now_ns);
    overlay_drain(o);
}

void overlay_free(struct overlay *o)
{
    struct list *n = NULL;
    if (o == NULL) {
        return;
    }
    o->config.user.event = NULL; /* who goes down hears no more */
    o->config.user.met = NULL;
    o->config.user.barred = NULL;
    gate_unregister(o->config.gate, &o->protocol); /* ends all links that have a stream */
    while ((n = list_next(&o->links.list, &o->links.list)) != NULL) {
        overlay_link_end(LIST_OF(n, struct overlay_link, node), false);
    }
    overlay_reach_clear(&o->reach);
    timers_cancel(&o->turn->timers, &o->timer);
    mesh_clear(&o->mesh);
    overlay_bar_clear(&o->bar);
    secret_wipe(&o->key, sizeof o->key);
    mem_free(o->scratch);
    mem_free(o);
}

void overlay_addresses_changed(struct overlay *o)
{
    struct multiaddr addresses[OVERLAY_WHERE_ADDRESSES_MAX];
    uint8_t space[VIEWS_MSG_WHERE_MAX];
    size_t count = listen_addresses(o->config.swarm, addresses, OVERLAY_WHERE_ADDRESSES_MAX);
    size_t len = overlay_where_write(span_mut_of(space, sizeof space), addresses, count);
    CHECK(views_set_where(mesh_views(&o->mesh), span_of(space, len)) == 0);
}

/* One that the views or a link know, and that does not belong. */
static bool overlay_find_stranger(const struct overlay *o, struct overlay_id *out)
{
    const struct views_book *book = &o->mesh.views.book;
    const struct views_book_list *lists[] = {&book->passive, &book->retained};
    for (struct list *n = list_next(&o->links.list, &o->links.list); n != NULL;
         n = list_next(&o->links.list, n)) {
        *out = LIST_OF(n, struct overlay_link, node)->id;
        if (!overlay_is_member(o, out)) {
            return true;
        }
    }
    for (size_t list = 0; list < sizeof lists / sizeof lists[0]; list++) {
        for (uint32_t i = 0; i < lists[list]->count; i++) {
            *out = lists[list]->peers[i].id;
            if (!overlay_is_member(o, out)) {
                return true;
            }
        }
    }
    return false;
}

void overlay_recheck(struct overlay *o)
{
    struct overlay_id stranger;
    state_recheck(mesh_state(&o->mesh));
    while (overlay_find_stranger(o, &stranger)) {
        overlay_refused(o, &stranger, VIEWS_NOT_INVITED); /* nothing keeps it: it comes but once */
    }
}

int overlay_meet(struct overlay *o, const struct peerid *peer)
{
    struct overlay_id id;
    int rc = overlay_id_from_peer(&id, peer);
    if (rc < 0) {
        return rc;
    }
    if (!overlay_is_member(o, &id)) {
        return WAVU_ERR_DENIED;
    }
    rc = views_learn(mesh_views(&o->mesh), o->turn->now_ns, &id, span_empty());
    overlay_drain(o);
    return rc == WAVU_ERR_EXISTS ? 0 : rc; /* ourselves */
}

int overlay_recall(struct overlay *o, const struct overlay_id *id, struct span where, bool is_lost)
{
    uint64_t now = o->turn->now_ns;
    if (!overlay_is_member(o, id)) {
        return 0;
    }
    int rc = is_lost ? views_retain(mesh_views(&o->mesh), now, id, where)
                     : views_learn(mesh_views(&o->mesh), now, id, where);
    overlay_drain(o);
    return rc;
}

int overlay_load(struct overlay *o, struct span saved)
{
    int rc = state_load(mesh_state(&o->mesh), o->turn->now_ns, saved);
    overlay_drain(o);
    return rc;
}

int overlay_greet(struct overlay *o, struct conn *conn)
{
    struct overlay_id id;
    int rc = overlay_id_from_peer(&id, conn_peer(conn));
    if (rc < 0) {
        return rc;
    }
    if (overlay_is_barred(o, &id)) {
        return WAVU_ERR_DENIED;
    }
    struct overlay_link *l = overlay_link_make(&o->links, &id);
    if (l == NULL) {
        return WAVU_ERR_LIMIT;
    }
    l->is_ours = true;
    overlay_open(l, conn);
    return 0;
}

int overlay_broadcast(struct overlay *o, struct span payload, uint32_t *sequence)
{
    int rc = plumtree_broadcast(mesh_plumtree(&o->mesh), o->turn->now_ns, payload, sequence);
    overlay_drain(o);
    return rc;
}

int overlay_broadcast_items(struct overlay *o, struct span payload, size_t items)
{
    int rc =
        plumtree_broadcast_items(mesh_plumtree(&o->mesh), o->turn->now_ns, payload, items, NULL);
    overlay_drain(o);
    return rc;
}

int overlay_send(struct overlay *o, const struct overlay_id *to, enum overlay_kind kind,
                 struct span body)
{
    const struct overlay_link *l = overlay_link_of(&o->links, to);
    const struct mesh_event event = {.kind = MESH_SEND, .id = *to, .frame = kind, .body = body};
    if (l == NULL || !l->is_up) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (body.len > OVERLAY_FRAME_BODY_MAX || l->out.len > OVERLAY_SEND_MAX) {
        return WAVU_ERR_LIMIT;
    }
    detector_sent(mesh_detector(&o->mesh), o->turn->now_ns, to);
    overlay_send_event(o, &event);
    return 0;
}

void overlay_expel(struct overlay *o, const struct overlay_id *id)
{
    struct overlay_link *l = overlay_link_of(&o->links, id);
    if (l != NULL) {
        overlay_broken(l);
    }
}

const struct overlay_bar *overlay_barred(const struct overlay *o)
{
    return &o->bar;
}

void overlay_tune(struct overlay *o, const struct mesh_config *config)
{
    mesh_tune(&o->mesh, o->turn->now_ns, config);
    overlay_drain(o);
}

int overlay_set(struct overlay *o, struct span key, struct span value)
{
    uint64_t now = o->turn->now_ns;
    int rc = value.ptr == NULL ? state_delete(mesh_state(&o->mesh), now, key)
                               : state_set(mesh_state(&o->mesh), now, key, value);
    overlay_drain(o);
    return rc;
}

const struct mesh *overlay_mesh(const struct overlay *o)
{
    return &o->mesh;
}
