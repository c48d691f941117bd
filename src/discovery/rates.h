/*
 * Token buckets for datagrams, one for each address that they claim to come from: a machine without
 * I/O. A table of limited size; when it is full, newcomers share one bucket.
 */
#ifndef DISCOVERY_RATES_H
#define DISCOVERY_RATES_H

#include "base/budget.h"
#include "base/map.h"
#include "base/multiaddr.h"

#define RATES_SOURCES_MAX                                                                          \
    512 /* addresses remembered: twice a /24; beyond, full buckets are forgotten, then shared */

struct rates {
    struct map sources; /* IP bytes -> struct rates_source */
    struct budget_bucket shared;
    uint32_t rate;
    uint32_t burst;
};

/** Allow each source `rate` datagrams a second, `burst` at once. */
void rates_init(struct rates *r, const struct random *random, uint32_t rate, uint32_t burst);
void rates_clear(struct rates *r);

/** May a datagram from `ip` (any port) be looked at now? 0, or WAVU_ERR_LIMIT. Takes a token. */
WARN_UNUSED int rates_take(struct rates *r, const struct multiaddr_ip *ip, uint64_t now);

#endif
