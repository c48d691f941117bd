/*
 * What a device makes of its own: changes with their wraps, asks, welcomes. Source:
 * docs/protocol/epoch.md.
 */
#ifndef GROUP_EPOCH_MAKE_H
#define GROUP_EPOCH_MAKE_H

#include "group/epoch.h"

extern const char epoch_make_label[];         /* of changes */
extern const char epoch_make_label_wrap[];    /* of their wraps */
extern const char epoch_make_label_welcome[]; /* of welcomes */

/** The first leaf. The membership log's operation that brings this device carries `leaf`; the log
 * has no place for `mlkem`, so a device's first full change publishes such a key (EPOCH_CLASSIC).
 */
void epoch_make_leaf(const struct epoch *e, uint8_t leaf[32], uint8_t mlkem[MLKEM_PUBLIC_SIZE]);

/** Make a seed change over the heads, by the view of now; full ones renew the ML-KEM leaf, too, and
 * seal to those of others, as far as they have published any. Its messages come as events once the
 * state was saved. AGAIN while an earlier one is being sent or one's messages were not taken,
 * DENIED when one does not belong or has stopped, LIMIT when there is no room, or the log has more
 * heads than a change can name: bring them together. */
WARN_UNUSED int epoch_make_change(struct epoch *e, uint64_t now, bool is_full);

/** Write an ask for the secrets of now, for a member, over a channel that proves this device to it
 * (epoch_make_welcome). Within EPOCH_ASK_WORN_NS it is the same one for each member that it is said
 * to, so that an answer that is long on its way can be opened; then, or when one came that was not
 * enough, one with a key and a number of its own takes its place. AGAIN: the number must be durable
 * first (EPOCH_SAVE), repeat when it is. DENIED when stopped, or when no secret is missing. */
WARN_UNUSED int epoch_make_ask(struct epoch *e, struct wr *w);

/* An ask that came in. Borrowed. */
struct epoch_make_asked {
    const uint8_t *from; /* 32 bytes: the device at the other end of the channel that it came by,
                            which proved itself there. An ask handed on by others is none. */
    struct span message;
};

/** What epoch_make_welcome would say of that ask: CRYPTO, DENIED. */
WARN_UNUSED int epoch_make_check_ask(const struct epoch *e, const struct epoch_make_asked *asked);

/** Answer asks, each by a member of the view of now, with the secrets of the heads (epoch_give.h)
 * or, where that cannot be, with one derived change and a welcome for each: with the one that was
 * made last when that is the one head and has them in its view. AGAIN when a seed change must come
 * first (epoch_bar says why). CRYPTO for an ask that is not signed or not `from`'s, whose number
 * was answered before, or that is older than a change of `from` that is known: that one asks anew.
 * DENIED for one by who does not belong, LIMIT. */
WARN_UNUSED int epoch_make_welcome(struct epoch *e, uint64_t now,
                                   const struct epoch_make_asked *asks, size_t count);

/* For epoch.c and epoch_take.c. */

/** What the seal of a welcome is bound to beside its change: id("wavu epoch past 1", the ids). */
void epoch_make_past_hash(uint8_t hash[32], struct epoch_msg_ids past);

/** Wipe the key of the open ask, if there is one, on the disk, too. */
void epoch_make_forget_ask(struct epoch *e);

/** Emit the next wrap of a change under way; false when there is none to make now. */
bool epoch_make_wrap(struct epoch *e);
/** Whether `c` is a derived change whose secret comes from those of its parents that are here: its
 * author may have said something else. */
bool epoch_make_is_derivable(const struct epoch *e, const struct epoch_change *c);
/** The seed of the derived change `c`, made once more from the secrets of its parents. NOT_FOUND
 * when one is not here, or `c` is a seed change; CRYPTO when it is not what its author says. */
WARN_UNUSED int epoch_make_seed_again(const struct epoch *e, const struct epoch_change *c,
                                      uint8_t seed[32]);
/** The pair secrets of `c`, whose secret is here, made when they are not there yet. */
struct epoch_pair *epoch_make_pairs(struct epoch *e, struct epoch_change *c);
/** The one for a wrap by its member at `index`, which stays. False when it was used. */
bool epoch_make_pair_in(const struct epoch *e, const struct epoch_change *c, int index,
                        uint8_t secret[32]);
/** Whether the devices that are in the view of each of `count` > 0 parents are all in `members`: a
 * derived change may shut nobody out, since whoever has all the parents has its secret. */
bool epoch_make_is_open(const struct epoch_members *members, struct epoch_change *const *parents,
                        size_t count);
/** Derive the secret of `c` from its parents, all of whose secrets are here; false when it is not
 * what its author says. */
bool epoch_make_derived(struct epoch *e, uint64_t now, struct epoch_change *c,
                        struct epoch_change *const *parents);

#endif
