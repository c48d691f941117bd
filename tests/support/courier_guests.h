/*
 * Devices beside the nodes of a courier_net: no hosts, only keys and a session with node 0 each, so
 * that there can be many of them, as of a member who means harm. What they say comes to node 0 by
 * courier_hop.
 */
#ifndef TESTS_SUPPORT_COURIER_GUESTS_H
#define TESTS_SUPPORT_COURIER_GUESTS_H

#include "courier/session.h"
#include "tests/support/courier_net.h"

struct courier_guest {
    struct ed25519_pair device;
    struct prekeys prekeys;
    struct session session;
    uint32_t said;
};

struct courier_guests {
    struct courier_net *net;
    struct courier_guest all[COURIER_NET_GUESTS];
    size_t count;
    struct random_seeded seeded;
    struct random random;
    struct aead *aead;
    uint64_t now; /* theirs */
};

/** `count` devices of the member `owner`. */
void courier_guests_start(struct courier_guests *g, struct courier_net *net, size_t count,
                          uint8_t owner);
void courier_guests_stop(struct courier_guests *g);

/** Begin anew with the next message. */
void courier_guests_renew(struct courier_guests *g, size_t i);

/** Seal a message of `kind` to node 0 into `out`, as a frame. */
void courier_guests_seal(struct courier_guests *g, size_t i, uint32_t kind, struct span body,
                         struct buf *out);

/** Seal one and bring it; what node 0 says. */
WARN_UNUSED int courier_guests_say(struct courier_guests *g, size_t i, uint32_t kind,
                                   struct span body);

/** Seal `count` that get lost. */
void courier_guests_lose(struct courier_guests *g, size_t i, size_t count);

#endif
