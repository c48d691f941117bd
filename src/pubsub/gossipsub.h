/*
 * Gossipsub v1.1 and v1.2 as one machine: topics, meshes, fan-out, gossip. It knows peers and
 * bytes of RPCs, and neither streams nor addresses. docs/protocol/gossipsub.md.
 *
 *   in    gossipsub_feed: an RPC of a peer; gossipsub_join, _leave, _publish, _validated
 *   out   gossipsub_pull: an RPC for a peer; gossipsub_next_event
 *
 * After every call take all events; of each peer that has something to send
 * (GOSSIPSUB_WRITABLE) pull while its stream takes more.
 */
#ifndef PUBSUB_GOSSIPSUB_H
#define PUBSUB_GOSSIPSUB_H

#include "base/buf.h"
#include "pubsub/gossipsub_msg.h"
#include "pubsub/gossipsub_score.h"
#include "pubsub/gossipsub_sign.h"

#define GOSSIPSUB_JOINED_MAX 256u /* topics that we are in */
#define GOSSIPSUB_PEERS_MAX 4096u /* connected at once */
/* Bytes of a message of our own: an RPC of GOSSIPSUB_MSG_SENT_MAX holds it with all else. */
#define GOSSIPSUB_DATA_MAX 64136u
#define GOSSIPSUB_DIRECT_MAX 64u /* direct peers */
#define GOSSIPSUB_DEGREE_MAX 64u /* of any number of a mesh: larger ones are made this */

enum gossipsub_version {
    GOSSIPSUB_FLOODSUB, /* /floodsub/1.0.0 */
    GOSSIPSUB_V10,      /* /meshsub/1.0.0 */
    GOSSIPSUB_V11,      /* /meshsub/1.1.0 */
    GOSSIPSUB_V12       /* /meshsub/1.2.0 */
};

enum gossipsub_verdict {
    GOSSIPSUB_ACCEPT, /* it is delivered and handed on */
    GOSSIPSUB_REJECT, /* it is dropped, and counts against who brought it */
    GOSSIPSUB_IGNORE  /* it is dropped */
};

/* Numbers of a mesh; gossipsub_params_default has those of the page. */
struct gossipsub_params {
    unsigned d;
    unsigned d_low;
    unsigned d_high;
    unsigned d_score;
    unsigned d_out;
    unsigned d_lazy;
    unsigned gossip_share;   /* percent of the peers outside the mesh that get gossip */
    unsigned windows;        /* heartbeats that a message is kept */
    unsigned windows_gossip; /* and announced */
    unsigned px_peers;       /* named in a PRUNE */
    uint64_t heartbeat_ns;
    uint64_t first_heartbeat_ns;
    uint64_t fanout_ns;
    uint64_t backoff_ns;       /* after PRUNE */
    uint64_t leave_backoff_ns; /* after leaving */
    uint64_t iwant_ns;         /* until another is asked, and the promise is broken */
    uint64_t validation_ns;    /* until a verdict that did not come is IGNORE */
    size_t idontwant_bytes;    /* from which size on messages are declined; SIZE_MAX: never */
    unsigned opportunistic_beats;
    bool flood_publish;
    bool px; /* name peers in PRUNE */
};

struct gossipsub_config {
    struct peerid self;
    uint64_t seqno;              /* of the first own message: higher than in every earlier life */
    const struct random *random; /* borrowed */
    const struct gossipsub_sign *sign; /* borrowed */
    struct gossipsub_params params;
    struct gossipsub_score_thresholds thresholds;
    const struct gossipsub_score_config *score; /* copied; NULL: the defaults */
    bool no_score;                              /* everybody's score is 0 */
    /* The signed record of a peer, to be named in a PRUNE: into `record`, borrowed until the next
     * call. NULL, or false: it is not named. */
    bool (*record)(void *context, const struct peerid *peer, struct span *record);
    void *record_context;
};

struct gossipsub_topic_config {
    enum gossipsub_sign_policy policy;
    bool asks;                                 /* GOSSIPSUB_VALIDATE comes before each message */
    bool in_order;                             /* only seqnos above an author's last are taken */
    const struct gossipsub_score_topic *score; /* copied; NULL: the defaults */
};

/* How a peer is there. */
struct gossipsub_link {
    enum gossipsub_version version;
    bool is_dialled; /* by us */
    uint64_t group;  /* of its address, for P6: gossipsub_score_up */
};

enum gossipsub_event_kind {
    GOSSIPSUB_WRITABLE, /* `peer` has something to be pulled that had nothing */
    GOSSIPSUB_DELIVER,  /* `message` in a topic that we are in; each once */
    GOSSIPSUB_VALIDATE, /* say what you think of `message` by gossipsub_validated(ticket) */
    GOSSIPSUB_CONNECT,  /* dial `peer`: `record` is its signed record, already verified; empty for a
                           direct peer */
    GOSSIPSUB_CLOSE,    /* `peer` does not read, or broke the rules: end its streams */
    GOSSIPSUB_PEER_ON,  /* `peer` is in `topic`, in which we are */
    GOSSIPSUB_PEER_OFF  /* it is no longer */
};

/* A message of a topic. Spans are borrowed until the next call. */
struct gossipsub_event {
    enum gossipsub_event_kind kind;
    struct peerid peer;                   /* who brought it, or as above */
    struct span topic;                    /* DELIVER, VALIDATE, PEER_* */
    struct gossipsub_msg_publish message; /* DELIVER, VALIDATE */
    uint64_t ticket;                      /* VALIDATE */
    struct span record;                   /* CONNECT */
};

