/*
 * All connections and peers of a node: the middle of net/. It owns connections, peers and
 * listeners, knows the protocols, charges budgets and tells observers. dial, listen and the
 * services hang on it.
 */
#ifndef NET_SWARM_H
#define NET_SWARM_H

#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "net/conn.h"
#include "net/observe.h"
#include "net/peerbook.h"
#include "net/policy.h"
#include "net/records.h"
#include "net/spare.h"
#include "net/admit.h"
#include "port/net.h"
#include "transport/transport.h"

#define SWARM_CONNS_MAX 8192 /* connections of all kinds; descriptors are the harder bound */
#define SWARM_HANDSHAKES_MAX                                                                       \
    1024 /* inbound links not yet open: oldest is dropped for a new one                            \
          */
#define SWARM_CONNS_PER_PEER_MAX 4
#define SWARM_TRANSPORTS_MAX 8
#define SWARM_BUDGET_BYTES                                                                         \
    (UINT64_C(128) * 1024 * 1024) /* what all peers together can make us hold beyond their own */
#define SWARM_PEER_OWN_BYTES                                                                       \
    UINT64_C(16384) /* each peer's own, whatever others took: identify, and streams being chosen;  \
                       of SWARM_CONNS_MAX peers 128 MiB */
#define SWARM_PEER_BYTES (UINT64_C(48) * 1024 * 1024)      /* one peer */
#define SWARM_HANDSHAKE_BYTES (UINT64_C(32) * 1024 * 1024) /* early bytes of all handshakes */

/* One connected peer. Owned by the swarm; freed when its last connection closes. */
struct peer {
    struct peerid id;
    struct list conns; /* open ones, oldest first */
    size_t conn_count; /* in `conns` */
    size_t ref_count;  /* connections that point here, closed ones not yet reaped included */
    struct budget budget;
    int64_t clock_ms; /* its wall clock, as ms since 1970, at our boot time 0 (clocks.h) */
    bool has_clock;   /* it said so */
};

/* Why connections end: one counter each. */
struct swarm_metrics {
    struct metric conns_opened;
    struct metric conns_closed;
    struct metric handshakes_failed;
    struct metric dropped_proto;        /* broke the protocol */
    struct metric dropped_crypto;       /* wrong tag, signature or key */
    struct metric dropped_downgrade;    /* somebody on the way suppressed the hybrid handshake */
    struct metric dropped_timeout;      /* handshake or keepalive ran out */
    struct metric dropped_limit;        /* went over a budget or limit */
    struct metric dropped_denied;       /* policy said no */
    struct metric refused_rate;         /* handshake token bucket was empty */
    struct metric refused_full;         /* too many connections */
    struct metric streams_refused;      /* protocol not spoken, audience or per-peer limit */
    struct metric streams_refused_rate; /* the peer opened too many a second */
    struct metric streams_reset;        /* negotiation failed or ran out */
    struct metric bytes_received;
    struct metric bytes_sent;
};

/* Who handles connections of kind PACKETS: net/datagram.c. */
struct swarm_packets {
    void (*opened)(void *context, struct conn *c);
    void (*closed)(void *context, struct conn *c);
    int (*received)(void *context, struct conn *c, struct span plain); /* an error closes */
    void (*pull)(void *context, struct conn *c);                       /* write into c->out */
    void *context;
};

/* Security protocols, spoken in this order. Plaintext proves and hides nothing: for tests, where a
 * person said that he knows it (docs/protocol/tls.md). */
enum swarm_security {
    SWARM_SECURITY_NOISE = 1, /* the hybrid, and "/noise" */
    SWARM_SECURITY_TLS = 2,
    SWARM_SECURITY_PLAINTEXT = 4
};

struct swarm_config {
    struct port *port;              /* borrowed */
    const struct ed25519_pair *key; /* copied; wiped at the end; NULL with a host key */
    struct identity_key *host_key;  /* of any type, one more owner; NULL: `key` */
    const uint8_t *psk;             /* 32 bytes of a private network, copied; or NULL */
    unsigned security;              /* of enum swarm_security; 0, or with a psk: Noise */
    struct log *log;                /* borrowed */
    struct metric_set *metrics;     /* borrowed */
    uint64_t idle_ns;               /* CONN_IDLE_NS, or another time */
    uint64_t attempt_ns;            /* for a dialled address; 0: DIAL_ATTEMPT_NS */
    uint32_t conns_max;             /* 0: SWARM_CONNS_MAX */
};

