/*
 * One connection to a peer: a link, upgraded to an authenticated, encrypted, multiplexed one.
 *
 *   link bytes -> [pnet] -> multistream: security -> Noise or TLS -> (muxer agreed early, or
 * multistream: muxer)
 *              -> yamux -> streams (net/stream.h)
 *
 *   WAIT_SECURITY -> WAIT_NOISE -> WAIT_MUXER -> OPEN -> CLOSED
 *         \______________\_____________\________________/^
 *
 * Owned by the swarm. conn_close marks; the swarm reaps it at the turn's end. An idle open
 * connection holds its keys, one yamux machine and no buffers.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/budget.h"
#include "base/buf.h"
#include "base/turn.h"
#include "crypto/pnet.h"
#include "mux/yamux.h"
#include "net/channel.h"
#include "net/stream.h"
#include "transport/link.h"

#define CONN_HANDSHAKE_NS (UINT64_C(10) * 1000000000) /* link up to open; slow-loris ends here */
#define CONN_LISTENER_NS (UINT64_C(20) * 1000000)     /* the dialler's turn to speak first */
#define CONN_IDLE_NS                                                                               \
    (UINT64_C(600) * 1000000000) /* open without streams and holds: closed in order */
#define CONN_FAREWELL_NS                                                                           \
    (UINT64_C(200) * 1000000) /* and two round trips, for a peer to end its streams when we leave  \
                               */
#define CONN_EARLY_MAX                                                                             \
    327680 /* bytes kept while a handshake step waits its turn: one read and a bit */
#define CONN_OPENS_RATE                                                                            \
    4000 /* streams a second that the peer may open, long-term: at 2 us each below 1 % of a core   \
          */
#define CONN_OPENS_BURST 4096 /* at once: eight times all that may be open */
#define CONN_OPENS_EXCESS_MAX                                                                      \
    1000 /* refused since the peer last kept its rate for a while: then the connection is closed   \
          */
#define CONN_BINDING_SIZE 32 /* the Noise handshake's hash, or what TLS exports */
#define CONN_HANDSHAKE_STEP_US                                                                     \
    200 /* declared cost of one noise_work: two DH and a signature check, slow core */
#define CONN_TLS_STEP_US 450    /* of TLS: P-256 signed and verified, and a signature of a key */
#define CONN_HYBRID_STEP_US 280 /* the same of the hybrid: an encapsulation or its end besides */

enum conn_state {
    CONN_WAIT_SECURITY, /* multistream over the bare link */
    CONN_WAIT_NOISE,    /* handshake messages, also of TLS */
    CONN_WAIT_MUXER,    /* multistream over the secured link; skipped when agreed early */
    CONN_OPEN,
    CONN_CLOSED
};

/* What runs in the secured channel, by the muxer's name that was agreed. */
enum conn_kind {
    CONN_STREAMS, /* "/yamux/1.0.0": streams */
    CONN_PACKETS  /* "/wavu/datagram/1": packets of net/datagram.h, nothing waits behind a stream */
};

struct peer;    /* net/swarm.h */
struct upgrade; /* net/upgrade.h: what only the handshake needs */

/* Both directions of a private network's cipher; on the heap only when the node has a key. */
struct conn_pnet {
    struct pnet_half send;
    struct pnet_half receive;
    uint8_t nonce[PNET_NONCE_SIZE]; /* the peer's, while it comes in */
    uint8_t nonce_len;
};

struct conn {
    struct list link_swarm;  /* in the swarm's list of connections */
    struct list link_peer;   /* in the peer's list, once open; before that, inbound, in the
                                swarm's of handshakes */
    struct swarm *swarm;     /* owner */
    struct link *link;       /* NULL once closed */
    struct upgrade *upgrade; /* until OPEN */
    struct peer *peer;       /* once open */
    struct yamux *yamux;     /* once open, of kind STREAMS */
    struct conn_pnet *pnet;  /* or NULL */
    struct list streams;     /* of struct stream */
    struct list resumed;     /* streams to be delivered again in the work phase */
    struct channel channel;  /* once secured; wiped at close */
    uint8_t binding[CONN_BINDING_SIZE]; /* once secured */
    struct frame_queue out;
    struct timer timer; /* handshake, then idle and keepalive */
    struct turn_dirty dirty;
    struct turn_dead dead;
    struct turn_job job;        /* deliver again, and let writers write */
    struct budget_bucket opens; /* streams that the peer may open */
    uint64_t opened_ns;
    uint64_t idle_since_ns; /* last time that it had a stream */
    int close_err;          /* why it closed */
    uint16_t holds;         /* services that want it kept */
    uint16_t opens_excess;  /* streams refused because the peer opened too many a second */
    enum conn_state state;
    enum conn_kind kind; /* wished when dialled, agreed once open */
    bool is_dialled;     /* we are initiator of everything */
    bool is_joined;      /* to its peer: observers know it */
    bool is_handshaking; /* counted as an inbound handshake */
    bool is_blocked;     /* the link took less than given */
    bool is_finishing;   /* close once everything is sent */
    bool is_leaving;     /* ... and the peer has had its time */
};

/** Start upgrading `link`, which is up. `expected` is the peer dialled, or NULL for anyone; `kind`
 * is what a dialler wishes. The connection takes the link and belongs to the swarm, which must have
 * room for it. */
WARN_UNUSED struct conn *conn_new_take(struct swarm *swarm, struct link *link, enum conn_kind kind,
                                       const struct peerid *expected);

/** Close for `err` (WAVU_ERR_CLOSED: in order): streams end, the swarm is told, the memory goes at
 * the turn's end. */
void conn_close(struct conn *c, int err);

/** Send what is queued, then close in order. */
void conn_finish(struct conn *c);

/** The same of a node that ends: streams that the peer has not ended within CONN_FAREWELL_NS and
 * two round trips end with the connection, once what is queued is sent. */
void conn_leave(struct conn *c);

/** The handshake is done (from upgrade.c, which has started c->channel): open, or choose the muxer
 * when `muxer` is ""; then read `early`. */
void conn_secured(struct conn *c, const uint8_t binding[CONN_BINDING_SIZE], const char *muxer,
                  struct span_mut early);

/** Have the turn call the connection's out phase. */
void conn_mark(struct conn *c);

/** Keep from being closed as idle / let go again. */
void conn_hold(struct conn *c);
void conn_release(struct conn *c);

/** Without streams and holds, since `idle_since_ns`. */
bool conn_is_idle(const struct conn *c);

const struct peerid *conn_peer(const struct conn *c);
bool conn_is_open(const struct conn *c);

/** True when the hybrid handshake secured it. */
bool conn_is_hybrid(const struct conn *c);

/** What names this connection and no other, the same at both ends and known to nobody else: the
 * handshake's hash (Noise rev. 34, 11.2), or RFC 9266's export. Of an open connection; borrowed. */
struct span conn_binding(const struct conn *c);

/** Smoothed round-trip time in nanoseconds, 0 while unknown. */
uint64_t conn_rtt_ns(const struct conn *c);

/** Both ends without peer ids. */
void conn_addresses(const struct conn *c, struct multiaddr *local, struct multiaddr *remote);

/** Free everything: the swarm's, at reap. */
void conn_free(struct conn *c);

#endif
