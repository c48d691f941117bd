/*
 * The state of a group's keys in the store: in parts, all of them or none. A part of
 * group/epochs.h.
 */
#ifndef GROUP_EPOCHS_KEEP_H
#define GROUP_EPOCHS_KEEP_H

#include "crypto/hash.h"
#include "group/epoch_state.h"
#include "store/store.h"

#define EPOCHS_KEEP_STATE_MAX ((size_t)3 * 1024 * 1024) /* of the state: what a commit can take */
#define EPOCHS_KEEP_PART 4096                           /* bytes of it in one value of the store */
#define EPOCHS_KEEP_NAME_MAX (sizeof "epoch-" + 10)

struct epochs_keep {
    struct store *store; /* borrowed */
    char table[EPOCHS_KEEP_NAME_MAX];
    size_t parts;                        /* of the state in the store */
    uint8_t (*hashes)[HASH_SHA256_SIZE]; /* of those that were put in this life: `known` of them */
    size_t known;
};

/** The table of network `number`. */
void epochs_keep_init(struct epochs_keep *k, struct store *store, uint32_t number);
void epochs_keep_clear(struct epochs_keep *k);

/** Put the state of `e` into the commit under way: the parts of it that are not in the store as
 * they are. LIMIT: it is larger than EPOCHS_KEEP_STATE_MAX; AGAIN: the commit has no room for it;
 * what the store says. Nothing was put then. */
WARN_UNUSED int epochs_keep_save(struct epochs_keep *k, const struct epoch *e, uint64_t now);

/** Load what the store has into `e`, or begin it. CORRUPT, UNSUPPORTED, what the store says. */
WARN_UNUSED int epochs_keep_load(struct epochs_keep *k, struct epoch *e,
                                 const struct epoch_config *config, uint64_t now);

#endif
