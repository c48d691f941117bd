/*
 * Serving files. One job at a time reads a file; it makes a batch for one stream after the other.
 * A stream has a batch that is being sent and two that wait behind it: a machine with much to do
 * takes its time to start a job.
 *
 * Source: docs/protocol/file.md.
 */
#include "sync/file_serve.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define BATCHES 3 /* of a stream: one being sent, others behind it while a job makes the next */

/* A member's stream. Freed at the turn's end. */
struct file_out {
    struct list link;  /* in hold->streams or serve->asking */
    struct list ready; /* in serve->ready */
    struct turn_dead dead;
    struct file_serve *serve;
    struct stream *stream;  /* NULL once over */
    struct file_hold *hold; /* NULL: not yet, or not any more */
    struct buf in;          /* a frame that is not whole */
    struct ring wants;      /* of uint32_t */
    struct file_batch *batches[BATCHES];
    uint32_t at;         /* piece of the first batch that is being sent */
    size_t offset;       /* of its bytes sent */
    struct buf head;     /* before them; also HAVE */
    size_t place;        /* in serve->share */
    uint64_t moved;      /* ns: when something last came or went */
    bool is_having_said; /* HAVE */
};

static void pump(struct file_hold *h);

/* ---- Memory ---- */

static void free_batch(struct file_serve *s, struct file_batch **batch)
{
    file_batch_give(&s->pool, batch, s->share.count > 0);
}

/* Of a stream. */
static void give_batch(struct file_out *o, struct file_batch **batch)
{
    if (*batch != NULL) {
        file_share_give(&o->serve->share, o->place, (*batch)->size);
        free_batch(o->serve, batch);
    }
}

static void reap_out(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct file_out, dead));
}

static size_t tree_bytes(const struct file_hold *h)
{
    return (size_t)h->source.hashed * (2 * HASH_SHA256_SIZE + AEAD_TAG_SIZE);
}

static void free_hold(struct file_hold *h)
{
    CHECK(list_is_empty(&h->streams));
    file_disk_cancel(&h->task);
    free_batch(h->serve, &h->batch);
    list_remove(&h->link);
    file_source_clear(&h->source);
    mem_free(h);
}

/* Trees that nobody needs now go, the longest unused first, beyond FILE_SERVE_TREES_MAX. */
static void forget_some(struct file_serve *s)
{
    size_t idle = 0;
    struct list *link = list_next(&s->holds, &s->holds);

    while (link != NULL) {
        struct file_hold *h = LIST_OF(link, struct file_hold, link);

        link = list_next(&s->holds, link);
        if (!list_is_empty(&h->streams) || h->is_offer || !file_disk_is_idle(&h->task)) {
            continue;
        }
        idle += tree_bytes(h);
        if (idle > FILE_SERVE_TREES_MAX) {
            free_hold(h);
        } else {
            file_source_close(&h->source); /* no descriptor while nobody asks */
        }
    }
}

/* The stream is over, or we end it: `is_reset`, or in order. */
static void end_out(struct file_out *o, bool is_reset)
{
    struct file_serve *s = o->serve;
    struct file_hold *h = o->hold;

    if (o->stream != NULL) {
        if (is_reset) {
            stream_reset(o->stream, 0);
        } else {
            stream_close(o->stream);
        }
        o->stream = NULL;
    }
    list_remove(&o->link);
    list_remove(&o->ready);
    for (size_t i = 0; i < BATCHES; i++) {
        give_batch(o, &o->batches[i]);
    }
    ring_clear(&o->wants);
    buf_clear(&o->in);
    buf_clear(&o->head);
    if (h != NULL && h->served == o) {
        file_share_give(&s->share, o->place, h->batch->size); /* the job's alone from now on */
        h->served = NULL;
    }
    file_share_remove(&s->share, o->place);
    if (s->is_short) {
        turn_queue(s->turn, &s->job);
    }
    if (s->share.count == 0) {
        file_batch_forget(&s->pool);
    }
    turn_bury(s->turn, &o->dead);
}

static void end_streams(struct list *streams)
{
    struct list *link;

    while ((link = list_next(streams, streams)) != NULL) {
        end_out(LIST_OF(link, struct file_out, link), false);
    }
}

/* ---- Sending ---- */

