/*
 * Broadcast: what one node says reaches every node once. A machine: neighbours and their decoded
 * messages come from the owner, deliveries and messages to send leave as events.
 *
 * Payloads travel along a tree of eager links, ids along the lazy ones; who learns of an id without
 * its payload asks for it and grafts the tree anew (Plumtree). Below that lies a slow exchange that
 * loses nothing: neighbours tell which broadcasts they can give, by origin and sequence, until each
 * has acknowledged (docs/protocol/plumtree.md).
 *
 * Parts: plumtree_rate (what origins may say), plumtree_payer (whose share that is), plumtree_seen
 * (origins and which of their broadcasts are here), plumtree_cache (payloads), plumtree_want (ids
 * announced and not here).
 */
#ifndef OVERLAY_PLUMTREE_H
#define OVERLAY_PLUMTREE_H

#include "base/budget.h"
#include "base/buf.h"
#include "overlay/plumtree_cache.h"
#include "overlay/plumtree_msg.h"
#include "overlay/plumtree_payer.h"
#include "overlay/plumtree_rate.h"
#include "overlay/plumtree_seen.h"
#include "overlay/plumtree_want.h"

#define PLUMTREE_LINKS_MAX 16 /* neighbours: 6 of the active view, twice that while it changes */
#define PLUMTREE_IHAVE_TIMEOUT_NS (UINT64_C(500) * 1000000)  /* from an id to asking for it */
#define PLUMTREE_LAZY_NS (UINT64_C(100) * 1000000)           /* ids wait so long to go together */
#define PLUMTREE_EXCHANGE_NS (UINT64_C(5) * 1000000000)      /* between digests on a link */
#define PLUMTREE_EXCHANGE_FIRST_NS (UINT64_C(200) * 1000000) /* to the first one of a link */
#define PLUMTREE_CACHE_NS (UINT64_C(300) * 1000000000)
#define PLUMTREE_CACHE_BYTES_MAX (4u * 1024u * 1024u)
#define PLUMTREE_ORIGINS_MAX 4096 /* remembered, about 150 bytes each */
/* Shorter by so many links: swap. The paper has 7; measured with 10,000 nodes of 5 links and
 * senders in turn, 7 made the last delivery later (516 to 616 ms against 447) and no path shorter.
 */
#define PLUMTREE_OPTIMISE_HOPS 10
#define PLUMTREE_OPTIMISE_NS (UINT64_C(1) * 1000000000) /* between swaps of one node */
/* A wave is a broadcast that goes over all links: what it came by first is the tree from then on.
 * It costs 3.7 payloads in vain at each node (5.7 links on average), so 0.038 for each broadcast.
 */
#define PLUMTREE_WAVE_EVERY 96 /* an origin makes one after so many broadcasts without */
#define PLUMTREE_WAVE_MIN 75   /* nobody passes one on after fewer: 0.05 for each broadcast */
#define PLUMTREE_WAVE_FIRST 8  /* to the first one of a new node */
#define PLUMTREE_WAVE_PAYLOAD_MAX 1024
/* Every node holds it for so long, so the tree has the least sum of delays and 12 ms a link. With
 * 10,000 nodes and delays of 10 to 50 ms a tree without it is 24 links wide and as fast. Shortest
 * ways from 72 roots in three meshes, the widest of 100 senders at most 20 links: 8 ms 47 times,
 * 12 ms 65 times and 5 ms slower, 16 ms 69 times and 17 ms slower. */
#define PLUMTREE_WAVE_HOLD_NS (UINT64_C(12) * 1000000)
/* For so long nothing but its copies says which links are the tree's. Broadcasts at its heels are
 * not held: with ten of them, 20 ms apart, 1,000 nodes had a tree of 46 links, and have 27 now. */
#define PLUMTREE_WAVE_LAYS_NS (UINT64_C(500) * 1000000)
#define PLUMTREE_MISSES_MAX 2      /* broadcasts in a row that had to be asked for: then graft */
#define PLUMTREE_ANNOUNCE_MAX 64   /* ids that wait: a full HAVE, then they go at once */
#define PLUMTREE_WANTS_NEW_MAX 128 /* ids taken from one digest; the next one brings the rest */
/* What a neighbour may send, all kinds together. */
#define PLUMTREE_LINK_RATE (2u * 1024u * 1024u) /* bytes a second */
#define PLUMTREE_LINK_BURST (4u * 1024u * 1024u)
#define PLUMTREE_LINK_VERIFY_RATE 1000 /* signatures a second: a tenth of a core */
#define PLUMTREE_LINK_VERIFY_BURST 2000
/* Announced and not given when asked: an honest neighbour at 10 % loss fails one asking in five.
 * Beyond, its announcements are not listened to for a while. */
