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
#include "store/store_back.h"
#include "store/store_db.h"
#include "store/store_mem.h"

#define WHOLE_MAX (2 + STORE_NAME_MAX + STORE_KEY_MAX + 1) /* a whole key, and its successor */

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
    struct port_job *job;      /* NULL: none under way */
    int job_err;               /* the job's until it is done */
    bool has_run;              /* likewise */
    int err;                   /* the store is dead, and why */
    uint64_t committed;
    uint64_t retry_ns; /* the pause after the next failure */
    struct timer retry;
    struct turn_dirty dirty;
    struct list watches;
    struct list logs; /* of struct log: those that were appended to */
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
        w->failed(w, err);
    }
}

static void set_err(struct store *s, int rc)
{
    if (rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED) {
        s->err = rc;
    }
}

/* The commit of `flying` came to its end. */
static void settle(struct store *s, int rc)
{
    if (rc < 0) {
        set_err(s, rc);
        return;
    }
    s->ops->settle(s->back, &s->flying);
    s->committed = s->flying.number;
    s->retry_ns = STORE_RETRY_NS_MIN;
    store_batch_clear(&s->flying);
}

/* Something waits to leave with this turn. */
static void mark(struct store *s)
{
    if (s->job == NULL && s->err == 0 && !timers_is_set(&s->retry)) {
        turn_mark(&s->port->turn, &s->dirty);
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
    s->job = NULL;
    settle(s, rc);
    if (rc < 0) {
        retry_later(s);
        tell_failed(s, rc);
        return;
    }
    if (!store_batch_is_empty(&s->filling)) {
        mark(s); /* written while this one was under way */
    }
    tell_committed(s);
}

static const struct port_work_user commit_user = {.run = on_run, .done = on_done};

/* Have something in `flying`, if there is anything to commit. */
static bool load(struct store *s)
{
    if (store_batch_is_empty(&s->flying) && !store_batch_is_empty(&s->filling)) {
        store_batch_move(&s->flying, &s->filling);
        s->filling.number = s->flying.number + 1;
    }
    return !store_batch_is_empty(&s->flying);
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
        }
    }
    return rc;
}

int store_flush(struct store *s)
{
    int rc = land(s);
    timers_cancel(&s->port->turn.timers, &s->retry);
    while (rc == 0 && s->err == 0 && load(s)) {
        rc = s->ops->commit(s->back, &s->flying);
        settle(s, rc);
    }
    if (rc < 0) {
        retry_later(s);
    }
    return s->err < 0 ? s->err : rc;
}

/* ---- Keys ---- */

/* A whole key: space, length of the name, name, key. */
struct whole {
    size_t len;
    uint8_t bytes[WHOLE_MAX];
};

static int whole_of(struct whole *w, enum store_space space, const char *name, struct span key)
{
    struct span text = span_from_text(name);
    struct wr out;
    CHECK(text.len > 0 && text.len <= STORE_NAME_MAX); /* names are ours */
    if (key.len > STORE_KEY_MAX) {
        return WAVU_ERR_LIMIT;
    }
    wr_init(&out, span_mut_of(w->bytes, sizeof w->bytes));
    wr_u8(&out, (uint8_t)space);
    wr_u8(&out, (uint8_t)text.len);
    wr_bytes(&out, text);
    wr_bytes(&out, key);
    CHECK(wr_finish(&out) == 0);
    w->len = out.len;
    return 0;
}

static struct span span_of_whole(const struct whole *w)
{
    return span_of(w->bytes, w->len);
}

/* A record's key: its sequence in 8 bytes, so that their order is its. */
static void whole_of_record(struct whole *w, const char *log, uint64_t sequence)
{
    uint8_t bytes[8];
    struct wr out;
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&out, sequence);
    CHECK(whole_of(w, STORE_LOGS, log, wr_span(&out)) == 0);
}

/* ---- Writing ---- */