/* Counters, for metrics and tests; none is ever reset. */
struct gossipsub_stats {
    uint64_t published;
    uint64_t delivered;
    uint64_t duplicates;   /* messages that were here already */
    uint64_t invalid;      /* rejected: signature, policy, validator */
    uint64_t ignored;      /* by the validator or for want of room */
    uint64_t sent;         /* messages pulled by peers */
    uint64_t unwanted;     /* not sent, because IDONTWANT came before */
    uint64_t dropped;      /* messages that found no room in a queue */
    uint64_t grafts;       /* GRAFTs sent */
    uint64_t prunes;       /* PRUNEs sent */
    uint64_t ihaves;       /* ids announced */
    uint64_t iwants;       /* ids asked for */
    uint64_t repaired;     /* messages that came because we asked */
    uint64_t broken;       /* promises that were broken */
    uint64_t misbehaviour; /* penalties given */
    uint64_t malformed;    /* RPCs that could not be read */
};

struct gossipsub; /* opaque */

struct gossipsub_params gossipsub_params_default(void);

WARN_UNUSED struct gossipsub *gossipsub_new(const struct gossipsub_config *config, uint64_t now);
void gossipsub_free(struct gossipsub *g);

/** A peer has a stream to us or we one to it: it is told our topics. WAVU_ERR_EXISTS;
 * WAVU_ERR_LIMIT beyond GOSSIPSUB_PEERS_MAX. */
WARN_UNUSED int gossipsub_peer_up(struct gossipsub *g, uint64_t now, const struct peerid *peer,
                                  const struct gossipsub_link *link);
void gossipsub_peer_down(struct gossipsub *g, uint64_t now, const struct peerid *peer);

/** Make a peer, connected or not, a direct one, or an ordinary one again: messages always go both
 * ways, outside of meshes and scores; it is to be dialled when it is not there.
 * WAVU_ERR_LIMIT beyond GOSSIPSUB_DIRECT_MAX. */
WARN_UNUSED int gossipsub_direct(struct gossipsub *g, uint64_t now, const struct peerid *peer,
                                 bool is_direct);

/** Enter a topic, or leave it. WAVU_ERR_INVALID: no name, or a score that is not valid;
 * WAVU_ERR_EXISTS, WAVU_ERR_NOT_FOUND; WAVU_ERR_LIMIT beyond GOSSIPSUB_JOINED_MAX. `config` may be
 * NULL: strict, not asked. */
WARN_UNUSED int gossipsub_join(struct gossipsub *g, uint64_t now, struct span topic,
                               const struct gossipsub_topic_config *config);
WARN_UNUSED int gossipsub_leave(struct gossipsub *g, uint64_t now, struct span topic);

/** Publish; no DELIVER comes of it. One need not be in the topic (then it is signed strictly).
 * WAVU_ERR_INVALID: no name; WAVU_ERR_LIMIT beyond GOSSIPSUB_DATA_MAX; WAVU_ERR_EXISTS: the same
 * data was said already in a topic without authors; WAVU_ERR_CRYPTO: it could not be signed. `*id`
 * (may be NULL) is the message's id. */
WARN_UNUSED int gossipsub_publish(struct gossipsub *g, uint64_t now, struct span topic,
                                  struct span data, struct gossipsub_sign_id *id);

/** Take an RPC of `peer`. WAVU_ERR_PROTO, WAVU_ERR_LIMIT: it cannot be read, end the stream;
 * WAVU_ERR_NOT_FOUND: the peer is not up. */
WARN_UNUSED int gossipsub_feed(struct gossipsub *g, uint64_t now, const struct peerid *peer,
                               struct span rpc);

/** Append the next RPC for `peer` to `out`, without a length before it; false: nothing waits.
 * GOSSIPSUB_MSG_SENT_MAX bytes at most, or one message (GOSSIPSUB_MSG_SIZE_MAX). */
WARN_UNUSED bool gossipsub_pull(struct gossipsub *g, uint64_t now, const struct peerid *peer,
                                struct buf *out);

/** The verdict of a message that was asked about; nothing happens when it came too late. */
void gossipsub_validated(struct gossipsub *g, uint64_t now, uint64_t ticket,
                         enum gossipsub_verdict verdict);

WARN_UNUSED bool gossipsub_next_event(struct gossipsub *g, struct gossipsub_event *event);

uint64_t gossipsub_deadline(const struct gossipsub *g);
void gossipsub_tick(struct gossipsub *g, uint64_t now);

/* What is so now. */
const struct gossipsub_stats *gossipsub_stats(const struct gossipsub *g);
/** Names of the topics that we are in, at most `max`, in the order of joining; borrowed. */
size_t gossipsub_topics(const struct gossipsub *g, struct span *out, size_t max);
/** Peers that are in `topic` (empty: all that are connected), at most `max`. */
size_t gossipsub_peers(const struct gossipsub *g, struct span topic, struct peerid *out,
                       size_t max);
bool gossipsub_is_in_mesh(const struct gossipsub *g, struct span topic, const struct peerid *peer);
size_t gossipsub_mesh_count(const struct gossipsub *g, struct span topic);
/** Its score, or 0 when it is not there. */
int64_t gossipsub_score(const struct gossipsub *g, uint64_t now, const struct peerid *peer);
/** What the application thinks of it: P5. */
void gossipsub_score_set(struct gossipsub *g, const struct peerid *peer, int64_t application);
/** Bytes that this machine holds, as its tables count them. */
size_t gossipsub_memory(const struct gossipsub *g);

void gossipsub_check(const struct gossipsub *g);

#endif
