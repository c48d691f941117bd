/*
 * identify and identify-push: what peers tell each other right after connecting. A service over door 2.
 *
 * What it learns goes to the peerbook. An observed address counts as ours only when peers of several address
 * groups agree (nat/ asks for it later); listen addresses are taken without trailing peer id.
 */
#ifndef NET_IDENTIFY_H
#define NET_IDENTIFY_H

#include "net/identify_msg.h"
#include "net/swarm.h"

#define IDENTIFY_NAME "/ipfs/id/1.0.0"
#define IDENTIFY_PUSH_NAME "/ipfs/id/push/1.0.0"
#define IDENTIFY_SEND_MAX 4096    /* bytes of one message we send: rust's limit */
#define IDENTIFY_MESSAGES_MAX 10  /* messages merged on one stream, as go */
#define IDENTIFY_TIMEOUT_NS (UINT64_C(10) * 1000000000)
#define IDENTIFY_OBSERVED_MAX 16  /* observed addresses remembered */
#define IDENTIFY_TOLD_MAX 32      /* of our own addresses */

/* An address under which a peer sees us. */
struct identify_observed {
    struct multiaddr address;
    struct peerid by; /* who said so last */
    uint16_t votes;   /* distinct peers, saturating */
};

struct identify {
    struct swarm *swarm;
    struct stream_protocol protocol;
    struct stream_protocol push;
    struct observe observe;
    struct list sessions; /* streams being read */
    const char *agent;    /* static */
    uint64_t record_seq;  /* of our newest signed record */
    struct identify_observed observed[IDENTIFY_OBSERVED_MAX];
    size_t observed_count;
    struct metric received;
    struct metric bad;
};

/** Register with `swarm` and identify every connection from now on. */
WARN_UNUSED int identify_init(struct identify *i, struct swarm *swarm, const char *agent,
                              struct metric_set *metrics);
void identify_clear(struct identify *i);

/** Tell every connected peer that speaks identify-push about our addresses and protocols as they are now. */
void identify_push_all(struct identify *i);

#endif
