/*
 * Who is whose neighbour: HyParView's shape, and what heals a split. A machine: links, their
 * messages and results of dialling come from the owner, messages, dials and news of neighbours
 * leave as events.
 *
 * The active view are the neighbours, symmetric: both sides hold each other. The passive view and
 * the retained list (views_book) are whom to ask when one is missing. Roots (views_roots) tell
 * whether a node that was met is of the same component. docs/protocol/views.md has the rules.
 *
 * A link is a way to send messages to one peer; the owner makes it when asked (DIAL) or when the
 * peer did, and says views_link_up. It is wanted until DROP. A link becomes a neighbour by REQUEST
 * and ACCEPT:
 *
 *     DIALLING --link_up--> ASKED --ACCEPT--> ACTIVE      (goal: connect)
 *        |                    +----REJECT--> gone
 *        +------link_up--> AUDITING --AUDIT--> ASKED | gone (goal: probe)
 *     IDLE (made by the peer) --its REQUEST--> ACTIVE
 */
#ifndef OVERLAY_VIEWS_H
#define OVERLAY_VIEWS_H

#include "base/random.h"
#include "base/ring.h"
#include "overlay/views_book.h"
#include "overlay/views_msg.h"
#include "overlay/views_roots.h"

#define VIEWS_ACTIVE_TARGET 5 /* survives 20 % of crashes in one piece, 4 does not */
#define VIEWS_ACTIVE_MIN 4
#define VIEWS_ACTIVE_MAX 6
#define VIEWS_ACTIVE_SPARE 4  /* beyond active_max, for those who are alone or heal a split */
#define VIEWS_ACTIVE_LIMIT 16 /* of active_max with the spare */
#define VIEWS_LINKS_MAX 72    /* neighbours, dials, and peers that linked and ask nothing */
#define VIEWS_IDLE_MAX 24    /* of those: linked, no neighbour, not asked by us. The rest is ours */
#define VIEWS_REPAIRS_MAX 24 /* dials under way of our own choice: peers of the book, probes */
#define VIEWS_ADVISED_MAX 8  /* and those to peers that others named */
#define VIEWS_DIALS_MAX (VIEWS_REPAIRS_MAX + VIEWS_ADVISED_MAX)
#define VIEWS_RANDOM_MIN 2 /* links that nearness may not replace: they keep the mesh small */
#define VIEWS_CHOSEN_MIN 2 /* links chosen by us that nobody may take away by asking */
#define VIEWS_PASSIVE_MAX 100
#define VIEWS_RETAINED_MAX 64
#define VIEWS_WALKS_MAX 16  /* shuffles whose reply is awaited, own and of others */
#define VIEWS_WALKS_SHARE 4 /* of them one neighbour's; an honest one passes 4 on in 30 s */
#define VIEWS_WALK_TTL 6    /* HyParView's active random walk length, at 10,000 nodes */
#define VIEWS_PASSIVE_TTL 3 /* where a join walk leaves the newcomer in the passive view */
#define VIEWS_LINK_RATE 32  /* messages a second of one peer; a join storm of 200 brings 1,000 */
#define VIEWS_LINK_BURST 1024
#define VIEWS_TAKES_RATE 16 /* places a second that ALONE and HEAL may take from others */
#define VIEWS_TAKES_BURST 64
/* How often one peer may ask to be a neighbour: once in 8 s, 8 times at once. Each new neighbour
 * has full allowances in all machines, and the whole mesh hears of it. */
#define VIEWS_COMES_NS (UINT64_C(8) * 1000000000)
#define VIEWS_COMES_BURST 8
#define VIEWS_COMES_MAX 16 /* peers of whom this is remembered, those who asked most */
#define VIEWS_SHUNNED_NS (UINT64_C(60) * 1000000000) /* not asked again on others' word */
#define VIEWS_SHUNNED_MAX 16                         /* of so many that refused us last */
#define VIEWS_ASKED_RATE 4 /* dials a second that others (walks, substitutes) can cause */
#define VIEWS_ASKED_BURST 16
#define VIEWS_REBALANCE_NS (UINT64_C(5) * 1000000000) /* rebalance_interval */
#define VIEWS_SHUFFLE_NS (UINT64_C(60) * 1000000000)
#define VIEWS_SWAP_NS (UINT64_C(300) * 1000000000)    /* swaps cost redundancy of broadcasts */
#define VIEWS_PROBE_NS (UINT64_C(30) * 1000000000)    /* between probes of retained peers, in all */
#define VIEWS_NEARER_NS (UINT64_C(120) * 1000000000)  /* between probes of passive ones */
#define VIEWS_ANSWER_NS (UINT64_C(1) * 1000000000)    /* then the request is repeated, twice */
#define VIEWS_CONNECT_NS (UINT64_C(5) * 1000000000)   /* when no connect_timeout is given */
#define VIEWS_IDLE_NS (UINT64_C(10) * 1000000000)     /* a link that nobody needs ends */
#define VIEWS_PROTECT_NS (UINT64_C(300) * 1000000000) /* a link that heals is kept at least */
#define VIEWS_HURRY_NS (UINT64_C(30) * 1000000000)    /* probes 20 x as often when a split heals */
#define VIEWS_LOST_NS (UINT64_C(60) * 1000000000)     /* and 6 x after a neighbour was lost */
#define VIEWS_EVENTS_MAX 1024 /* not taken yet; the owner takes them after every call */