static void ready(struct file_out *o)
{
    if (!list_is_linked(&o->ready)) {
        list_push_back(&o->serve->ready, &o->ready);
    }
    turn_queue(o->serve->turn, &o->serve->job);
}

/* The head of the piece that is next. */
static void write_head(struct file_out *o)
{
    const struct file_batch *b = o->batches[0];
    uint8_t path[FILE_TREE_PATH_MAX][HASH_SHA256_SIZE];
    uint8_t room[FILE_MSG_LENGTH_MAX + FILE_MSG_AROUND_MAX];
    const uint8_t *bytes = b->bytes + b->offsets[o->at];
    size_t len = b->offsets[o->at + 1] - b->offsets[o->at] - AEAD_TAG_SIZE;
    size_t path_len = file_tree_path(&o->hold->source.tree, b->numbers[o->at], path);
    struct wr w;

    wr_init(&w, span_mut_of(room, sizeof room));
    file_msg_encode(&w, &(struct file_msg){.kind = FILE_MSG_PIECE,
                                           .first = b->numbers[o->at],
                                           .path = span_of(path, path_len * HASH_SHA256_SIZE),
                                           .tag = span_of(bytes + len, AEAD_TAG_SIZE),
                                           .sealed = span_of(bytes, len)});
    CHECK(wr_finish(&w) == 0 && buf_append(&o->head, wr_span(&w)) == 0);
    o->offset = 0;
}

static void note_moved(struct file_out *o)
{
    o->moved = o->serve->turn->now_ns;
    o->serve->share.streams[o->place].moved = o->moved;
}

/* Send up to `*room` bytes. False: the stream takes no more now, or is over. */
static bool send_some(struct file_out *o, struct span bytes, size_t *sent, size_t *room)
{
    size_t taken = 0;
    struct span part = span_slice(bytes, 0, *room);

    if (part.len == 0) {
        return true; /* an empty file's piece */
    }
    if (stream_send(o->stream, part, &taken) < 0) {
        end_out(o, true);
        return false;
    }
    *sent = taken;
    *room -= taken;
    if (taken > 0) {
        note_moved(o);
    }
    return taken == part.len;
}

/* The first batch's piece is gone: the next one, or the next batch. */
static void next_piece(struct file_out *o)
{
    if (++o->at < o->batches[0]->count) {
        write_head(o);
        return;
    }
    give_batch(o, &o->batches[0]);
    memmove(o->batches, o->batches + 1, (BATCHES - 1) * sizeof *o->batches);
    o->batches[BATCHES - 1] = NULL;
    o->at = 0;
    if (o->batches[0] != NULL) {
        write_head(o);
    }
}

/* Send of what waits, head and piece in turn, until `*room` is used up (true) or the stream is full
 * or over or nothing is left (false). */
static bool send_out(struct file_out *o, size_t *room)
{
    while (*room > 0 && (o->head.len > 0 || o->batches[0] != NULL)) {
        size_t sent = 0;

        if (o->head.len > 0) {
            bool goes_on = send_some(o, buf_span(&o->head), &sent, room);

            if (sent > 0) {
                buf_drop_front(&o->head, sent);
            }
            if (!goes_on) {
                return false;
            }
            continue;
        }
        const struct file_batch *b = o->batches[0];
        const size_t from = b->offsets[o->at];
        const size_t len = b->offsets[o->at + 1] - from - AEAD_TAG_SIZE;
        bool goes_on =
            send_some(o, span_of(b->bytes + from + o->offset, len - o->offset), &sent, room);

        o->offset += sent;
        o->serve->sent_bytes += sent;
        if (goes_on && o->offset == len) {
            next_piece(o);
        }
        if (!goes_on) {
            return false;
        }
    }
    return o->head.len > 0 || o->batches[0] != NULL;
}

/* One step: every stream that has something gets its share, the first one's behind the others
 * then. */
static void on_step(struct turn_job *job, uint64_t now)
{
    struct file_serve *s = LIST_OF(job, struct file_serve, job);
    size_t room = FILE_SERVE_TURN_BYTES;
    bool was_short = s->is_short;
    struct list *link;

    (void)now;
    s->is_short = false;
    while (room > 0 && (link = list_pop_front(&s->ready)) != NULL) {
        struct file_out *o = LIST_OF(link, struct file_out, ready);

        if (send_out(o, &room)) {
            list_push_back(&s->ready, &o->ready);
        }
        if (o->stream != NULL && o->hold != NULL) {
            pump(o->hold);
        }
    }
    if (!list_is_empty(&s->ready)) {
        turn_queue(s->turn, &s->job);
    }
    for (link = list_next(&s->holds, &s->holds); was_short && link != NULL;
         link = list_next(&s->holds, link)) {
        pump(LIST_OF(link, struct file_hold, link));
    }
}

