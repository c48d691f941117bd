/*
 * What each member has this node do in vain: keys derived for entries that then are refused,
 * signatures of others' words. A broadcast of a few bytes can cost a thousand steps of a chain, so
 * who has had too many is not listened to until some time went by; what it said is brought by
 * repair, which verifies before it does anything else. Pure.
 *
 * Source: docs/protocol/room.md, "On the mesh".
 */
#ifndef CHAT_ROOMS_VAIN_H
#define CHAT_ROOMS_VAIN_H

#include <stddef.h>

#include "base/budget.h"

/* Steps of chains in vain that one member may cause: 16 chains from end to end, 25 ms or so. */
#define ROOMS_VAIN_BURST (16 * 1024)
#define ROOMS_VAIN_RATE 2048      /* more a second */
#define ROOMS_VAIN_SIGNATURE 64   /* a signature counts for so many */
#define ROOMS_VAIN_MEMBERS_MAX 64 /* that are remembered */

struct rooms_vain_member {
    uint8_t member[32];
    struct budget_bucket left;
};

struct rooms_vain {
    struct rooms_vain_member members[ROOMS_VAIN_MEMBERS_MAX];
    size_t count;
};

/** Is `member` to be listened to? */
WARN_UNUSED bool rooms_vain_may(struct rooms_vain *v, const uint8_t member[32], uint64_t now);

/** It has cost so many steps. */
void rooms_vain_cost(struct rooms_vain *v, const uint8_t member[32], uint64_t steps, uint64_t now);

#endif
