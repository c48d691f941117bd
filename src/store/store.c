/*
 * The store: two batches over a database or its twin. `filling` takes this turn's writes; in the
 * turn's "out" phase it becomes `flying`, which a job commits. A flying batch that failed stays
 * where it is and is tried again.
 *
 *     write -> filling --out--> flying --job--> disk, watchers
 *     read <-- filling, else flying, else the disk
 */
#include "store/store.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/wr.h"
#include "port/work.h"
#include "store/store_db.h"
#include "store/store_check.h"
#include "store/store_find.h"
#include "store/store_mem.h"
#include "store/store_schema.h"
#include "store/store_view.h"

_Static_assert(STORE_KEY_SIZE == STORE_DB_KEY_SIZE, "one key");

struct log {
    struct list link; /* in store->logs */
    uint64_t next;    /* the sequence of the next record */
    char name[STORE_NAME_MAX + 1];
};

struct store {
    struct port *port;
    const struct store_back_ops *ops;
    void *back;
    struct store_batch filling;
    struct store_batch flying; /* being committed, or waiting to be tried again */
    struct store_batch none;   /* always empty: see view_of */
    bool has_landed;           /* `flying` is on the disk, and kept while that is told */
    struct port_job *job;      /* NULL: none under way */
    int job_err;               /* the job's until it is done */
    bool has_run;              /* likewise */
    int err;                   /* the store is dead, and why */
    uint64_t committed;
    uint64_t writes;        /* of this life, */
    uint64_t writes_flying; /* those before the end of `flying`, */
    uint64_t writes_kept;   /* and those that are on the disk */
    uint64_t retry_ns;      /* the pause after the next failure */
    struct timer retry;
    bool wants_whole;      /* what is written behind is to go to its places with the next commit */
    struct timer put_away; /* when it is in any case; set while there is some */
    struct turn_dirty dirty;
    struct list watches;
    struct store_check *check;
    struct list logs; /* of struct log: those that were written to */
};

/* ---- Commits ---- */

static void tell_committed(struct store *s)
{
    struct list *next = list_next(&s->watches, &s->watches);
    while (next != NULL) {
        struct store_watch *w = LIST_OF(next, struct store_watch, link);
        next = list_next(&s->watches, next); /* it may leave */
        w->committed(w, s->committed);
    }
}

static void tell_failed(struct store *s, int err)
{
    struct list *next = list_next(&s->watches, &s->watches);
    while (next != NULL) {
        struct store_watch *w = LIST_OF(next, struct store_watch, link);
        next = list_next(&s->watches, next);
        if (w->failed != NULL) {
            w->failed(w, err);
        }
    }
}

static void tell_checked(void *context, const struct store_progress *p)
{
    struct store *s = context;
    struct list *next = list_next(&s->watches, &s->watches);
    while (next != NULL) {
        struct store_watch *w = LIST_OF(next, struct store_watch, link);
        next = list_next(&s->watches, next);
        if (w->checked != NULL) {
            w->checked(w, p);
        }
    }
}

static void set_err(struct store *s, int rc)
{
    if (rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED) {
        s->err = rc;
    }
}

/* Something waits to leave with this turn. */
static void mark(struct store *s)
{
    if (s->job == NULL && s->err == 0 && !timers_is_set(&s->retry)) {
        turn_mark(&s->port->turn, &s->dirty);
    }
}

static void on_put_away(struct timer *timer, uint64_t now)
{
    struct store *s = LIST_OF(timer, struct store, put_away);
    (void)now;
    s->wants_whole = true;
    mark(s);
}

static void set_put_away(struct store *s)
{
    struct timers *timers = &s->port->turn.timers;
    if (store_batch_is_empty(s->ops->late(s->back))) {
        timers_cancel(timers, &s->put_away);
    } else if (!timers_is_set(&s->put_away) && !s->wants_whole) {
        timers_set(timers, &s->put_away, s->port->turn.now_ns + STORE_LATE_NS_MAX / 2,
                   STORE_LATE_NS_MAX / 2);
    }
}

