/*
 * Broadcasts that neighbours have announced and that are not here. Ids come from HAVE and DIGEST
 * messages; each waits a while for the tree to bring it, then one announcer after the other is to
 * be asked, one at a time.
 */
#ifndef OVERLAY_PLUMTREE_WANT_H
#define OVERLAY_PLUMTREE_WANT_H

#include "base/list.h"
#include "base/map.h"
#include "overlay/plumtree_msg.h"

#define PLUMTREE_WANT_SLOTS 16 /* links: PLUMTREE_LINKS_MAX */
#define PLUMTREE_WANT_PER_LINK_MAX                                                                 \
    256                                /* two digests' worth; each about 140 bytes with its place  \
                                        */
#define PLUMTREE_WANT_ANNOUNCERS_MAX 4 /* remembered of each */
#define PLUMTREE_WANT_SPARE_MAX 8      /* kept for reuse: most wants end within a link's delay */

struct plumtree_wanted {
    struct plumtree_msg_id id;
    struct list queue; /* in waiting or asked; as a spare: in spare */
    uint64_t due_ns;
    uint8_t slots[PLUMTREE_WANT_ANNOUNCERS_MAX]; /* announcers not asked in vain yet, in order */
    uint8_t slot_count;
    uint8_t charged;   /* the slot that this is counted for */
    bool is_asked;     /* slots[0] was asked */
    bool is_paid;      /* its origin's rate was charged for it */
    bool is_missed;    /* counted as one that the tree did not bring */
    bool is_by_digest; /* announced by digests only: says nothing about the tree */
};

struct plumtree_want {
    struct map by_id;
    struct list waiting; /* for the tree; soonest due first */
    struct list asked;   /* likewise */
    struct list spare;
    uint8_t spare_count;
    uint64_t timeout_ns;
    uint16_t charged[PLUMTREE_WANT_SLOTS]; /* wants counted for each link */
};

void plumtree_want_init(struct plumtree_want *w, const struct random *random, uint64_t timeout_ns);
void plumtree_want_clear(struct plumtree_want *w);

/** The want of that id, or NULL. */
struct plumtree_wanted *plumtree_want_get(const struct plumtree_want *w,
                                          const struct plumtree_msg_id *id);

/** The link in `slot` has `id`, which is not here. WAVU_ERR_LIMIT when it has announced
 * PLUMTREE_WANT_PER_LINK_MAX that are not here yet. */
WARN_UNUSED int plumtree_want_add(struct plumtree_want *w, uint64_t now,
                                  const struct plumtree_msg_id *id, uint8_t slot, bool by_digest);

/** It is here, or given up. */
void plumtree_want_remove(struct plumtree_want *w, struct plumtree_wanted *wanted);

/** The first that is due at `now`, or NULL. Then either ask slots[0] and say so with
 * plumtree_want_ask, or when it was asked already, plumtree_want_fail. */
struct plumtree_wanted *plumtree_want_due(const struct plumtree_want *w, uint64_t now);

/** slots[0] is asked now: due again after the timeout. */
void plumtree_want_ask(struct plumtree_want *w, uint64_t now, struct plumtree_wanted *wanted);

/** Not now: due again after the timeout, as if just announced. */
void plumtree_want_wait(struct plumtree_want *w, uint64_t now, struct plumtree_wanted *wanted);

/** slots[0] did not give it: it is struck out. False when nobody is left, and it is removed;
 * else it is due at once. */
bool plumtree_want_fail(struct plumtree_want *w, struct plumtree_wanted *wanted);

/** The link in `slot` went: nothing is expected of it. */
void plumtree_want_forget_slot(struct plumtree_want *w, uint8_t slot);

uint64_t plumtree_want_deadline(const struct plumtree_want *w);
void plumtree_want_check(const struct plumtree_want *w);

#endif
