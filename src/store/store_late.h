/*
 * What is written behind: a small commit is one row of a journal, which costs a page or two, and
 * its writes wait here, in memory, until many go to their places in one commit, in order of their
 * keys. Each place that is written to, often a page of its own, then serves several writes, and a
 * row that is written again and again is written once.
 *
 * In: batches, from a job, in a connection's transaction. Out: the same writes, to the journal or
 * to their places, and a batch of those that are in the journal, which readers look at. After a
 * start that is made anew from the journal.
 *
 * A commit goes to its places itself, and all that waits with it, when it deletes ranges, when it
 * says so (store_batch.is_whole), or when with it too much would wait or the journal be too long.
 */
#ifndef STORE_STORE_LATE_H
#define STORE_STORE_LATE_H

#include "base/random.h"
#include "store/store_batch.h"
#include "store/store_conn.h"

/* Memory of writes that are in the journal alone: those of some 600 messages. */
#define STORE_LATE_MAX ((size_t)1024 * 1024)

/* The same of all writes in the journal, also of those that a later one replaced: more than its
 * bytes on the disk, which a start reads. */
#define STORE_LATE_JOURNAL_MAX (4 * STORE_LATE_MAX)

struct store_late {
    struct store_batch rows; /* in the journal and not in their places */
    uint64_t next;           /* the journal's next number */
    size_t journal;          /* bytes in it */
    bool is_read;            /* `rows` is what the journal has */
};

void store_late_init(struct store_late *l);
void store_late_clear(struct store_late *l);

/** Read the journal, unless that was done. WAVU_ERR_CORRUPT, _UNSUPPORTED; else as store_conn. */
WARN_UNUSED int store_late_read(struct store_late *l, struct store_conn *c,
                                const struct random *random);

/** Within a transaction: write the batch, to the journal or, with all that waits, to its places.
 * Nothing here changes. Errors as store_conn. */
WARN_UNUSED int store_late_write(const struct store_late *l, struct store_conn *c,
                                 const struct store_batch *batch);

/** That commit has succeeded. What waits now is taken out of the batch. */
void store_late_settle(struct store_late *l, struct store_batch *batch);

/** In a transaction of its own, beside all but commits: what the journal has goes to its places.
 * Errors as store_late_read. */
WARN_UNUSED int store_late_put_away(struct store_conn *c, const struct random *random);

#endif