/* The commit of `flying` came to its end. */
static void settle(struct store *s, int rc)
{
    if (rc < 0) {
        s->ops->recover(s->back);
        set_err(s, rc);
        return;
    }
    s->ops->settle(s->back, &s->flying);
    s->committed = s->flying.number;
    s->wants_whole = s->wants_whole && !s->flying.is_whole;
    set_put_away(s);
    s->writes_kept = s->writes_flying;
    s->retry_ns = STORE_RETRY_NS_MIN;
    s->has_landed = true;
}

/* Who is told that a commit is on the disk reads what was in it: from memory, for the reader's
 * pages of the database are others since then, each to be read, opened and verified anew. */
static void forget_landed(struct store *s)
{
    if (s->has_landed) {
        s->has_landed = false;
        store_batch_clear(&s->flying);
    }
}

static void retry_later(struct store *s)
{
    if (s->err == 0) {
        timers_set(&s->port->turn.timers, &s->retry, s->port->turn.now_ns + s->retry_ns,
                   s->retry_ns / 4);
        s->retry_ns = s->retry_ns > STORE_RETRY_NS_MAX / 2 ? STORE_RETRY_NS_MAX : s->retry_ns * 2;
    }
}

/* Off the node's thread: `flying` is only read meanwhile. */
static void on_run(void *context)
{
    struct store *s = context;
    s->job_err = s->ops->commit(s->back, &s->flying);
    s->has_run = true;
}

static void on_done(void *context)
{
    struct store *s = context;
    int rc = s->job_err;
    const uint64_t before = s->committed;
    s->job = NULL;
    settle(s, rc);
    if (rc < 0) {
        retry_later(s);
        tell_failed(s, rc);
        return;
    }
    if (!store_batch_is_empty(&s->filling) || s->wants_whole) {
        mark(s); /* written while this one was under way */
    }
    if (s->committed > before) {
        tell_committed(s);
    }
    forget_landed(s);
}

static const struct port_work_user commit_user = {.run = on_run, .done = on_done};

/* Have something in `flying`, if there is anything to commit. */
static bool load(struct store *s)
{
    forget_landed(s);
    if (store_batch_is_empty(&s->flying) && !store_batch_is_empty(&s->filling)) {
        store_batch_move(&s->flying, &s->filling);
        s->filling.number = s->flying.number + 1;
        s->writes_flying = s->writes;
    }
    s->flying.is_whole = s->wants_whole;
    return !store_batch_is_empty(&s->flying) ||
           (s->wants_whole && !store_batch_is_empty(s->ops->late(s->back)));
}

static void on_out(struct turn_dirty *dirty, uint64_t now)
{
    struct store *s = LIST_OF(dirty, struct store, dirty);
    (void)now;
    if (s->job != NULL || s->err < 0 || !load(s)) {
        return;
    }
    s->has_run = false;
    if (s->port->work->start(s->port, &commit_user, s, &s->job) < 0) {
        s->job = NULL;
        retry_later(s);
    }
}

static void on_retry(struct timer *timer, uint64_t now)
{
    struct store *s = LIST_OF(timer, struct store, retry);
    (void)now;
    mark(s);
}

/* Nothing is under way any more; what a job did counts. */
static int land(struct store *s)
{
    int rc = 0;
    if (s->job != NULL) {
        s->port->work->cancel(s->job);
        s->job = NULL;
        rc = s->has_run ? s->job_err : 0;
        if (s->has_run) {
            settle(s, rc);
            forget_landed(s);
        }
    }
    return rc;
}

int store_flush(struct store *s)
{
    int rc = land(s);
    timers_cancel(&s->port->turn.timers, &s->retry);
    while (rc == 0 && s->err == 0) {
        s->wants_whole = true;
        if (!load(s)) {
            break;
        }
        rc = s->ops->commit(s->back, &s->flying);
        settle(s, rc);
        forget_landed(s);
    }
    if (rc < 0) {
        retry_later(s);
    }
    return s->err < 0 ? s->err : rc;
}

/* ---- Writing ---- */

/* Room for a write of that cost; what it replaces is looked for only when that decides. */
static bool has_room(const struct store *s, const struct store_whole *key, size_t cost)
{
    const size_t left = STORE_PENDING_MAX - store_pending(s);
    const struct store_op *old = NULL;

    if (cost <= left) {
        return true;
    }
    old = store_batch_find(&s->filling, store_whole_span(key));
    return old != NULL && old->key.len > 0 &&
           cost <= left + store_batch_cost(old->key.len, old->value.len);
}