/* ---- Holds ---- */

static struct file_hold *new_hold(struct file_serve *s, struct file_source *source);

/* The file is not, or not any more, what it was said to be. */
static void lose(struct file_hold *h, int err)
{
    struct file_serve *s = h->serve;

    h->state = FILE_HOLD_GONE;
    h->is_told = true;
    end_streams(&h->streams);
    if (h->is_offer) {
        s->user.hashed(s->user.context, h, err);
    } else {
        s->user.gone(s->user.context, h->id, err);
    }
    free_hold(h);
}

/* Say what is here: all of it. */
static void say_have(struct file_out *o)
{
    uint8_t runs[8];
    uint8_t room[32];
    struct wr w;
    struct wr r;

    wr_init(&r, span_mut_of(runs, sizeof runs));
    wr_varint(&r, 0);
    wr_varint(&r, o->hold->source.seal.shape.count);
    wr_init(&w, span_mut_of(room, sizeof room));
    file_msg_encode(&w, &(struct file_msg){.kind = FILE_MSG_HAVE, .runs = wr_span(&r)});
    CHECK(wr_finish(&w) == 0 && buf_append(&o->head, wr_span(&w)) == 0);
    o->is_having_said = true;
    ready(o);
}

static void say_have_to_all(struct file_hold *h)
{
    struct list *link;

    for (link = list_next(&h->streams, &h->streams); link != NULL;
         link = list_next(&h->streams, link)) {
        say_have(LIST_OF(link, struct file_out, link));
    }
}

static void run_hold(struct file_task *task)
{
    struct file_hold *h = LIST_OF(task, struct file_hold, task);
    struct file_batch *b = h->batch;

    h->err = file_source_open(&h->source);
    if (h->err == 0 && b == NULL) {
        h->err = file_source_hash(&h->source, task->aead);
    }
    for (uint32_t i = 0; b != NULL && i < b->count && h->err == 0; i++) {
        h->err = file_source_seal(
            &h->source, task->aead, b->numbers[i],
            span_mut_of(b->bytes + b->offsets[i], b->offsets[i + 1] - b->offsets[i]));
    }
}

/* A slice of the tree is made. */
static void done_hashing(struct file_hold *h)
{
    struct file_serve *s = h->serve;

    if (h->err == WAVU_ERR_AGAIN) {
        h->is_told = true;
        if (h->is_offer) {
            s->user.hashed(s->user.context, h, h->err); /* it may drop what it hears of */
        }
        h->is_told = false;
        if (h->state == FILE_HOLD_GONE) {
            free_hold(h);
        } else {
            file_disk_start(&h->task); /* from here on the hold is the job's */
        }
        return;
    }
    if (h->is_offer) {
        memcpy(h->id, h->source.id, sizeof h->id);
        h->is_offer = false;
        h->state = FILE_HOLD_READY;
        s->user.hashed(s->user.context, h, 0); /* it may drop what it hears of */
    } else if (file_shape_is_id(h->id, h->source.id)) {
        h->state = FILE_HOLD_READY;
        say_have_to_all(h);
    } else {
        lose(h, WAVU_ERR_CORRUPT);
        return;
    }
    forget_some(s);
}

static void done_hold(struct file_task *task)
{
    struct file_hold *h = LIST_OF(task, struct file_hold, task);
    struct file_out *o = h->served;

    if (h->state == FILE_HOLD_GONE) {
        free_hold(h); /* dropped while the job was under way */
        return;
    }
    if (h->err < 0 && h->err != WAVU_ERR_AGAIN) {
        lose(h, h->err);
        return;
    }
    if (h->state == FILE_HOLD_HASHING) {
        done_hashing(h);
        return;
    }
    h->served = NULL;
    if (o == NULL) {
        free_batch(h->serve, &h->batch); /* it left meanwhile */
    } else {
        size_t free_place = 0;

        while (o->batches[free_place] != NULL) {
            free_place++;
            CHECK(free_place < BATCHES);
        }
        o->batches[free_place] = h->batch;
        h->batch = NULL;
        if (free_place == 0) {
            o->at = 0;
            write_head(o);
        }
        ready(o);
    }
    pump(h);
    forget_some(h->serve);
}

