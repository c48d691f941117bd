/*
 * What survives a restart: tables of keys and values, and logs of records.
 *
 * Writes come from the node's services during a turn and are readable at once. At the turn's end
 * they leave as one commit, made by a job; what is written meanwhile is the next one. When a commit
 * is on the disk, its watchers hear its number. Read and written on the node's thread.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "base/list.h"
#include "port/port.h"

#define STORE_KEY_SIZE 32     /* of the key that the database is encrypted with */
#define STORE_FILE "store.db" /* in the home; beside it SQLite's -wal and -journal */

/* A table's or a log's name: one byte holds its length, and names are words. */
#define STORE_NAME_MAX 32
#define STORE_KEY_MAX 255 /* a key within its table: a peer id and a suffix many times over */
#define STORE_VALUE_MAX                                                                            \
    131072 /* an envelope (96 KiB), an entry (64 KiB and 640) in one; larger things are files */
#define STORE_INDEX_NUMBER_MAX (UINT64_MAX >> 1) /* a run's end has 64 bits, too */

/* Written and not yet on the disk, with 200 bytes or so of each write's own: what a slow disk takes
 * in some seconds. */
#define STORE_PENDING_MAX ((size_t)4 * 1024 * 1024)

/* What is kept goes to its place in the database so long after at most; until then, with what it
 * replaces, it is in a journal there. */
#define STORE_LATE_NS_MAX (UINT64_C(60) * 1000000000)

/* A commit that failed is tried again after so long, then twice that, up to the second. */
#define STORE_RETRY_NS_MIN (UINT64_C(500) * 1000000)
#define STORE_RETRY_NS_MAX (UINT64_C(60) * 1000000000)

struct store; /* opaque */

enum store_kind { STORE_DISK, STORE_MEMORY };

struct store_config {
    struct port *port;
    enum store_kind kind;
    const uint8_t *key; /* STORE_KEY_SIZE bytes, copied; NULL for STORE_MEMORY */
};

/* How far a full check has come. */
struct store_progress {
    uint64_t entries;  /* looked at */
    uint64_t bytes;    /* in them */
    uint64_t of_bytes; /* the file's: somewhat more than `bytes` will be */
    bool is_done;      /* all of it was whole */
    int err; /* it ended: WAVU_ERR_CORRUPT (damaged behind `entries`), or it could not be read */
};

/* Who hears what becomes of commits; embedded in its owner. Called in the "in" phase. */
struct store_watch {
    struct list link;
    /* All up to the commit `number` is on the disk. */
    void (*committed)(struct store_watch *, uint64_t number);
    /* A commit failed. WAVU_ERR_NO_SPACE, _IO, _DENIED, _IN_USE: it is kept and will be tried
     * again. _CORRUPT, _UNSUPPORTED: never, and every call fails from now on. May be NULL. */
    void (*failed)(struct store_watch *, int err);
    /* A slice of a full check is done. May be NULL. */
    void (*checked)(struct store_watch *, const struct store_progress *);
};

/** A store, not yet opened: the first read or commit does that. WAVU_ERR_MEMORY. */
WARN_UNUSED int store_new(const struct store_config *config, struct store **out);

/** Forget what is pending and close; waits for a commit under way. NULL is fine. */
void store_free(struct store *s);

/**
 * Open now, and learn what is wrong with it: WAVU_ERR_CORRUPT (damaged, of another program, or of
 * another key: it stays as it is), _UNSUPPORTED (of a newer wavu), _IN_USE (another process has
 * it), _DENIED, _NO_SPACE, _NOT_FOUND (no home), _IO. Reads fail likewise. Brings an older file up
 * to date, and looks at the ends of what it holds; the rest is for store_inspect.
 */
WARN_UNUSED int store_open(struct store *s);

/**
 * Let `key` have `value` in `table` (1 to STORE_NAME_MAX characters); both are copied.
 * WAVU_ERR_LIMIT: too long, or too much is pending; _CORRUPT, _UNSUPPORTED: the store is dead.
 */
WARN_UNUSED int store_put(struct store *s, const char *table, struct span key, struct span value);

/** Forget `key`. Errors as store_put; nothing happens when it is not there. */
WARN_UNUSED int store_delete(struct store *s, const char *table, struct span key);

/** Replace what is in `value` by the value. WAVU_ERR_NOT_FOUND, _LIMIT (more than its maximum).
 * Waits for no commit. */
WARN_UNUSED int store_get(struct store *s, const char *table, struct span key, struct buf *value);

/**
 * The next entry whose key begins with `prefix`, in order of bytes: `key` holds the last one
 * (empty: none yet) and gets this one. WAVU_ERR_NOT_FOUND behind the last. Writes in between are
 * fine. Cost: one search. `key` must hold STORE_KEY_MAX bytes.
 */
WARN_UNUSED int store_next(struct store *s, const char *table, struct span prefix, struct buf *key,
                           struct buf *value);

/** As store_next, backwards: the first time the last entry, then the ones before `key`. */
WARN_UNUSED int store_prev(struct store *s, const char *table, struct span prefix, struct buf *key,
                           struct buf *value);

/**
 * Forget all keys that begin with `prefix` (empty: the whole table), or all from `from` to before
 * `to`. One commit, and its time grows with what is there: delete a million entries in
 * parts. Errors as store_put; also WAVU_ERR_LIMIT: too many ranges are pending.
 */
WARN_UNUSED int store_delete_prefix(struct store *s, const char *table, struct span prefix);
WARN_UNUSED int store_delete_range(struct store *s, const char *table, struct span from,
                                   struct span to);