_Static_assert(VIEWS_IDLE_MAX + VIEWS_ACTIVE_LIMIT + VIEWS_DIALS_MAX <= VIEWS_LINKS_MAX,
               "whoever links leaves room for our neighbours and dials");

/* Zero in a number means the constant above. */
struct views_config {
    struct overlay_id self;
    struct span where;           /* how others reach this node; copied */
    const struct random *random; /* borrowed */
    uint64_t rebalance_ns;
    uint64_t shuffle_ns;
    uint64_t swap_ns;
    uint64_t probe_ns;
    uint64_t nearer_ns;
    uint64_t connect_ns;
    uint64_t answer_ns;
    uint16_t active_target;
    uint16_t active_min;
    uint16_t active_max; /* at most VIEWS_ACTIVE_LIMIT - VIEWS_ACTIVE_SPARE */
    uint16_t passive_max;
    uint16_t retained_max;
};

/* Why a peer is none of ours. */
enum views_refusal { VIEWS_WRONG_NETWORK, VIEWS_NOT_INVITED };

enum views_event_kind {
    VIEWS_SEND,    /* `msg` to `id`, which is linked */
    VIEWS_DIAL,    /* make a link to `id` at `where`; say views_link_up or views_link_failed */
    VIEWS_DROP,    /* the link to `id` is not needed by this machine any more */
    VIEWS_UP,      /* `id` is a neighbour */
    VIEWS_DOWN,    /* `id` is no neighbour any more */
    VIEWS_LEARNED, /* `id` was told to be at `where`: hearsay, to check and to remember */
    VIEWS_SPLIT,   /* `id` is of another component: a split heals, or a node comes back */
    VIEWS_REFUSED  /* `id` is not of our network, by its word or by ours: `refusal` */
};

/* Spans are borrowed until the next call. */
struct views_event {
    enum views_event_kind kind;
    enum views_msg_reason reason; /* DROP, DOWN */
    enum views_refusal refusal;   /* REFUSED */
    bool is_spare;                /* UP: neither side lacks neighbours without it */
    struct overlay_id id;
    struct span where;    /* DIAL, LEARNED */
    struct views_msg msg; /* SEND */
};

/* Counters, for metrics and tests; none is ever reset. */
struct views_stats {
    uint64_t accepted; /* requests of others */
    uint64_t rejected;
    uint64_t evicted; /* neighbours that lost their place to another */
    uint64_t swapped;
    uint64_t probed;
    uint64_t healed; /* links made because roots differed */
    uint64_t barred; /* peers that were not of our network, or not invited */
    uint64_t shed;   /* messages above the rate */
};

struct views_link; /* private, below 160 bytes, as those below */
struct views_sought;
struct views_walk;
struct views_come;
struct views_shunned;

/* A bucket of permissions: `level` of them at `at_ns`, refilled by a rate, at most a burst. */
struct views_bucket {
    uint64_t at_ns;
    uint32_t level;
};

struct views {
    struct views_config config;
    struct views_stats stats;
    struct views_book book;
    struct views_roots roots;
    struct views_link *links;    /* owned */
    struct views_walk *walks;    /* owned; NULL before the first */
    struct views_come *comes;    /* owned; NULL before the first */
    struct views_sought *sought; /* owned; NULL before the first, as the next */
    struct views_shunned *shunned;
    struct ring events;  /* of struct views_event; its spans lie in blocks of their own */
    uint8_t *self_where; /* owned */
    uint8_t *borrowed;   /* owned: the spans of the event taken last */
    struct views_bucket takes;
    struct views_bucket asked;
    uint64_t rebalance_due_ns;
    uint64_t shuffle_due_ns;
    uint64_t swap_due_ns;
    uint64_t probe_due_ns;
    uint64_t nearer_due_ns;
    uint64_t repair_due_ns; /* next try to fill the active view; UINT64_MAX: it is full */
    uint64_t hurry_until_ns;
    uint64_t lost_until_ns;
    uint32_t seek_at; /* of the passive peers, the one sought last */
    uint8_t sought_at;
    uint8_t link_count;
    uint8_t link_cap;
    uint8_t active_count;
    uint8_t shuffle_count; /* the first ones come sooner */
    uint8_t repair_tries;  /* fruitless in a row: backoff */
    uint8_t nearer_tries;  /* fruitless in a row: they come less often */
    uint8_t dials_failed;  /* since the last neighbour came: as many more are tried at once */
    bool is_quitting;
};

