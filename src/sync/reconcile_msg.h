/*
 * Codec of reconciliation's frames: ranges in order, each with what its sender says of it. Bytes of
 * a peer come in, ranges leave; ranges of ours come in, bytes leave.
 *
 *   frame: format 1 | ranges        range: key varint, 0: the end, else one more than the key's
 *                                          distance from the last one's | length of the id's
 *                                          beginning 1 and that | mode 1 | what belongs to it
 *
 * Source: docs/protocol/repair.md.
 */
#ifndef SYNC_RECONCILE_MSG_H
#define SYNC_RECONCILE_MSG_H

#include "base/rd.h"
#include "base/wr.h"
#include "sync/reconcile_set.h"

#define RECONCILE_MSG_FORMAT 1
#define RECONCILE_MSG_SIZE_MAX 32768 /* a frame: what one write on a stream takes */
#define RECONCILE_MSG_FINGERPRINT_SIZE 16
#define RECONCILE_MSG_HINT_SIZE 16 /* of an id in lists: to find another one takes 2^64 tries */
#define RECONCILE_MSG_LIST_MAX 64
/* Bound 9 + 1 + 32, mode 1, number 1, hints. */
#define RECONCILE_MSG_RANGE_MAX (44 + RECONCILE_MSG_LIST_MAX * RECONCILE_MSG_HINT_SIZE)

enum reconcile_msg_mode {
    RECONCILE_MSG_SKIP = 0,        /* nothing to say */
    RECONCILE_MSG_FINGERPRINT = 1, /* what its ids sum up to */
    RECONCILE_MSG_LIST = 2,        /* all that its sender has there */
    RECONCILE_MSG_WANT = 3,        /* of a list: what its sender lacks */
};

struct reconcile_msg_range {
    struct reconcile_set_bound lower; /* where the one before ended */
    struct reconcile_set_bound upper; /* not in it */
    enum reconcile_msg_mode mode;
    uint8_t fingerprint[RECONCILE_MSG_FINGERPRINT_SIZE];
    struct span hints; /* borrowed: beginnings of ids, one behind the other */
};

struct reconcile_msg_reader {
    struct rd in;
    struct reconcile_set_bound lower; /* of the next range */
};

/** Begin to read `frame`, borrowed. WAVU_ERR_PROTO, WAVU_ERR_UNSUPPORTED for another format,
 * WAVU_ERR_LIMIT for a long one: all of it is checked here. */
WARN_UNUSED int reconcile_msg_open(struct reconcile_msg_reader *r, struct span frame);

/** The next range; false behind the last. */
WARN_UNUSED bool reconcile_msg_next(struct reconcile_msg_reader *r,
                                    struct reconcile_msg_range *range);

/** Write a frame's beginning. */
void reconcile_msg_begin(struct wr *w);

/** Write `range`; `lower` of it must be where the last one written ended. */
void reconcile_msg_write(struct wr *w, const struct reconcile_msg_range *range);

/** What a range's items sum up to, as it is sent. */
void reconcile_msg_fingerprint(uint8_t out[RECONCILE_MSG_FINGERPRINT_SIZE],
                               const struct reconcile_set_sum *sum);

#endif
