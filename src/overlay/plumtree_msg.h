/*
 * Plumtree's messages as bytes and as a struct: a codec. Bytes come from a neighbour (kind 3 on
 * `/wavu/overlay/1`), structs go to plumtree_feed, and back. Specification:
 * docs/protocol/plumtree.proto.
 *
 * Lists stay encoded: the struct borrows their bytes, checked whole by the decoder, and a cursor
 * walks them. So the struct is small and a list costs nothing before somebody looks at it.
 */
#ifndef OVERLAY_PLUMTREE_MSG_H
#define OVERLAY_PLUMTREE_MSG_H

#include "base/pb.h"
#include "crypto/hash_tree.h"
#include "overlay/overlay_id.h"
#include "overlay/overlay_sign.h"

#define PLUMTREE_MSG_ID_SIZE 16
#define PLUMTREE_MSG_PAYLOAD_MAX                                                                   \
    32768 /* two frames with it fit one Noise record's 65,519 bytes                                \
           */
#define PLUMTREE_MSG_ITEMS_MAX HASH_TREE_NAMES_MAX
#define PLUMTREE_MSG_ITEM_SIZE HASH_TREE_NAME_SIZE
#define PLUMTREE_MSG_IDS_MAX 64    /* in one HAVE or GRAFT: a KiB of ids */
#define PLUMTREE_MSG_OFFERS_MAX 32 /* origins in one DIGEST */
#define PLUMTREE_MSG_RANGES_MAX 8  /* of one offer; more holes wait for the next one */
#define PLUMTREE_MSG_HOPS_MAX 255  /* a path is 20 long in 10,000 nodes; counted no further */
/* An offer: 32 bytes of origin, 10 of generation, 8 ranges of 10 bytes, tags and lengths. */
#define PLUMTREE_MSG_OFFER_SIZE_MAX 136
#define PLUMTREE_MSG_HEAD_SIZE (16 + 32 + 8 + 4 + 32) /* of what is signed */
/* A whole message: the payload, and 256 bytes for all else that a GOSSIP has. */
#define PLUMTREE_MSG_SIZE_MAX (PLUMTREE_MSG_PAYLOAD_MAX + 256)

enum plumtree_msg_kind {
    PLUMTREE_MSG_NONE = 0,   /* a kind that is not known here: nothing to do */
    PLUMTREE_MSG_GOSSIP = 1, /* a broadcast */
    PLUMTREE_MSG_HAVE = 2,   /* ids of broadcasts that the sender has */
    PLUMTREE_MSG_GRAFT = 3,  /* send these; with is_tree: and all to come */
    PLUMTREE_MSG_PRUNE = 4,  /* announce only */
    PLUMTREE_MSG_DIGEST = 5, /* what the sender can give, by origin and sequence */
    PLUMTREE_MSG_ACK = 6     /* all up to that digest's position is here */
};

/* A broadcast's name: 12 bytes that stand for origin and generation, and the sequence number. */
struct plumtree_msg_id {
    uint8_t bytes[PLUMTREE_MSG_ID_SIZE];
};

/* Which fields count is said behind them; the others are zero after decoding. */
struct plumtree_msg {
    enum plumtree_msg_kind kind;
    struct overlay_id origin; /* GOSSIP */
    uint64_t generation;      /* GOSSIP: which life of the origin */
    uint32_t sequence;        /* GOSSIP: from 1 */
    uint32_t hops;            /* GOSSIP: links travelled, this one included */
    struct span payload;      /* GOSSIP: items, and the rest behind them */
    size_t items;             /* GOSSIP: how many, PLUMTREE_MSG_ITEM_SIZE bytes each */
    struct span signature;    /* GOSSIP: OVERLAY_SIGN_SIZE bytes */
    bool is_repair;           /* GOSSIP: asked for; says nothing about the tree */
    bool is_wave;             /* GOSSIP: on its way over all links, to lay the tree anew */
    struct span ids;          /* HAVE, GRAFT: one behind the other */
    struct span id_hops;      /* HAVE: as many bytes as ids: hops at the sender */
    bool is_tree;             /* GRAFT */
    uint64_t position;        /* DIGEST, ACK */
    struct span offers;       /* DIGEST: encoded, for plumtree_msg_next_offer */
};

/* Broadcasts of one origin, from `first` on `count` of them, and so on. */
struct plumtree_msg_range {
    uint32_t first;
    uint32_t count; /* not 0; first + count does not overflow */
};

struct plumtree_msg_offer {
    struct overlay_id origin;
    uint64_t generation;
    struct plumtree_msg_range ranges[PLUMTREE_MSG_RANGES_MAX]; /* ascending, apart */
    size_t range_count;
};

/** Read one message into `*m`, which borrows from `bytes`. WAVU_ERR_PROTO when malformed,
 * WAVU_ERR_LIMIT when something is longer than it may be; `*m` is then unchanged. */
WARN_UNUSED int plumtree_msg_decode(struct plumtree_msg *m, struct span bytes);

/** Append the message. */
void plumtree_msg_encode(struct wr *w, const struct plumtree_msg *m);

/** The items at the beginning of the payload of `m`, and what stands behind them. */
struct span plumtree_msg_item_span(const struct plumtree_msg *m);
struct span plumtree_msg_rest(const struct plumtree_msg *m);

/** What an origin signs before the network and the hash of the rest: label, origin, generation and
 * sequence of `m`, and the root of its items, into `out`, which is PLUMTREE_MSG_HEAD_SIZE long or
 * longer. */
struct span plumtree_msg_head(struct span_mut out, const struct plumtree_msg *m,
                              const uint8_t root[HASH_SHA256_SIZE]);

/** The root of the items of `m`. */
void plumtree_msg_root(uint8_t root[HASH_SHA256_SIZE], const struct plumtree_msg *m);

/** Ids in `m->ids`, and the i-th of them. */
size_t plumtree_msg_id_count(const struct plumtree_msg *m);
struct plumtree_msg_id plumtree_msg_id_at(const struct plumtree_msg *m, size_t i);

/** Walk the offers of a decoded message: start with pb_init(cursor, m->offers); false at the end.
 */
WARN_UNUSED bool plumtree_msg_next_offer(struct pb *cursor, struct plumtree_msg_offer *offer);

/** Append an offer to what becomes `offers`. */
void plumtree_msg_put_offer(struct wr *w, const struct plumtree_msg_offer *offer);

#endif
