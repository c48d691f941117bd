/*
 * Membership logs made to be slow to evaluate: puppets by the hundred who revoke each other, a key
 * that forks its one revocation by the thousand, co-signatures of everything. For the test that
 * counts the evaluation's steps, and for its benchmark.
 */
#ifndef TESTS_SUPPORT_MEMBERS_HOSTILE_H
#define TESTS_SUPPORT_MEMBERS_HOSTILE_H

#include "tests/support/members_world.h"

enum members_hostile {
    MEMBERS_HOSTILE_LINE,   /* a line of puppets, each of whom revokes others near and far */
    MEMBERS_HOSTILE_RING,   /* the same by puppets of one depth, in rings */
    MEMBERS_HOSTILE_FORKS,  /* one revocation forked over and over, its target talking */
    MEMBERS_HOSTILE_CROWD,  /* everything at random: subtrees, co-signatures, cuts, forks */
    MEMBERS_HOSTILE_CHAINS, /* a member of very many devices, revoked with ever other cuts */
    MEMBERS_HOSTILE_VOICES, /* one revocation co-signed by all, many of whom are revoked */
    MEMBERS_HOSTILE_DUELS,  /* very many who revoke each other by twos, one near, one far */
    MEMBERS_HOSTILE_END
};

/** Open `w` with a log of that kind and of about `operations` operations, as many as are let in. */
void members_hostile_open(struct members_world *w, enum members_hostile kind, uint32_t operations);

/** Operations of a log and the cuts that they name: what evaluation may take time for. */
uint64_t members_hostile_size(const struct members *log);

#endif
