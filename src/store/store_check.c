/*
 * Slices are jobs; the timer starts the next one. What a job writes is looked at when it is done.
 */
#include "store/store_check.h"

#include "base/mem.h"
#include "base/rd.h"
#include "port/work.h"
#include "store/store_conn.h"
#include "store/store_index.h"

struct store_check {
    struct port *port;
    const struct store_back_ops *ops;
    void *back;
    void (*told)(void *context, const struct store_progress *p);
    void *context;
    struct timer timer;
    struct port_job *job;  /* NULL: none under way */
    struct store_whole at; /* the job's while one is under way, as all below */
    struct store_progress progress;
    bool is_running;
    uint64_t pause_ns;
};

/* ---- What an entry looks like ---- */

static bool is_block(struct span value, unsigned log2)
{
    struct store_block_word word;
    struct span rest;
    int rc = store_block_begin(&rest, value);
    while (rc == 0) {
        struct store_map map = {.bytes = {0}};
        rc = store_block_next(&rest, log2, &word);
        rc = rc < 0 ? rc : store_block_add(&word, log2, 0, &map);
    }
    return rc == WAVU_ERR_NOT_FOUND;
}

static bool is_index_entry(struct span value)
{
    struct span word;
    struct span rest = span_slice(value, 1, value.len);
    while (store_index_word(&rest, &word)) {
    }
    return rest.len == 0 && value.len > 0 && value.ptr[0] == STORE_BLOCK_VERSION;
}

/* Of a key that is ours. */
static size_t head_len_of(struct span key)
{
    return 2 + (size_t)key.ptr[1];
}

bool store_check_is_key(struct span key)
{
    struct rd r;
    struct store_run run;
    uint64_t number;
    rd_init(&r, key);
    uint8_t space = rd_u8(&r);
    uint8_t name_len = rd_u8(&r);
    (void)rd_bytes(&r, name_len);
    size_t left = rd_left(&r);
    if (r.failed || name_len == 0 || name_len > STORE_NAME_MAX || left > STORE_KEY_MAX) {
        return false;
    }
    switch (space) {
    case STORE_TABLES:
        return true;
    case STORE_LOGS:
        return left == 8;
    case STORE_INDEXES:
        return store_index_number(key, head_len_of(key), &number);
    case STORE_ENDS:
        return left == 0;
    case STORE_BLOCKS:
        return store_index_run(key, head_len_of(key), &run);
    default:
        return false;
    }
}

bool store_check_is_sound(struct span key, struct span value)
{
    struct store_run run;
    if (value.len > STORE_VALUE_MAX || !store_check_is_key(key)) {
        return false;
    }
    switch (key.ptr[0]) {
    case STORE_INDEXES:
        return is_index_entry(value);
    case STORE_ENDS:
        return value.len == 8;
    case STORE_BLOCKS:
        return store_index_run(key, head_len_of(key), &run) && is_block(value, run.log2);
    default:
        return true;
    }
}

/* ---- With a connection ---- */

