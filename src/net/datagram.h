/*
 * Beside door 2: packets to peers; size-limited, unreliable, oldest dropped first, so that what
 * ages quickly never waits behind a stream.
 *
 * Links that carry datagrams themselves (QUIC) will implement it below. Without them, packets to a
 * peer go over a connection of their own, without streams (muxer "/wavu/datagram/1",
 * docs/protocol/datagram.md), dialled at the first packet: a packet is dropped there rather than
 * queued behind others.
 */
#ifndef NET_DATAGRAM_H
#define NET_DATAGRAM_H

#include "net/swarm.h"

#define DATAGRAM_SIZE_MAX 65000 /* bytes of one packet: a TUN frame of the largest MTU */
#define DATAGRAM_QUEUE_BYTES_MAX                                                                   \
    262144 /* waiting for one peer and protocol; the oldest packets go first */
#define DATAGRAM_PROTOCOLS_MAX 16

struct datagram_protocol {
    const char *name; /* "/wavu/<name>/1" */
    enum stream_audience audience;
    /* A packet of `peer`, borrowed until return. */
    void (*receive)(void *service, const struct peerid *peer, struct span packet);
    void *service;
};

struct datagram; /* opaque; the service */

WARN_UNUSED struct datagram *datagram_new(struct swarm *swarm, struct metric_set *metrics);
void datagram_free(struct datagram *d);

/** Offer `protocol` (must outlive the service). WAVU_ERR_EXISTS, _LIMIT. */
WARN_UNUSED int datagram_register(struct datagram *d, const struct datagram_protocol *protocol);

/** Send a packet to a connected peer. WAVU_ERR_LIMIT when larger than DATAGRAM_SIZE_MAX, _NOT_FOUND
 * when the peer is not connected or the protocol not registered. Success does not mean that it
 * arrives. */
WARN_UNUSED int datagram_send(struct datagram *d, const struct peerid *peer, const char *protocol,
                              struct span packet);

#endif
