/*
 * Messages of unicast as bytes and as a struct: a codec. Bytes come from a neighbour (kind 5 on
 * `/wavu/overlay/1`), structs go to forward_feed, and back. Specification:
 * docs/protocol/route.proto.
 */
#ifndef ROUTE_ROUTE_MSG_H
#define ROUTE_ROUTE_MSG_H

#include "base/pb.h"
#include "overlay/overlay_sign.h"

#define ROUTE_MSG_PAYLOAD_MAX 8192 /* a text of a person; what is larger goes in pieces above */
#define ROUTE_MSG_SIZE_MAX (ROUTE_MSG_PAYLOAD_MAX + 256) /* all other fields are 180 bytes */
#define ROUTE_MSG_ATTEMPTS_MAX 8
#define ROUTE_MSG_LIMIT_MAX 32 /* links; ways in 10,000 nodes of degree 5 are 13 long */

enum route_msg_kind {
    ROUTE_MSG_NONE = 0, /* a kind that is not known here: nothing to do */
    ROUTE_MSG_DATA = 1, /* a payload from origin to target */
    ROUTE_MSG_ACK = 2,  /* the target has it */
    ROUTE_MSG_NACK = 3  /* a node on the way does not pass it on: a hint */
};

enum route_msg_reason {
    ROUTE_MSG_OTHER = 0, /* of a newer version */
    ROUTE_MSG_NO_WAY = 1,
    ROUTE_MSG_TOO_FAR = 2,
    ROUTE_MSG_LOOP = 3
};

/* Which fields count is said behind them; the others are zero after decoding. */
struct route_msg {
    enum route_msg_kind kind;
    struct overlay_id origin; /* of the DATA, also in its ACK and NACK */
    struct overlay_id target; /* likewise */
    uint64_t generation;      /* which life of the origin */
    uint32_t sequence;        /* from 1 */
    uint32_t attempt;         /* 1 to ROUTE_MSG_ATTEMPTS_MAX */
    uint32_t limit;           /* DATA: links, 1 to ROUTE_MSG_LIMIT_MAX */
    uint32_t hops;            /* links travelled, 1 to ROUTE_MSG_LIMIT_MAX; not signed */
    struct span payload;      /* DATA */
    struct span signature;    /* DATA: the origin's; ACK: the target's; OVERLAY_SIGN_SIZE bytes */
    enum route_msg_reason reason; /* NACK */
};

/** Read one message into `*m`, which borrows from `bytes`. WAVU_ERR_PROTO when malformed,
 * WAVU_ERR_LIMIT when the payload or the whole is too long; `*m` is then unchanged. */
WARN_UNUSED int route_msg_decode(struct route_msg *m, struct span bytes);

/** Append the message. */
void route_msg_encode(struct wr *w, const struct route_msg *m);

/** Append the head that the signature of a DATA or ACK covers (docs/protocol/route.md). */
void route_msg_signed_head(struct wr *w, const struct route_msg *m);

#endif
