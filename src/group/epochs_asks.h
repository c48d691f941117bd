/*
 * Asks for group keys, both ways: whom this node asks, and what others asked of it until it is
 * answered. Asks that came within a short while are answered with one change. A part of
 * group/epochs.h.
 *
 * Source: docs/protocol/epoch.md, "How the membership log plugs in".
 */
#ifndef GROUP_EPOCHS_ASKS_H
#define GROUP_EPOCHS_ASKS_H

#include "group/epoch_make.h"
#include "group/network.h"

#define EPOCHS_ASKS_KEPT_MAX 64     /* asks that wait for our answer, one of a device */
#define EPOCHS_ASKS_ANSWERED_MAX 64 /* devices of which it is remembered that they got one */
/* An answer to one device each so long, two at once. */
#define EPOCHS_ASKS_ANSWER_NS (UINT64_C(15) * 1000000000)
#define EPOCHS_ASKS_KEEP_NS (UINT64_C(20) * 1000000000) /* then it has asked somebody else */

struct epochs_asks_one; /* opaque */

/* A device that got an answer lately. */
struct epochs_asks_answered {
    uint8_t device[32];
    uint64_t paid_ns; /* what it got is paid by time until then; 0: a free place */
};

struct epochs_asks {
    struct list kept; /* of struct epochs_asks_one, oldest first */
    size_t count;
    struct epochs_asks_answered answered[EPOCHS_ASKS_ANSWERED_MAX];
    size_t answered_at;
};

void epochs_asks_init(struct epochs_asks *a);
void epochs_asks_clear(struct epochs_asks *a);

/** Whom to ask the `asks`th time, from 0: who made what is missing surely has it, a newcomer's
 * inviter was here a moment ago; else a device drawn by chance. False when there is nobody. */
bool epochs_asks_whom(const struct epoch *e, const struct network *network, unsigned asks,
                      uint8_t device[32]);

/** Keep the ask of `from`, a device of `member`, until it is answered, in place of an earlier one.
 * Dropped when the device was answered twice lately: a second answer is due to who meets another
 * change at that moment. All places are taken: the last one of the member with most goes for who
 * has fewer. LIMIT: there is no place, it is to come again. */
WARN_UNUSED int epochs_asks_keep(struct epochs_asks *a, uint64_t now, const uint8_t from[32],
                                 const uint8_t member[32], struct span message);

/** Answer those that are kept: as many with one change as a change can. Returns how many devices
 * are in `devices` now, each of which has the keys of now with the messages that leave. What cannot
 * be answered yet stays; what is refused, or waited too long, goes. */
size_t epochs_asks_answer(struct epochs_asks *a, struct epoch *e, uint64_t now,
                          uint8_t devices[EPOCH_ASKS_MAX][32]);

/** A device among those that wait of which we know the leaf, so that a change of ours would reach
 * it. */
bool epochs_asks_has_known(const struct epochs_asks *a, const struct epoch *e);

#endif
