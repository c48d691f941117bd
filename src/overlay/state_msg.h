/*
 * Messages of the shared state as bytes and as a struct: a codec. Bytes come from a neighbour (kind
 * 4 on `/wavu/overlay/1`), structs go to state_feed, and back; blocks are also what the store
 * keeps. Specification: docs/protocol/state.proto.
 *
 * Lists stay encoded: the struct borrows their bytes, checked whole by the decoder, and cursors
 * walk them.
 */
#ifndef OVERLAY_STATE_MSG_H
#define OVERLAY_STATE_MSG_H

#include "base/pb.h"
#include "overlay/overlay_id.h"
#include "overlay/overlay_sign.h"

#define STATE_MSG_KEY_MAX 64     /* bytes of a key's name */
#define STATE_MSG_VALUE_MAX 4096 /* a bundle of hybrid prekeys is about 1.4 kB */
#define STATE_MSG_SET_SIZE 16    /* the digest over an owner's keys */
#define STATE_MSG_KEYS_MAX 64    /* entries in one block: all that an owner may have */
#define STATE_MSG_BUCKET_COUNT                                                                     \
    64                          /* parts of the state that are compared apart: a mask has 64 bits */
#define STATE_MSG_BUCKET_SIZE 4 /* bytes of a bucket's hash on the wire */
/* An item: 32 bytes of owner, twice 10 of number, two flags, tags and lengths. */
#define STATE_MSG_ITEM_SIZE_MAX 64
#define STATE_MSG_ITEMS_MAX 256 /* in one DIGEST: 14 KiB */
/* A whole message fits one Noise record with its frame's head. */
#define STATE_MSG_SIZE_MAX 65000

enum state_msg_kind {
    STATE_MSG_NONE = 0,    /* a kind that is not known here: nothing to do */
    STATE_MSG_HASH = 1,    /* a round begins: the hash of all */
    STATE_MSG_BUCKETS = 2, /* it differs: the hashes of the parts */
    STATE_MSG_DIGEST = 3,  /* what the sender has, in the parts of `mask`; or what it asks for */
    STATE_MSG_DELTA = 4    /* entries */
};

/* Which fields count is said behind them; the others are zero after decoding. */
struct state_msg {
    enum state_msg_kind kind;
    uint64_t salt;       /* HASH, BUCKETS: key of the hash */
    uint64_t hash;       /* HASH */
    struct span buckets; /* BUCKETS: STATE_MSG_BUCKET_COUNT hashes, little-endian */
    uint64_t mask;       /* DIGEST: bit i: bucket i is listed whole */
    bool is_request;     /* DIGEST: a list of wishes: mask means nothing */
    struct span items;   /* DIGEST: encoded, for state_msg_next_item */
    struct span blocks;  /* DELTA: encoded, for state_msg_next_block */
};

/* How far the sender is with one owner. */
struct state_msg_item {
    struct overlay_id owner;
    uint64_t generation;
    uint64_t version; /* highest it holds; 0: nothing */
    bool is_partial;  /* it knows that keys below that version are missing */
    bool is_silent;   /* it is kept there as a member's only (state_owner.h) */
};

/* Entries of one owner, by ascending version. */
struct state_msg_block {
    struct overlay_id owner;
    uint64_t generation;
    uint64_t age_s;      /* seconds since the owner was last heard of; a hint */
    struct span entries; /* encoded, for state_msg_next_entry */
};

struct state_msg_entry {
    uint64_t version;  /* from 1 */
    struct span key;   /* 1 to STATE_MSG_KEY_MAX bytes */
    struct span value; /* up to STATE_MSG_VALUE_MAX bytes; empty when deleted */
    bool is_deleted;
    struct span set;       /* STATE_MSG_SET_SIZE bytes: digest over all keys as of this version */
    struct span signature; /* OVERLAY_SIGN_SIZE bytes */
};

/** Read one message into `*m`, which borrows from `bytes`. WAVU_ERR_PROTO when malformed,
 * WAVU_ERR_LIMIT when something is longer than it may be; `*m` is then unchanged. */
WARN_UNUSED int state_msg_decode(struct state_msg *m, struct span bytes);

/** Append the message. */
void state_msg_encode(struct wr *w, const struct state_msg *m);

/** The hash of bucket `i` in a decoded BUCKETS message. */
uint32_t state_msg_bucket_at(const struct state_msg *m, size_t i);

/* Walk a decoded list: start with pb_init(cursor, list); false at the end. */
WARN_UNUSED bool state_msg_next_item(struct pb *cursor, struct state_msg_item *item);
WARN_UNUSED bool state_msg_next_block(struct pb *cursor, struct state_msg_block *block);
WARN_UNUSED bool state_msg_next_entry(struct pb *cursor, struct state_msg_entry *entry);

/** Append an item to what becomes `items`. */
void state_msg_put_item(struct wr *w, const struct state_msg_item *item);

/** Append an entry to what becomes a block's `entries`, and say how many bytes that takes. */
void state_msg_put_entry(struct wr *w, const struct state_msg_entry *entry);
size_t state_msg_entry_size(const struct state_msg_entry *entry);

/** Append a block, its entries encoded already, to what becomes `blocks`. */
void state_msg_put_block(struct wr *w, const struct state_msg_block *block);

#endif