void views_init(struct views *v, uint64_t now, const struct views_config *config);
void views_clear(struct views *v);
/** Look at the neighbours that often from `now` on; 0: VIEWS_REBALANCE_NS. */
void views_set_rebalance(struct views *v, uint64_t now, uint64_t rebalance_ns);

/** A peer may be reached at `where` (copied; empty: the owner knows): seeds, a saved peerbook, the
 * member list. Trusted more than hearsay. WAVU_ERR_LIMIT for a longer where, WAVU_ERR_EXISTS for
 * the own id. */
WARN_UNUSED int views_learn(struct views *v, uint64_t now, const struct overlay_id *id,
                            struct span where);

/** A peer that failed in an earlier life: into the retained list. */
WARN_UNUSED int views_retain(struct views *v, uint64_t now, const struct overlay_id *id,
                             struct span where);

/** How others reach this node changed; copied. WAVU_ERR_LIMIT. */
WARN_UNUSED int views_set_where(struct views *v, struct span where);

/** Messages can be sent to `id`: a dial succeeded, or the peer (or the owner, for a seed) made the
 * link; `is_ours` says which. When that was not asked for and there is no neighbour, it is asked to
 * be one. Twice is fine. Of those who come and ask nothing the oldest goes for a new one.
 * WAVU_ERR_LIMIT: too many links, end it. */
WARN_UNUSED int views_link_up(struct views *v, uint64_t now, const struct overlay_id *id,
                              bool is_ours);

/** The link ended; with `is_dead` because the peer is gone (reset, detector's verdict): then it is
 * retained and probed, otherwise kept as passive. Makes a DOWN event for a neighbour. */
void views_link_down(struct views *v, uint64_t now, const struct overlay_id *id, bool is_dead);

/** A DIAL came to nothing. */
void views_link_failed(struct views *v, uint64_t now, const struct overlay_id *id);

/** The peer is not of our network, by its word or by ours; its link, if it has one, ended. Nothing
 * is kept of it, and for VIEWS_SHUNNED_NS only the owner's word or its own link brings it back. */
void views_link_refused(struct views *v, uint64_t now, const struct overlay_id *id,
                        enum views_refusal why);

/** A message of a linked peer. WAVU_ERR_PROTO: it broke the rules; WAVU_ERR_LIMIT: shed for its
 * rate; WAVU_ERR_NOT_FOUND: no such link. */
WARN_UNUSED int views_feed(struct views *v, uint64_t now, const struct overlay_id *from,
                           const struct views_msg *m);

/** The smoothed round trip to a neighbour, from the detector, for the choice of links. */
void views_set_rtt(struct views *v, const struct overlay_id *id, uint64_t rtt_ns);

/** Whether broadcasts come or go over the link to a neighbour: then it is not given up for a nearer
 * one or by chance, since a broken tree costs every broadcast until it is mended. */
void views_set_used(struct views *v, const struct overlay_id *id, bool is_used);

/** Take leave of all neighbours and ask for no more: this node goes down. */
void views_quit(struct views *v, uint64_t now);

WARN_UNUSED bool views_next_event(struct views *v, struct views_event *event);

/** When to tick next. Every call may move it. */
uint64_t views_deadline(const struct views *v);
void views_tick(struct views *v, uint64_t now);

size_t views_active_count(const struct views *v);
bool views_is_active(const struct views *v, const struct overlay_id *id);

/** Walk the neighbours: start with `*at` = 0; NULL at the end. Order is that of their arrival,
 * disturbed by departures. */
const struct overlay_id *views_next_active(const struct views *v, size_t *at);

/** Nodes in this component, estimated from its roots (within 40 % in 2 of 3 cases; exact below
 * VIEWS_MSG_ROOTS_MAX). */
uint64_t views_size_estimate(const struct views *v);

/** Walk the structure and CHECK its invariants. */
void views_check(const struct views *v);

#endif