static int write_one(struct store *s, const struct store_whole *key, bool is_delete,
                     struct span value)
{
    size_t cost = store_batch_cost(key->len, value.len);
    if (s->err < 0) {
        return s->err;
    }
    if (value.len > STORE_VALUE_MAX || !has_room(s, key, cost)) {
        return WAVU_ERR_LIMIT;
    }
    store_batch_add(&s->filling, store_whole_span(key), is_delete, value);
    s->writes++;
    mark(s);
    return 0;
}

/* Delete from `from` to before `to`. */
static int write_range(struct store *s, const struct store_whole *from,
                       const struct store_whole *to)
{
    if (s->err < 0) {
        return s->err;
    }
    if (span_compare(store_whole_span(from), store_whole_span(to)) >= 0) {
        return 0; /* an empty one */
    }
    if (sizeof(struct store_range) > STORE_PENDING_MAX - store_pending(s)) {
        return WAVU_ERR_LIMIT;
    }
    int rc = store_batch_add_range(&s->filling, store_whole_span(from), store_whole_span(to));
    if (rc == 0) {
        s->writes++;
        mark(s);
    }
    return rc;
}

int store_put(struct store *s, const char *table, struct span key, struct span value)
{
    struct store_whole whole;
    int rc = store_whole_of(&whole, STORE_TABLES, table, key);
    return rc < 0 ? rc : write_one(s, &whole, false, value);
}

int store_delete(struct store *s, const char *table, struct span key)
{
    struct store_whole whole;
    int rc = store_whole_of(&whole, STORE_TABLES, table, key);
    return rc < 0 ? rc : write_one(s, &whole, true, span_empty());
}

int store_delete_prefix(struct store *s, const char *table, struct span prefix)
{
    struct store_whole from;
    struct store_whole to;
    int rc = store_whole_of(&from, STORE_TABLES, table, prefix);
    if (rc < 0) {
        return 0; /* so long a key was never put */
    }
    store_whole_set_end(&to, store_whole_span(&from));
    return write_range(s, &from, &to);
}

int store_delete_range(struct store *s, const char *table, struct span from, struct span to)
{
    struct store_whole first;
    struct store_whole end;
    int rc = store_whole_of(&first, STORE_TABLES, table, from);
    rc = rc < 0 ? rc : store_whole_of(&end, STORE_TABLES, table, to);
    return rc < 0 ? rc : write_range(s, &first, &end);
}

/* ---- Reading ---- */

static int found_err(struct store *s, int rc)
{
    set_err(s, rc);
    return rc;
}

/* What has landed is not walked over: its commit may have put words elsewhere. */
static struct store_view view_of(const struct store *s)
{
    return (struct store_view){.filling = &s->filling,
                               .flying = s->has_landed ? &s->none : &s->flying,
                               .ops = s->ops,
                               .back = s->back};
}

int store_get(struct store *s, const char *table, struct span key, struct buf *value)
{
    struct store_view view = view_of(s);
    struct store_whole whole;
    int rc = store_whole_of(&whole, STORE_TABLES, table, key);
    if (rc < 0 || s->err < 0) {
        return rc < 0 ? WAVU_ERR_NOT_FOUND : s->err; /* so long a key was never put */
    }
    view.flying = &s->flying; /* also what has landed */
    value->len = 0;
    return found_err(s, store_view_get(&view, store_whole_span(&whole), value));
}

/* Where a walk over `table` begins, or goes on behind `key`. */
static void start_walk(enum store_way way, const char *table, const struct store_whole *head,
                       struct span key, struct store_whole *at)
{
    if (key.len > 0) {
        CHECK(store_whole_of(at, STORE_TABLES, table, key) == 0);
    }
    if (key.len == 0 && way == STORE_FORWARD) {
        *at = *head;
    } else if (key.len == 0) {
        store_whole_set_end(at, store_whole_span(head));
    } else if (way == STORE_FORWARD) {
        store_whole_set_behind(at, store_whole_span(at));
    }
}

