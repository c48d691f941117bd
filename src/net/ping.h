/*
 * ping: 32 random bytes, echoed. A service over door 2. Source: libp2p ping specification.
 */
#ifndef NET_PING_H
#define NET_PING_H

#include "net/swarm.h"

#define PING_NAME "/ipfs/ping/1.0.0"
#define PING_SIZE 32
#define PING_INBOUND_MAX 2
#define PING_TIMEOUT_NS (UINT64_C(10) * 1000000000)

struct ping {
    struct swarm *swarm;
    struct stream_protocol protocol; /* answering */
    struct stream_protocol asking;   /* not registered: our own streams */
};

WARN_UNUSED int ping_init(struct ping *p, struct swarm *swarm);
void ping_clear(struct ping *p);

struct ping_run; /* opaque: one stream with pings in sequence; freed after its last event */

struct ping_user {
    /* One round trip took `rtt_ns`, or err says why the run ended: then no more comes and the run
     * is gone. After `count` round trips done is called once more with WAVU_ERR_CLOSED. */
    void (*done)(void *context, int err, uint64_t rtt_ns);
    void *context;
};

/** Ping the peer of `conn` `count` times (0: until cancelled), `interval_ns` apart (0: one after
 * the other). */
WARN_UNUSED int ping_start(struct ping *p, struct conn *conn, uint32_t count, uint64_t interval_ns,
                           struct ping_user user, struct ping_run **out);
void ping_cancel(struct ping_run *run);

#endif