/* One end of a space: the first entry from `at` on, or the last before it. */
static int check_end(struct store_conn *c, struct span space, struct span at, bool is_last)
{
    struct buf key;
    struct buf value;
    buf_init(&key, STORE_WHOLE_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    int rc = is_last ? store_conn_prev(c, space, at, &key, &value)
                     : store_conn_next(c, space, at, &key, &value);
    if (rc == WAVU_ERR_LIMIT ||
        (rc == 0 && !store_check_is_sound(buf_span(&key), buf_span(&value)))) {
        rc = WAVU_ERR_CORRUPT;
    }
    buf_clear(&key);
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int store_check_ends(struct store_conn *c)
{
    int rc = 0;
    for (uint8_t space = STORE_TABLES; rc == 0 && space <= STORE_BLOCKS; space++) {
        const uint8_t behind = (uint8_t)(space + 1);
        const struct span prefix = span_of(&space, 1);
        rc = check_end(c, prefix, prefix, false);
        rc = rc < 0 ? rc : check_end(c, prefix, span_of(&behind, 1), true);
    }
    return rc;
}

int store_check_slice(struct store_conn *c, struct store_whole *at, struct store_progress *p)
{
    struct span key;
    struct span value;
    size_t bytes = 0;
    p->is_done = false;
    int rc = store_conn_scan(c, store_whole_span(at));
    for (int i = 0; rc == 0 && i < STORE_CHECK_ENTRIES && bytes < STORE_CHECK_BYTES; i++) {
        rc = store_conn_scan_next(c, &key, &value);
        if (rc == 0 && !store_check_is_sound(key, value)) {
            rc = WAVU_ERR_CORRUPT;
        }
        if (rc < 0) {
            break;
        }
        bytes += key.len + value.len;
        p->entries++;
        store_whole_set_behind(at, key);
    }
    store_conn_scan_end(c);
    p->bytes += bytes;
    if (rc == WAVU_ERR_NOT_FOUND && (at->len == 0 || at->bytes[0] < STORE_BLOCKS)) {
        const uint8_t blocks = STORE_BLOCKS;
        store_whole_set(at, span_of(&blocks, 1)); /* they are in the other table */
        return 0;
    }
    p->is_done = rc == WAVU_ERR_NOT_FOUND;
    return p->is_done ? 0 : rc;
}

/* ---- Slice after slice ---- */

/* Off the node's thread. */
static void on_run(void *context)
{
    struct store_check *c = context;
    c->progress.err = c->ops->check(c->back, &c->at, &c->progress);
}

static void pause_a_while(struct store_check *c)
{
    timers_set(&c->port->turn.timers, &c->timer, c->port->turn.now_ns + c->pause_ns, c->pause_ns);
}

/* Begin anew with the next start. */
static void rewind_to_start(struct store_check *c)
{
    c->at.len = 0;
    c->progress = (struct store_progress){.entries = 0};
}

static void on_done(void *context)
{
    struct store_check *c = context;
    const struct store_progress progress = c->progress;
    c->job = NULL;
    c->is_running = c->is_running && progress.err == 0 && !progress.is_done;
    if (c->is_running) {
        pause_a_while(c);
    } else if (progress.is_done || progress.err == WAVU_ERR_CORRUPT) {
        rewind_to_start(c);
    }
    c->told(c->context, &progress);
}

static const struct port_work_user slice_user = {.run = on_run, .done = on_done};

static void on_timer(struct timer *timer, uint64_t now)
{
    struct store_check *c = LIST_OF(timer, struct store_check, timer);
    (void)now;
    if (c->port->work->start(c->port, &slice_user, c, &c->job) < 0) {
        c->job = NULL;
        pause_a_while(c);
    }
}

void store_check_set_pause(struct store_check *c, uint64_t pause_ns)
{
    c->pause_ns = pause_ns;
}

void store_check_start(struct store_check *c)
{
    if (!c->is_running) {
        c->is_running = true;
        pause_a_while(c);
    }
}

void store_check_stop(struct store_check *c)
{
    timers_cancel(&c->port->turn.timers, &c->timer);
    if (c->job != NULL) {
        c->port->work->cancel(c->job);
        c->job = NULL;
    }
    c->is_running = false;
}

struct store_check *store_check_new(struct port *port, const struct store_back_ops *ops, void *back,
                                    void (*told)(void *context, const struct store_progress *p),
                                    void *context)
{
    struct store_check *c = mem_new(sizeof *c);
    c->port = port;
    c->ops = ops;
    c->back = back;
    c->told = told;
    c->context = context;
    c->pause_ns = STORE_CHECK_PAUSE_NS;
    timers_prepare(&c->timer, on_timer);
    rewind_to_start(c);
    return c;
}

void store_check_free(struct store_check *c)
{
    if (c != NULL) {
        store_check_stop(c);
        mem_free(c);
    }
}
