/*
 * What the files of world share and nobody else includes: kinds of items in the wheel, faults that
 * are on, cables.
 */
#ifndef SWARM_WORLD_CORE_H
#define SWARM_WORLD_CORE_H

#include "swarm/world.h"

#define WORLD_FRAME_MAX (OVERLAY_FRAME_BODY_MAX + 1)
#define WORLD_LINKS_MAX 255
#define WORLD_STALL_NS (200 * WORLD_MS) /* of a stream that lost a packet, and two trips */

enum world_kind {
    WORLD_FRAME = 1, /* body: kind, then the frame's */
    WORLD_TICK,
    WORLD_LINKED,  /* a dial of `to` to `from` got through */
    WORLD_FAILED,  /* it did not */
    WORLD_LEFT,    /* `from` ended the link in order */
    WORLD_RESET,   /* the link is no more */
    WORLD_REACHED, /* a probe of `from` for another */
    WORLD_UNREACHED,
    WORLD_SEED, /* `to` dials its seed, if it is still alone */
    WORLD_HOSTILE
};

struct world_fault {
    struct scenario_fault fault;
    uint8_t *hit; /* owned: a bit a node */
    struct random_seeded seeded;
    struct random random;
};

static inline bool world_is_hit(const struct world_fault *f, uint32_t node)
{
    return (f->hit[node >> 3] >> (node & 7) & 1) != 0;
}

/* A frame on its way: when it would arrive, and how often. */
struct world_trip {
    uint64_t at_ns;
    uint32_t copies;    /* 0: lost */
    bool is_disordered; /* may overtake others */
};

/* world.c */

static inline uint64_t world_clock(const struct world *w, const struct world_node *n)
{
    return world_now(w) + n->ahead_ns;
}

/** Take the node's events until there are none, and see to its next tick. */
void world_settle(struct world *w, uint32_t i);

/* world_cable.c */

/** Send a frame over a link. */
void world_cable_carry(struct world *w, uint32_t from, struct world_link *l, enum overlay_kind kind,
                       struct span body);

/** Put news of a link on its way to the other end. */
void world_cable_tell(struct world *w, uint32_t from, const struct world_link *l,
                      enum world_kind kind);

void world_cable_dial(struct world *w, uint32_t from, uint32_t to);

/** Make both ends of a link; false when one of them has too many. */
WARN_UNUSED bool world_cable_join(struct world *w, uint32_t a, uint32_t b);
struct world_link *world_cable_to(struct world *w, uint32_t from, uint32_t to);
struct world_link *world_cable_of(struct world *w, uint32_t at, uint32_t tag);

/** Take away the end of `at`; the pointer is no good any more, nor those to its other links. */
void world_cable_remove(struct world *w, uint32_t at, struct world_link *l);
uint64_t world_cable_delay(const struct world *w, uint32_t a, uint32_t b);

/* world_fault.c */

/** What the faults that are on do to a frame. */
void world_fault_trip(struct world *w, uint32_t from, uint32_t to, size_t len,
                      struct world_trip *trip);
bool world_fault_is_open(const struct world *w, uint32_t from, uint32_t to);
bool world_fault_is_clogged(const struct world *w, uint32_t from, uint32_t to);
bool world_fault_is_dialable(const struct world *w, uint32_t to);

/** Whether a node that is hit by SLOW stands still now. */
bool world_fault_is_still(struct world *w, uint32_t i);
void world_fault_clear(struct world *w);

/* world_hostile.c */

/** A hostile node is about to send a frame: false when it does not after all. `*body` may be
 * exchanged for one in the hostile node's room. */
bool world_hostile_sends(struct world *w, uint32_t i, enum overlay_kind kind, struct span *body);

/** It heard a frame. */
void world_hostile_heard(struct world *w, uint32_t i, enum overlay_kind kind, struct span body);

/** Its moment to do harm; the next one is put into the wheel. */
void world_hostile_act(struct world *w, uint32_t i);
void world_hostile_begin(struct world *w, uint32_t i, const struct scenario_fault *f);
void world_hostile_end(struct world *w, uint32_t i);

#endif
