/*
 * Fetching one file: its states, and what its jobs do. The streams are in file_fetch_holder.c.
 *
 * Source: docs/protocol/file.md.
 */
#include "sync/file_fetch.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "sync/file_fetch_core.h"

static void look(struct file_fetch *f);

/* ---- States ---- */

static void set_state(struct file_fetch *f, enum file_fetch_state state)
{
    static const uint16_t moves[] = {
        [FILE_FETCH_OPENING] =
            1 << FILE_FETCH_RUNNING | 1 << FILE_FETCH_STOPPING | 1 << FILE_FETCH_OVER,
        [FILE_FETCH_RUNNING] =
            1 << FILE_FETCH_CHECKING | 1 << FILE_FETCH_NAMING | 1 << FILE_FETCH_STOPPING,
        [FILE_FETCH_CHECKING] = 1 << FILE_FETCH_NAMING | 1 << FILE_FETCH_STOPPING,
        [FILE_FETCH_NAMING] = 1 << FILE_FETCH_COMMITTING | 1 << FILE_FETCH_STOPPING,
        [FILE_FETCH_COMMITTING] = 1 << FILE_FETCH_MOVING | 1 << FILE_FETCH_STOPPING,
        [FILE_FETCH_MOVING] =
            1 << FILE_FETCH_NAMING | 1 << FILE_FETCH_STOPPING | 1 << FILE_FETCH_OVER,
        [FILE_FETCH_STOPPING] = 1 << FILE_FETCH_OVER,
        [FILE_FETCH_OVER] = 0,
    };

    CHECK((moves[f->state] >> state & 1) != 0);
    f->state = state;
}

/* Is no job at pieces? */
static bool is_writing_none(const struct file_fetch *f)
{
    for (size_t i = 0; i < FILE_PART_WRITERS_MAX; i++) {
        if (!file_disk_is_idle(&f->writers[i].task)) {
            return false;
        }
    }
    return true;
}

static bool is_idle(const struct file_fetch *f)
{
    return file_disk_is_idle(&f->step) && is_writing_none(f) && file_disk_is_idle(&f->save);
}

static void start_step(struct file_fetch *f)
{
    f->err = 0;
    f->step_of = f->state;
    file_disk_start(&f->step);
}

/* Nothing more is asked or taken; the rest follows when the jobs are over. */
static void stop(struct file_fetch *f, int err)
{
    if (f->state == FILE_FETCH_STOPPING || f->state == FILE_FETCH_OVER) {
        return;
    }
    f->end_err = err;
    set_state(f, FILE_FETCH_STOPPING);
    file_fetch_holder_leave_all(f);
    timers_cancel(&f->turn->timers, &f->timer);
    look(f);
}

void file_fetch_give_up(struct file_fetch *f)
{
    int rc = file_fetch_holder_despair(f);

    if (rc < 0 && f->state == FILE_FETCH_RUNNING && !f->is_whole && list_is_empty(&f->waiting) &&
        is_writing_none(f)) {
        stop(f, rc);
    }
}

void file_fetch_stop(struct file_fetch *f, bool is_removed)
{
    f->is_removed = f->is_removed || is_removed;
    stop(f, WAVU_ERR_CLOSED);
}

/* What can be done now that a job is over or a piece is here. */
static void look(struct file_fetch *f)
{
    switch (f->state) {
    case FILE_FETCH_RUNNING:
        if (f->is_whole && is_idle(f)) {
            set_state(f, f->is_resumed ? FILE_FETCH_CHECKING : FILE_FETCH_NAMING);
            file_fetch_holder_leave_all(f);
            timers_cancel(&f->turn->timers, &f->timer);
            start_step(f);
        }
        return;
    case FILE_FETCH_STOPPING:
        if (is_idle(f)) {
            start_step(f);
        }
        return;
    case FILE_FETCH_OPENING:
    case FILE_FETCH_CHECKING:
    case FILE_FETCH_NAMING:
    case FILE_FETCH_COMMITTING:
    case FILE_FETCH_MOVING:
    case FILE_FETCH_OVER:
        return;
    }
}

static void over(struct file_fetch *f, int err)
{
    set_state(f, FILE_FETCH_OVER);
    f->user.ended(f->user.context, f, err);
}

/* ---- The step: one job of each state ---- */

/* Is the file that an earlier life named there, and its part not? */
static bool is_there_by_name(struct file_fetch *f)
{
    const struct port_files *files = f->part.port->files;
    struct port_file *file = NULL;

    if (f->path[0] == '\0' || files->exists(f->part.port, f->part.path) != WAVU_ERR_NOT_FOUND ||
        files->open(f->part.port, f->path, PORT_FILES_THERE, &file) < 0) {
        return false;
    }
    bool is_it = files->stamp(file, &f->stamp) == 0 && f->stamp.size == f->part.form.shape.size;

    files->close(file);
    return is_it;
}

