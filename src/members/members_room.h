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

/* An operation that waits: verified, and something that it names is not here. */
struct members_pending {
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    uint8_t missing[MEMBERS_MSG_ID_SIZE]; /* the key in the map, of the first of the list */
    struct members_pending *next;         /* others that wait for the same */
    uint64_t source;
    uint32_t payer; /* on whose account what it names may come in; MEMBERS_NONE: nobody's */
    size_t len;
    uint8_t bytes[];
};

/* An operation that found no room on its author's account: not kept, its name is. */
struct members_refused {
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    uint8_t previous[MEMBERS_MSG_ID_SIZE];
    uint32_t payer; /* who needs it, since one of its operations rests on it; or MEMBERS_NONE */
    bool has_previous;
    bool is_used;
};

/** The member on whose account `m` (of the chain `seat`, `len` bytes) may be let in: its author's
 * when there is room; else one of those whose operations wait for it; MEMBERS_NONE: there is no
 * room. */
uint32_t members_room_payer(const struct members *log, const struct members_msg *m,
                            const uint8_t id[MEMBERS_MSG_ID_SIZE], uint32_t seat, size_t len);

/** The same when its author's account is not asked (`member`, MEMBERS_NONE when it is not known
 * yet): one who needs it and has room for guests, or MEMBERS_NONE. */
uint32_t members_room_patron(const struct members *log, const struct members_msg *m,
                             const uint8_t id[MEMBERS_MSG_ID_SIZE], uint32_t member, size_t len);

/** Is there room in the whole log, whoever pays? */
bool members_room_is_left(const struct members *log, const struct members_msg *m, size_t len);

/** Charge `op`, which is about to be let in, to op->payer and its chain. */
void members_room_charge(struct members *log, const struct members_op *op);

/** Note that `m` was refused for want of room, so that it is known again when somebody needs it. */
void members_room_refuse(struct members *log, const struct members_msg *m,
                         const uint8_t id[MEMBERS_MSG_ID_SIZE]);

/** `m`, an operation of `payer` or needed by it, waits: what was refused on the ways to what it
 * names may come in on the account of `payer`. */
void members_room_want(struct members *log, const struct members_msg *m, uint32_t payer);

/** It came in. */
void members_room_forget(struct members *log, const uint8_t id[MEMBERS_MSG_ID_SIZE]);

void members_room_clear(struct members *log);

/** Count again and CHECK. */
void members_room_check(const struct members *log);

#endif
