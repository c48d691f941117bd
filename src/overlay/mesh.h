/*
 * All machines of the overlay as one: what a node of the mesh does, without streams and without a
 * clock. The service (overlay.h) runs it over `/wavu/overlay/1`, the simulator's swarm over message
 * cables.
 *
 * Frames of linked peers come in, with news of links; frames to send, wishes for links and what the
 * mesh found out leave as events. What one machine says that another needs (a neighbour, a verdict,
 * a round trip) goes between them here.
 */
#ifndef OVERLAY_MESH_H
#define OVERLAY_MESH_H

#include "overlay/detector.h"
#include "overlay/overlay_frame.h"
#include "overlay/overlay_sign.h"
#include "overlay/plumtree.h"
#include "overlay/state.h"
#include "overlay/views.h"

/* Zero in a number means the machine's own default. */
struct mesh_config {
    struct overlay_id self;
    struct span where;                     /* how others reach this node; copied */
    const struct random *random;           /* borrowed */
    const struct overlay_sign *sign;       /* borrowed */
    const struct overlay_sign *sign_saved; /* as state_config has it */
    struct plumtree_policy policy;         /* who belongs, of those who broadcast, or own state */
    struct span_mut scratch; /* borrowed: OVERLAY_FRAME_BODY_MAX bytes, for many meshes */
    uint64_t generation;     /* higher than in every earlier life of this key */
    uint64_t rebalance_ns;
    uint64_t connect_ns;
    uint64_t heartbeat_ns;
    uint64_t gossip_ns;
    uint64_t ihave_ns;
    uint64_t exchange_ns;   /* of what was broadcast, on each link */
    uint64_t round_trip_ns; /* between measurements of a link */
    double phi_threshold;
    uint16_t degree_min;
    uint16_t degree_max;
};

enum mesh_event_kind {
    MESH_SEND,      /* `body` as a frame of `frame` to `id` */
    MESH_DIAL,      /* make a link to `id` at `where`; say mesh_link_up or mesh_link_failed */
    MESH_DROP,      /* the link to `id` is not needed any more, or broken */
    MESH_REACH,     /* try to reach `id` (at `where`), as a probe, and say mesh_reached */
    MESH_LEARNED,   /* `id` was told to be at `where`: hearsay */
    MESH_NEIGHBOUR, /* `id` became a neighbour (`is_up`) or is none any more */
    MESH_SUSPECTED, /* `id` has been silent for too long (`is_up` false), or is heard again */
    MESH_DOWN,      /* `id` is taken for dead; it is no neighbour any more */
    MESH_SPLIT,     /* `id` is of another component: a split heals */
    MESH_REFUSED,   /* `id` is not of our network, by its word or by ours: `refusal` */
    MESH_DELIVER,   /* a broadcast that is new here: `id` its origin, `generation`, `sequence`,
                     * `hops`, `items`, `body` behind them, `signature` */
    MESH_CHANGED,   /* `key` of `id` is new, changed or (value.ptr NULL) deleted: `value` */
    MESH_WRITTEN,   /* own keys or versions changed: save them with state_save */
    MESH_FORGOT,    /* `id` is gone from the shared state */
    MESH_FRAME /* `body` as a frame of `frame`, from `id`: for a service above; borrowed from what
                * was fed */
};

/* Spans are borrowed until the next call. */
struct mesh_event {
    enum mesh_event_kind kind;
    struct overlay_id id;
    enum overlay_kind frame;
    bool is_up;
    enum views_refusal refusal; /* REFUSED */
    uint64_t generation;
    uint32_t sequence;
    uint32_t hops;
    struct span items;
    struct span signature;
    struct span body;
    struct span where;
    struct span key;
    struct span value;
};

struct mesh {
    uint8_t stirred;  /* machines that may have events, or another deadline than noted */
    uint64_t dues[4]; /* deadlines of the others */
    struct mesh_config config;
    struct views views;
    struct detector detector;
    struct plumtree plumtree;
    struct state state;
    struct overlay_id drop; /* owed: after a verdict */
    bool has_drop;
    struct overlay_id frame_from; /* for above: the frame that was fed last */
    struct overlay_frame frame;
    bool has_frame;
    bool is_shed; /* mesh_feed: the last frame was more than its sender may send */
};

void mesh_init(struct mesh *m, uint64_t now, const struct mesh_config *config);
void mesh_clear(struct mesh *m);

/** Take phi_threshold, gossip_ns and rebalance_ns of `config` from `now` on. */
void mesh_tune(struct mesh *m, uint64_t now, const struct mesh_config *config);

/** A frame of a linked peer. A negative error: it broke the rules (WAVU_ERR_PROTO, _CRYPTO, _LIMIT
 * for what is longer than may be): drop it. What is merely too much is shed, and 0. */
WARN_UNUSED int mesh_feed(struct mesh *m, uint64_t now, const struct overlay_id *from,
                          const struct overlay_frame *frame);

/** As views_link_up, views_link_down, views_link_failed, views_link_refused and detector_reached.
 */
WARN_UNUSED int mesh_link_up(struct mesh *m, uint64_t now, const struct overlay_id *id,
                             bool is_ours);
void mesh_link_down(struct mesh *m, uint64_t now, const struct overlay_id *id, bool is_dead);
void mesh_link_failed(struct mesh *m, uint64_t now, const struct overlay_id *id);
void mesh_link_refused(struct mesh *m, uint64_t now, const struct overlay_id *id,
                       enum views_refusal why);
void mesh_reached(struct mesh *m, uint64_t now, const struct overlay_id *id, bool is_reached);

/** The next event, to be taken after every call until false. */
WARN_UNUSED bool mesh_next_event(struct mesh *m, uint64_t now, struct mesh_event *event);

/** A machine of the mesh, to call it directly: its events are taken with the next
 * mesh_next_event. Looking at `m->views` and the others needs no such call. */
struct views *mesh_views(struct mesh *m);
struct detector *mesh_detector(struct mesh *m);
struct plumtree *mesh_plumtree(struct mesh *m);
struct state *mesh_state(struct mesh *m);

/** Load ahead what a frame of `kind` (0: a tick) will need: for who feeds many meshes in turn, and
 * waits for memory most of the time. First its own memory, and some frames later what that points
 * to. Hints: nothing depends on them. */
void mesh_load_ahead(const struct mesh *m, unsigned kind);
void mesh_load_links_ahead(const struct mesh *m, unsigned kind, const struct overlay_id *from);

/** When to tick next. Every call may move it. */
uint64_t mesh_deadline(const struct mesh *m);
void mesh_tick(struct mesh *m, uint64_t now);

void mesh_check(const struct mesh *m);

#endif
