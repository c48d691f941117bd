/*
 * One look-up over disjoint paths (S/Kademlia): whom to ask next, and when it is over. A machine
 * that sends nothing: its owner asks peers and says what became of it. docs/protocol/kad.md, "A
 * look-up".
 */
#ifndef DISCOVERY_KAD_LOOKUP_H
#define DISCOVERY_KAD_LOOKUP_H

#include "crypto/peerid.h"
#include "discovery/kad_key.h"

#define KAD_LOOKUP_PATHS_MAX 16
#define KAD_LOOKUP_OPEN_MAX                                                                        \
    64 /* peers that one path knows and did not ask; the farthest is dropped */
#define KAD_LOOKUP_ASKED_MAX 512 /* peers asked in all; then it is over */
#define KAD_LOOKUP_PATIENCE_LEAST_NS (UINT64_C(500) * 1000000)
#define KAD_LOOKUP_PATIENCE_MOST_NS (UINT64_C(10) * 1000000000)

enum kad_lookup_state {
    KAD_LOOKUP_OPEN,  /* known, not asked */
    KAD_LOOKUP_ASKED, /* an answer is waited for */
    KAD_LOOKUP_LATE,  /* nobody waits any more; an answer still counts */
    KAD_LOOKUP_ANSWERED,
    KAD_LOOKUP_FAILED
};

struct kad_candidate {
    struct kad_key key;
    struct peerid id;
    uint64_t asked_ns;
    uint64_t until_ns; /* ASKED: LATE from then on */
    uint16_t known;    /* by which paths, a bit each */
    uint8_t hops;      /* from us: 1 for whom we began with, one more than who named it first */
    uint8_t path;      /* whose it is since it was asked */
    uint8_t state;     /* enum kad_lookup_state */
};

struct kad_lookup_config {
    struct kad_key target;
    unsigned k;     /* the result's size */
    unsigned paths; /* 1 to KAD_LOOKUP_PATHS_MAX */
    unsigned alpha; /* asked at once, by all paths together */
    unsigned beta;  /* nearest of a path that must have answered */
};

struct kad_lookup {
    struct kad_lookup_config config;
    struct peerid self;
    struct kad_candidate **candidates; /* owned; nearest first */
    size_t count;
    size_t room;
    size_t asked;     /* in all */
    size_t answered;  /* in all */
    uint64_t took_ns; /* an answer's time, smoothed; 0: none came yet */
    bool is_stopped;
};

/** `self` is never asked. */
void kad_lookup_init(struct kad_lookup *l, const struct kad_lookup_config *config,
                     const struct peerid *self);
void kad_lookup_clear(struct kad_lookup *l);

/** Where it begins: `ids`, nearest first, are dealt to the paths in turn. */
void kad_lookup_seed(struct kad_lookup *l, const struct peerid *const *ids, size_t count);

/** Whom to ask now; the paths take turns. False: nobody at present, or it is over. The peer counts
 * as asked, with the patience that this look-up's answers so far suggest. */
bool kad_lookup_next(struct kad_lookup *l, uint64_t now, struct peerid *id);

/** Wait for the answer of `id` until `until_ns`: a connection must be made first, for instance. */
void kad_lookup_wait(struct kad_lookup *l, const struct peerid *id, uint64_t until_ns);

/** `id` answered and named `ids`. Ignored when it was not asked. */
void kad_lookup_answered(struct kad_lookup *l, const struct peerid *id, const struct peerid *ids,
                         size_t count, uint64_t now);

/** `id` will not answer. */
void kad_lookup_failed(struct kad_lookup *l, const struct peerid *id);

/** What was sought is found: ask nobody any more. */
void kad_lookup_stop(struct kad_lookup *l);

/** Until when nothing changes unless somebody answers; UINT64_MAX: no time. */
uint64_t kad_lookup_deadline(const struct kad_lookup *l);

/** Time passed. */
void kad_lookup_tick(struct kad_lookup *l, uint64_t now);

bool kad_lookup_is_over(const struct kad_lookup *l);

/** The nearest that answered, nearest first; at most `max`, and at most k. Borrowed until the next
 * change. */
size_t kad_lookup_result(const struct kad_lookup *l, const struct kad_candidate **out, size_t max);

void kad_lookup_check(const struct kad_lookup *l);

#endif