static int walk(struct store *s, enum store_way way, const char *table, struct span prefix,
                struct buf *key, struct buf *value)
{
    const struct store_view view = view_of(s);
    struct store_whole head;
    struct store_whole at;
    struct buf found;
    int rc = store_whole_of(&head, STORE_TABLES, table, prefix);
    if (rc < 0 || s->err < 0) {
        return rc < 0 ? WAVU_ERR_NOT_FOUND : s->err;
    }
    start_walk(way, table, &head, buf_span(key), &at);
    buf_init(&found, STORE_WHOLE_MAX);
    rc = store_view_walk(&view, way, store_whole_span(&head), &at, &found, value);
    rc = found_err(s, rc);
    if (rc == 0) {
        key->len = 0;
        rc = buf_append(key, span_slice(buf_span(&found), head.len - prefix.len, found.len));
    }
    buf_clear(&found);
    return rc;
}

int store_next(struct store *s, const char *table, struct span prefix, struct buf *key,
               struct buf *value)
{
    return walk(s, STORE_FORWARD, table, prefix, key, value);
}

int store_prev(struct store *s, const char *table, struct span prefix, struct buf *key,
               struct buf *value)
{
    return walk(s, STORE_BACKWARD, table, prefix, key, value);
}

/* ---- Records ---- */

/* The record nearest to `at`, which is used up. */
static int walk_records(struct store *s, enum store_way way, const char *log,
                        struct store_whole *at, uint64_t *sequence, struct buf *bytes)
{
    const struct store_view view = view_of(s);
    struct store_whole head;
    struct buf key;
    struct rd r;
    CHECK(store_whole_of(&head, STORE_LOGS, log, span_empty()) == 0);
    buf_init(&key, STORE_WHOLE_MAX);
    int rc = store_view_walk(&view, way, store_whole_span(&head), at, &key, bytes);
    if (rc == 0) {
        rd_init(&r, span_slice(buf_span(&key), head.len, key.len));
        *sequence = rd_u64be(&r);
        rc = rd_finish(&r) < 0 ? WAVU_ERR_CORRUPT : 0;
    }
    buf_clear(&key);
    return found_err(s, rc);
}

int store_record(struct store *s, const char *log, uint64_t *sequence, struct buf *bytes)
{
    struct store_whole at;
    if (s->err < 0) {
        return s->err;
    }
    store_whole_of_record(&at, log, *sequence);
    return walk_records(s, STORE_FORWARD, log, &at, sequence, bytes);
}

int store_record_back(struct store *s, const char *log, uint64_t *sequence, struct buf *bytes)
{
    struct store_whole at;
    if (s->err < 0) {
        return s->err;
    }
    store_whole_of_record(&at, log, *sequence);
    store_whole_set_behind(&at, store_whole_span(&at)); /* this one, too */
    return walk_records(s, STORE_BACKWARD, log, &at, sequence, bytes);
}

/* The last sequence of deleted records, when that was the last given; 0: there is none. */
static int read_end(struct store *s, const char *name, uint64_t *out)
{
    const struct store_view view = view_of(s);
    struct store_whole whole;
    struct buf value;
    struct rd r;
    CHECK(store_whole_of(&whole, STORE_ENDS, name, span_empty()) == 0);
    buf_init(&value, 8);
    int rc = store_view_get(&view, store_whole_span(&whole), &value);
    *out = 0;
    if (rc == 0) {
        rd_init(&r, buf_span(&value));
        *out = rd_u64be(&r);
        rc = rd_finish(&r);
    }
    buf_clear(&value);
    if (rc == WAVU_ERR_NOT_FOUND) {
        return 0;
    }
    return rc == WAVU_ERR_PROTO || rc == WAVU_ERR_LIMIT ? WAVU_ERR_CORRUPT : rc;
}

