/*
 * The gate between door 2 and the services of networks: which network is a stream of, and does its
 * peer belong to it? A stream of a network's protocol begins with the opener's proofs and one byte
 * in answer; who is not let in learns no more than that. Behind it the stream is as any other.
 *
 * Streams come in from net/, those that are let in go to the protocol of the network that they
 * prove. Nodes have several networks; each has its own instances of services.
 *
 * Source: docs/protocol/gate.md.
 */
#ifndef OVERLAY_GATE_H
#define OVERLAY_GATE_H

#include "net/swarm.h"
#include "overlay/overlay_id.h"

#define GATE_TAG_SIZE 32
#define GATE_TAGS_MAX 4 /* the newest discovery keys: the other side may know an older log */
#define GATE_KEY_SIZE 32
#define GATE_PROOF_SIZE_MAX (2 + GATE_TAGS_MAX * GATE_TAG_SIZE)
#define GATE_NS (UINT64_C(15) * 1000000000) /* until proof and answer are here; else reset */
#define GATE_NAMES_MAX 8     /* protocols of networks, whatever network they are of */
#define GATE_WAITING_MAX 8   /* streams of one peer and name whose proof is not here yet */
#define GATE_NETWORKS_MAX 64 /* of one node */

/* One direction of a link: what binds a tag. */
struct gate_link {
    struct span binding; /* the handshake's hash; borrowed */
    struct overlay_id prover;
    struct overlay_id judge;
};

/* A network, at the gate; embedded in its owner, who answers what the gate asks. */
struct gate_network {
    void *context;
    /* The tags that the prover of `link` shows, the newest key's first; returns how many. NULL: the
     * open network, which has no key; one of them at most. */
    size_t (*prove)(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE]);
    /* Does one of the tags show that the prover of `link` knows the network? In constant time for
     * each tag and key. NULL with `prove`. */
    bool (*recognise)(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE],
                      size_t count);
    /* Does that device belong to it? NULL: whoever knows the network does. */
    bool (*is_member)(void *context, const struct overlay_id *device);
    /* To which member, by its id? False: none that is known. NULL: each device is one. */
    bool (*whose)(void *context, const struct overlay_id *device, struct overlay_id *member);
    struct list link; /* private, as below */
    struct list protocols;
};

/* A protocol of one network; embedded in its service. `name`, `inbound_max` (of one peer), `up` and
 * `service` of `stream` are its owner's, as for stream_register. Events are those of net/stream.h,
 * from behind the gate:
 * STREAM_OPENED: inbound, the peer has proved itself; outbound, it let us in. stream_send is
 * allowed before that. STREAM_CLOSED also: WAVU_ERR_REFUSED (it does not know this network),
 * _DENIED (it says that we are not invited, or it is no member here). */
struct gate_protocol {
    struct stream_protocol stream;
    struct list link;
    struct gate_network *network;
    struct stream_protocol asking; /* outbound ones, until the answer is here */
};

struct gate_metrics {
    struct metric wrong_network; /* inbound streams that were not let in */
    struct metric not_invited;
};

struct gate; /* opaque */

/** The gate of a node. `swarm` and `metrics` are borrowed. */
struct gate *gate_new(struct swarm *swarm, struct metric_set *metrics);

/** All networks must have left. NULL is fine. */
void gate_free(struct gate *g);

/** A network comes. WAVU_ERR_LIMIT; WAVU_ERR_EXISTS: there is an open one already;
 * WAVU_ERR_UNSUPPORTED: this node's key is not Ed25519. */
WARN_UNUSED int gate_enter(struct gate *g, struct gate_network *network);

/** It goes: its protocols must have been withdrawn. */
void gate_leave(struct gate *g, struct gate_network *network);

/** Offer a protocol of `network` to its members. WAVU_ERR_EXISTS when it has one of that name,
 * WAVU_ERR_LIMIT for too many names. */
WARN_UNUSED int gate_register(struct gate *g, struct gate_network *network,
                              struct gate_protocol *protocol);

/** Withdraw it: its streams are aborted, and the service hears STREAM_CLOSED of each. */
void gate_unregister(struct gate *g, struct gate_protocol *protocol);

/** Open a stream of that protocol to the peer of `conn`. As stream_open; WAVU_ERR_DENIED when the
 * peer is no member here, WAVU_ERR_UNSUPPORTED when its key is not Ed25519. */
WARN_UNUSED int gate_open(struct gate *g, struct gate_protocol *protocol, struct conn *conn,
                          void *user, struct stream **out);

/** Who belongs to `network` has changed: abort the streams of peers that do not any more; their
 * services hear STREAM_CLOSED with WAVU_ERR_DENIED. */
void gate_recheck(struct gate *g, struct gate_network *network);

/** What stream_open of a connection proves with: HMAC-SHA-256 under the network's key. */
void gate_tag(uint8_t tag[GATE_TAG_SIZE], const uint8_t key[GATE_KEY_SIZE],
              const struct gate_link *link);

/** As `recognise` of struct gate_network, for one key. */
WARN_UNUSED bool gate_is_proof(const uint8_t key[GATE_KEY_SIZE], const struct gate_link *link,
                               uint8_t (*tags)[GATE_TAG_SIZE], size_t count);

#endif
