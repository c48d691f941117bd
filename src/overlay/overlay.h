/*
 * The mesh of one network as a service: runs struct mesh over streams of `/wavu/overlay/1`, one for
 * each link. A node of several networks has one of each.
 *
 * Connections come from net/, asked for by the mesh or made by peers, and their streams through the
 * gate, which knows who belongs; frames go both ways (overlay_link.h). What the mesh finds out goes
 * up through struct overlay_user. docs/protocol/overlay.md says how two nodes agree on a stream.
 */
#ifndef OVERLAY_OVERLAY_H
#define OVERLAY_OVERLAY_H

#include "net/ping.h"
#include "net/swarm.h"
#include "overlay/gate.h"
#include "overlay/mesh.h"
#include "overlay/overlay_bar.h"

#define OVERLAY_NAME "/wavu/overlay/1"
#define OVERLAY_INBOUND_MAX 2           /* streams of one peer: an old one may still be ending */
#define OVERLAY_SEND_MAX (128u * 1024u) /* waiting already: then nothing from above is added */
#define OVERLAY_SLACK_NS                                                                           \
    (UINT64_C(5) * 1000000)           /* the mesh's deadlines wait so long for company             \
                                       */
#define OVERLAY_WHERE_ADDRESSES_MAX 4 /* told to others */

struct overlay_user {
    /* All but SEND, DIAL, DROP, REACH and LEARNED, which are done here. Borrowed until return; may
     * call everything here but overlay_free. */
    void (*event)(void *context, const struct mesh_event *event);
    /* Whom the views know in person, where, or who is lost has changed. NULL: nobody wants to know.
     */
    void (*met)(void *context);
    /* The peer broke the rules: the mesh has nothing to do with it for so long. NULL: as above. */
    void (*barred)(void *context, const struct overlay_id *id, uint64_t ns);
    void *context;
};

/* Counted by all overlays of a node together. */
struct overlay_metrics {
    struct metric links_made;
    struct metric links_broken; /* a peer broke the rules, or was too slow */
    struct metric frames_in;
    struct metric frames_out;
};

struct overlay_config {
    struct swarm *swarm;          /* borrowed, as all that is pointed to */
    struct ping *ping;            /* reaches peers for others */
    struct gate *gate;            /* of the node */
    struct gate_network *network; /* at that gate; must not leave before overlay_free */
    struct span scope;            /* what names the network to its members, for ever; empty: open */
    struct mesh_config mesh;      /* self, random, sign, scratch and where are filled in here */
    uint64_t slack_ns;            /* 0: OVERLAY_SLACK_NS; below DETECTOR_GAP_NS */
    struct overlay_user user;
    struct overlay_metrics *metrics;
};

struct overlay; /* opaque */

/** Zero the counters and link them into the node's set, which must not outlive them. */
void overlay_metrics_add(struct overlay_metrics *m, struct metric_set *set);

/** Begin: links are accepted from now on. WAVU_ERR_EXISTS when the network has an overlay already,
 * WAVU_ERR_LIMIT as gate_register. */
WARN_UNUSED int overlay_new(const struct overlay_config *config, struct overlay **out);

/** Leave in good order: neighbours are told. */
void overlay_quit(struct overlay *o);
void overlay_free(struct overlay *o);

/** As mesh_tune. */
void overlay_tune(struct overlay *o, const struct mesh_config *config);

/** Our listeners changed: tell others from now on. */
void overlay_addresses_changed(struct overlay *o);

/** Who belongs to the network has changed, and the gate knows (gate_recheck): all others are cut
 * and forgotten, each with a MESH_REFUSED. */
void overlay_recheck(struct overlay *o);

/** A peer of the mesh may be reached; the peerbook knows where. WAVU_ERR_UNSUPPORTED for a peer
 * whose key is not Ed25519, WAVU_ERR_DENIED for one that does not belong to the network. */
WARN_UNUSED int overlay_meet(struct overlay *o, const struct peerid *peer);

/** A peer of an earlier life, at `where` (empty: the peerbook knows); `is_lost`: it did not answer
 * then. As views_learn and views_retain. One that belongs no more is passed over. */
WARN_UNUSED int overlay_recall(struct overlay *o, const struct overlay_id *id, struct span where,
                               bool is_lost);

/** Go on with our part of the shared state as state_save wrote it in an earlier life; before the
 * first overlay_set. As state_load. */
WARN_UNUSED int overlay_load(struct overlay *o, struct span saved);

/** A connection to a seed stands: make a link over it. WAVU_ERR_UNSUPPORTED, _LIMIT, _CLOSED,
 * _DENIED for one that broke the rules. */
WARN_UNUSED int overlay_greet(struct overlay *o, struct conn *conn);

/** Say `payload` to all. As plumtree_broadcast. */
WARN_UNUSED int overlay_broadcast(struct overlay *o, struct span payload, uint32_t *sequence);

/** As plumtree_broadcast_items. */
WARN_UNUSED int overlay_broadcast_items(struct overlay *o, struct span payload, size_t items);

/** Send a frame of a service above to the linked peer `to`. WAVU_ERR_NOT_FOUND without a link,
 * _LIMIT when it is too long or the link too slow. */
WARN_UNUSED int overlay_send(struct overlay *o, const struct overlay_id *to, enum overlay_kind kind,
                             struct span body);

/** The linked peer `id` broke the rules of a service above: cut the link, and have none with it for
 * a while. */
void overlay_expel(struct overlay *o, const struct overlay_id *id);

/** Who broke the rules, for looking (overlay_bar.h). */
const struct overlay_bar *overlay_barred(const struct overlay *o);

/** Write or delete (value.ptr NULL) a key of our own in the shared state. As state_set. */
WARN_UNUSED int overlay_set(struct overlay *o, struct span key, struct span value);

/** For looking. */
const struct mesh *overlay_mesh(const struct overlay *o);

#endif
