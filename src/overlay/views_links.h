/*
 * Part of views: the links and their states, and the queue of events. Only views and views_walk
 * include it.
 *
 * Links move in memory when one is added or removed: a pointer to one is good until then.
 */
#ifndef OVERLAY_VIEWS_LINKS_H
#define OVERLAY_VIEWS_LINKS_H

#include "overlay/views.h"

#define VIEWS_LINKS_SECOND UINT64_C(1000000000)
#define VIEWS_LINKS_REFUSED_NS                                                                     \
    (30 * VIEWS_LINKS_SECOND) /* a peer without room is left alone for it */

enum views_links_state { VIEWS_DIALLING, VIEWS_IDLE, VIEWS_ASKED, VIEWS_AUDITING, VIEWS_ACTIVE };

enum views_links_goal {
    VIEWS_GOAL_CONNECT, /* a neighbour is missing */
    VIEWS_GOAL_PROBE,   /* is it of another component? */
    VIEWS_GOAL_NEARER,  /* likewise, and is it nearer than a neighbour? */
    VIEWS_GOAL_SWAP,    /* a neighbour in place of another, at random */
    VIEWS_GOAL_HEAL     /* it is of another component */
};

struct views_link {
    struct overlay_id id;
    enum views_links_state state;
    enum views_links_goal goal;
    uint64_t end_ns; /* all but VIEWS_ACTIVE: when this state has lasted too long */
    uint64_t asked_ns;
    uint64_t protect_ns; /* not to be evicted before */
    uint64_t rtt_ns;     /* 0: unknown */
    struct views_bucket bucket;
    uint32_t list;  /* of its roots, as it said last; 0: it has not */
    uint8_t degree; /* likewise */
    uint8_t tries;
    bool is_chosen;  /* we asked */
    bool is_sought;  /* we dialled */
    bool is_advised; /* another peer named it */
    bool is_near;    /* chosen for its round trip */
    bool is_used;    /* broadcasts come or go over it */
};

/* A shuffle that passed here, so that its reply finds back. */
struct views_walk {
    uint64_t nonce;
    uint64_t end_ns;
    struct overlay_id back; /* self: it began here */
};

/* How often a peer asked to be a neighbour. */
struct views_come {
    uint64_t tag;
    uint64_t paid_ns; /* when all that it asked is paid off */
};

/* A peer that is none of ours. */
struct views_shunned {
    uint64_t tag;
    uint64_t end_ns;
};

void views_links_init(struct views *v);
void views_links_clear(struct views *v);

/** Queue an event; the spans in it are copied. */
void views_links_emit(struct views *v, const struct views_event *event);
void views_links_send(struct views *v, const struct overlay_id *to, const struct views_msg *m);

/** An event without message. */
void views_links_tell(struct views *v, enum views_event_kind kind, const struct overlay_id *id,
                      enum views_msg_reason reason);

/** Take one permission of a bucket; false when it is empty. */
bool views_links_allow(struct views_bucket *b, uint64_t now, uint32_t rate, uint32_t burst);

/** May `id` ask to be a neighbour once more? Not after it did so too often. */
bool views_links_may_come(struct views *v, uint64_t now, const struct overlay_id *id);

/** Ask nothing of `id` for VIEWS_SHUNNED_NS, and have nobody name it. */
void views_links_shun(struct views *v, uint64_t now, const struct overlay_id *id);
bool views_links_is_shunned(const struct views *v, uint64_t now, const struct overlay_id *id);
void views_links_pardon(struct views *v, const struct overlay_id *id);

/** Half to one and a half of `ns`. */
uint64_t views_links_jitter(const struct views *v, uint64_t ns);
bool views_links_is_self(const struct views *v, const struct overlay_id *id);

/** The link to `id`, or NULL. */
struct views_link *views_links_find(const struct views *v, const struct overlay_id *id);

/** Links in a range of states. */
size_t views_links_count(const struct views *v, enum views_links_state first,
                         enum views_links_state last);

/** Our own dials and questions under way; of them those to peers that others named. */
size_t views_links_pending(const struct views *v);
size_t views_links_advised(const struct views *v);

/** This node as a peer in a message; borrows. */
struct views_msg_peer views_links_self(const struct views *v);

/** Another one, with the where that the book has; borrows. */
struct views_msg_peer views_links_peer(const struct views *v, const struct overlay_id *id);

/** Fill the active view at `due_ns` at the latest. */
void views_links_repair(struct views *v, uint64_t due_ns);

/** A random neighbour that is neither; NULL when there is none. */
struct views_link *views_links_random(const struct views *v, const struct overlay_id *not_this,
                                      const struct overlay_id *nor_this);

/** A new link, VIEWS_IDLE; NULL when there are too many. */
struct views_link *views_links_add(struct views *v, uint64_t now, const struct overlay_id *id);

/** End the oldest of the VIEWS_IDLE links when there are VIEWS_IDLE_MAX. */
void views_links_spare(struct views *v, uint64_t now);

/** The peer of a link is there: one that we sought was reached, another came. `where`: as it says
 * itself, or empty. */
void views_links_greet(struct views *v, const struct views_link *l, struct span where);

/** Forget a link without a word. */
void views_links_remove(struct views *v, struct views_link *l);

/** End a link of whatever state, on our wish. */
void views_links_end(struct views *v, uint64_t now, struct views_link *l,
                     enum views_msg_reason reason);

/** Send an AUDIT. */
void views_links_tell_roots(struct views *v, uint64_t now, const struct views_link *l,
                            bool is_asking);

/** Send a neighbour the news of our roots: briefly when it said last that it has the same. */
void views_links_renew_roots(struct views *v, uint64_t now, const struct views_link *l);

/** The link is a neighbour from now on: protected when it heals a split; spare, when nobody
 * lacks neighbours without it. */
void views_links_activate(struct views *v, uint64_t now, struct views_link *l, bool is_healing,
                          bool is_wanted);

/** Send a REQUEST, the first or a repeated one. */
void views_links_ask(struct views *v, uint64_t now, struct views_link *l);

/** Go on with what the link was made for, once it stands. */
void views_links_pursue(struct views *v, uint64_t now, struct views_link *l);

/** Begin something with a peer that is no neighbour; false when there is no room for it. Links
 * move. */
bool views_links_begin(struct views *v, uint64_t now, const struct views_msg_peer *peer,
                       enum views_links_goal goal);

/** The neighbour that misses us least: not in use if there is one, then of the highest degree, at
 * least `degree_min`. Never one that heals a split, nor one of the last few that we chose
 * ourselves. NULL when there is none. */
struct views_link *views_links_victim(const struct views *v, uint64_t now,
                                      const struct overlay_id *not_this, uint32_t degree_min);

/** Take leave of a neighbour and point it to `other` (may be NULL), whom it can ask instead. Links
 * move. */
void views_links_evict(struct views *v, uint64_t now, struct views_link *l,
                       const struct overlay_id *other);

/** True when `id` is a neighbour. */
bool views_links_is_active(const struct views *v, const struct overlay_id *id);

/** Take the oldest event; its spans are good until the next call. */
bool views_links_next(struct views *v, struct views_event *event);

#endif