/* The largest sequence that a log ever gave; 0 when it gave none. */
static int last_sequence(struct store *s, const char *name, uint64_t *out)
{
    struct buf bytes;
    uint64_t end = 0;
    int rc = found_err(s, read_end(s, name, &end));
    if (rc < 0) {
        return rc;
    }
    buf_init(&bytes, STORE_VALUE_MAX);
    *out = UINT64_MAX;
    rc = store_record_back(s, name, out, &bytes);
    buf_clear(&bytes);
    if (rc == WAVU_ERR_NOT_FOUND || (rc == 0 && *out < end)) {
        *out = end;
    }
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* The log that is written to, or NULL with the error. */
static int log_of(struct store *s, const char *name, struct log **out)
{
    for (struct list *n = list_next(&s->logs, &s->logs); n != NULL; n = list_next(&s->logs, n)) {
        *out = LIST_OF(n, struct log, link);
        if (strcmp((*out)->name, name) == 0) {
            return 0;
        }
    }
    uint64_t last;
    int rc = last_sequence(s, name, &last);
    if (rc < 0) {
        return rc;
    }
    if (last == UINT64_MAX) {
        return WAVU_ERR_EXHAUSTED;
    }
    *out = mem_new(sizeof **out);
    memcpy((*out)->name, name, strlen(name)); /* last_sequence has checked its length */
    (*out)->next = last + 1;
    list_push_back(&s->logs, &(*out)->link);
    return 0;
}

int store_append(struct store *s, const char *name, struct span bytes, uint64_t *sequence)
{
    struct store_whole whole;
    struct log *log = NULL;
    int rc = s->err < 0 ? s->err : log_of(s, name, &log);
    if (rc < 0) {
        return rc;
    }
    if (log->next == UINT64_MAX) {
        return WAVU_ERR_EXHAUSTED;
    }
    store_whole_of_record(&whole, name, log->next);
    rc = write_one(s, &whole, false, bytes);
    if (rc == 0) {
        *sequence = log->next++;
    }
    return rc;
}

/* Keep what the log's last sequence is, for its record goes. */
static int write_end(struct store *s, const struct log *log)
{
    struct store_whole whole;
    uint8_t bytes[8];
    struct wr w;
    CHECK(store_whole_of(&whole, STORE_ENDS, log->name, span_empty()) == 0);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&w, log->next - 1);
    return write_one(s, &whole, false, wr_span(&w));
}

int store_delete_records(struct store *s, const char *name, uint64_t first, uint64_t last)
{
    struct store_whole from;
    struct store_whole to;
    struct log *log = NULL;
    int rc = s->err < 0 ? s->err : log_of(s, name, &log);
    if (rc < 0 || first >= log->next || first > last) {
        return rc;
    }
    if (last >= log->next - 1) {
        rc = write_end(s, log);
    }
    store_whole_of_record(&from, name, first);
    store_whole_of_record(&to, name, last);
    store_whole_set_behind(&to, store_whole_span(&to));
    return rc < 0 ? rc : write_range(s, &from, &to);
}

/* ---- Indexes ---- */

static void head_of_index(struct store_whole *head, const char *index)
{
    CHECK(store_whole_of(head, STORE_INDEXES, index, span_empty()) == 0);
}

int store_index_put(struct store *s, const char *index, uint64_t number, struct span text)
{
    struct store_whole head;
    struct store_whole whole;
    struct buf entry;
    if (number > STORE_INDEX_NUMBER_MAX) {
        return WAVU_ERR_LIMIT;
    }
    head_of_index(&head, index);
    store_index_key(&whole, store_whole_span(&head), number);
    buf_init(&entry, STORE_INDEX_ENTRY_MAX);
    store_index_entry(&entry, text);
    int rc = write_one(s, &whole, false, buf_span(&entry));
    buf_clear(&entry);
    return rc;
}

int store_index_drop(struct store *s, const char *index, uint64_t number)
{
    struct store_whole head;
    struct store_whole whole;
    if (number > STORE_INDEX_NUMBER_MAX) {
        return 0; /* nothing was ever put there */
    }
    head_of_index(&head, index);
    store_index_key(&whole, store_whole_span(&head), number);
    return write_one(s, &whole, true, span_empty());
}

int store_index_clear(struct store *s, const char *index)
{
    static const enum store_space spaces[] = {STORE_INDEXES, STORE_BLOCKS};
    struct store_whole head;
    int rc = 0;
    head_of_index(&head, index);
    for (size_t i = 0; rc == 0 && i < 2; i++) {
        struct store_whole from;
        struct store_whole end;
        store_index_all_key(&from, store_whole_span(&head), spaces[i]);
        store_whole_set_end(&end, store_whole_span(&from));
        rc = write_range(s, &from, &end);
    }
    return rc;
}

