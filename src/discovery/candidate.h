/*
 * Addresses that neighbours state: which of them are worth dialling. Pure.
 */
#ifndef DISCOVERY_CANDIDATE_H
#define DISCOVERY_CANDIDATE_H

#include "base/multiaddr.h"

#define CANDIDATE_LIST_MAX 8 /* of one neighbour */

struct candidate_list {
    struct multiaddr addresses[CANDIDATE_LIST_MAX]; /* best first */
    size_t count;
};

/** Is `ip`, stated by a datagram from `from`, worth dialling? Private addresses, and the sender's
 * own; loopback only to loopback: nobody can send us to a third party out in the internet. */
bool candidate_is_plausible(const struct multiaddr_ip *ip, const struct multiaddr_ip *from);

/** Add `address` unless it is there, or there is no room. */
void candidate_add(struct candidate_list *list, const struct multiaddr *address);

#endif
