/*
 * Codec of beacons: docs/protocol/beacon.md and beacon.proto. Pure; spans are borrowed.
 *
 *   "wavu" | 1 | BeaconContent                            open networks
 *   "wavu" | 2 | nonce 16 | tag 32 | sealed 256 | mac 16  closed networks
 *   "wavu" | 3 | BeaconContent with slot                  a join code is open here
 *   "wavu" | 4 | BeaconContent, slot alone                where is that code open?
 */
#ifndef DISCOVERY_BEACON_MSG_H
#define DISCOVERY_BEACON_MSG_H

#include "base/pb.h"
#include "crypto/peerid.h"

#define BEACON_MSG_SIZE_MAX 1200  /* bytes of a packet: fits IPv6's least MTU of 1,280 */
#define BEACON_MSG_NETWORK_MAX 32 /* bytes of an open network's tag */
#define BEACON_MSG_PORTS_MAX 4    /* TCP ports; listeners on "any" share one */
#define BEACON_MSG_ADDRESSES_MAX 8
#define BEACON_MSG_NONCE_SIZE 16
#define BEACON_MSG_TAG_SIZE 32
#define BEACON_MSG_PLAIN_SIZE                                                                      \
    256 /* every sealed content has this size: 2 bytes length, padding                             \
         */
#define BEACON_MSG_MAC_SIZE 16
#define BEACON_MSG_SLOT_MAX 999 /* numbers of join codes: 1 to this (pairing.md) */

enum beacon_msg_kind {
    BEACON_MSG_OPEN = 1,
    BEACON_MSG_CLOSED = 2,
    BEACON_MSG_INVITER = 3,
    BEACON_MSG_SEEKER = 4
};

struct beacon_msg_packet {
    enum beacon_msg_kind kind;
    struct span content; /* all but CLOSED: the content */
    struct span nonce;   /* CLOSED, as the next two */
    struct span tag;
    struct span sealed; /* with its mac */
};

struct beacon_msg {
    struct span network;                  /* open networks' tag; empty: the default one */
    struct peerid peer;                   /* a SEEKER names none */
    uint16_t ports[BEACON_MSG_PORTS_MAX]; /* where it listens at the address it sends from */
    size_t port_count;
    struct span addresses[BEACON_MSG_ADDRESSES_MAX]; /* multiaddrs, not yet decoded */
    size_t address_count;
    bool asks;     /* it is new: who hears it may answer */
    uint16_t slot; /* INVITER: of its open code; SEEKER: of the one that it looks for; or 0 */
};

/** Split a packet. WAVU_ERR_PROTO when it is none of ours, WAVU_ERR_UNSUPPORTED for a newer kind.
 */
WARN_UNUSED int beacon_msg_split(struct beacon_msg_packet *p, struct span bytes);

/** Read the content of a packet of `kind`. Ports and addresses beyond the limits are dropped.
 * WAVU_ERR_PROTO when it is malformed, or says not what its kind must: a peer (all but SEEKER), a
 * slot (INVITER and SEEKER). */
WARN_UNUSED int beacon_msg_decode(struct beacon_msg *m, enum beacon_msg_kind kind,
                                  struct span content);

/** Write what `m` has; no slot when it is 0, no peer when it has none. */
void beacon_msg_encode(struct wr *w, const struct beacon_msg *m);

/** The head of a packet. */
void beacon_msg_write_head(struct wr *w, enum beacon_msg_kind kind);

#endif
