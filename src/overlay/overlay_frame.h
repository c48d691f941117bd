/*
 * Frames on `/wavu/overlay/1`: varint length of the rest, one byte of kind, the body. A codec; the
 * bodies are the machines' own messages. Specification: docs/protocol/overlay.md.
 */
#ifndef OVERLAY_OVERLAY_FRAME_H
#define OVERLAY_OVERLAY_FRAME_H

#include "base/wr.h"

#define OVERLAY_FRAME_BODY_MAX 65000 /* the longest body is the shared state's */
#define OVERLAY_FRAME_HEAD_MAX 4     /* three bytes of length, one of kind */
#define OVERLAY_FRAME_MAX (OVERLAY_FRAME_HEAD_MAX + OVERLAY_FRAME_BODY_MAX)

/* Who a body is for. Frames of a kind that is not known are skipped. */
enum overlay_kind {
    OVERLAY_VIEWS = 1,
    OVERLAY_DETECTOR = 2,
    OVERLAY_PLUMTREE = 3,
    OVERLAY_STATE = 4,
    OVERLAY_ROUTE = 5,
    OVERLAY_PROOF = 6 /* first of all, where it is wanted (overlay_proof.h); no machine's */
};

struct overlay_frame {
    uint8_t kind;     /* enum overlay_kind, or a newer one */
    struct span body; /* borrowed from the input */
};

/** Read the frame at the start of `in`; `*used` is its whole size. WAVU_ERR_AGAIN when it is not
 * all there, WAVU_ERR_PROTO when malformed, WAVU_ERR_LIMIT when longer than may be. */
WARN_UNUSED int overlay_frame_read(struct span in, struct overlay_frame *frame, size_t *used);

/** Append a frame's head for a body of `body_len` bytes, which the caller appends. */
void overlay_frame_head(struct wr *w, enum overlay_kind kind, size_t body_len);

#endif