static int check_all(struct file_fetch *f, struct aead *aead)
{
    int rc = file_source_open(&f->check);

    rc = rc < 0 ? rc : file_source_hash(&f->check, aead);
    if (rc == 0 && !file_shape_is_id(f->check.id, f->part.form.id)) {
        rc = WAVU_ERR_CORRUPT;
    }
    return rc;
}

static int move(struct file_fetch *f)
{
    const struct port_files *files = f->part.port->files;
    int rc = file_part_finish(&f->part, f->path);

    rc = rc < 0 ? rc : files->stamp(f->part.writing[0], &f->stamp);
    if (rc == 0) {
        (void)file_part_remove(&f->part); /* the map; one that stays says nothing */
    }
    return rc;
}

static int end_part(struct file_fetch *f)
{
    if (f->is_removed || f->end_err == WAVU_ERR_CORRUPT) {
        return file_part_remove(&f->part);
    }
    return f->is_dirty ? file_part_save(&f->part, &f->get.here) : 0;
}

static void run_step(struct file_task *task)
{
    struct file_fetch *f = LIST_OF(task, struct file_fetch, step);

    switch (f->step_of) {
    case FILE_FETCH_OPENING:
        f->is_found = is_there_by_name(f);
        f->err = f->is_found ? 0 : file_part_open(&f->part, &f->saved);
        return;
    case FILE_FETCH_CHECKING:
        f->err = check_all(f, task->aead);
        return;
    case FILE_FETCH_NAMING:
        f->err = file_part_save(&f->part, &f->get.here);
        if (f->err == 0) {
            f->err = file_part_free_name(&f->part, buf_span(&f->name), f->path);
        }
        return;
    case FILE_FETCH_MOVING:
        f->err = move(f);
        return;
    case FILE_FETCH_STOPPING:
        f->err = end_part(f);
        return;
    case FILE_FETCH_RUNNING:
    case FILE_FETCH_COMMITTING:
    case FILE_FETCH_OVER:
        return;
    }
}

static void done_opening(struct file_fetch *f)
{
    if (f->is_found) {
        over(f, 0);
        return;
    }
    set_state(f, FILE_FETCH_RUNNING);
    file_get_init(&f->get, f->part.form.id, &f->part.form.shape, f->part.form.aead, &f->saved,
                  &f->part.port->random);
    f->is_resumed = f->saved.have > 0;
    f->is_whole = file_map_is_full(&f->saved);
    file_fetch_holder_dial_all(f);
    f->user.moved(f->user.context, f);
    look(f);
}

static void done_step(struct file_task *task)
{
    struct file_fetch *f = LIST_OF(task, struct file_fetch, step);

    if (f->state == FILE_FETCH_STOPPING) {
        if (f->step_of == FILE_FETCH_MOVING && f->err == 0) {
            over(f, 0); /* it has its name */
        } else if (f->step_of == FILE_FETCH_STOPPING) {
            over(f, f->end_err);
        } else {
            look(f); /* it was under way when it was told to stop */
        }
        return;
    }
    if (f->err == WAVU_ERR_AGAIN) {
        start_step(f); /* the next slice */
        return;
    }
    if (f->state == FILE_FETCH_MOVING && f->err == WAVU_ERR_EXISTS) {
        set_state(f, FILE_FETCH_NAMING);
        start_step(f);
        return;
    }
    if (f->err < 0) {
        stop(f, f->err);
        return;
    }
    switch (f->state) {
    case FILE_FETCH_OPENING:
        done_opening(f);
        return;
    case FILE_FETCH_CHECKING:
        file_source_close(&f->check);
        set_state(f, FILE_FETCH_NAMING);
        start_step(f);
        return;
    case FILE_FETCH_NAMING:
        f->is_dirty = false;
        set_state(f, FILE_FETCH_COMMITTING);
        f->user.named(f->user.context, f, f->path);
        return;
    case FILE_FETCH_MOVING:
        over(f, 0);
        return;
    case FILE_FETCH_RUNNING:
    case FILE_FETCH_COMMITTING:
    case FILE_FETCH_STOPPING:
    case FILE_FETCH_OVER:
        return;
    }
}

void file_fetch_committed(struct file_fetch *f)
{
    if (f->state == FILE_FETCH_COMMITTING) { /* or it was stopped meanwhile */
        set_state(f, FILE_FETCH_MOVING);
        start_step(f);
    }
}

