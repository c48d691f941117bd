/*
 * Which members of a network have said that this device is not invited there, and nobody has let it
 * in since: what others say, and no fact. A machine: what members said and which links stand comes
 * in, with the log that says what that is worth; whether a person is to be told is asked.
 *
 * One alone among many can lie, or be behind. So two say it, or one who could put this person out
 * alone, whose lie then gives nothing that a revocation would not; or there is no other member. And
 * no link to a neighbour stands: whoever has one is let in. Who says it while others go on to let
 * us in is doubted, however often, until somebody else says it for the first time.
 *
 * Source: docs/protocol/network.md, "What members say".
 */
#ifndef GROUP_DENIALS_H
#define GROUP_DENIALS_H

#include "group/network.h"
#include "store/store.h"

#define DENIALS_MAX 16    /* members that said so, the newest in place of the oldest: two decide */
#define DENIALS_ENOUGH 2  /* of them, none of whom could put us out alone */
#define DENIALS_SPREAD_NS /* so long a revocation may need to be everywhere: whoever lets us in */ \
    (UINT64_C(60) * 1000000000) /* later than that after a word has not heard of any */

struct denials_word {
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    uint64_t at_ns;  /* said first */
    bool is_doubted; /* somebody let us in much later, and nobody has said it newly since */
};

/* Zeroed memory: nobody has said anything. */
struct denials {
    struct denials_word words[DENIALS_MAX]; /* the oldest first */
    size_t count;
    size_t linked; /* neighbours, there */
};

/** That member, by a link that proved its device, said so. True: words are others by that. Who says
 * it for the first time lifts the doubt from those who said it before. */
bool denials_said(struct denials *d, uint64_t now, const uint8_t member[MEMBERS_MSG_ID_SIZE]);

/** A link to a neighbour, which is that member's (NULL: of nobody who is one now), came up or
 * stood until now; `linked`: how many stand. True: somebody's word is gone, or doubted, by that. */
bool denials_linked(struct denials *d, uint64_t now, const uint8_t *member, size_t linked);

/** That member has let us in, without a link that stays. True: as above. */
bool denials_let_in(struct denials *d, uint64_t now, const uint8_t member[MEMBERS_MSG_ID_SIZE]);

/** Do the others say that `self`, a member of `n`, is none any more? */
WARN_UNUSED bool denials_hold(const struct denials *d, const struct network *n,
                              const uint8_t self[MEMBERS_MSG_ID_SIZE]);

/** Forget all of it, and that links stand. */
void denials_clear(struct denials *d);

/** Let the store have these words of the network of that id, and no others. What the store says. */
WARN_UNUSED int denials_keep(const struct denials *d, struct store *s,
                             const uint8_t network[MEMBERS_MSG_ID_SIZE]);

/** What the store has, as if it was said now. */
WARN_UNUSED int denials_load(struct denials *d, uint64_t now, struct store *s,
                             const uint8_t network[MEMBERS_MSG_ID_SIZE]);

#endif
