/*
 * Messages of the failure detector as bytes and as a struct: a codec. Bytes come from a neighbour
 * (kind 2 on `/wavu/overlay/1`), structs go to detector_feed, and back. Specification:
 * docs/protocol/detector.proto.
 */
#ifndef OVERLAY_DETECTOR_MSG_H
#define OVERLAY_DETECTOR_MSG_H

#include "base/pb.h"
#include "overlay/overlay_id.h"

#define DETECTOR_MSG_WHERE_MAX 512          /* as VIEWS_MSG_WHERE_MAX */
#define DETECTOR_MSG_INTERVAL_MS_MAX 60000u /* who beats less often is taken for silent */
/* A PROBE: where, 32 bytes of target, 32 for all else, and as much for newer fields. */
#define DETECTOR_MSG_SIZE_MAX (DETECTOR_MSG_WHERE_MAX + 128)

enum detector_msg_kind {
    DETECTOR_MSG_NONE = 0, /* a kind that is not known here: nothing to do */
    DETECTOR_MSG_BEAT = 1, /* nothing else was sent for an interval; also what names no kind */
    DETECTOR_MSG_PING = 2, /* answer at once with a PONG of that nonce */
    DETECTOR_MSG_PONG = 3,
    DETECTOR_MSG_PROBE = 4, /* try to reach `target` for me */
    DETECTOR_MSG_REPORT = 5 /* how the probe with that nonce went */
};

/* Which fields count is said behind them; the others are zero after decoding. */
struct detector_msg {
    enum detector_msg_kind kind;
    uint32_t nonce;           /* PING, PONG, PROBE, REPORT */
    uint32_t interval_ms;     /* BEAT, PONG: the next beat comes within it; 0: as said before */
    bool is_reached;          /* REPORT */
    struct overlay_id target; /* PROBE */
    struct span where;        /* PROBE: opaque, how to reach it; may be empty */
};

/** Read one message into `*m`, which borrows from `bytes`. WAVU_ERR_PROTO when malformed,
 * WAVU_ERR_LIMIT when something is longer than it may be; `*m` is then unchanged. */
WARN_UNUSED int detector_msg_decode(struct detector_msg *m, struct span bytes);

/** Append the message. A BEAT that says no interval is empty: of those there are most. */
void detector_msg_encode(struct wr *w, const struct detector_msg *m);

#endif
