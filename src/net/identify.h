/*
 * identify and identify-push: what peers tell each other right after connecting. A service over
 * door 2.
 *
 * What it learns goes to the peerbook. Peers below the standing of a member are told no addresses,
 * and only the protocols that they may open.
 */
#ifndef NET_IDENTIFY_H
#define NET_IDENTIFY_H

#include "net/identify_msg.h"
#include "crypto/signed_record.h"
#include "net/swarm.h"

#define IDENTIFY_NAME "/ipfs/id/1.0.0"
#define IDENTIFY_PUSH_NAME "/ipfs/id/push/1.0.0"
#define IDENTIFY_SEND_MAX 4096   /* bytes of one message we send: rust's limit */
#define IDENTIFY_MESSAGES_MAX 10 /* messages merged on one stream, as go */
#define IDENTIFY_TIMEOUT_NS (UINT64_C(10) * 1000000000)
#define IDENTIFY_READ_MAX 65536 /* bytes of all messages on one stream; charged to the peer */
#define IDENTIFY_INBOUND_MAX 2  /* streams of one peer, each kind */
#define IDENTIFY_TOLD_MAX 32    /* of our own addresses */
#define IDENTIFY_LOOK_NS (UINT64_C(1) * 1000000000) /* they are looked up at most so often */

#define IDENTIFY_SEEN_MAX 8 /* peers of whom is kept where they see us */

/* Where a peer says that it sees us: a hint, which it may invent. */
struct identify_seen {
    struct peerid peer;
    struct multiaddr_ip at; /* its port is that of one connection */
};

/* What we say of ourselves to members, kept: a record is signed when the addresses change, not for
 * each who asks. */
struct identify_self {
    struct multiaddr addresses[IDENTIFY_TOLD_MAX];
    size_t count;
    uint64_t looked_ns;
    uint8_t record[SIGNED_RECORD_SIZE_MAX];
    size_t record_len; /* 0: to be signed, when there are addresses */
    bool is_looked;
    struct identify_seen seen[IDENTIFY_SEEN_MAX]; /* the newest, in a ring */
    size_t seen_count;
    size_t seen_next;
};

struct identify {
    struct swarm *swarm;
    struct stream_protocol protocol;
    struct stream_protocol push;
    struct observe observe;
    struct list sessions;               /* streams under way */
    const char *agent;                  /* static */
    struct identify_self *self;         /* owned */
    void (*heard_clock)(void *context); /* or NULL: a peer said what time it is (clocks.h) */
    void *clock_context;
    uint64_t record_seq;    /* of our newest signed record: grows also when the clock does not */
    struct metric received; /* peers identified, pushes included */
    struct metric bad;      /* malformed, or contradicting the peer's key */
};

/** Register with `swarm` and identify every connection from now on. */
WARN_UNUSED int identify_init(struct identify *i, struct swarm *swarm, const char *agent,
                              struct metric_set *metrics);
void identify_clear(struct identify *i);

/** The `n`th of the different addresses that peers see us at, loopback apart; false when there are
 * fewer. */
bool identify_observed(const struct identify *i, size_t n, struct multiaddr_ip *out);

/** Tell every connected peer that speaks identify-push about our addresses and protocols as they
 * are now. */
void identify_push_all(struct identify *i);

/** Tell one alone, which may hear more than before; whether it speaks that may not be known yet. */
void identify_push(struct identify *i, struct conn *conn);

#endif
