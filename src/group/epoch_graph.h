/*
 * The graph of changes: which are heads, who has passed which, what may be forgotten; and the
 * secrets that are kept of each. Source: docs/protocol/epoch.md.
 */
#ifndef GROUP_EPOCH_GRAPH_H
#define GROUP_EPOCH_GRAPH_H

#include "group/epoch_view.h"

#define EPOCH_GRAPH_CHANGES_MAX 256 /* kept: with 200 devices 3.3 MB of secrets at worst */
#define EPOCH_GRAPH_AUTHOR_MAX 64   /* of them by one member: who invites many at once */
#define EPOCH_GRAPH_PAST_MAX 512    /* ids of forgotten ones, so that their children are known */
#define EPOCH_GRAPH_PAST_SHARE 64   /* of them of one member's changes */
#define EPOCH_GRAPH_PAST_SAID 16    /* and of what it only said: refused, or counted as forgotten */
#define EPOCH_GRAPH_KEEP_NS (UINT64_C(7) * 24 * 3600 * 1000000000) /* behind a newer one */

/* Secrets of a change between oneself and one member, used once each: for its wraps to us, and for
 * ours to it. */
struct epoch_pair {
    bool has_in;
    bool has_out;
    uint8_t in[32];
    uint8_t out[32];
};

struct epoch_change {
    struct list link; /* in the graph: parents stand before children */
    uint8_t id[32];
    int author; /* slot */
    uint64_t sequence;
    uint64_t owner; /* of its author, when it is forgotten */
    enum epoch_msg_change_kind kind;
    bool is_full;
    uint8_t *parents; /* owned; ids */
    size_t parent_count;
    struct epoch_members *members; /* a reference */
    uint8_t commitment[32];
    bool has_secret;
    bool is_blind_told;
    bool is_unread; /* its wrap is here, and builds on a change whose secret never came */
    uint8_t merge[32];
    struct epoch_pair *pairs; /* owned; one for each of `members`; NULL without secret, or while
                                 none was used and the secrets of all parents are here: they come
                                 from these (epoch_make_pairs) */
    uint64_t since;           /* ns, when it came */
    uint64_t lacks_since;     /* the same of the first one on the way to it that has no secret */
    uint64_t superseded;      /* ns, since when something stands above it; 0: nothing does */
    bool is_covered;
    bool is_below;  /* covered for good, though what lies between may not be here: a welcome said
                       so, or that gave way to others */
    bool is_orphan; /* taken though parents of it were not known, and are not yet */
    bool is_marked; /* scratch of walks */
    uint8_t passed[EPOCH_VIEW_DEVICES_MAX / 8]; /* by slot */
};

struct epoch_graph {
    struct list changes;
    size_t count;
    struct epoch_change *by_id[EPOCH_GRAPH_CHANGES_MAX]; /* all, ascending by id */
    struct epoch_change *heads[EPOCH_GRAPH_CHANGES_MAX]; /* ascending by id */
    size_t head_count;
    uint8_t past[EPOCH_GRAPH_PAST_MAX][32];
    uint64_t past_by[EPOCH_GRAPH_PAST_MAX]; /* whose; 0: a welcome's word */
    bool past_said[EPOCH_GRAPH_PAST_MAX];   /* it was never here: see PAST_SAID */
    size_t past_count;                      /* oldest first */
    uint64_t steps;                         /* changes and links that walks have seen, ever */
};

void epoch_graph_init(struct epoch_graph *g);
void epoch_graph_clear(struct epoch_graph *g);

struct epoch_change *epoch_graph_find(const struct epoch_graph *g, const uint8_t id[32]);
/** The next one behind `at` (NULL: from the first) whose id begins with `hint`; NULL: none. */
struct epoch_change *epoch_graph_hinted(const struct epoch_graph *g, const struct epoch_change *at,
                                        const uint8_t hint[EPOCH_MSG_HINT_SIZE]);
