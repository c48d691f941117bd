/*
 * What the files of the plumtree machine share: neighbours, and events that wait to be taken.
 * Private to plumtree.c, plumtree_out.c and plumtree_exchange.c.
 */
#ifndef OVERLAY_PLUMTREE_CORE_H
#define OVERLAY_PLUMTREE_CORE_H

#include "base/timers.h"
#include "overlay/plumtree.h"

/* What every broadcast touches comes first, in one line of the processor's cache. */
struct plumtree_link {
    bool is_used;             /* else a free slot */
    bool is_eager;            /* payloads at once; else ids */
    bool is_cut;              /* the last digest had no room for all */
    uint64_t announced;       /* how many of all announcements it need not be told any more */
    uint64_t exchange_due_ns; /* next digest; TIMERS_NEVER: nothing to tell */
    struct budget_bucket bytes;
    struct overlay_id id;
    uint64_t muted_until_ns; /* its announcements are worth nothing until then */
    uint64_t offered;        /* position of the last digest; 0: none */
    uint64_t acked;          /* position up to which it has all that we can give */
    struct budget_bucket verify;
    struct budget_bucket broken;
    struct budget_bucket digests;
    struct budget_bucket serve;
};

/* The longest list of offers that a DIGEST has. */
#define PLUMTREE_OFFERS_SIZE_MAX (PLUMTREE_MSG_OFFERS_MAX * (PLUMTREE_MSG_OFFER_SIZE_MAX + 4))

/* One announcement that waits for its batch. */
struct plumtree_have {
    struct plumtree_msg_id id;
    uint8_t hops; /* links travelled to here */
    uint8_t from; /* slot of who knows it; PLUMTREE_CACHE_NOBODY */
};

enum plumtree_out_kind {
    PLUMTREE_OUT_NOTHING, /* its link went */
    PLUMTREE_OUT_DELIVER,
    PLUMTREE_OUT_GOSSIP,
    PLUMTREE_OUT_HAVE,
    PLUMTREE_OUT_GRAFT,
    PLUMTREE_OUT_PRUNE,
    PLUMTREE_OUT_DIGEST,
    PLUMTREE_OUT_ACK
};

/* An event in short: the message is made when it is taken. */
struct plumtree_out {
    enum plumtree_out_kind kind;
    uint8_t slot;
    bool is_tree;                     /* GRAFT */
    bool is_repair;                   /* GOSSIP, DELIVER */
    bool is_wave;                     /* GOSSIP */
    bool has_id;                      /* GRAFT: not only a change of the tree */
    struct plumtree_payload *payload; /* DELIVER, GOSSIP: referenced */
    struct plumtree_msg_id id;        /* GRAFT */
    uint64_t from;                    /* HAVE: announcements from here ... */
    uint64_t position;                /* ... to here; DIGEST, ACK */
    uint8_t *list;                    /* DIGEST: owned */
    size_t list_len;
};

/* plumtree_out.c */

/** Queue an event, which takes over what it references. */
void plumtree_out_put(struct plumtree *p, struct plumtree_out out);

/** Queue a payload for a link, or for our own user. */
void plumtree_out_gossip(struct plumtree *p, uint8_t slot, struct plumtree_payload *payload,
                         bool is_repair);
void plumtree_out_deliver(struct plumtree *p, struct plumtree_payload *payload, bool is_repair);

/** Note an id for the lazy links; they learn of it at announce_due_ns. */
void plumtree_out_announce(struct plumtree *p, uint64_t now, struct plumtree_payload *payload);

/** Queue what each link has not been told yet. */
void plumtree_out_flush(struct plumtree *p);

/** Nothing more goes to the link in `slot`. */
void plumtree_out_forget_slot(struct plumtree *p, uint8_t slot);

/** plumtree_next_event. */
WARN_UNUSED bool plumtree_out_next(struct plumtree *p, struct plumtree_event *event);

void plumtree_out_clear(struct plumtree *p);

/* plumtree_exchange.c */

/** Start telling a new neighbour what there is. */
void plumtree_exchange_begin(struct plumtree *p, uint64_t now, uint8_t slot);

/** Something is new: every link that was up to date gets a digest after a while. */
void plumtree_exchange_news(struct plumtree *p, uint64_t now);

/** Digests that are due. */
void plumtree_exchange_tick(struct plumtree *p, uint64_t now);

/** Take a DIGEST or ACK. */
WARN_UNUSED int plumtree_exchange_digest(struct plumtree *p, uint64_t now, uint8_t slot,
                                         const struct plumtree_msg *m);
WARN_UNUSED int plumtree_exchange_ack(struct plumtree *p, uint64_t now, uint8_t slot,
                                      const struct plumtree_msg *m);

/** The earliest of all links' digests, noted in exchange_due_ns. */
void plumtree_exchange_reckon(struct plumtree *p);

/* plumtree_wave.c */

/** One more broadcast is here, or our own. */
void plumtree_wave_count(struct plumtree *p);

/** Whether our own next broadcast, of `len` bytes, is a wave. */
bool plumtree_wave_is_due(const struct plumtree *p, size_t len);

/** Whether we take part in a wave that came. */
bool plumtree_wave_is_welcome(const struct plumtree *p, const struct plumtree_msg *m);

/** Whether a copy of `id` says something about the tree: not while a wave that is another
 * broadcast lays it. */
bool plumtree_wave_lets(const struct plumtree *p, uint64_t now, const struct plumtree_msg_id *id);

/** Every link may be the tree's until the wave has shown which are; it goes out at `due_ns`. */
void plumtree_wave_begin(struct plumtree *p, uint64_t due_ns, struct plumtree_payload *payload);

/** Send the wave that is held over the links that did not bring it. Nothing when there is none. */
void plumtree_wave_send(struct plumtree *p);
void plumtree_wave_clear(struct plumtree *p);

#endif