/* ---- Pieces ---- */

static void free_blocks(struct file_fetch *f, struct list *blocks)
{
    struct list *link;

    while ((link = list_pop_front(blocks)) != NULL) {
        file_fetch_holder_free_block(f, LIST_OF(link, struct file_block, link));
    }
}

static void run_write(struct file_task *task)
{
    struct file_writer *w = LIST_OF(task, struct file_writer, task);
    struct list *link;

    for (link = list_next(&w->blocks, &w->blocks); link != NULL;
         link = list_next(&w->blocks, link)) {
        struct file_block *b = LIST_OF(link, struct file_block, link);

        b->verdict = file_part_write(&w->fetch->part, w->number, task->aead, &b->came, b->sealed);
    }
}

/* Save the map when there is enough that is not in it. */
static void save_now_and_then(struct file_fetch *f, uint64_t now)
{
    if (!f->is_dirty || !file_disk_is_idle(&f->save) ||
        (f->unsaved < FILE_FETCH_SAVE_BYTES && now < f->save_due)) {
        return;
    }
    f->saved = f->get.here;
    f->unsaved = 0;
    f->is_dirty = false;
    f->save_err = 0;
    file_disk_start(&f->save);
}

static void run_save(struct file_task *task)
{
    struct file_fetch *f = LIST_OF(task, struct file_fetch, save);

    f->save_err = file_part_save(&f->part, &f->saved);
}

static void done_save(struct file_task *task)
{
    struct file_fetch *f = LIST_OF(task, struct file_fetch, save);

    if (f->save_err < 0) {
        f->is_unknown = true; /* say no more than before, also of what is being written just now */
        f->is_dirty = false;
        stop(f, f->save_err);
    }
    file_fetch_holder_arm(f);
    look(f);
}

static void took(struct file_fetch *f, uint64_t now, const struct file_block *b)
{
    int rc = file_get_took(&f->get, now, b->holder, b->came.number, b->verdict);

    if (rc == 0) {
        f->save_due = f->is_dirty ? f->save_due : now + FILE_FETCH_SAVE_NS;
        f->is_dirty = !f->is_unknown;
        f->unsaved += b->sealed.len;
    }
    if (b->verdict < 0 && b->verdict != WAVU_ERR_CRYPTO) {
        stop(f, b->verdict);
    }
}

static void done_write(struct file_task *task)
{
    struct file_writer *w = LIST_OF(task, struct file_writer, task);
    struct file_fetch *f = w->fetch;
    uint64_t now = f->turn->now_ns;
    struct list *link;

    while ((link = list_pop_front(&w->blocks)) != NULL) {
        struct file_block *b = LIST_OF(link, struct file_block, link);

        took(f, now, b);
        file_fetch_holder_free_block(f, b);
    }
    if (f->state == FILE_FETCH_RUNNING) {
        file_fetch_holder_drain(f);
        save_now_and_then(f, now);
        file_fetch_write(f);
        file_fetch_holder_resume(f);
        file_fetch_holder_arm(f);
        f->user.moved(f->user.context, f);
        file_fetch_give_up(f);
    }
    look(f);
}

/* Start the writer with what waits, a batch at most. */
static void start_writer(struct file_fetch *f, struct file_writer *w)
{
    size_t bytes = 0;

    while (bytes < FILE_FETCH_BATCH_BYTES && !list_is_empty(&f->waiting)) {
        struct file_block *b = LIST_OF(list_pop_front(&f->waiting), struct file_block, link);

        bytes += b->size;
        list_push_back(&w->blocks, &b->link);
    }
    f->waiting_bytes -= bytes;
    file_disk_start(&w->task);
}

/* While one writes, another begins with a whole batch alone: threads so need not wait for the turn
 * in which the next batch is given, and pieces that come slowly go in one job, not in many. */
void file_fetch_write(struct file_fetch *f)
{
    for (size_t i = 0; i < FILE_PART_WRITERS_MAX && f->state == FILE_FETCH_RUNNING; i++) {
        size_t least = is_writing_none(f) ? 1 : FILE_FETCH_BATCH_BYTES;

        if (file_disk_is_idle(&f->writers[i].task) && f->waiting_bytes >= least) {
            start_writer(f, &f->writers[i]);
        }
    }
}

void file_fetch_tick(struct file_fetch *f, uint64_t now)
{
    save_now_and_then(f, now);
}

/* ---- Beginning and end ---- */

struct file_fetch *file_fetch_new(const struct file_fetch_config *config)
{
    struct file_fetch *f = mem_new(sizeof *f);
    struct port *port = config->user.swarm->port;

