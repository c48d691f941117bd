/*
 * The streams of a fetch: one to each holder. Pieces are put together in blocks that go to a job as
 * they are; when there are too many, what comes stays on the streams.
 *
 * Source: docs/protocol/file.md.
 */
#include "sync/file_fetch_core.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define OUT_MAX 65536u /* asks that wait: a holder that takes none of so many is left */

static void retry_later(struct file_holder *h);

/* ---- Blocks ---- */

void file_fetch_holder_free_block(struct file_fetch *f, struct file_block *b)
{
    f->held -= b->size;
    f->queued -= b->is_queued ? b->size : 0;
    mem_free(b);
}

/* Is there room for one more frame? Frames that are not whole do not count: they wait for their
 * holder, not for a job. */
static bool has_room(const struct file_fetch *f)
{
    return f->queued < FILE_FETCH_HELD_MAX;
}

static struct file_block *new_block(struct file_fetch *f, const struct file_holder *h, size_t size)
{
    struct file_block *b = mem_new_raw(sizeof *b + size); /* every byte is written or left */

    *b = (struct file_block){.holder = h->id, .size = size};
    f->held += size;
    return b;
}

/* ---- Coming and going ---- */

/* The stream is no more; `is_reset`: by us. */
static void drop_stream(struct file_holder *h, bool is_reset)
{
    struct file_fetch *f = h->fetch;

    if (h->stream != NULL && is_reset) {
        stream_reset(h->stream, 0);
    }
    h->stream = NULL;
    if (h->block != NULL) {
        file_fetch_holder_free_block(f, h->block);
        h->block = NULL;
    }
    h->head_len = 0;
    h->is_held = false;
    buf_clear(&h->out);
    if (h->is_here) {
        h->is_here = false;
        file_get_lost(&f->get, f->turn->now_ns, h->id);
    }
}

static void leave(struct file_holder *h)
{
    if (h->dial != NULL) {
        dial_cancel(h->dial);
        h->dial = NULL;
    }
    drop_stream(h, true);
}

/* It broke the rules: never again for this file. */
static void leave_for_ever(struct file_holder *h)
{
    h->is_liar = true;
    leave(h);
}

void file_fetch_holder_leave_all(struct file_fetch *f)
{
    struct list *link;

    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        struct file_get_event event;

        leave(&f->holders[i]);
        while (file_get_next_event(&f->get, &event)) {
            /* whom it would ask instead is left next */
        }
    }
    while ((link = list_pop_front(&f->waiting)) != NULL) {
        file_fetch_holder_free_block(f, LIST_OF(link, struct file_block, link));
    }
    f->waiting_bytes = 0;
}

static void retry_later(struct file_holder *h)
{
    h->retry_at = h->fetch->turn->now_ns + h->backoff_ns;
    h->backoff_ns =
        h->backoff_ns * 2 < FILE_FETCH_RETRY_NS_MAX ? h->backoff_ns * 2 : FILE_FETCH_RETRY_NS_MAX;
    file_fetch_holder_arm(h->fetch);
}

/* Send what waits for the stream. */
static void flush(struct file_holder *h)
{
    size_t taken = 0;

    if (h->stream == NULL || h->out.len == 0) {
        return;
    }
    if (stream_send(h->stream, buf_span(&h->out), &taken) < 0) {
        drop_stream(h, true);
        retry_later(h);
        return;
    }
    if (taken > 0) {
        buf_drop_front(&h->out, taken);
    }
}

/* Append a frame to what waits. */
static void say(struct file_holder *h, const struct file_msg *m)
{
    uint8_t room[64];
    struct wr w;

    wr_init(&w, span_mut_of(room, sizeof room));
    file_msg_encode(&w, m);
    CHECK(wr_finish(&w) == 0);
    if (buf_append(&h->out, wr_span(&w)) < 0) {
        leave_for_ever(h); /* it takes nothing, and is asked ever more */
    }
}

