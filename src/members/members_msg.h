/*
 * Codec of the membership log: the genesis and the operations, each { body, signature }.
 *
 * Bytes come from peers, from the store and from invitations; what is read leaves to members/log as
 * structs that borrow from them. A body is kept as it came: it is what was signed.
 * Source: docs/protocol/members.md, members.proto.
 */
#ifndef MEMBERS_MEMBERS_MSG_H
#define MEMBERS_MEMBERS_MSG_H

#include "base/span.h"
#include "base/wr.h"
#include "crypto/signer.h"
#include "wavu/err.h"

#define MEMBERS_MSG_FORMAT 1
#define MEMBERS_MSG_ID_SIZE HASH_SHA256_SIZE
#define MEMBERS_MSG_KEY_SIZE ED25519_PUBLIC_SIZE
#define MEMBERS_MSG_NONCE_SIZE 16
#define MEMBERS_MSG_LEAF_SIZE 32 /* X25519 */
#define MEMBERS_MSG_SALT_SIZE 16
#define MEMBERS_MSG_NAME_MAX 64 /* NETWORK_KEY_NAME_MAX */
#define MEMBERS_MSG_PARENTS_MAX                                                                    \
    32 /* heads that one author knows: more are merged by two operations                           \
        */
#define MEMBERS_MSG_CUTS_MAX                                                                       \
    128 /* chains of one target: roots and devices, with room for a subtree                        \
         */
/* 128 cuts of 40 bytes, 32 parents of 34, header and signature of 320, and room for fields to come
 */
#define MEMBERS_MSG_SIZE_MAX 8192
#define MEMBERS_MSG_GENESIS_MAX 1024 /* of any format: 240 bytes, and room for fields to come */

extern const char members_msg_label_genesis[];
extern const char members_msg_label_operation[];

enum members_msg_policy {
    MEMBERS_MSG_INVITER = 1,
    MEMBERS_MSG_TWO = 2,
    MEMBERS_MSG_ANY = 3,
    MEMBERS_MSG_OPEN = 4, /* whoever asks is let in; nobody co-signs */
};

enum members_msg_kind {
    MEMBERS_MSG_INVITE = 1,
    MEMBERS_MSG_JOIN = 2,
    MEMBERS_MSG_DEVICE = 3,
    MEMBERS_MSG_REMOVE = 4,
    MEMBERS_MSG_REVOKE = 5,
    MEMBERS_MSG_COSIGN = 6,
    MEMBERS_MSG_SUCCEED = 7,
    MEMBERS_MSG_MERGE = 8,
    MEMBERS_MSG_LEAVE = 9 /* the last that we know */
};

struct members_msg_genesis {
    uint64_t format;
    struct span name;
    uint64_t policy;
    struct span root;
    struct span nonce;
    struct span body; /* what the signature covers */
    struct span signature;
};

struct members_msg_cut {
    uint64_t sequence;
    struct span id;
};

struct members_msg {
    uint64_t format;
    struct span network;
    uint64_t kind; /* enum members_msg_kind, or one that we do not know */
    bool is_critical;
    bool is_known; /* the content was read: of this format and a kind that we know */
    struct span member;
    struct span author;
    struct span grant; /* empty: the member's first root */
    struct span join;  /* empty: a root, a JOIN, or the founder's device */
    uint64_t sequence;
    struct span previous; /* empty: the first of its chain */
    struct span parents[MEMBERS_MSG_PARENTS_MAX];
    size_t parent_count;
    struct span content;
    /* Of the content, by kind: */
    struct span key;     /* INVITE, SUCCEED: root; DEVICE: device */
    struct span consent; /* DEVICE, SUCCEED */
    struct span leaf;    /* DEVICE: its first agreement key; empty: none */
    struct span target;  /* REMOVE: a DEVICE operation; REVOKE: a member; COSIGN: an operation */
    bool is_subtree;     /* REVOKE */
    bool is_by_door;     /* INVITE: of whoever asks, by a node; absent: by a person */
    struct span
        salt; /* REMOVE, REVOKE, SUCCEED: random, for keys that who is put out cannot know */
    struct members_msg_cut cuts[MEMBERS_MSG_CUTS_MAX]; /* REMOVE: at most one; REVOKE */
    size_t cut_count;
    struct span body; /* what the signature covers */
    struct span signature;
};

/** Read a genesis. WAVU_ERR_PROTO when malformed or too long, WAVU_ERR_UNSUPPORTED for a newer
 * format or an unknown policy. The signature is not looked at. */
WARN_UNUSED int members_msg_decode_genesis(struct members_msg_genesis *g, struct span bytes);

/** Has an operation of that kind a salt? */
bool members_msg_has_salt(uint64_t kind);

/** Read an operation. WAVU_ERR_PROTO when malformed, WAVU_ERR_LIMIT beyond the limits above. */
WARN_UNUSED int members_msg_decode(struct members_msg *m, struct span bytes);

/** Write a body: from the fields, not from `content` unless the kind is unknown. */
void members_msg_encode_genesis_body(struct wr *w, const struct members_msg_genesis *g);
void members_msg_encode_body(struct wr *w, const struct members_msg *m);

/** Write { body, signature }. */
void members_msg_encode_signed(struct wr *w, struct span body, struct span signature);

#endif