struct swarm {
    struct port *port;
    struct turn *turn; /* the port's */
    struct log *log;
    struct aead *aead;
    struct identity_key *host_key; /* whose id is `self` */
    struct ed25519_pair key;       /* the same; zero when that is not Ed25519: no mesh then */
    struct peerid self;
    struct noise_identity identity;
    struct spare spare; /* ephemeral key for the next handshake */
    uint8_t psk[PNET_KEY_SIZE];
    bool has_psk;
    bool is_closing;
    bool is_classic; /* "/noise" is all that is spoken, as foreign nodes do: for tests and measures
                      */
    char other[AEAD_PROTOCOL_MAX]; /* "": none */
    const char *security[5];       /* names by preference, NULL at the end */
    struct tls_identity *tls;      /* made when first needed */
    const char *other_security[2]; /* `other` alone, when there is one */
    uint64_t idle_ns;
    uint64_t attempt_ns;
    uint32_t conns_max;
    uint64_t crowd_ns; /* when connections were last counted by prefix: net/crowd.h */
    struct policy policy;
    struct records records; /* zeroed: nobody can look a peer up */
    struct list protocols;  /* of struct stream_protocol */
    struct list observers;  /* of struct observe */
    struct list conns;      /* of struct conn, all states, oldest first */
    size_t conn_count;
    struct list
        handshakes; /* of struct conn by link_peer: inbound and not yet open, oldest first */
    size_t handshake_count; /* in `handshakes` */
    struct map peers;       /* peer id bytes -> struct peer: connected ones */
    struct peerbook peerbook;
    struct admit admit;                                 /* handshake token buckets */
    struct transport *transports[SWARM_TRANSPORTS_MAX]; /* borrowed */
    size_t transport_count;
    struct swarm_packets packets; /* zeroed: such connections are refused */
    struct list listeners;        /* net/listen.h */
    struct multiaddr *announced;  /* owned; what others are told in place of theirs, or NULL */
    size_t announced_count;
    struct list dials; /* net/dial.h */
    struct budget budget;
    struct budget handshake_budget;
    struct frame_pool frames;
    struct swarm_metrics metrics;
};

WARN_UNUSED int swarm_init(struct swarm *s, const struct swarm_config *config);

/** Close everything, at once. The turn must run once more (or be cleared) before the port goes. */
void swarm_clear(struct swarm *s);

/** Close every connection in order and stop listening: the first step of going down. */
void swarm_shut(struct swarm *s);

/** From the first connection on, all are under AEAD_OTHER, which is `cipher`, and speak the
 * security protocol `name` (shorter than AEAD_PROTOCOL_MAX) and no other. WAVU_ERR_IN_USE: there
 * are connections. */
WARN_UNUSED int swarm_set_other(struct swarm *s, const char *name, const struct aead_other *cipher);

/** What TLS shows of us, made at the first call; NULL when a library fails. */
struct tls_identity *swarm_tls(struct swarm *s);

void swarm_add_transport(struct swarm *s, struct transport *t);

/** The transport that speaks `address`, or NULL. */
struct transport *swarm_transport_for(const struct swarm *s, const struct multiaddr *address);

void swarm_observe(struct swarm *s, struct observe *o);
void swarm_unobserve(struct observe *o);

/** The connected peer, or NULL. */
struct peer *swarm_peer(const struct swarm *s, const struct peerid *id);

/** The best open connection to `id` (oldest), or NULL. */
struct conn *swarm_conn(const struct swarm *s, const struct peerid *id);

/** The same of those that we dialled: its address is proved. */
struct conn *swarm_conn_dialled(const struct swarm *s, const struct peerid *id);

/** The protocol called `name`, or NULL. */
struct stream_protocol *swarm_protocol(const struct swarm *s, struct span name);

/** A link came in: check limits and policy, then upgrade it, or close it. */
void swarm_accept(struct swarm *s, struct link *link);

/* From conn.c. */

/** `c` is authenticated as `id`: join it to its peer, whose budget is `*budget`. WAVU_ERR_DENIED or
 * _LIMIT when it may not stay. */
WARN_UNUSED int swarm_conn_join(struct swarm *s, struct conn *c, const struct peerid *id,
                                struct budget **budget);

/** `c` is open: tell observers and the dialler. */
void swarm_conn_opened(struct swarm *s, struct conn *c);

/** `c` ended for `err`: leave the peer's list, count, tell observers and the dialler. */
void swarm_conn_closed(struct swarm *s, struct conn *c, int err);

/** From identify.c: the peer of `c` told what it speaks: tell observers. */
void swarm_conn_identified(struct swarm *s, struct conn *c);

/** Plaintext of a connection of kind PACKETS, and its turn to write. */
WARN_UNUSED int swarm_packets_received(struct swarm *s, struct conn *c, struct span plain);
void swarm_packets_pull(struct swarm *s, struct conn *c);

/** The memory of `c` goes: with it its peer, when it was the last. */
void swarm_peer_forget(struct conn *c);

#endif
