/*
 * Unicast over many links: a machine. Messages of neighbours come in, messages to neighbours,
 * payloads for this node and what became of its own leave as events. docs/protocol/route.md.
 */
#ifndef ROUTE_FORWARD_H
#define ROUTE_FORWARD_H

#include "base/budget.h"
#include "base/list.h"
#include "overlay/overlay_sign.h"
#include "route/paths.h"
#include "route/route_msg.h"

#define FORWARD_LINKS_MAX 16 /* neighbours, as in the overlay's other machines */
#define FORWARD_HOPS 16      /* default limit of a packet's links */
#define FORWARD_ATTEMPTS_MAX                                                                       \
    4 /* of one payload; they wait 1, 2, 3 and 4 s: 10 s to the verdict                            \
       */
/* From this attempt on relays try others than before: the first two differ at the origin already,
 * and over links that drop the cheapest way is the best bet still. */
#define FORWARD_DETOUR_ATTEMPT 3
#define FORWARD_PENDING_MAX 64 /* own payloads without a verdict: 512 KiB */
#define FORWARD_PASSED_MAX 512 /* packets whose way back is known: 170 KiB */
#define FORWARD_TRIED_MAX 4    /* next hops that are left out for a packet: one for each attempt */
#define FORWARD_ORIGINS_MAX 1024 /* the shared state's members */
#define FORWARD_ORIGINS_SHARE 8  /* one neighbour brings a part of those remembered: one in 8 */
/* Sequence numbers below the highest that may still come: a fourth attempt starts 6 s after the
 * first, and 10 a second are sent, 20 at once. */
#define FORWARD_WINDOW 256
#define FORWARD_LINK_RATE 200 /* messages a second of a neighbour: 200 checks are 21 ms */
#define FORWARD_LINK_BURST 400
/* Searches of the graph for a neighbour's packets: each is half a millisecond with 1,024 nodes. */
#define FORWARD_SEARCH_RATE 40
#define FORWARD_SEARCH_BURST 200
#define FORWARD_ORIGIN_RATE 20 /* packets a second of one origin: a person types fewer */
#define FORWARD_ORIGIN_BURST 40
/* And bytes of payloads: a count alone let 8 KiB cost no more than one byte. */
#define FORWARD_LINK_BYTES_RATE (256u * 1024)
#define FORWARD_LINK_BYTES_BURST (1024u * 1024)
#define FORWARD_ORIGIN_BYTES_RATE (32u * 1024)
#define FORWARD_ORIGIN_BYTES_BURST (256u * 1024)
#define FORWARD_OUT_MAX 8 /* events of one call; a call makes at most 2 and the due ones */
#define FORWARD_WAIT_NS (UINT64_C(1000000000)) /* for the first attempt's answer */
#define FORWARD_ORIGIN_IDLE_NS                                                                     \
    (UINT64_C(600000000000)) /* then the window of who reached us may be reused                    \
                              */

struct forward_config {
    struct overlay_id self;
    uint64_t generation;             /* higher than in every earlier life of this key */
    const struct random *random;     /* borrowed */
    const struct overlay_sign *sign; /* borrowed */
    struct paths *paths;             /* borrowed: the owner tells it what members say */
    uint32_t hops;                   /* 0: FORWARD_HOPS */
    uint64_t wait_ns;                /* 0: FORWARD_WAIT_NS */
};

enum forward_event_kind {
    FORWARD_SEND,    /* `msg` to neighbour `id` */
    FORWARD_DELIVER, /* `msg.payload` of `id`, once; `msg.hops` links away */
    FORWARD_DONE     /* own `sequence` to `id`: `err` 0 delivered over `hops` links, _UNREACHABLE,
                        _TIMEOUT */
};

/* Spans are borrowed until the next call; those of a relayed or delivered message from the bytes
 * that were fed: take events before these go. */
struct forward_event {
    enum forward_event_kind kind;
    struct overlay_id id;
    struct route_msg msg;
    uint32_t sequence;
    uint32_t hops;
    int err;
    uint8_t signature[OVERLAY_SIGN_SIZE]; /* own ones live here */
};

/* What somebody may bring: messages, and bytes of their payloads. */
struct forward_budget {
    struct budget_bucket count;
    struct budget_bucket bytes;
};

struct forward_link {
    struct overlay_id id;
    struct forward_budget budget;
    struct budget_bucket searches;
};

struct forward {
    struct forward_config config;
    struct forward_link links[FORWARD_LINKS_MAX];
    size_t link_count;
    struct forward_event *out; /* ring of FORWARD_OUT_MAX, from the first use on */
    size_t out_at;
    size_t out_count;
    struct list pending; /* own payloads */
    size_t pending_count;
    uint32_t sequence; /* of the last own payload */
    struct map passed; /* packets that went through, by name */
    struct list passed_age;
    struct map origins;
    struct list passing; /* origins of which nothing was for us, longest silent first */
    struct list heard;   /* those who reached us, likewise */
    uint64_t shed;       /* counts: what a rate or a full table refused */
    uint64_t relayed;    /* passed on */
    uint64_t delivered;  /* to the application */
};

void forward_init(struct forward *f, const struct forward_config *config);
void forward_clear(struct forward *f);

/** WAVU_ERR_EXISTS, WAVU_ERR_LIMIT. */
WARN_UNUSED int forward_link_up(struct forward *f, uint64_t now, const struct overlay_id *id);
void forward_link_down(struct forward *f, const struct overlay_id *id);
bool forward_has_link(struct forward *f, const struct overlay_id *id);

/** The way that the first attempt to `target` would take now: at most `max` links. Returns how
 * many; 0: none is known, or it is longer. */
size_t forward_way(struct forward *f, const struct overlay_id *target, struct paths_hop *out,
                   size_t max);

/** A message of a neighbour. WAVU_ERR_CRYPTO, WAVU_ERR_PROTO: it broke the rules. WAVU_ERR_LIMIT:
 * shed. WAVU_ERR_NOT_FOUND: `from` is no neighbour. */
WARN_UNUSED int forward_feed(struct forward *f, uint64_t now, const struct overlay_id *from,
                             const struct route_msg *m);

/** Send a copy of `payload`; FORWARD_DONE will tell of `*sequence`. WAVU_ERR_LIMIT when it is too
 * long, _AGAIN when too many wait, _INVALID to ourselves, _UNREACHABLE when no way is known,
 * _EXHAUSTED after 2^32 - 2 of them. */
WARN_UNUSED int forward_send(struct forward *f, uint64_t now, const struct overlay_id *target,
                             struct span payload, uint32_t *sequence);

WARN_UNUSED bool forward_next_event(struct forward *f, uint64_t now, struct forward_event *event);

/** When to take events next: what is due becomes events then, and needs no tick. */
uint64_t forward_deadline(const struct forward *f);

void forward_check(const struct forward *f);

#endif