int store_index_find(struct store *s, const char *index, struct span query, struct store_page *page)
{
    const struct store_view view = view_of(s);
    struct store_whole head;
    page->count = 0;
    if (s->err < 0) {
        return s->err;
    }
    head_of_index(&head, index);
    return found_err(s, store_find(&view, store_whole_span(&head), query, page));
}

/* ---- The rest ---- */

uint64_t store_number(const struct store *s)
{
    return s->filling.number;
}

uint64_t store_committed(const struct store *s)
{
    return s->committed;
}

uint64_t store_writes(const struct store *s)
{
    return s->writes;
}

uint64_t store_writes_kept(const struct store *s)
{
    return s->writes_kept;
}

size_t store_pending(const struct store *s)
{
    return s->filling.bytes + (s->has_landed ? 0 : s->flying.bytes);
}

void store_inspect(struct store *s)
{
    store_check_start(s->check);
}

void store_inspect_slowly(struct store *s, uint64_t pause_ns)
{
    store_check_set_pause(s->check, pause_ns);
    store_check_start(s->check);
}

void store_inspect_stop(struct store *s)
{
    store_check_stop(s->check);
}

/* ---- Copies ---- */

int store_copy(struct store *s, store_each *each, void *context)
{
    return s->ops->copy(s->back, each, context);
}

int store_read_copied(struct store_copied *out, struct span whole)
{
    struct rd r;
    rd_init(&r, whole);
    uint8_t space = rd_u8(&r);
    out->name = rd_bytes(&r, rd_u8(&r));
    out->key = rd_bytes(&r, rd_left(&r));
    out->is_table = space == STORE_TABLES;
    out->is_log = space == STORE_LOGS;
    return rd_finish(&r) < 0 || out->name.len == 0 ? WAVU_ERR_CORRUPT : 0;
}

int store_put_copied(struct store *s, struct span whole, struct span value)
{
    struct store_whole key;
    if (whole.len >= STORE_WHOLE_MAX || !store_check_is_sound(whole, value)) {
        return WAVU_ERR_CORRUPT;
    }
    store_whole_set(&key, whole);
    return write_one(s, &key, false, value);
}

void store_watch(struct store *s, struct store_watch *watch)
{
    list_push_back(&s->watches, &watch->link);
}

void store_unwatch(struct store_watch *watch)
{
    list_remove(&watch->link);
}

int store_open(struct store *s)
{
    int rc = s->err < 0 ? s->err : found_err(s, s->ops->open(s->back));
    if (rc == 0) {
        set_put_away(s); /* of an earlier life */
    }
    return rc;
}

int store_new(const struct store_config *config, struct store **out)
{
    struct store_db *db = NULL;
    if (config->kind == STORE_DISK) {
        int rc = store_db_new(config->port, STORE_FILE, config->key, &db);
        if (rc < 0) {
            return rc;
        }
    }
    struct store *s = mem_new(sizeof *s);
    s->port = config->port;
    s->ops = config->kind == STORE_DISK ? &store_db_ops : &store_mem_ops;
    s->back = config->kind == STORE_DISK ? (void *)db : (void *)store_mem_new();
    s->check = store_check_new(s->port, s->ops, s->back, tell_checked, s);
    store_batch_init(&s->filling, &s->port->random);
    store_batch_init(&s->flying, &s->port->random);
    list_init(&s->none.ranges); /* without a draw: nothing is ever put there */
    s->filling.number = 1;
    s->retry_ns = STORE_RETRY_NS_MIN;
    timers_prepare(&s->retry, on_retry);
    timers_prepare(&s->put_away, on_put_away);
    s->dirty.out = on_out;
    list_init(&s->watches);
    list_init(&s->logs);
    *out = s;
    return 0;
}

void store_free(struct store *s)
{
    struct list *link;
    if (s == NULL) {
        return;
    }
    store_check_free(s->check);
    (void)land(s); /* what was not flushed is lost anyway */
    CHECK(list_is_empty(&s->watches));
    timers_cancel(&s->port->turn.timers, &s->retry);
    timers_cancel(&s->port->turn.timers, &s->put_away);
    turn_unmark(&s->dirty);
    store_batch_clear(&s->filling);
    store_batch_clear(&s->flying);
    while ((link = list_pop_front(&s->logs)) != NULL) {
        mem_free(LIST_OF(link, struct log, link));
    }
    s->ops->free(s->back);
    mem_free(s);
}
