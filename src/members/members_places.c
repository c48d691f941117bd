/*
 * Places for what waits. An operation of a known chain is charged to its author's member, the
 * branch of that and the whole; anybody can make keys, so all that are not known share one small
 * part. In a part that is full what ranks higher gives way. Among the unknown ones the oldest does,
 * so nobody blocks that part for long; among those of one rank nobody, since what came first is
 * what the others wait for.
 */
#include "members/members_places.h"

#include "base/check.h"

/* Parts that a wish must fit, the narrowest first. */
enum part { PART_UNKNOWN, PART_MEMBER, PART_BRANCH, PART_ALL, PARTS };

static const uint32_t part_max[PARTS] = {
    [PART_UNKNOWN] = MEMBERS_PENDING_UNKNOWN_MAX,
    [PART_MEMBER] = MEMBERS_PENDING_MEMBER_MAX,
    [PART_BRANCH] = MEMBERS_PENDING_BRANCH_MAX,
    [PART_ALL] = MEMBERS_PENDING_MAX,
};

#define NO_ROOM (MEMBERS_DEPTH_MAX + 1)
#define UNKNOWN (2 * NO_ROOM)

static uint32_t places(size_t len)
{
    return (uint32_t)((len + MEMBERS_PENDING_PLACE - 1) / MEMBERS_PENDING_PLACE);
}

uint32_t members_places_rank(const struct members *log, uint32_t member,
                             const struct members_patron *patron)
{
    if (member == MEMBERS_NONE) {
        return UNKNOWN;
    }
    return log->members[member].depth + (members_room_can_host(log, patron) ? 0 : NO_ROOM);
}

/* All who came into an open network by asking are one: where the founder's own node let them in,
 * each would be a branch. */
static uint32_t branch_of(const struct members *log, uint32_t member)
{
    const struct members_member *m = &log->members[member];
    return m->is_by_door ? MEMBERS_NONE : m->branch;
}

/* Is what waits of `member` in the part that the wish must fit? */
static bool is_in(const struct members *log, enum part part, const struct members_places_want *want,
                  uint32_t member)
{
    bool is_unknown = member == MEMBERS_NONE;
    switch (part) {
    case PART_UNKNOWN:
        return is_unknown && want->member == MEMBERS_NONE;
    case PART_MEMBER:
        return !is_unknown && member == want->member;
    case PART_BRANCH:
        return !is_unknown && want->member != MEMBERS_NONE &&
               branch_of(log, member) == branch_of(log, want->member);
    case PART_ALL:
    case PARTS:
    default:
        return true;
    }
}

static bool gives_way(const struct members_pending *p, const struct members_places_want *want)
{
    return p->rank > want->rank || (p->member == MEMBERS_NONE && want->member == MEMBERS_NONE);
}

/* How many places of each part are taken; without those that would give way, on demand. */
static void count(const struct members *log, const struct members_places_want *want,
                  bool is_of_those_who_stay, uint32_t taken[PARTS])
{
    size_t at = 0;
    const struct members_pending *p = NULL;
    for (int part = 0; part < PARTS; part++) {
        taken[part] = 0;
    }
    while ((p = map_next(&log->pending_map, &at)) != NULL) {
        for (int part = 0; part < PARTS; part++) {
            bool is_counted = is_in(log, (enum part)part, want, p->member) &&
                              !(is_of_those_who_stay && gives_way(p, want));
            taken[part] += is_counted ? places(p->len) : 0;
        }
    }
}

/* The narrowest part in which that many leave no room; PARTS: none. */
static enum part find_full(const uint32_t taken[PARTS], const struct members_places_want *want)
{
    int part = 0;
    while (part < PARTS && taken[part] + places(want->len) <= part_max[part]) {
        part++;
    }
    return (enum part)part;
}

int members_places_look(const struct members *log, const struct members_places_want *want)
{
    uint32_t taken[PARTS];
    count(log, want, true, taken);
    return find_full(taken, want) == PARTS ? 0 : WAVU_ERR_LIMIT;
}

/* Does `a` give way before `b`? Of one rank the youngest does, of the unknown the oldest. */
static bool is_before(const struct members_pending *a, const struct members_pending *b)
{
    if (a->rank != b->rank) {
        return a->rank > b->rank;
    }
    return a->member == MEMBERS_NONE ? a->number < b->number : a->number > b->number;
}

struct members_pending *members_places_next(const struct members *log,
                                            const struct members_places_want *want)
{
    uint32_t taken[PARTS];
    size_t at = 0;
    struct members_pending *p = NULL;
    struct members_pending *found = NULL;
    count(log, want, false, taken);
    enum part full = find_full(taken, want);
    if (full == PARTS) {
        return NULL;
    }
    while ((p = map_next(&log->pending_map, &at)) != NULL) {
        if (is_in(log, full, want, p->member) && gives_way(p, want) &&
            (found == NULL || is_before(p, found))) {
            found = p;
        }
    }
    CHECK(found != NULL);
    return found;
}