#define PLUMTREE_LINK_MUTE_NS (UINT64_C(10) * 1000000000)
#define PLUMTREE_LINK_BROKEN_RATE 20
#define PLUMTREE_LINK_BROKEN_BURST 512
#define PLUMTREE_LINK_DIGEST_RATE 4 /* digests a second; honest ones come every few seconds */
#define PLUMTREE_LINK_DIGEST_BURST 16
/* What a neighbour may have sent it again: bytes a second of payload, from the cache. */
#define PLUMTREE_LINK_SERVE_RATE (1u * 1024u * 1024u)
#define PLUMTREE_LINK_SERVE_BURST (2u * 1024u * 1024u)

/* Asked of who knows, which is above: does the broadcast's origin belong to the network? It may say
 * no of a newcomer that it has not heard of yet, and yes later. And to which member, for good? */
struct plumtree_policy {
    bool (*belongs)(void *context, const struct overlay_id *origin);
    /* Its id into `member`; false: nobody's that is known. NULL: each device is a member. */
    bool (*whose)(void *context, const struct overlay_id *origin, struct overlay_id *member);
    void *context;
};

/* Zero in a number means the constant above. */
struct plumtree_config {
    struct overlay_id self;
    uint64_t generation;             /* higher than in every earlier life of this key */
    const struct random *random;     /* borrowed */
    const struct overlay_sign *sign; /* borrowed */
    struct plumtree_policy policy;   /* without `belongs`: whoever speaks does */
    uint64_t ihave_timeout_ns;
    uint64_t lazy_ns;
    uint64_t exchange_ns;
    uint64_t cache_ns;
    size_t cache_bytes;
    uint32_t origins_max;
    uint32_t optimise_hops;
};

enum plumtree_event_kind {
    PLUMTREE_SEND,   /* `msg` to the neighbour `to` */
    PLUMTREE_DELIVER /* a broadcast that is new here */
};

/* Spans are borrowed until the next call. */
struct plumtree_event {
    enum plumtree_event_kind kind;
    struct overlay_id to;     /* SEND */
    struct plumtree_msg msg;  /* SEND */
    struct overlay_id origin; /* DELIVER, from here on */
    uint64_t generation;
    uint32_t sequence;
    uint32_t hops;         /* links travelled */
    bool is_repair;        /* not by the tree alone: it was asked for here or on the way */
    struct span items;     /* PLUMTREE_MSG_ITEM_SIZE bytes each */
    struct span payload;   /* behind them */
    struct span signature; /* the origin's: plumtree_msg_head says over what */
};

/* Counters, for metrics and tests; none is ever reset. */
struct plumtree_stats {
    uint64_t delivered;
    uint64_t duplicates; /* payloads that were here already */
    uint64_t repaired;   /* delivered after asking */
    uint64_t grafts;     /* sent */
    uint64_t prunes;     /* sent */
    uint64_t swaps;      /* tree made shorter */
    uint64_t waves;      /* taken part in */
    uint64_t gone;       /* asked for and not in the cache any more */
    uint64_t broken;     /* announced to us and not given */
    uint64_t shed;       /* refused for a rate */
    uint64_t forged;     /* wrong signature */
    uint64_t stale;      /* of a life of its origin that is over */
};

struct plumtree_link; /* private */
struct plumtree_out;  /* private */

