/*
 * Places for operations of a membership log that wait for what they name: who may have how many,
 * and who gives way to whom. Asked by members_feed: before a signature is looked at whether there
 * is one, and behind that who goes for it.
 *
 * Source: docs/protocol/members.md, "Limits".
 */
#ifndef MEMBERS_MEMBERS_PLACES_H
#define MEMBERS_MEMBERS_PLACES_H

#include "members/members_room.h"

/* One that is to wait. */
struct members_places_want {
    uint32_t member; /* its author's, or MEMBERS_NONE: none of a chain that is here */
    uint32_t rank;   /* as members_places_rank has it */
    size_t len;
};

/** How soon what waits gives way, the higher the sooner: unknown authors', then those whose patron
 * has no room for guests, then by their distance from the founder. */
uint32_t members_places_rank(const struct members *log, uint32_t member,
                             const struct members_patron *patron);

/** 0 when there is a place, or could be when others give way; else WAVU_ERR_LIMIT. */
WARN_UNUSED int members_places_look(const struct members *log,
                                    const struct members_places_want *want);

/** The next that must give way to `want`, or NULL: there is a place. After members_places_look. */
struct members_pending *members_places_next(const struct members *log,
                                            const struct members_places_want *want);

#endif
