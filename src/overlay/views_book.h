/*
 * Whom a node could ask to be its neighbour: the passive view (alive, as far as is known) and the
 * retained list (failed; probed for ever, because after a long partition nobody else knows the
 * other side). Peers come from views, candidates go back to it. A machine without clock of its own.
 *
 * Hearsay is counted by who told it: one neighbour fills at most a quarter of the passive view, and
 * hearsay never drives out a peer that this node has spoken with.
 */
#ifndef OVERLAY_VIEWS_BOOK_H
#define OVERLAY_VIEWS_BOOK_H

#include "base/random.h"
#include "base/span.h"
#include "overlay/overlay_id.h"

#define VIEWS_BOOK_PASSIVE_MAX 10000 /* the largest setting: all members, searched linearly */
#define VIEWS_BOOK_RETAINED_MAX 255
#define VIEWS_BOOK_SOURCE_MIN 8 /* what one source may fill however small the view is */
#define VIEWS_BOOK_SHARE 4      /* and the part of the view: one in so many */
#define VIEWS_BOOK_PROBE_NS (UINT64_C(30) * 1000000000) /* the first probe of a failed peer */
#define VIEWS_BOOK_DOUBLINGS 3 /* the pause doubles up to 4 min: 64 peers make a probe in 4 s */

#define VIEWS_BOOK_CAME 2 /* the source of all who came by themselves; a teller's is odd */

/* One peer, passive or retained. */
struct views_peer {
    struct overlay_id id;
    uint8_t *where;  /* owned; NULL: the owner of the machine knows */
    uint64_t due_ns; /* not to be tried before */
    uint32_t source; /* who told it; 0: the owner, or we reached it; VIEWS_BOOK_CAME */
    uint16_t where_len;
    uint8_t failures; /* in a row */
    bool is_proven;   /* this node has reached it */
};

struct views_book_list {
    struct views_peer *peers; /* owned; grows by doubling */
    uint32_t count;
    uint32_t cap;
    uint32_t max;
};

struct views_book {
    struct views_book_list passive;
    struct views_book_list retained;
    const struct random *random; /* borrowed */
    uint32_t changes;            /* of who is proven, where, and who is lost: for keeping it */
};

void views_book_init(struct views_book *b, const struct random *random, uint32_t passive_max,
                     uint32_t retained_max);
void views_book_clear(struct views_book *b);

/** Take a peer into the passive view as told by `source` (0: certain). One that is there keeps its
 * place and gets the newer where, unless that is hearsay about a proven one. One that is retained
 * stays so. False when it is not (or was already) in the view. */
bool views_book_hear(struct views_book *b, const struct overlay_id *id, struct span where,
                     uint32_t source);

/** This node reached the peer: proven, alive; into the passive view, out of the retained list. */
void views_book_met(struct views_book *b, const struct overlay_id *id, struct span where);

/** The peer reached this node, and says where it is itself (empty: nothing): alive, out of the
 * retained list. A new one is hearsay of one source that all share who came, for keys cost nothing:
 * thousands of them drive out nobody that this node has reached. */
void views_book_came(struct views_book *b, const struct overlay_id *id, struct span where);

/** The peer does not answer: out of the passive view; into the retained list. */
void views_book_failed(struct views_book *b, uint64_t now, const struct overlay_id *id);

/** Try it not before `until_ns`: it has no room. */
void views_book_delay(struct views_book *b, const struct overlay_id *id, uint64_t until_ns);

/** The peer is none of ours: out of both lists. */
void views_book_forget(struct views_book *b, const struct overlay_id *id);

/** The passive or retained peer of that id, or NULL. Valid until the next change. */
const struct views_peer *views_book_find(const struct views_book *b, const struct overlay_id *id);

/** Up to `max` different passive peers at random that are due, into `out`; returns how many.
 * Valid until the next change. */
size_t views_book_draw(const struct views_book *b, uint64_t now, const struct views_peer **out,
                       size_t max);

/** The retained peer that is due longest, or NULL. */
const struct views_peer *views_book_due(const struct views_book *b, uint64_t now);

struct span views_book_where(const struct views_peer *p);

/** Walk the structure and CHECK its invariants. */
void views_book_check(const struct views_book *b);

#endif
