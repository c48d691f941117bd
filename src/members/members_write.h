/*
 * Making operations of the membership log: a wish comes from above as the fields of its kind; the
 * signed operation goes into this node's own log, whence it reaches peers like all others.
 *
 * Source: docs/protocol/members.md.
 */
#ifndef MEMBERS_MEMBERS_WRITE_H
#define MEMBERS_MEMBERS_WRITE_H

#include "members/members.h"

#define MEMBERS_WRITE_LAST 128 /* the last of a chain: for revocations, co-signatures, leaving */

/* One who signs: a key with its place in the log. Owned by the caller, who wipes the pair.
 * `sequence` and `last` are to be durable before what was signed leaves the node. */
struct members_author {
    struct ed25519_pair pair;
    bool has_grant; /* not the member's first root */
    bool has_join;  /* a device that is not the founder's and has joined */
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    uint8_t grant[MEMBERS_MSG_ID_SIZE];
    uint8_t join[MEMBERS_MSG_ID_SIZE];
    uint8_t last[MEMBERS_MSG_ID_SIZE]; /* its last operation, when sequence > 0 */
    uint64_t sequence;                 /* of its last operation; 0: none yet */
};

/** Make the genesis of a network: append it, signed by the founder's root, to `out`. `name` as
 * network_key_is_name says: else WAVU_ERR_INVALID. */
WARN_UNUSED int members_write_genesis(struct buf *out, const struct signer *signer,
                                      const struct random *random, const struct ed25519_pair *root,
                                      struct span name, enum members_msg_policy policy);

/** Sign for the new key `pair` that it consents to be made a device (or by `is_root` the next root)
 * of `member` by `root`. */
void members_write_consent(uint8_t consent[SIGNER_SIZE], const struct members *log,
                           const struct ed25519_pair *pair, bool is_root,
                           const uint8_t member[MEMBERS_MSG_ID_SIZE],
                           const uint8_t root[MEMBERS_MSG_KEY_SIZE]);

/** The same for a device that brings its first leaf (agreement key): its consent covers that, too.
 */
void members_write_leaf_consent(uint8_t consent[SIGNER_SIZE], const struct members *log,
                                const struct ed25519_pair *pair,
                                const uint8_t member[MEMBERS_MSG_ID_SIZE],
                                const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                                const uint8_t leaf[MEMBERS_MSG_LEAF_SIZE]);

/** Sign an operation of the kind and content in `m` (its header is filled in here) and put it into
 * the log. Its parents are those in `m`: members_heads_parents chooses them for what a device
 * signs; none are for what a root signs, and for what must be heard where no room is for what
 * others rest on. `*op` is then that operation, borrowed from the log, and the author stands behind
 * it.
 * WAVU_ERR_IN_USE when the log holds an operation of this chain that the author does not know:
 * somebody else signs with its key, or its state is old; it must stop signing and become a new
 * device. A root reads its place off the log instead (identity_author) and, when its chain has
 * forked, goes on from there. WAVU_ERR_NOT_FOUND when the log lacks what `m` names;
 * WAVU_ERR_CRYPTO, _LIMIT as members_feed; _LIMIT also in the last MEMBERS_WRITE_LAST of a chain
 * when it is no revocation, COSIGN or LEAVE. Nothing has changed after an error. */
WARN_UNUSED int members_write(struct members *log, struct members_author *author,
                              struct members_msg *m, const struct members_op **op);

#endif