/* Take what the stream wants next into a batch for the job. */
static void fill_batch(struct file_hold *h, struct file_out *o)
{
    const struct file_shape *shape = &h->source.seal.shape;
    uint32_t most = FILE_SERVE_BATCH_BYTES / shape->piece;
    uint32_t number = 0;

    most = most > FILE_BATCH_PIECES_MAX ? FILE_BATCH_PIECES_MAX : most;
    size_t size = (size_t)most * (shape->piece + AEAD_TAG_SIZE);
    struct file_batch *b = file_batch_take(&h->serve->pool, size);

    while (b->count < most && ring_pop(&o->wants, &number)) {
        b->numbers[b->count] = number;
        b->offsets[b->count + 1] =
            b->offsets[b->count] + file_shape_piece(shape, number) + AEAD_TAG_SIZE;
        b->count++;
    }
    h->batch = b;
    h->served = o;
    file_share_take(&h->serve->share, o->place, b->size);
}

static bool is_hungry(const struct file_out *o)
{
    return o->wants.count > 0 && o->batches[BATCHES - 1] == NULL;
}

/* Start the next batch when the file's job is idle: the stream that waited longest comes first. */
static void pump(struct file_hold *h)
{
    struct list *link;

    if (h->state != FILE_HOLD_READY || !file_disk_is_idle(&h->task)) {
        return;
    }
    for (link = list_next(&h->streams, &h->streams); link != NULL;
         link = list_next(&h->streams, link)) {
        struct file_out *o = LIST_OF(link, struct file_out, link);

        if (is_hungry(o) && !file_share_may(&h->serve->share, o->place)) {
            h->serve->is_short = true;
        } else if (is_hungry(o)) {
            list_remove(&o->link);
            list_push_back(&h->streams, &o->link);
            fill_batch(h, o);
            file_disk_start(&h->task);
            return;
        }
    }
}

static struct file_hold *new_hold(struct file_serve *s, struct file_source *source)
{
    struct file_hold *h = mem_new(sizeof *h);

    h->serve = s;
    h->state = FILE_HOLD_HASHING;
    h->source = *source;
    list_init(&h->streams);
    list_push_front(&s->holds, &h->link);
    file_disk_prepare(s->disk, &h->task, run_hold, done_hold);
    return h;
}

struct file_hold *file_serve_offer_take(struct file_serve *s, struct file_source *source,
                                        uint64_t token)
{
    struct file_hold *h = new_hold(s, source);

    h->is_offer = true;
    h->token = token;
    file_disk_start(&h->task);
    return h;
}

struct file_hold *file_serve_find(struct file_serve *s, const uint8_t id[FILE_SHAPE_ID_SIZE])
{
    struct list *link;

    for (link = list_next(&s->holds, &s->holds); link != NULL; link = list_next(&s->holds, link)) {
        struct file_hold *h = LIST_OF(link, struct file_hold, link);

        if (!h->is_offer && h->state != FILE_HOLD_GONE && file_shape_is_id(h->id, id)) {
            list_remove(&h->link);
            list_push_front(&s->holds, &h->link);
            return h;
        }
    }
    return NULL;
}

struct file_hold *file_serve_offer(const struct file_serve *s, uint64_t token)
{
    struct list *link;

    for (link = list_next(&s->holds, &s->holds); link != NULL; link = list_next(&s->holds, link)) {
        struct file_hold *h = LIST_OF(link, struct file_hold, link);

        if (h->is_offer && h->state != FILE_HOLD_GONE && h->token == token) {
            return h;
        }
    }
    return NULL;
}

void file_serve_drop(struct file_serve *s, struct file_hold *hold)
{
    (void)s;
    end_streams(&hold->streams);
    hold->state = FILE_HOLD_GONE;
    if (file_disk_is_idle(&hold->task) && !hold->is_told) {
        free_hold(hold);
    }
}

/* ---- What members say ---- */

