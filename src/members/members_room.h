/*
 * Room in a membership log: how much each chain, each member and each member with all under it may
 * put there, forks and void operations counted, and who pays for what is beyond that. Asked by
 * members_feed before a signature is verified.
 *
 * Source: docs/protocol/members.md, "Limits".
 */
#ifndef MEMBERS_MEMBERS_ROOM_H
#define MEMBERS_MEMBERS_ROOM_H

#include "members/members.h"

/* Who brings in an operation of somebody else. */
struct members_patron {
    uint32_t member; /* or MEMBERS_NONE */
    bool is_urgent;  /* a revocation or COSIGN of that member rests on it */
    bool is_reserve; /* so it comes in out of the quarter that is for those */
};

/* An operation that waits: verified, and something that it names is not here. */
struct members_pending {
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    uint8_t missing[MEMBERS_MSG_ID_SIZE]; /* the key in the map, of the first of the list */
    struct members_pending *next;         /* others that wait for the same */
    struct members_pending *todo;         /* of members_room_want, while it runs */
    struct members_patron patron;         /* on whose account what it names may come in */
    uint64_t source;
    uint64_t number; /* in the order of coming */
    uint32_t member; /* its author's, or MEMBERS_NONE: of no chain that is here */
    uint32_t rank;   /* members_places_rank */
    size_t len;
    uint8_t bytes[];
};

/* An operation that found no room on its author's account: not kept, its name is. */
struct members_refused {
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    uint8_t previous[MEMBERS_MSG_ID_SIZE];
    struct members_patron patron; /* who needs it, since one of its operations rests on it */
    bool has_previous;
    bool is_used;
};

/** Who pays for `m` (of the chain `seat`, `len` bytes): its author's member when there is room;
 * else one of those whose operations wait for it; nobody (MEMBERS_NONE): there is no room. */
struct members_patron members_room_payer(const struct members *log, const struct members_msg *m,
                                         const uint8_t id[MEMBERS_MSG_ID_SIZE], uint32_t seat,
                                         size_t len);

/** The same when its author's account is not asked (`member`, MEMBERS_NONE when it is not known
 * yet): one who needs it and has room for guests, or nobody. */
struct members_patron members_room_patron(const struct members *log, const struct members_msg *m,
                                          const uint8_t id[MEMBERS_MSG_ID_SIZE], uint32_t member,
                                          size_t len);

/** Is there certainly room for one more guest of `patron`, of whatever length? */
bool members_room_can_host(const struct members *log, const struct members_patron *patron);

/** May the node of `member` let in one who asks? Only out of the half that those have who came so,
 * and out of the half of its own account that its person does not keep. */
bool members_room_has_door(const struct members *log, uint32_t member);

/** Has `now` no room for guests (or is nobody), and `next` has? */
bool members_room_is_better(const struct members *log, const struct members_patron *now,
                            const struct members_patron *next);

/** Is there room in the whole log, whoever pays? */
bool members_room_is_left(const struct members *log, const struct members_msg *m, size_t len,
                          bool is_urgent);

/** Charge `op`, which is about to be let in, to op->payer and its chain. */
void members_room_charge(struct members *log, const struct members_op *op);

/** Note that `m` was refused for want of room, so that it is known again when somebody needs it. */
void members_room_refuse(struct members *log, const struct members_msg *m,
                         const uint8_t id[MEMBERS_MSG_ID_SIZE]);

/** `m`, an operation of `patron` or needed by it, waits: what it names, was refused or waits, too,
 * and what that names, may come in on the account of `patron`, where nobody with room pays yet. */
void members_room_want(struct members *log, const struct members_msg *m,
                       struct members_patron patron);

/** It came in. */
void members_room_forget(struct members *log, const uint8_t id[MEMBERS_MSG_ID_SIZE]);

void members_room_clear(struct members *log);

/** Count again and CHECK. */
void members_room_check(const struct members *log);

#endif
