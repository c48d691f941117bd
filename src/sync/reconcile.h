/*
 * Finds out what one has and the other lacks: two sets, rounds of frames, and at the end both sides
 * know what to send. Frames of the peer come in; frames, and items that the peer lacks, leave.
 *
 *   opener:  reconcile_begin, then FRAME .. feed .. FRAME .. until DONE
 *   other:   feed, ...
 *
 * Both may add to their sets meanwhile. Source: docs/protocol/repair.md.
 */
#ifndef SYNC_RECONCILE_H
#define SYNC_RECONCILE_H

#include "base/buf.h"
#include "base/random.h"
#include "sync/reconcile_msg.h"

#define RECONCILE_SPLIT 16      /* parts of a range that differs */
#define RECONCILE_LIST_MAX 32   /* items that are listed rather than split */
#define RECONCILE_SCAN_MAX 256  /* items looked through for one list; more: split */
#define RECONCILE_BARREN_MAX 16 /* frames in a row without a missing item; 1,000,000 need 6 */

enum reconcile_event_kind {
    RECONCILE_FRAME, /* `frame` to the peer */
    RECONCILE_SEND,  /* the peer lacks `item` */
    RECONCILE_DONE,  /* nothing more comes of this */
};

struct reconcile_event {
    enum reconcile_event_kind kind;
    struct span frame; /* until the next call */
    struct reconcile_set_item item;
};

struct reconcile {
    struct reconcile_set *set;
    const struct random *random;
    unsigned barren; /* frames taken since an item was sent or wanted */
    bool has_begun;
    bool is_over; /* the last frame was sent or has come */
    bool is_done; /* and told */
    bool has_out;
    struct buf in; /* the frame whose items are being told */
    struct buf out;
    struct reconcile_msg_reader reader; /* of `in` */
    struct reconcile_msg_range range;
    bool has_range;
    size_t told_of; /* ranges of `in` that are still to be told of */
    struct reconcile_set_bound cursor;
};

/** `set` and `random` are borrowed for r's life. */
void reconcile_init(struct reconcile *r, struct reconcile_set *set, const struct random *random);
void reconcile_clear(struct reconcile *r);

/** Say the first word. Once, before anything else. */
void reconcile_begin(struct reconcile *r);

/** Take a frame. WAVU_ERR_AGAIN while events of the one before are left; WAVU_ERR_PROTO,
 * WAVU_ERR_UNSUPPORTED, WAVU_ERR_LIMIT (too long, or too many that bring
 * nothing), WAVU_ERR_CLOSED after the
 * end: nothing changed then, and the peer is to be left. */
WARN_UNUSED int reconcile_feed(struct reconcile *r, struct span frame);

/** The next event. Drain after every call, as fast as values can be sent: items are looked up one
 * by one. */
WARN_UNUSED bool reconcile_next_event(struct reconcile *r, struct reconcile_event *event);

#endif
