/*
 * Codec of what two neighbours say to each other of envelopes on `/wavu/courier/1`: offers, wishes,
 * envelopes, what became of them, tokens. Frames come from and leave to the stream, whose owner
 * cuts them at their lengths; PROVE, the first one, is not this codec's.
 *
 * Source: docs/protocol/envelope.md, "Ways", and envelope.proto.
 */
#ifndef COURIER_COURIER_MSG_H
#define COURIER_COURIER_MSG_H

#include "courier/mailbox.h"

#define COURIER_MSG_NAMES_MAX MAILBOX_OFFER_MAX      /* names or tokens of one frame */
#define COURIER_MSG_SIZE_MAX (1 + ENVELOPE_SIZE_MAX) /* kind and body */

_Static_assert(ENVELOPE_NAME_SIZE == ENVELOPE_TOKEN_SIZE, "one form serves names and tokens");

enum courier_msg_kind {
    COURIER_MSG_OFFER = 2,
    COURIER_MSG_WANT = 3,
    COURIER_MSG_ENVELOPE = 4,
    COURIER_MSG_TAKEN = 5,
    COURIER_MSG_REFUSED = 6,
    COURIER_MSG_DONE = 7
};

/* Spans are borrowed. */
struct courier_msg {
    enum courier_msg_kind kind;
    struct mailbox_offer_item items[MAILBOX_OFFER_MAX]; /* OFFER */
    struct span names;    /* WANT, TAKEN, REFUSED: names; DONE: tokens; one behind the other */
    size_t count;         /* of items or names; only a WANT may have none */
    struct span envelope; /* ENVELOPE: encoded (envelope_decode) */
};

/** Read a frame behind its length: kind and body. WAVU_ERR_UNSUPPORTED for a kind of later, which
 * is passed over; WAVU_ERR_PROTO. An envelope's own form is not looked at. */
WARN_UNUSED int courier_msg_decode(struct courier_msg *m, struct span frame);

/** Append kind and body. */
void courier_msg_encode(struct wr *w, const struct courier_msg *m);

#endif