static int take_ask(struct file_out *o, const struct file_msg *m)
{
    struct file_serve *s = o->serve;
    struct file_hold *h = o->hold == NULL ? file_serve_find(s, m->id.ptr) : NULL;
    struct file_source source;

    if (o->hold != NULL) {
        return WAVU_ERR_PROTO;
    }
    if (h == NULL) {
        if (!s->user.find(s->user.context, m->id.ptr, &source)) {
            return WAVU_ERR_NOT_FOUND;
        }
        h = new_hold(s, &source);
        memcpy(h->id, m->id.ptr, sizeof h->id);
        file_disk_start(&h->task);
    }
    o->hold = h;
    list_remove(&o->link);
    list_push_back(&h->streams, &o->link);
    if (h->state == FILE_HOLD_READY) {
        say_have(o);
    }
    return 0;
}

static int take_want(struct file_out *o, const struct file_msg *m)
{
    if (o->hold == NULL || !o->is_having_said ||
        m->first + m->count > o->hold->source.seal.shape.count) {
        return WAVU_ERR_PROTO;
    }
    for (uint32_t i = 0; i < m->count; i++) {
        uint32_t number = m->first + i;

        if (ring_push(&o->wants, &number) < 0) {
            return WAVU_ERR_LIMIT;
        }
    }
    pump(o->hold);
    return 0;
}

static int take_cancel(struct file_out *o, const struct file_msg *m)
{
    for (size_t left = o->wants.count; left > 0; left--) {
        uint32_t number = 0;

        if (ring_pop(&o->wants, &number) && (number < m->first || number - m->first >= m->count)) {
            CHECK(ring_push(&o->wants, &number) == 0);
        }
    }
    return 0;
}

static int take_frame(struct file_out *o, struct span frame)
{
    struct file_msg m;
    int rc = file_msg_decode(&m, frame);

    if (rc < 0) {
        return rc == WAVU_ERR_UNSUPPORTED ? 0 : rc;
    }
    switch (m.kind) {
    case FILE_MSG_ASK:
        return take_ask(o, &m);
    case FILE_MSG_WANT:
        return take_want(o, &m);
    case FILE_MSG_CANCEL:
        return take_cancel(o, &m);
    case FILE_MSG_HAVE:
    case FILE_MSG_PIECE:
        return WAVU_ERR_PROTO; /* that is the holder's to say */
    }
    return WAVU_ERR_PROTO;
}

/* Take whole frames out of what came. */
static int take_frames(struct file_out *o)
{
    size_t len = 0;
    size_t used = 0;
    int rc = 0;

    while (rc == 0 && o->in.len > 0) {
        rc = file_msg_length(buf_span(&o->in), FILE_MSG_SMALL_MAX, &len, &used);
        if (rc == 0 && o->in.len < used + len) {
            rc = WAVU_ERR_AGAIN;
        }
        if (rc == 0) {
            rc = take_frame(o, span_slice(buf_span(&o->in), used, len));
        }
        if (rc == 0) {
            buf_drop_front(&o->in, used + len);
        }
    }
    return rc == WAVU_ERR_AGAIN ? 0 : rc;
}

static void take_data(struct file_out *o, struct span data)
{
    int rc = 0;

    note_moved(o);
    while (rc == 0 && data.len > 0) {
        struct span part = span_slice(data, 0, o->in.max - o->in.len);

        rc = part.len == 0 ? WAVU_ERR_LIMIT : buf_append(&o->in, part);
        rc = rc < 0 ? rc : take_frames(o);
        data = span_slice(data, part.len, data.len);
    }
    if (rc < 0) {
        end_out(o, rc != WAVU_ERR_NOT_FOUND); /* what is not here ends in order */
    }
}

static void open_out(struct file_serve *s, struct stream *stream)
{
    uint8_t member[32];

    s->user.whose(s->user.context, stream_peer(stream), member);
    if (s->share.count == FILE_SHARE_STREAMS_MAX) {
        const size_t victim = file_share_victim(&s->share, member);

        if (victim == FILE_SHARE_NONE) {
            stream_reset(stream, 0);
            return;
        }
        end_out(s->outs[victim], true);
    }
    struct file_out *o = mem_new(sizeof *o);

    o->serve = s;
    o->stream = stream;
    o->dead.reap = reap_out;
    o->moved = s->turn->now_ns;
    o->place = file_share_add(&s->share, member, o->moved);
    s->outs[o->place] = o;
    buf_init(&o->in, FILE_MSG_LENGTH_MAX + FILE_MSG_SMALL_MAX);
    buf_init(&o->head, 2 * (size_t)(FILE_MSG_LENGTH_MAX + FILE_MSG_AROUND_MAX));
    ring_init(&o->wants, sizeof(uint32_t), FILE_SERVE_WANTS_MAX);
    list_push_back(&s->asking, &o->link);
    stream_set_user(stream, o);
    if (s->share.count == 1) {
        timers_set(&s->turn->timers, &s->timer, s->turn->now_ns + FILE_SERVE_LOOK_NS,
                   TIMERS_SECOND);
    }
}

