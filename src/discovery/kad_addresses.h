/*
 * Addresses in Kademlia's messages: which of them are told to whom, which are believed, and which
 * group of the table an address counts in. docs/protocol/kad.md.
 */
#ifndef DISCOVERY_KAD_ADDRESSES_H
#define DISCOVERY_KAD_ADDRESSES_H

#include "discovery/kad_msg.h"
#include "net/swarm.h"

#define KAD_ADDRESSES_TOLD_MAX 4 /* of one peer, in an answer of ours; and learnt of one peer */

/* How far away an address reaches, farthest first. */
enum kad_addresses_scope {
    KAD_ADDRESSES_PUBLIC,
    KAD_ADDRESSES_PRIVATE, /* of a local network */
    KAD_ADDRESSES_LOOPBACK /* this machine */
};

/** That of an address with an IP in front. Another kind counts as public. */
enum kad_addresses_scope kad_addresses_scope(const struct multiaddr *a);

/** That of the far end of `conn`: what is nearer than it is neither told nor believed. */
enum kad_addresses_scope kad_addresses_scope_of(const struct conn *conn);

/** What the far end of `conn` counts as in the table: its /16 of IPv4 or /32 of IPv6; 0: none. */
uint64_t kad_addresses_group(const struct conn *conn);

struct kad_addresses {
    struct multiaddr addresses[KAD_ADDRESSES_TOLD_MAX]; /* most trusted first */
    size_t count;
};

/** What may be told of `peer` to somebody of `scope`. */
void kad_addresses_tell(const struct swarm *swarm, const struct peerid *peer,
                        enum kad_addresses_scope scope, struct kad_addresses *out);

/** Likewise of ourselves: where we listen. */
void kad_addresses_own(struct swarm *swarm, enum kad_addresses_scope scope,
                       struct kad_addresses *out);

/** Read an address of `peer` that somebody of `scope` tells, or is told: false where it is none, is
 * another peer's, cannot be dialled, or reaches nearer than that. */
bool kad_addresses_read(const struct swarm *swarm, struct span bytes,
                        enum kad_addresses_scope scope, const struct peerid *peer,
                        struct multiaddr *out);

/** Put what somebody of `scope` said of `p` into the book: of its signed record, where it has one
 * that is its own, else as hearsay. Only addresses that can be dialled and reach no nearer than
 * that. False: it is nobody's id, or our own; nothing was learnt. */
bool kad_addresses_learn(struct swarm *swarm, const struct kad_msg_peer *p,
                         enum kad_addresses_scope scope, struct peerid *id);

#endif