static void on_dialled(void *context, int err, struct conn *conn)
{
    struct file_holder *h = context;
    struct file_fetch *f = h->fetch;

    h->dial = NULL;
    h->id = ++f->next_id;
    if (err < 0 || gate_open(f->user.gate, f->user.protocol, conn, h, &h->stream) < 0) {
        h->stream = NULL;
        retry_later(h);
        return;
    }
    h->opened_ns = f->turn->now_ns;
    h->surplus = 0;
    say(h, &(struct file_msg){.kind = FILE_MSG_ASK,
                              .id = span_of(f->part.form.id, FILE_SHAPE_ID_SIZE)});
    flush(h);
    file_fetch_holder_arm(f);
}

static void dial_holder(struct file_holder *h)
{
    struct peerid peer;
    const struct dial_user user = {.done = on_dialled, .context = h};

    overlay_id_to_peer(&h->device, &peer);
    if (dial_start(h->fetch->user.swarm, &peer, NULL, 0, user, &h->dial) < 0) {
        h->dial = NULL;
        retry_later(h); /* nobody knows where it is, or too many are dialled */
    }
}

static bool is_wanted(const struct file_holder *h)
{
    return h->is_used && !h->is_liar && h->stream == NULL && h->dial == NULL;
}

void file_fetch_holder_dial_all(struct file_fetch *f)
{
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        if (is_wanted(&f->holders[i])) {
            dial_holder(&f->holders[i]);
        }
    }
}

/* A place for one more holder: a free one, or that of the most hopeless. */
static struct file_holder *place(struct file_fetch *f)
{
    struct file_holder *worst = NULL;

    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        struct file_holder *h = &f->holders[i];

        if (!h->is_used) {
            return h;
        }
        if (is_wanted(h) && h->backoff_ns > FILE_FETCH_RETRY_NS_MIN &&
            (worst == NULL || h->backoff_ns > worst->backoff_ns)) {
            worst = h; /* liars stay: they are not to come again */
        }
    }
    return worst;
}

int file_fetch_holder_add(struct file_fetch *f, const struct overlay_id *device)
{
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        if (f->holders[i].is_used && overlay_id_is_equal(&f->holders[i].device, device)) {
            return WAVU_ERR_EXISTS;
        }
    }
    struct file_holder *h = place(f);

    if (h == NULL) {
        return WAVU_ERR_LIMIT;
    }
    *h = (struct file_holder){
        .fetch = f, .is_used = true, .device = *device, .backoff_ns = FILE_FETCH_RETRY_NS_MIN};
    buf_init(&h->out, OUT_MAX);
    if (f->state == FILE_FETCH_RUNNING) {
        dial_holder(h);
    }
    return 0;
}

void file_fetch_holder_near(struct file_fetch *f, const struct overlay_id *device)
{
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX && f->state == FILE_FETCH_RUNNING; i++) {
        struct file_holder *h = &f->holders[i];

        if (is_wanted(h) && overlay_id_is_equal(&h->device, device)) {
            h->backoff_ns = FILE_FETCH_RETRY_NS_MIN;
            dial_holder(h);
        }
    }
}

/* ---- What the machine wishes ---- */

static struct file_holder *holder_of(struct file_fetch *f, uint32_t id)
{
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        if (f->holders[i].is_used && f->holders[i].stream != NULL && f->holders[i].id == id) {
            return &f->holders[i];
        }
    }
    return NULL;
}

static void obey(struct file_fetch *f, const struct file_get_event *event)
{
    struct file_holder *h = holder_of(f, event->holder);

    switch (event->kind) {
    case FILE_GET_ASK:
    case FILE_GET_CANCEL:
        if (h != NULL) {
            say(h, &(struct file_msg){.kind = event->kind == FILE_GET_ASK ? FILE_MSG_WANT
                                                                          : FILE_MSG_CANCEL,
                                      .first = event->first,
                                      .count = event->count});
        }
        return;
    case FILE_GET_LEAVE:
        if (h != NULL) {
            h->is_here = false; /* the machine left it already */
            leave_for_ever(h);
        }
        return;
    case FILE_GET_DONE:
        f->is_whole = true;
        return;
    }
}

