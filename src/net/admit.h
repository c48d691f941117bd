/*
 * Handshake token buckets per address prefix (/24 of IPv4, /56 of IPv6): a machine without I/O.
 * Loopback is exempt: there, many nodes share one address.
 */
#ifndef NET_ADMIT_H
#define NET_ADMIT_H

#include "base/budget.h"
#include "base/map.h"
#include "base/multiaddr.h"

#define ADMIT_RATE 8   /* inbound handshakes a second from one prefix, long-term */
#define ADMIT_BURST 64 /* at once */
#define ADMIT_PREFIXES_MAX                                                                         \
    4096 /* remembered; beyond, full buckets are forgotten, then new prefixes share one bucket */

#define ADMIT_KEY_SIZE 8 /* family and at most 7 bytes of prefix */

struct admit {
    struct map buckets; /* prefix -> struct admit_bucket */
    struct budget_bucket shared;
};

void admit_init(struct admit *a, const struct random *random, uint64_t now);
void admit_clear(struct admit *a);

/** The prefix of an address that counts; false: of another kind, or loopback. */
bool admit_prefix(const struct multiaddr *a, uint8_t key[ADMIT_KEY_SIZE]);

/** May a handshake from `ip` start now? 0, or WAVU_ERR_LIMIT. Takes a token. */
WARN_UNUSED int admit_take(struct admit *a, const struct multiaddr_ip *ip, uint64_t now);

#endif