    f->user = config->user;
    f->turn = config->user.swarm->turn;
    f->state = FILE_FETCH_OPENING;
    file_part_init(&f->part, port, &config->form, config->secret);
    file_source_init(&f->check, port, f->part.path, false, NULL);
    file_source_set_key(&f->check, config->secret, config->form.aead);
    file_get_init(&f->get, config->form.id, &config->form.shape, config->form.aead, NULL,
                  &port->random);
    buf_init(&f->name, FILE_NAME_SIZE_MAX);
    CHECK(buf_append(&f->name, span_slice(config->name, 0, FILE_NAME_SIZE_MAX)) == 0);
    if (config->named_path != NULL && strlen(config->named_path) < sizeof f->path) {
        memcpy(f->path, config->named_path, strlen(config->named_path) + 1);
    }
    list_init(&f->waiting);
    file_disk_prepare(f->user.disk, &f->step, run_step, done_step);
    for (size_t i = 0; i < FILE_PART_WRITERS_MAX; i++) {
        f->writers[i].fetch = f;
        f->writers[i].number = i;
        list_init(&f->writers[i].blocks);
        file_disk_prepare(f->user.disk, &f->writers[i].task, run_write, done_write);
    }
    file_disk_prepare(f->user.disk, &f->save, run_save, done_save);
    file_fetch_holder_begin(f);
    start_step(f);
    return f;
}

static void cancel_jobs(struct file_fetch *f)
{
    file_disk_cancel(&f->step);
    for (size_t i = 0; i < FILE_PART_WRITERS_MAX; i++) {
        file_disk_cancel(&f->writers[i].task);
    }
    file_disk_cancel(&f->save);
}

void file_fetch_settle(struct file_fetch *f)
{
    cancel_jobs(f);
    if (f->state == FILE_FETCH_RUNNING && f->get.here.have > 0) {
        (void)!file_part_save(&f->part, &f->get.here); /* else it comes again */
    }
}

void file_fetch_free(struct file_fetch *f)
{
    if (f == NULL) {
        return;
    }
    cancel_jobs(f);
    file_fetch_holder_leave_all(f);
    timers_cancel(&f->turn->timers, &f->timer);
    free_blocks(f, &f->waiting);
    for (size_t i = 0; i < FILE_PART_WRITERS_MAX; i++) {
        free_blocks(f, &f->writers[i].blocks);
    }
    list_remove(&f->link);
    file_get_clear(&f->get);
    file_part_clear(&f->part);
    file_source_clear(&f->check);
    buf_clear(&f->name);
    CHECK(f->held == 0);
    mem_free(f);
}

const uint8_t *file_fetch_id(const struct file_fetch *f)
{
    return f->part.form.id;
}

enum file_fetch_state file_fetch_state(const struct file_fetch *f)
{
    return f->state;
}

uint64_t file_fetch_bytes(const struct file_fetch *f)
{
    const struct file_shape *shape = &f->part.form.shape;
    uint64_t bytes = (uint64_t)f->get.here.have * shape->piece;

    return bytes < shape->size ? bytes : shape->size;
}

uint64_t file_fetch_size(const struct file_fetch *f)
{
    return f->part.form.shape.size;
}

uint64_t *file_fetch_told(struct file_fetch *f)
{
    return &f->told_ns;
}

const char *file_fetch_path(const struct file_fetch *f)
{
    return f->path;
}

const struct port_files_stamp *file_fetch_stamp(const struct file_fetch *f)
{
    return &f->stamp;
}

size_t file_fetch_held(const struct file_fetch *f)
{
    return f->held;
}

struct list *file_fetch_link(struct file_fetch *f)
{
    return &f->link;
}

struct file_fetch *file_fetch_of(struct list *link)
{
    return LIST_OF(link, struct file_fetch, link);
}

void file_fetch_check(const struct file_fetch *f)
{
    file_get_check(&f->get);
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        const struct file_holder *h = &f->holders[i];

        CHECK(h->is_used || (h->stream == NULL && h->dial == NULL && h->block == NULL));
        CHECK(h->stream == NULL || h->dial == NULL);
        CHECK(f->state == FILE_FETCH_RUNNING || (h->stream == NULL && h->dial == NULL));
    }
    CHECK(f->queued <= f->held);
    CHECK(f->queued <= FILE_FETCH_HELD_MAX + FILE_GET_HOLDERS_MAX * (size_t)FILE_MSG_SIZE_MAX);
    CHECK(f->held - f->queued <= FILE_GET_HOLDERS_MAX * (size_t)FILE_MSG_SIZE_MAX);
}