void file_fetch_holder_drain(struct file_fetch *f)
{
    struct file_get_event event;

    while (file_get_next_event(&f->get, &event)) {
        obey(f, &event);
    }
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        flush(&f->holders[i]);
    }
}

void file_fetch_holder_resume(struct file_fetch *f)
{
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX && has_room(f); i++) {
        struct file_holder *h = &f->holders[i];

        if (h->is_held) {
            h->is_held = false;
            stream_resume(h->stream);
        }
    }
}

/* ---- What comes ---- */

static int take_have(struct file_holder *h, const struct file_msg *m)
{
    struct file_fetch *f = h->fetch;
    struct file_map *map = mem_new(sizeof *map);
    int rc = file_map_read(map, f->part.form.shape.count, m->runs);

    rc = rc < 0 ? rc : file_get_map(&f->get, f->turn->now_ns, h->id, map);
    if (rc == 0) {
        h->is_here = true;
        h->is_without = false;
        h->backoff_ns = FILE_FETCH_RETRY_NS_MIN;
    }
    mem_free(map);
    return rc;
}

/* A piece: to the next job, unless it is here or nobody asked for so many. */
static int take_piece(struct file_holder *h, struct file_block *b, const struct file_msg *m)
{
    struct file_fetch *f = h->fetch;

    if (!file_get_is_asked(&f->get, h->id, m->first)) {
        file_fetch_holder_free_block(f, b);
        return ++h->surplus > FILE_FETCH_SURPLUS_MAX ? WAVU_ERR_PROTO : 0;
    }
    b->sealed = span_mut_of(b->bytes + (m->sealed.ptr - b->bytes), m->sealed.len);
    b->came = (struct file_get_came){
        .number = m->first, .bytes = span_from_mut(b->sealed), .tag = m->tag.ptr, .path = m->path};
    b->is_queued = true;
    f->queued += b->size;
    f->waiting_bytes += b->size;
    list_push_back(&f->waiting, &b->link);
    return 0;
}

/* A whole frame: the block is used up. */
static int take_frame(struct file_holder *h)
{
    struct file_block *b = h->block;
    struct file_msg m;
    int rc = file_msg_decode(&m, span_of(b->bytes, b->len));

    h->block = NULL;
    if (rc == 0 && m.kind == FILE_MSG_PIECE) {
        return take_piece(h, b, &m);
    }
    if (rc == 0) {
        rc = m.kind == FILE_MSG_HAVE ? take_have(h, &m) : WAVU_ERR_PROTO;
    }
    file_fetch_holder_free_block(h->fetch, b);
    return rc == WAVU_ERR_UNSUPPORTED ? 0 : rc;
}

static size_t frame_max(const struct file_fetch *f)
{
    size_t piece = f->part.form.shape.piece + FILE_MSG_AROUND_MAX;

    return piece > FILE_MSG_SMALL_MAX ? piece : FILE_MSG_SMALL_MAX;
}

/* Take the next byte of a frame's length. */
static int take_head(struct file_holder *h, uint8_t byte)
{
    size_t len = 0;
    size_t used = 0;

    h->head[h->head_len++] = byte;
    int rc = file_msg_length(span_of(h->head, h->head_len), frame_max(h->fetch), &len, &used);

    if (rc == WAVU_ERR_AGAIN) {
        return 0;
    }
    if (rc == 0) {
        h->head_len = 0;
        h->block = new_block(h->fetch, h, len);
    }
    return rc;
}

