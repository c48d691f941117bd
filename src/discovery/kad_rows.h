/*
 * What kad_store keeps over a restart, as rows of the store: their bytes, and writing them at a
 * bounded rate. Without a store nothing is written and nothing found.
 *
 * Each value begins with a version. WAVU_ERR_UNSUPPORTED: a newer one, which is left alone;
 * WAVU_ERR_CORRUPT: anything else that cannot be read. docs/protocol/kad.md, "Stores".
 */
#ifndef DISCOVERY_KAD_ROWS_H
#define DISCOVERY_KAD_ROWS_H

#include "base/budget.h"
#include "crypto/peerid.h"
#include "discovery/kad_msg.h"
#include "discovery/kad_quota.h"
#include "store/store.h"

#define KAD_ROWS_VERSION 1
#define KAD_ROWS_VALUES "kad-values"
#define KAD_ROWS_PROVIDED "kad-provided"
#define KAD_ROWS_HOLDERS "kad-holders"
#define KAD_ROWS_OWN "kad-own"

#define KAD_ROWS_PROVIDED_KEY_MAX 80 /* bytes of a key that somebody provides */
#define KAD_ROWS_KEY_MAX (1 + KAD_MSG_KEY_MAX + PEERID_SIZE_MAX)
#define KAD_ROWS_VALUE_MAX (42 + PEERID_SIZE_MAX + KAD_MSG_VALUE_MAX)

#define KAD_ROWS_RATE 65536    /* bytes a second that others make us write, */
#define KAD_ROWS_BURST 4194304 /* and at once */

struct kad_rows {
    struct store *store; /* borrowed; NULL: none */
    struct budget_bucket bucket;
    uint64_t lost; /* rows that could not be read or taken out */
};

/* Of KAD_ROWS_VALUES; its key is the record's. Spans are borrowed. */
struct kad_rows_value {
    uint64_t until_ms;    /* wall time; 0: not known */
    uint64_t received_ms; /* likewise */
    uint64_t sequence;    /* as the record says, and its end: it was checked when it came */
    uint64_t end_ms;
    uint64_t group;
    struct peerid holder;
    struct span value;
};

/* Of KAD_ROWS_PROVIDED, its key included. */
struct kad_rows_provided {
    struct span key;
    struct peerid holder;
    uint64_t until_ms;
};

/* Of KAD_ROWS_HOLDERS; its key is the peer's id. */
struct kad_rows_holder {
    uint64_t group;
    struct span addresses;
};

/* Of KAD_ROWS_OWN, its key included. */
struct kad_rows_own {
    bool is_provided;
    struct span key;
    uint64_t due_ms; /* wall time; 0: at once */
    uint64_t end_ms;
    struct span value;
};

void kad_rows_init(struct kad_rows *r, struct store *store, uint64_t now);

/** May so many bytes be written now? Takes them from the rate. */
bool kad_rows_may(struct kad_rows *r, size_t bytes, uint64_t now);

/* Writers. Errors as store_put; nothing happens without a store. */
WARN_UNUSED int kad_rows_put_value(struct kad_rows *r, struct span key,
                                   const struct kad_rows_value *row);
WARN_UNUSED int kad_rows_put_provided(struct kad_rows *r, const struct kad_rows_provided *row);
WARN_UNUSED int kad_rows_put_holder(struct kad_rows *r, const struct peerid *peer,
                                    const struct kad_rows_holder *row);
WARN_UNUSED int kad_rows_put_own(struct kad_rows *r, const struct kad_rows_own *row);

/* What is held no more. A row that stays because the store takes nothing ends by its time. */
void kad_rows_delete_value(struct kad_rows *r, struct span key);
void kad_rows_delete_provided(struct kad_rows *r, struct span key, const struct peerid *holder);
void kad_rows_delete_holder(struct kad_rows *r, const struct peerid *peer);
void kad_rows_delete_own(struct kad_rows *r, bool is_provided, struct span key);

/* Readers. */
WARN_UNUSED int kad_rows_get_value(struct kad_rows_value *row, struct span bytes);
WARN_UNUSED int kad_rows_get_provided(struct kad_rows_provided *row, struct span key,
                                      struct span bytes);
WARN_UNUSED int kad_rows_get_holder(struct kad_rows_holder *row, struct span bytes);
WARN_UNUSED int kad_rows_get_own(struct kad_rows_own *row, struct span key, struct span bytes);

/** Tell `take` of each row of `table`. What it returns below 0 is deleted, but for
 * WAVU_ERR_UNSUPPORTED. Errors of reading the store. */
typedef int kad_rows_take(void *context, struct span key, struct span value);
WARN_UNUSED int kad_rows_each(struct kad_rows *r, const char *table, kad_rows_take *take,
                              void *context);

#endif