struct plumtree {
    struct plumtree_config config;
    struct plumtree_stats stats;
    struct plumtree_seen seen;
    struct plumtree_cache cache;
    struct plumtree_want want;
    struct plumtree_payers payers;
    struct budget_bucket common;    /* what all origins may say beside their own shares */
    struct budget_bucket strangers; /* what all may say who are not known to belong */
    struct plumtree_link *links;    /* owned; slots, some free */
    uint64_t
        link_keys[PLUMTREE_LINKS_MAX]; /* first bytes of each slot's id: found without a miss */
    size_t link_cap;
    struct plumtree_out *out; /* owned; events not taken yet */
    size_t out_first;
    size_t out_count;
    size_t out_cap;
    struct plumtree_have *announce; /* owned ring of PLUMTREE_ANNOUNCE_MAX; NULL until needed */
    uint64_t announce_count;        /* ever put in; a link's cursor counts likewise */
    uint64_t announce_first;        /* the first that waits, while announce_due_ns is set */
    uint64_t announce_due_ns;
    uint64_t exchange_due_ns;      /* earliest of all links */
    struct plumtree_payload *held; /* of the event that was taken last */
    struct plumtree_payload *wave; /* referenced: it is held until wave_due_ns; NULL: none */
    uint64_t wave_due_ns;          /* TIMERS_NEVER: none */
    uint64_t wave_end_ns;          /* then the last one has laid the tree */
    struct plumtree_msg_id wave_id;
    uint64_t swap_next_ns;
    uint32_t sequence;  /* of the last own broadcast */
    uint32_t hops_max;  /* of all broadcasts since the last swap */
    uint32_t misses;    /* broadcasts in a row that the tree did not bring */
    uint32_t calm;      /* broadcasts since the last wave, up to PLUMTREE_WAVE_EVERY */
    struct buf scratch; /* lists of the event that was taken last */
};

void plumtree_init(struct plumtree *p, const struct plumtree_config *config);
void plumtree_clear(struct plumtree *p);

/** A neighbour came: its link is eager, and a digest follows soon. WAVU_ERR_LIMIT beyond
 * PLUMTREE_LINKS_MAX, WAVU_ERR_EXISTS when it is there. */
WARN_UNUSED int plumtree_link_up(struct plumtree *p, uint64_t now, const struct overlay_id *who);

/** That neighbour came without being needed: its link carries ids only, until a wave or a repair
 * takes it into the tree. A link that is eager at once may well win the race of one broadcast and
 * make the tree worse for all others. Nothing happens before the first broadcast, nor to the last
 * eager link: then there is no tree to keep. */
void plumtree_link_rest(struct plumtree *p, const struct overlay_id *who);

/** A neighbour went: nothing more is sent to it. Nothing happens when it is unknown. */
void plumtree_link_down(struct plumtree *p, uint64_t now, const struct overlay_id *who);

/** Say `payload` to all. No DELIVER comes of it. `*sequence` (may be NULL) is its number.
 * WAVU_ERR_LIMIT beyond PLUMTREE_MSG_PAYLOAD_MAX, WAVU_ERR_AGAIN beyond what
 * plumtree_rate_say grants, WAVU_ERR_EXHAUSTED after 2^32 - 2 broadcasts: take a higher generation.
 */
WARN_UNUSED int plumtree_broadcast(struct plumtree *p, uint64_t now, struct span payload,
                                   uint32_t *sequence);

/** The same of a payload that begins with so many items, each of which can be proved by itself
 * later. WAVU_ERR_LIMIT also beyond PLUMTREE_MSG_ITEMS_MAX. */
WARN_UNUSED int plumtree_broadcast_items(struct plumtree *p, uint64_t now, struct span payload,
                                         size_t items, uint32_t *sequence);

/** Take a neighbour's message. WAVU_ERR_PROTO and WAVU_ERR_CRYPTO: it broke the rules, drop it.
 * WAVU_ERR_LIMIT: it sends too much; this message was shed, what it held comes again later.
 * WAVU_ERR_NOT_FOUND: it is no neighbour (any more). */
WARN_UNUSED int plumtree_feed(struct plumtree *p, uint64_t now, const struct overlay_id *from,
                              const struct plumtree_msg *m);

/** The next event, to be taken after every call until false. */
WARN_UNUSED bool plumtree_next_event(struct plumtree *p, struct plumtree_event *event);

/** Load ahead what is known of the neighbours: for who feeds many machines in turn. A hint. */
void plumtree_load_ahead(const struct plumtree *p);

/** When to tick next; TIMERS_NEVER: not before another call. */
uint64_t plumtree_deadline(const struct plumtree *p);
void plumtree_tick(struct plumtree *p, uint64_t now);

/** Links on which payloads go out at once; for the topology. */
size_t plumtree_eager_count(const struct plumtree *p);
bool plumtree_is_eager(const struct plumtree *p, const struct overlay_id *who);

/** Walk the structure and CHECK its invariants. */
void plumtree_check(const struct plumtree *p);

#endif