/** Whether it is here or was. */
bool epoch_graph_knows(const struct epoch_graph *g, const uint8_t id[32]);
/** Whether it was, with such a beginning. */
bool epoch_graph_was_hinted(const struct epoch_graph *g, const uint8_t hint[EPOCH_MSG_HINT_SIZE]);
/** All of those, in their order. False when one is not here, or there is none. */
bool epoch_graph_all(const struct epoch_graph *g, struct epoch_msg_ids ids,
                     struct epoch_change **changes);
size_t epoch_graph_by(const struct epoch_graph *g, int author);
/** Whether a change of that author and sequence is here. */
bool epoch_graph_has(const struct epoch_graph *g, int author, uint64_t sequence);

/** The highest sequence of that author's changes that are here; 0: none is. */
uint64_t epoch_graph_last(const struct epoch_graph *g, int author);

/** A change that stands nowhere yet. Takes over the reference `members`. */
struct epoch_change *epoch_graph_make(const struct epoch_msg_change *c, const uint8_t id[32],
                                      int author, struct epoch_members *members);
void epoch_graph_free(struct epoch_change *c);
/** Behind its parents and before its children that are here. */
void epoch_graph_add_take(struct epoch_graph *g, struct epoch_change *c, uint64_t now);
/** Take it out, remember its id, wipe and free it. */
void epoch_graph_forget(struct epoch_graph *g, struct epoch_change *c);
/** Remember an id that was never here: what a newcomer's graph begins with. There are
 * EPOCH_MSG_PAST_MAX of those, and in a full house the oldest of who has most goes. */
void epoch_graph_remember(struct epoch_graph *g, const uint8_t id[32]);
/** The same of a change that the member `owner` signed and that is not taken: nothing goes for it
 * but the oldest of the same kind of that member. False when there is no place. */
bool epoch_graph_remember_said(struct epoch_graph *g, const uint8_t id[32], uint64_t owner);
/** Put a name back from a saved state. False when there is no place. */
WARN_UNUSED bool epoch_graph_restore(struct epoch_graph *g, const uint8_t id[32], uint64_t owner,
                                     bool is_said);

/** Find the heads anew: changes of devices that `current` has and that no such one stands above.
 * With none `current`, there are no heads. */
void epoch_graph_refresh(struct epoch_graph *g, const struct epoch_members *current, uint64_t now);

/** Whether a head may stand above another one, for all that is known: one stands above an orphan,
 * or is one, and another does not. */
bool epoch_graph_is_unclear(struct epoch_graph *g);

/** Whether none of those stands below another, as far as what lies between is here. */
bool epoch_graph_is_antichain(struct epoch_graph *g, struct epoch_change *const *changes,
                              size_t count);
/** Mark what has that id and all that stands above it, and nothing else; it need not be here. */
void epoch_graph_mark_above(struct epoch_graph *g, const uint8_t id[32]);
/** `c` will go before what it stands on: that stays superseded. */
void epoch_graph_cover_parents(const struct epoch_graph *g, const struct epoch_change *c);
/** All that stands below `c` is passed by `slot`. Whether that is news of any. */
bool epoch_graph_pass(struct epoch_graph *g, struct epoch_change *c, int slot);

/** Mark those that may be forgotten: passed by all of its members that `current` still has, but
 * `self`; or superseded, or void, for EPOCH_GRAPH_KEEP_NS; and all below a superseded one, or it
 * would seem that nothing stands above that. Returns how many. */
size_t epoch_graph_mark_stale(struct epoch_graph *g, const struct epoch_members *current, int self,
                              uint64_t now);
/** Mark `c` alone. */
void epoch_graph_mark(struct epoch_graph *g, struct epoch_change *c);
/** The first of `author` (-1: of anybody) that is void and that nothing stands above; NULL. */
struct epoch_change *epoch_graph_void(const struct epoch_graph *g,
                                      const struct epoch_members *current, int author);
/** The one superseded longest, of `author` (-1: of anybody); NULL: none. */
struct epoch_change *epoch_graph_oldest(const struct epoch_graph *g, int author);

/** Move a pair's secret out: it is here no more. False when there is none. */
bool epoch_graph_take_in(struct epoch_pair *pair, uint8_t secret[32]);
bool epoch_graph_take_out(struct epoch_pair *pair, uint8_t secret[32]);

#endif
