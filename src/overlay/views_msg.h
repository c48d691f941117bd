/*
 * Messages of the views as bytes and as a struct: a codec. Bytes come from a linked peer (kind 1 on
 * `/wavu/overlay/1`), structs go to views_feed, and back. Specification: docs/protocol/views.proto.
 */
#ifndef OVERLAY_VIEWS_MSG_H
#define OVERLAY_VIEWS_MSG_H

#include "base/pb.h"
#include "overlay/overlay_id.h"

#define VIEWS_MSG_WHERE_MAX 512 /* a signed record with four addresses has about 300 bytes */
#define VIEWS_MSG_PEERS_MAX 8   /* a shuffle's: its origin, 3 neighbours, 4 others (HyParView) */
#define VIEWS_MSG_ROOTS_MAX                                                                        \
    8                       /* two components of one half each share none of 8 but once in 256     \
                             */
#define VIEWS_MSG_TTL_MAX 8 /* a walk of 6 mixes 10,000 nodes of degree 5 (HyParView, ARWL) */
#define VIEWS_MSG_DEGREE_MAX 255
#define VIEWS_MSG_HOPS_MAX 255
#define VIEWS_MSG_AGE_S_MAX UINT16_MAX /* 18 h: whoever was silent so long is not of the mesh */
/* A peer: 2 x 34 bytes of tags, lengths and id at most, and its where. */
#define VIEWS_MSG_PEER_SIZE_MAX (VIEWS_MSG_WHERE_MAX + 68)
/* A whole message: its peers, 8 roots of 32 bytes, 64 for all else, and as much for newer fields.
 */
#define VIEWS_MSG_SIZE_MAX (VIEWS_MSG_PEERS_MAX * VIEWS_MSG_PEER_SIZE_MAX + 2 * 320)

enum views_msg_kind {
    VIEWS_MSG_NONE = 0,    /* a kind that is not known here: nothing to do */
    VIEWS_MSG_REQUEST = 1, /* ConnectRequest: be my neighbour */
    VIEWS_MSG_ACCEPT = 2,  /* ConnectAccept */
    VIEWS_MSG_REJECT = 3,  /* ConnectReject: no, with a reason and others to ask */
    VIEWS_MSG_LEAVE = 4,   /* neighbours no more, with a reason and others to ask */
    VIEWS_MSG_JOIN = 5,    /* a walk: peers[0] is new, the end of the walk connects to it */
    VIEWS_MSG_SHUFFLE = 6, /* a walk: peers to exchange, peers[0] is where it began */
    VIEWS_MSG_REPLY = 7,   /* the end's peers, back along the shuffle's way */
    VIEWS_MSG_AUDIT = 8    /* roots of the sender's component */
};

enum views_msg_priority {
    VIEWS_MSG_NORMAL = 0,  /* accepted where there is room */
    VIEWS_MSG_LACKING = 1, /* fewer neighbours than the minimum */
    VIEWS_MSG_ALONE = 2,   /* no neighbour at all: never refused for want of room */
    VIEWS_MSG_HEAL = 3     /* joins two components: accepted in place of another, and kept */
};

enum views_msg_reason {
    VIEWS_MSG_UNSAID = 0,
    VIEWS_MSG_FULL = 1,     /* no room */
    VIEWS_MSG_REPLACED = 2, /* another took the place */
    VIEWS_MSG_BUSY = 3,     /* too many asked at once */
    VIEWS_MSG_QUIT = 4,     /* the sender goes down in good order */
    VIEWS_MSG_STRANGER = 5  /* the sender does not hold the receiver for a neighbour */
};

struct views_msg_peer {
    struct overlay_id id;
    struct span where; /* opaque: how to reach it; at most VIEWS_MSG_WHERE_MAX; may be empty */
};

/* A node whose id hashes low, as the sender last heard of it. */
struct views_msg_root {
    uint64_t hash;
    uint32_t count; /* how often it has renewed itself */
    uint16_t hops;  /* from it to the sender, as that news travelled */
    uint16_t age_s; /* since it renewed itself, as far as the sender knows */
};

/* Which fields count is said behind them; the others are zero after decoding. */
struct views_msg {
    enum views_msg_kind kind;
    enum views_msg_priority priority; /* REQUEST; unknown ones are NORMAL */
    enum views_msg_reason reason;     /* REJECT, LEAVE; unknown ones are UNSAID */
    uint32_t degree;                  /* REQUEST, ACCEPT, AUDIT: neighbours of the sender */
    uint32_t ttl;                     /* JOIN, SHUFFLE: hops that are left */
    uint64_t nonce;                   /* SHUFFLE, REPLY */
    uint32_t list;                    /* AUDIT, brief: which hashes are left out */
    bool is_asking;                   /* AUDIT: answer with yours */
    bool is_brief;                    /* AUDIT: the roots' hashes are left out: they are zero */
    uint8_t peer_count;
    uint8_t root_count;
    struct views_msg_peer peers[VIEWS_MSG_PEERS_MAX]; /* all but AUDIT; REQUEST, ACCEPT: itself */
    struct views_msg_root roots[VIEWS_MSG_ROOTS_MAX]; /* AUDIT: ascending by hash, brief or not */
};

/** Read one message into `*m`, which borrows from `bytes`. WAVU_ERR_PROTO when malformed,
 * WAVU_ERR_LIMIT when it has more or longer items than it may; `*m` is then unchanged. */
WARN_UNUSED int views_msg_decode(struct views_msg *m, struct span bytes);

/** Append the message. */
void views_msg_encode(struct wr *w, const struct views_msg *m);

#endif