/* Take what there is room for. */
static int take_data(struct file_holder *h, struct span data, size_t *taken)
{
    int rc = 0;

    *taken = 0;
    while (rc == 0 && *taken < data.len) {
        if (h->block == NULL) {
            if (h->head_len == 0 && !has_room(h->fetch)) {
                h->is_held = true;
                return 0;
            }
            rc = take_head(h, data.ptr[(*taken)++]);
            continue;
        }
        struct span part = span_slice(data, *taken, h->block->size - h->block->len);

        memcpy(h->block->bytes + h->block->len, part.ptr, part.len);
        h->block->len += part.len;
        *taken += part.len;
        if (h->block->len == h->block->size) {
            rc = take_frame(h);
        }
    }
    return rc;
}

static void on_data(struct file_holder *h, struct stream_event *event)
{
    struct file_fetch *f = h->fetch;

    file_get_heard(&f->get, f->turn->now_ns, h->id);
    if (take_data(h, event->data, &event->taken) < 0) {
        event->taken = event->data.len;
        leave_for_ever(h);
    }
    file_fetch_holder_drain(f);
    file_fetch_write(f);
    file_fetch_give_up(f);
}

void file_fetch_holder_up(struct stream *stream, struct stream_event *event)
{
    struct file_holder *h = stream_user(stream);

    switch (event->kind) {
    case STREAM_OPENED:
        return;
    case STREAM_DATA:
        on_data(h, event);
        return;
    case STREAM_WRITABLE:
        flush(h);
        return;
    case STREAM_FIN: /* it has no such file, or no more */
        drop_stream(h, true);
        h->is_without = true;
        break;
    case STREAM_CLOSED:
        drop_stream(h, false);
        break;
    }
    retry_later(h);
    file_fetch_holder_drain(h->fetch);
    file_fetch_give_up(h->fetch);
}

/* ---- Time ---- */

static void on_timer(struct timer *timer, uint64_t now)
{
    struct file_fetch *f = LIST_OF(timer, struct file_fetch, timer);

    file_get_tick(&f->get, now);
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        struct file_holder *h = &f->holders[i];

        if (h->stream != NULL && !h->is_here && now >= h->opened_ns + FILE_FETCH_HAVE_NS) {
            drop_stream(h, true);
            retry_later(h);
        } else if (is_wanted(h) && now >= h->retry_at) {
            dial_holder(h);
        }
    }
    file_fetch_holder_drain(f);
    file_fetch_tick(f, now);
    file_fetch_holder_arm(f);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void file_fetch_holder_arm(struct file_fetch *f)
{
    uint64_t due = file_get_deadline(&f->get);

    if (f->state != FILE_FETCH_RUNNING) {
        return;
    }
    due = f->is_dirty && file_disk_is_idle(&f->save) ? sooner(due, f->save_due) : due;
    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        const struct file_holder *h = &f->holders[i];

        if (is_wanted(h)) {
            due = sooner(due, h->retry_at);
        } else if (h->stream != NULL && !h->is_here) {
            due = sooner(due, h->opened_ns + FILE_FETCH_HAVE_NS);
        }
    }
    timers_set(&f->turn->timers, &f->timer, due, TIMERS_SECOND / 10);
}

void file_fetch_holder_begin(struct file_fetch *f)
{
    timers_prepare(&f->timer, on_timer);
}

int file_fetch_holder_despair(const struct file_fetch *f)
{
    int rc = 0;

    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        const struct file_holder *h = &f->holders[i];

        if (h->is_used && !h->is_liar && !h->is_without) {
            return 0;
        }
        if (h->is_used) {
            rc = h->is_without || rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_NOT_FOUND : WAVU_ERR_PROTO;
        }
    }
    return rc;
}

size_t file_fetch_holder_count(const struct file_fetch *f)
{
    size_t count = 0;

    for (size_t i = 0; i < FILE_GET_HOLDERS_MAX; i++) {
        count += f->holders[i].stream != NULL && f->holders[i].is_here ? 1 : 0;
    }
    return count;
}