/** Append a record; `*sequence` (from 1, never twice) is its number. Errors as store_put and
 * store_open. */
WARN_UNUSED int store_append(struct store *s, const char *log, struct span bytes,
                             uint64_t *sequence);

/** The first record whose sequence is at least `*sequence`, which becomes its own.
 * WAVU_ERR_NOT_FOUND behind the last. */
WARN_UNUSED int store_record(struct store *s, const char *log, uint64_t *sequence,
                             struct buf *bytes);

/** The last record whose sequence is at most `*sequence`, which becomes its own; UINT64_MAX finds
 * the newest. WAVU_ERR_NOT_FOUND before the first. */
WARN_UNUSED int store_record_back(struct store *s, const char *log, uint64_t *sequence,
                                  struct buf *bytes);

/** Forget the records from `first` to `last`. Their numbers are not given again. Cost and errors as
 * store_delete_range and store_append. */
WARN_UNUSED int store_delete_records(struct store *s, const char *log, uint64_t first,
                                     uint64_t last);

/**
 * Let `text`, a person's, be found in `index` under `number` by its words (docs/protocol/store.md:
 * what a word is, and that the first 1,024 count), instead of what was there under it. Numbers are
 * best given in order and without great gaps, as a log's are. In the same commit as the text
 * itself. Errors as store_put; WAVU_ERR_LIMIT also: beyond STORE_INDEX_NUMBER_MAX.
 */
WARN_UNUSED int store_index_put(struct store *s, const char *index, uint64_t number,
                                struct span text);

/** Let nothing be found under `number` any more: its words leave the database with the commit. */
WARN_UNUSED int store_index_drop(struct store *s, const char *index, uint64_t number);

/** Forget a whole index. */
WARN_UNUSED int store_index_clear(struct store *s, const char *index);

/* A page of what is found. */
struct store_page {
    uint64_t before;   /* numbers below this; UINT64_MAX at first; where the next page begins */
    uint64_t *numbers; /* the caller's: room for `max` */
    size_t max;
    size_t count;
};

/**
 * Find the newest numbers below page->before whose texts have all words of `query`; one that the
 * query ends within may be any that begins so. Newest first. page->before moves down behind them,
 * to 0 when there are no more; until then a page that is not full, also an empty one, has more
 * behind it: a call looks at some 500,000 texts at most. Errors as store_open.
 */
WARN_UNUSED int store_index_find(struct store *s, const char *index, struct span query,
                                 struct store_page *page);

/** The number of the commit that takes what is written now. */
uint64_t store_number(const struct store *s);

/** The number of the last commit that is on the disk; 0: none yet. */
uint64_t store_committed(const struct store *s);

/** How many writes there were in this life, and how many of them, the first ones, are on the disk:
 * whoever sees the first number grow by a call waits until the second has reached it. */
uint64_t store_writes(const struct store *s);
uint64_t store_writes_kept(const struct store *s);

/** Bytes of memory that wait for their commits. */
size_t store_pending(const struct store *s);

/**
 * Look at everything that is there, in slices of some milliseconds, off the node's thread, behind
 * no commit and before none; store_watch.checked hears of each. Goes on where store_inspect_stop or
 * an error that passes ended it, in this life; else from the beginning. What is damaged is told and
 * the store goes on: what is read of it from now on says so, too.
 */
void store_inspect(struct store *s);
void store_inspect_stop(struct store *s);

/** The same with so long a pause between slices, from now on: a node has time. */
void store_inspect_slowly(struct store *s, uint64_t pause_ns);

/* One entry of all that there is: space, name and key in one (docs/protocol/store.md, of format
 * STORE_FORMAT); borrowed until return. Below 0: no more. */
typedef int store_each(void *context, struct span whole, struct span value);

#define STORE_FORMAT 2 /* of whole keys and indexes: as in schemas 2 and 3 (store_schema.h) */

/**
 * Off the node's thread, in one job: tell `each` of every entry as all are on the disk at one
 * moment, with flat memory, beside reads and commits; a full check waits. Blocks of indexes come
 * first: loose entries that came before them would be folded anew. Returns what `each` did
 * below 0; WAVU_ERR_UNSUPPORTED of a store in memory; else as store_open. The store stays there
 * until it returns.
 */
WARN_UNUSED int store_copy(struct store *s, store_each *each, void *context);

/** Put an entry of store_copy, in its order, of a store of the same STORE_FORMAT, into one that is
 * empty.
 * WAVU_ERR_CORRUPT: it is none; else as store_put. */
WARN_UNUSED int store_put_copied(struct store *s, struct span whole, struct span value);

/** What name an entry of store_copy is under (borrowed), the key within it, and whether it is of a
 * table (`is_log`: of a log). WAVU_ERR_CORRUPT. */
struct store_copied {
    struct span name;
    struct span key; /* of a log 8 bytes: the record's number */
    bool is_table;
    bool is_log;
};
WARN_UNUSED int store_read_copied(struct store_copied *out, struct span whole);

/** Hear of commits, until store_unwatch. `watch` is the caller's. */
void store_watch(struct store *s, struct store_watch *watch);
void store_unwatch(struct store_watch *watch);

/**
 * Commit everything now, on this thread, waiting for a commit under way: for going down. Watchers
 * hear nothing. Errors as of a commit; what failed is still pending.
 */
WARN_UNUSED int store_flush(struct store *s);

#endif