static int write_one(struct store *s, const struct whole *key, bool is_delete, struct span value)
{
    size_t cost = store_batch_cost(key->len, value.len);
    if (s->err < 0) {
        return s->err;
    }
    const struct store_op *old = store_batch_find(&s->filling, span_of_whole(key));
    size_t pending = store_pending(s); /* less what this one replaces */
    pending -= old == NULL ? 0 : store_batch_cost(old->key.len, old->value.len);
    if (value.len > STORE_VALUE_MAX || cost > STORE_PENDING_MAX - pending) {
        return WAVU_ERR_LIMIT;
    }
    store_batch_add(&s->filling, span_of_whole(key), is_delete, value);
    mark(s);
    return 0;
}

int store_put(struct store *s, const char *table, struct span key, struct span value)
{
    struct whole whole;
    int rc = whole_of(&whole, STORE_TABLES, table, key);
    return rc < 0 ? rc : write_one(s, &whole, false, value);
}

int store_delete(struct store *s, const char *table, struct span key)
{
    struct whole whole;
    int rc = whole_of(&whole, STORE_TABLES, table, key);
    return rc < 0 ? rc : write_one(s, &whole, true, span_empty());
}

/* ---- Reading ---- */

static int found_err(struct store *s, int rc)
{
    set_err(s, rc);
    return rc;
}

/* The last write to `key` that is not yet in the database, or NULL. */
static const struct store_op *pending_find(const struct store *s, struct span key)
{
    const struct store_op *op = store_batch_find(&s->filling, key);
    return op != NULL ? op : store_batch_find(&s->flying, key);
}

int store_get(struct store *s, const char *table, struct span key, struct buf *value)
{
    struct whole whole;
    int rc = whole_of(&whole, STORE_TABLES, table, key);
    if (rc < 0 || s->err < 0) {
        return rc < 0 ? WAVU_ERR_NOT_FOUND : s->err; /* so long a key was never put */
    }
    value->len = 0;
    const struct store_op *op = pending_find(s, span_of_whole(&whole));
    if (op == NULL) {
        return found_err(s, s->ops->get(s->back, span_of_whole(&whole), value));
    }
    return op->is_delete ? WAVU_ERR_NOT_FOUND : buf_append(value, op->value);
}

/* The pending write to the smallest key from `from` on, the newest of that key; or NULL. */
static const struct store_op *pending_next(const struct store *s, struct span prefix,
                                           struct span from)
{
    const struct store_op *young = store_batch_next(&s->filling, prefix, from);
    const struct store_op *old = store_batch_next(&s->flying, prefix, from);
    if (young == NULL || old == NULL) {
        return young != NULL ? young : old;
    }
    return span_compare(old->key, young->key) < 0 ? old : young;
}

/* `from` becomes the smallest key behind `key`. */
static void step_behind(struct whole *from, struct span key)
{
    CHECK(key.len < sizeof from->bytes);
    memcpy(from->bytes, key.ptr, key.len);
    from->bytes[key.len] = 0;
    from->len = key.len + 1;
}

/* The smallest entry from `from` on that begins with `prefix`, of the database and what is pending
 * over it. `key` gets the whole key. */
static int next_whole(struct store *s, struct span prefix, struct whole *from, struct buf *key,
                      struct buf *value)
{
    for (;;) {
        key->len = 0;
        value->len = 0;
        const struct store_op *op = pending_next(s, prefix, span_of_whole(from));
        int rc = s->ops->next(s->back, prefix, span_of_whole(from), key, value);
        if (rc < 0 && rc != WAVU_ERR_NOT_FOUND && (rc != WAVU_ERR_LIMIT || op == NULL)) {
            return found_err(s, rc);
        }
        if (op == NULL || (rc != WAVU_ERR_NOT_FOUND && span_compare(buf_span(key), op->key) < 0)) {
            return rc;
        }
        if (!op->is_delete) {
            key->len = 0;
            value->len = 0;
            rc = buf_append(key, op->key);
            return rc < 0 ? rc : buf_append(value, op->value);
        }
        step_behind(from, op->key);
    }
}

