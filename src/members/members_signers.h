/*
 * Who signed a revocation: whether two of its signers are a pair, and how strong that makes it.
 * Comes from the operations that are let in; members_eval tells which signatures are void or count,
 * each once, and asks. What is asked costs the same however many signed.
 *
 * Source: docs/protocol/members.md, "What counts".
 */
#ifndef MEMBERS_MEMBERS_SIGNERS_H
#define MEMBERS_MEMBERS_SIGNERS_H

#include "members/members.h"

#define MEMBERS_SIGNERS_STRENGTHS (2 * (MEMBERS_DEPTH_MAX + 1)) /* pairs over others, by depth */

_Static_assert(MEMBERS_SIGNERS_STRENGTHS % 64 == 0, "strengths are kept as words of bits");

/* One who could be of a pair. */
struct members_signers_one {
    uint32_t op; /* the signature: the revocation itself, or a COSIGN of it */
    uint32_t member;
    uint32_t branch; /* index into the tallies, likewise root */
    uint32_t root;
    bool is_lost;      /* the signature is void */
    bool is_contested; /* by somebody nearer to the founder */
};

/* Signers who share a branch, or a root. */
struct members_signers_tally {
    uint32_t may;  /* signatures that are not void */
    uint32_t sure; /* signatures that count; the author's is taken to */
};

struct members_signers_of {
    uint32_t from; /* its signers, the nearest first; none when nobody co-signed */
    uint32_t end;
    uint32_t nearest;                   /* of them, whose signature is not void */
    uint32_t uncontested;               /* and not contested */
    uint32_t branches, roots;           /* with a signature that is not void */
    uint32_t sure_branches, sure_roots; /* with one that counts */
};

struct members_signers {
    const struct members *log;
    struct members_signers_of *of;         /* owned; by place of the revocation */
    struct members_signers_one *all;       /* owned */
    struct members_signers_tally *tallies; /* owned */
    uint32_t *ones;                        /* owned; by place of the signature: index in `all` */
    uint32_t *enter; /* owned; by member: one is under another when its `enter` is in */
    uint32_t *span;  /* [enter, enter + span) of it */
    uint64_t work;   /* steps taken: what tests count */
};

void members_signers_init(struct members_signers *s, const struct members *log);
void members_signers_clear(struct members_signers *s);

/** This COSIGN is void; it counts. Each once for a COSIGN. */
void members_signers_lose(struct members_signers *s, uint32_t cosign);
void members_signers_gain(struct members_signers *s, uint32_t cosign);

/** May revocation `r` stand as far as signers go, COSIGNs that are not void taken to count? */
bool members_signers_may(const struct members_signers *s, uint32_t r);

/** Does it, if it counts, stand by the COSIGNs that are known to count? */
bool members_signers_must(const struct members_signers *s, uint32_t r);

/** How far from the founder is the nearest who backs it: of a pair, or its author? */
uint32_t members_signers_depth(const struct members_signers *s, uint32_t r);

/** Mark the signatures of `r` that somebody nearer contests: `nearest`, by place, is the depth of
 * the nearest who would void that operation. */
void members_signers_contest(struct members_signers *s, uint32_t r, const uint32_t *nearest);

/** Its strength in a knot, the greater the stronger; never more later than before. */
uint32_t members_signers_strength(const struct members_signers *s, uint32_t r);

#endif