void file_serve_up(struct file_serve *s, struct stream *stream, struct stream_event *event)
{
    struct file_out *o = stream_user(stream);
    struct file_hold *h = o != NULL ? o->hold : NULL;

    switch (event->kind) {
    case STREAM_OPENED:
        open_out(s, stream);
        return;
    case STREAM_DATA:
        take_data(o, event->data);
        return;
    case STREAM_WRITABLE:
        ready(o);
        return;
    case STREAM_FIN:
        end_out(o, false);
        break;
    case STREAM_CLOSED:
        o->stream = NULL;
        end_out(o, false);
        break;
    }
    if (h != NULL) {
        forget_some(s);
    }
}

/* ---- Time, beginning and end ---- */

static void end_idle(struct list *streams, uint64_t now)
{
    struct list *link = list_next(streams, streams);

    while (link != NULL) {
        struct file_out *o = LIST_OF(link, struct file_out, link);

        link = list_next(streams, link);
        if (now - o->moved >= FILE_SERVE_IDLE_NS) {
            end_out(o, true);
        }
    }
}

static void on_look(struct timer *timer, uint64_t now)
{
    struct file_serve *s = LIST_OF(timer, struct file_serve, timer);
    struct list *link;

    end_idle(&s->asking, now);
    for (link = list_next(&s->holds, &s->holds); link != NULL; link = list_next(&s->holds, link)) {
        struct file_hold *h = LIST_OF(link, struct file_hold, link);

        if (h->state == FILE_HOLD_READY) { /* who waits for a hash is not idle */
            end_idle(&h->streams, now);
        }
        pump(h); /* there was no room for its batches, maybe */
    }
    forget_some(s);
    if (s->share.count > 0) {
        timers_set(&s->turn->timers, &s->timer, now + FILE_SERVE_LOOK_NS, TIMERS_SECOND);
    }
}

void file_serve_init(struct file_serve *s, struct turn *turn, struct file_disk *disk,
                     const struct file_serve_user *user)
{
    *s = (struct file_serve){.turn = turn, .disk = disk, .user = *user};
    list_init(&s->holds);
    list_init(&s->asking);
    list_init(&s->ready);
    s->job = (struct turn_job){.run = on_step, .cost_us = FILE_SERVE_STEP_US};
    timers_prepare(&s->timer, on_look);
}

void file_serve_clear(struct file_serve *s)
{
    struct list *link;

    end_streams(&s->asking);
    while ((link = list_next(&s->holds, &s->holds)) != NULL) {
        end_streams(&LIST_OF(link, struct file_hold, link)->streams);
        free_hold(LIST_OF(link, struct file_hold, link));
    }
    file_batch_forget(&s->pool);
    turn_cancel(&s->job);
    timers_cancel(&s->turn->timers, &s->timer);
    CHECK(s->share.count == 0 && s->pool.bytes == 0);
}

void file_serve_check(const struct file_serve *s)
{
    size_t streams = 0;
    struct list *link;
    struct list *at;

    for (link = list_next(&s->asking, &s->asking); link != NULL;
         link = list_next(&s->asking, link)) {
        streams++;
    }
    for (link = list_next(&s->holds, &s->holds); link != NULL; link = list_next(&s->holds, link)) {
        const struct file_hold *h = LIST_OF(link, struct file_hold, link);

        for (at = list_next(&h->streams, &h->streams); at != NULL;
             at = list_next(&h->streams, at)) {
            CHECK(LIST_OF(at, struct file_out, link)->hold == h);
            streams++;
        }
        CHECK((h->state != FILE_HOLD_GONE && h->batch == NULL) || !file_disk_is_idle(&h->task));
    }
    CHECK(streams == s->share.count);
}