int store_next(struct store *s, const char *table, struct span prefix, struct buf *key,
               struct buf *value)
{
    struct whole head;
    struct whole from;
    struct buf found;
    int rc = whole_of(&head, STORE_TABLES, table, prefix);
    if (rc < 0 || s->err < 0) {
        return rc < 0 ? WAVU_ERR_NOT_FOUND : s->err;
    }
    size_t skip = head.len - prefix.len;
    if (key->len == 0) {
        from = head;
    } else {
        CHECK(whole_of(&from, STORE_TABLES, table, buf_span(key)) == 0);
        step_behind(&from, span_of_whole(&from));
    }
    buf_init(&found, WHOLE_MAX);
    rc = next_whole(s, span_of_whole(&head), &from, &found, value);
    if (rc == 0) {
        key->len = 0;
        rc = buf_append(key, span_slice(buf_span(&found), skip, found.len));
    }
    buf_clear(&found);
    return rc;
}

/* ---- Records ---- */

/* The largest sequence of a log: on the disk or pending; 0 when it has none. */
static int last_sequence(struct store *s, const char *name, uint64_t *out)
{
    struct whole head;
    struct buf key;
    struct rd r;
    CHECK(whole_of(&head, STORE_LOGS, name, span_empty()) == 0);
    buf_init(&key, WHOLE_MAX);
    int rc = s->ops->last(s->back, span_of_whole(&head), &key);
    *out = 0;
    if (rc == 0) {
        rd_init(&r, span_slice(buf_span(&key), head.len, key.len));
        *out = rd_u64be(&r);
        rc = rd_finish(&r) < 0 ? WAVU_ERR_CORRUPT : 0;
    }
    buf_clear(&key);
    return found_err(s, rc == WAVU_ERR_NOT_FOUND ? 0 : rc);
}

/* The log that was appended to, or NULL with the error. */
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
    struct whole whole;
    struct log *log = NULL;
    int rc = s->err < 0 ? s->err : log_of(s, name, &log);
    if (rc < 0) {
        return rc;
    }
    if (log->next == UINT64_MAX) {
        return WAVU_ERR_EXHAUSTED;
    }
    whole_of_record(&whole, name, log->next);
    rc = write_one(s, &whole, false, bytes);
    if (rc == 0) {
        *sequence = log->next++;
    }
    return rc;
}

int store_record(struct store *s, const char *name, uint64_t *sequence, struct buf *bytes)
{
    struct whole head;
    struct whole from;
    struct buf key;
    struct rd r;
    if (s->err < 0) {
        return s->err;
    }
    CHECK(whole_of(&head, STORE_LOGS, name, span_empty()) == 0);
    whole_of_record(&from, name, *sequence);
    buf_init(&key, WHOLE_MAX);
    int rc = next_whole(s, span_of_whole(&head), &from, &key, bytes);
    if (rc == 0) {
        rd_init(&r, span_slice(buf_span(&key), head.len, key.len));
        *sequence = rd_u64be(&r);
        rc = found_err(s, rd_finish(&r) < 0 ? WAVU_ERR_CORRUPT : 0);
    }
    buf_clear(&key);
    return rc;
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

size_t store_pending(const struct store *s)
{
    return s->filling.bytes + s->flying.bytes;
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
    return s->err < 0 ? s->err : found_err(s, s->ops->open(s->back));
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
    store_batch_init(&s->filling, &s->port->random);
    store_batch_init(&s->flying, &s->port->random);
    s->filling.number = 1;
    s->retry_ns = STORE_RETRY_NS_MIN;
    timers_prepare(&s->retry, on_retry);
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
    (void)land(s); /* what was not flushed is lost anyway */
    CHECK(list_is_empty(&s->watches));
    timers_cancel(&s->port->turn.timers, &s->retry);
    turn_unmark(&s->dirty);
    store_batch_clear(&s->filling);
    store_batch_clear(&s->flying);
    while ((link = list_pop_front(&s->logs)) != NULL) {
        mem_free(LIST_OF(link, struct log, link));
    }
    s->ops->free(s->back);
    mem_free(s);
}
