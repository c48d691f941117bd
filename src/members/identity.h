/*
 * A person: the root key, and what it signs. Root seeds come from identity.key or a backup; out go
 * the first device's key and the operations that only a root may sign.
 *
 * Source: docs/protocol/members.md, "Keys of a person"; docs/protocol/crypto.md.
 */
#ifndef MEMBERS_IDENTITY_H
#define MEMBERS_IDENTITY_H

#include "crypto/x25519.h"
#include "members/members_state.h"
#include "members/members_write.h"

#define IDENTITY_SEED_SIZE ED25519_SEED_SIZE

struct identity {
    struct ed25519_pair root; /* a secret: identity_wipe */
};

void identity_from_seed(struct identity *id, const uint8_t seed[IDENTITY_SEED_SIZE]);
void identity_wipe(struct identity *id);

/** The key of the person's first device, as a node that is given the root seed derives it; it says
 * nothing about the root. The caller wipes it. */
void identity_first_device(struct ed25519_pair *device, const struct identity *id);

/** The X25519 pair of the root, where a peer has nothing else of this person. The caller wipes it.
 */
void identity_agreement(struct x25519_pair *pair, const struct identity *id);

/** Let the root sign for `member`: its place in the log is read off the log. A root that signs on
 * two machines at once, or was restored from an old backup, makes a fork, which shuts out nobody:
 * it goes on behind the last operation of its chain that counts. WAVU_ERR_NOT_FOUND when the log
 * knows no such member, WAVU_ERR_DENIED when this is not the root that the member has by `s`. The
 * caller wipes author->pair. */
WARN_UNUSED int identity_author(struct members_author *author, const struct identity *id,
                                const struct members_state *s,
                                const uint8_t member[MEMBERS_MSG_ID_SIZE]);

/** Let a device sign for the member that `s` has it live for (or, before it joined, as a device of
 * an invited one). `sequence` and `last` are what its own durable state says, not the log. Errors
 * as identity_author. */
WARN_UNUSED int identity_device_author(struct members_author *author,
                                       const struct ed25519_pair *device,
                                       const struct members_state *s,
                                       const uint8_t member[MEMBERS_MSG_ID_SIZE]);

/** Make `device` a device of the root's member, by its consent (members_write_consent, or with a
 * leaf, which may be empty, members_write_leaf_consent). */
WARN_UNUSED int identity_certify(struct members *log, struct members_author *root,
                                 const uint8_t device[MEMBERS_MSG_KEY_SIZE],
                                 const uint8_t consent[SIGNER_SIZE], struct span leaf,
                                 const struct members_op **op);

/** Remove a device, honouring what of it counts by `s`. WAVU_ERR_NOT_FOUND when it was none. */
WARN_UNUSED int identity_remove(struct members *log, struct members_author *root,
                                const struct members_state *s,
                                const uint8_t device[MEMBERS_MSG_KEY_SIZE],
                                const struct members_op **op);

/** Leave with all devices, honouring what of them and of earlier roots counts by `s`: nothing more
 * that any of these keys signs does. WAVU_ERR_DENIED when that would not honour all: the root's
 * chain has forked, or there are more chains than cuts. */
WARN_UNUSED int identity_leave(struct members *log, struct members_author *root,
                               const struct members_state *s, const struct members_op **op);

/** Hand the member over to `next`; the old root signs nothing that counts after that. */
WARN_UNUSED int identity_succeed(struct members *log, struct members_author *root,
                                 const struct identity *next, const struct members_op **op);

#endif
