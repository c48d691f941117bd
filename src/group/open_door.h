/*
 * Whom this node lets into an open network now: sources of strangers come in, a verdict leaves.
 * Each admission stays in a log for ever, so a source has few at once, and all together not many.
 *
 * Source: docs/protocol/network.md, Open networks.
 */
#ifndef GROUP_OPEN_DOOR_H
#define GROUP_OPEN_DOOR_H

#include <stddef.h>

#include "base/budget.h"

#define OPEN_DOOR_SOURCE_SIZE 16    /* an IPv6 prefix, or an IPv4 address mapped into one */
#define OPEN_DOOR_BURST 32          /* let in at once, of all sources */
#define OPEN_DOOR_SECONDS 15        /* to one more of all: 240 an hour */
#define OPEN_DOOR_SOURCE_BURST 8    /* of one source: a household behind one address */
#define OPEN_DOOR_SOURCE_SECONDS 60 /* to one more of it: a quarter of all */
#define OPEN_DOOR_SOURCES_MAX 64    /* remembered */
#define OPEN_DOOR_CHAIN_MAX                                                                        \
    512 /* operations of this device's chain: half; then it lets in                                \
           nobody by itself */

struct open_door_source {
    uint8_t source[OPEN_DOOR_SOURCE_SIZE];
    uint64_t seen;               /* ns: last time that it came */
    struct budget_bucket admits; /* OPEN_DOOR_SOURCE_SECONDS tokens for one */
};

struct open_door {
    struct budget_bucket admits; /* of all; OPEN_DOOR_SECONDS tokens for one */
    struct open_door_source sources[OPEN_DOOR_SOURCES_MAX];
    size_t count;
};

/** Nobody came yet. */
void open_door_init(struct open_door *d, uint64_t now);

/** Somebody at `source` asks: WAVU_ERR_LIMIT, and nothing is taken from either allowance, or 0. */
WARN_UNUSED int open_door_ask(struct open_door *d, uint64_t now,
                              const uint8_t source[OPEN_DOOR_SOURCE_SIZE]);

/** Walk the invariants. */
void open_door_check(const struct open_door *d);

#endif
