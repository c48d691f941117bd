/*
 * Whole keys: what the store's one table is ordered by. Space, length of a name, the name, the key
 * within it. From store.c and store_index.c to what stands behind the store.
 */
#ifndef STORE_STORE_WHOLE_H
#define STORE_STORE_WHOLE_H

#include "base/span.h"
#include "store/store.h"
#include "wavu/err.h"

enum store_space {
    STORE_TABLES = 1,
    STORE_LOGS = 2,    /* a key is a sequence: 8 bytes, big-endian, so that their order is its */
    STORE_INDEXES = 3, /* loose entries (store_index.h): a key is a number, 8 bytes, big-endian */
    STORE_ENDS = 4,    /* of logs whose last records were deleted: the last sequence given */
    STORE_BLOCKS = 5   /* of indexes, in a table of their own */
};

/* A whole key, and its successor. */
#define STORE_WHOLE_MAX (2 + STORE_NAME_MAX + STORE_KEY_MAX + 1)

struct store_whole {
    size_t len;
    uint8_t bytes[STORE_WHOLE_MAX];
};

/** `name` has 1 to STORE_NAME_MAX characters. WAVU_ERR_LIMIT: the key is too long. */
WARN_UNUSED int store_whole_of(struct store_whole *w, enum store_space space, const char *name,
                               struct span key);

/** Of a record, and of all a log's records that are not before it. */
void store_whole_of_record(struct store_whole *w, const char *log, uint64_t sequence);

/** Copy: `key` has at most STORE_WHOLE_MAX bytes. */
void store_whole_set(struct store_whole *w, struct span key);

/** The smallest key behind `key`, which is shorter than STORE_WHOLE_MAX. */
void store_whole_set_behind(struct store_whole *w, struct span key);

/** The smallest key behind all that begin with `prefix`, which begins with a space. */
void store_whole_set_end(struct store_whole *w, struct span prefix);

static inline struct span store_whole_span(const struct store_whole *w)
{
    return span_of(w->bytes, w->len);
}

#endif
