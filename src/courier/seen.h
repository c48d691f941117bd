/*
 * A bounded memory of 16-byte names, each for so long: what was read already, which locks are
 * opened. A machine without deadlines: what is too old is not found, and its place is taken by
 * what comes.
 *
 * Each name is charged to who brought it. Who brought its share makes room among its own names, so
 * nobody can make this node forget what others brought.
 *
 * Kept by the owner as one value a slot: a name that is added overwrites one row, nothing else is
 * ever written. `now` is the node's lasting time, which goes on over restarts (README.md).
 *
 * Source: docs/protocol/envelope.md, "Dedup", and mailbox.md, "Done".
 */
#ifndef COURIER_SEEN_H
#define COURIER_SEEN_H

#include "base/map.h"
#include "base/wr.h"

#define SEEN_MAX 65536       /* names; 84 bytes each, 5.5 MB when full */
#define SEEN_SHARE 8         /* one who brings them may fill an eighth */
#define SEEN_KEY_SIZE 16     /* of a name */
#define SEEN_VALUE_SIZE 16   /* what is remembered with it */
#define SEEN_OWNER_SIZE 32   /* a device */
#define SEEN_ROW_SIZE 57     /* format 1, name 16, value 16, owner 8, number 8, end 8 */
#define SEEN_MESSAGE_DAYS 37 /* a message's longest life and a week */
#define SEEN_LOCK_DAYS 30    /* no envelope lives longer */
#define SEEN_NONE UINT32_MAX /* no slot */
#define SEEN_DAY_NS UINT64_C(86400000000000)

struct seen_config {
    const struct random *random; /* borrowed */
    uint64_t keep_ns;
    uint32_t most; /* names; 0: SEEN_MAX */
};

struct seen_slot; /* private */

struct seen {
    struct seen_config config;
    struct seen_slot *slots; /* owned; grows by doubling */
    uint32_t *buckets;       /* owned: slots by name, as many as `cap`, a power of two */
    uint32_t cap;
    uint32_t count;
    uint32_t first; /* the oldest */
    uint32_t last;
    uint32_t free;   /* slots that are */
    uint64_t number; /* of the next name */
    struct map owners;
};

void seen_init(struct seen *s, const struct seen_config *config);
void seen_clear(struct seen *s);

/** What is remembered with `key`, SEEN_VALUE_SIZE bytes, borrowed until the next call; NULL when
 * the name is not known. */
const uint8_t *seen_find(const struct seen *s, uint64_t now, const uint8_t key[SEEN_KEY_SIZE]);

/** Remember `key` and `value` (NULL: zeros) at the expense of `owner`. `*slot` is the row to be
 * written. WAVU_ERR_EXISTS when it is known: nothing changes. */
WARN_UNUSED int seen_add(struct seen *s, uint64_t now, const uint8_t key[SEEN_KEY_SIZE],
                         const uint8_t *value, const uint8_t owner[SEEN_OWNER_SIZE],
                         uint32_t *slot);

/** Append the row of `slot`. */
void seen_save(struct wr *w, const struct seen *s, uint32_t slot);

/** Take a row back, in any order, before anything else; then seen_settle. A row that is not one is
 * WAVU_ERR_CORRUPT, of a newer format WAVU_ERR_UNSUPPORTED: nothing of it is taken. */
WARN_UNUSED int seen_load(struct seen *s, uint64_t now, uint32_t slot, struct span row);
void seen_settle(struct seen *s);

void seen_check(const struct seen *s);

#endif
