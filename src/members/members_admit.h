/*
 * What is let in: everything that follows from an operation and from what it names, and so is the
 * same on every node. Comes from members_feed with all that it names present; leaves as a struct
 * members_op, or as a refusal.
 *
 * Source: docs/protocol/members.md, "Operations".
 */
#ifndef MEMBERS_MEMBERS_ADMIT_H
#define MEMBERS_MEMBERS_ADMIT_H

#include "members/members.h"

#define MEMBERS_ADMIT_KIND_UNKNOWN UINT32_MAX
#define MEMBERS_ADMIT_LINKS_MAX (5 + MEMBERS_MSG_PARENTS_MAX + MEMBERS_MSG_CUTS_MAX)

extern const char members_admit_label_device[];
extern const char members_admit_label_succeed[];

/** Write the bytes that a new key signs to consent: network, member, root that grants (each 32
 * bytes), and of a device its leaf, where it has one. Returns how many they are. */
#define MEMBERS_ADMIT_CONSENT_MAX                                                                  \
    (2 * MEMBERS_MSG_ID_SIZE + MEMBERS_MSG_KEY_SIZE + MEMBERS_MSG_LEAF_SIZE)
size_t members_admit_consent(uint8_t out[MEMBERS_ADMIT_CONSENT_MAX],
                             const uint8_t network[MEMBERS_MSG_ID_SIZE],
                             const uint8_t member[MEMBERS_MSG_ID_SIZE],
                             const uint8_t root[MEMBERS_MSG_KEY_SIZE], struct span leaf);

/** 0, or WAVU_ERR_CRYPTO when the author's signature or the new key's consent is wrong. */
WARN_UNUSED int members_admit_verify(const struct members *log, const struct members_msg *m);

/** The `i`th id that `m` names; false behind the last. The fixed ones may be empty. */
WARN_UNUSED bool members_admit_named(const struct members_msg *m, size_t i, struct span *id);

/** Find what `m` names and is not here: the first such id, or empty when all is. */
struct span members_admit_missing(const struct members *log, const struct members_msg *m);

/** Fill `op` (zeroed) from `m`, all that it names being present; its links are allocated. Makes no
 * change to the log. WAVU_ERR_CRYPTO when it is not to be let in. */
WARN_UNUSED int members_admit(const struct members *log, const struct members_msg *m,
                              struct members_op *op);

/** REMOVE, REVOKE, SUCCEED. */
bool members_admit_is_revocation(uint32_t kind);

/** Is it a revocation of others' or of a key, or a COSIGN? A chain may hold
 * MEMBERS_REVOCATIONS_MAX of these, and a reserve is kept for them; a LEAVE ends its chain. */
bool members_admit_takes(uint32_t kind);

#endif
