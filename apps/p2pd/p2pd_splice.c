/*
 * Streams spliced to programs.
 *
 * Arrives: bytes and ends of the stream and of the pipe. Leaves: the same on the other side. What
 * the pipe does not take stays with the stream, charged to its peer; what the stream does not take
 * waits here, and the program is read no more meanwhile.
 */
#include "apps/p2pd/p2pd_splice.h"

#include "apps/p2pd/p2pd_form.h"
#include "apps/p2pd/p2pd_msg.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/varint.h"

enum p2pd_splice_state {
    SPLICE_OPENING,  /* the stream */
    SPLICE_WAITING,  /* for the pipe that its owner gives */
    SPLICE_DIALLING, /* the program */
    SPLICE_JOINED
};

struct p2pd_splice {
    struct list link; /* in d->splices */
    struct p2pd *d;
    enum p2pd_splice_state state;
    struct p2pd_splice_user user;
    struct wavu_stream *stream; /* NULL once over */
    struct pipe *pipe;          /* NULL before, and once over */
    struct buf head;            /* for the program, before what the stream has */
    struct buf out;             /* of the program, for the stream */
    bool has_end;               /* the program sends no more ... */
    bool has_finished;          /* ... and the stream knows */
    bool has_fin;               /* the peer sends no more */
    bool is_leaving;            /* the program is gone: only what it sent still goes */
    bool is_over;               /* to be freed at the end of the callback */
};

static struct p2pd_splice *p2pd_splice_new(struct p2pd *d, enum p2pd_splice_state state,
                                           struct p2pd_splice_user user)
{
    struct p2pd_splice *s = mem_new(sizeof *s);
    s->d = d;
    s->state = state;
    s->user = user;
    buf_init(&s->head, P2PD_MSG_REQUEST_MAX);
    buf_init(&s->out, P2PD_MSG_REQUEST_MAX + P2PD_SPLICE_OUT_MAX);
    list_push_back(&d->splices, &s->link);
    return s;
}

static void p2pd_splice_free(struct p2pd_splice *s)
{
    list_remove(&s->link);
    buf_clear(&s->head);
    buf_clear(&s->out);
    mem_free(s);
}

/* End both sides; freed by p2pd_splice_settle. */
static void p2pd_splice_close(struct p2pd_splice *s, bool is_abort)
{
    if (s->stream != NULL) {
        if (is_abort) {
            wavu_stream_reset(s->stream);
        } else {
            wavu_stream_close(s->stream);
        }
        s->stream = NULL;
    }
    if (s->pipe != NULL) {
        pipe_close(s->pipe, is_abort);
        s->pipe = NULL;
    }
    s->is_over = true;
}

/* The last call of every callback. */
static void p2pd_splice_settle(struct p2pd_splice *s)
{
    if (s->is_over) {
        p2pd_splice_free(s);
    }
}

/* Tell who waits, once. */
static void p2pd_splice_tell(struct p2pd_splice *s, int err)
{
    struct p2pd_splice_user user = s->user;
    s->user.done = NULL;
    if (user.done != NULL) {
        user.done(user.context, s, err);
    }
}

/* ---- From the program to the stream ---- */

static void p2pd_splice_push(struct p2pd_splice *s)
{
    size_t taken = 0;
    if (s->is_over) {
        return;
    }
    if (s->out.len > 0 && wavu_stream_send(s->stream, s->out.ptr, s->out.len, &taken) < 0) {
        p2pd_splice_close(s, true);
        return;
    }
    buf_drop_front(&s->out, taken);
    if (s->out.len > 0) {
        pipe_pause(s->pipe, true);
        return;
    }
    if (s->is_leaving) {
        p2pd_splice_close(s, false);
    } else if (s->has_end && !s->has_finished) {
        s->has_finished = true;
        wavu_stream_finish(s->stream);
    } else {
        pipe_pause(s->pipe, false);
    }
}

static void p2pd_splice_on_data(void *context, struct pipe *p, struct span data)
{
    struct p2pd_splice *s = context;
    (void)p;
    if (buf_append(&s->out, data) < 0) {
        p2pd_splice_close(s, true); /* never: the pipe is paused long before */
    }
    p2pd_splice_push(s);
    p2pd_splice_settle(s);
}

static void p2pd_splice_on_end(void *context, struct pipe *p)
{
    struct p2pd_splice *s = context;
    s->has_end = true;
    s->is_leaving = pipe_is_gone(p);
    p2pd_splice_push(s);
    p2pd_splice_settle(s);
}

/* ---- From the stream to the program ---- */

/* What goes before the stream's bytes. True when nothing is left of it. */
static bool p2pd_splice_pull(struct p2pd_splice *s)
{
    size_t taken = 0;
    if (s->head.len > 0 && pipe_send(s->pipe, buf_span(&s->head), &taken) < 0) {
        p2pd_splice_close(s, true);
        return false;
    }
    buf_drop_front(&s->head, taken);
    return s->head.len == 0;
}

static void p2pd_splice_on_writable(void *context, struct pipe *p)
{
    struct p2pd_splice *s = context;
    if (p2pd_splice_pull(s)) {
        if (s->has_fin) {
            pipe_finish(p);
        }
        wavu_stream_resume(s->stream);
    }
    p2pd_splice_settle(s);
}

static void p2pd_splice_on_broken(void *context, struct pipe *p, int err)
{
    struct p2pd_splice *s = context;
    (void)p;
    if (s->state == SPLICE_DIALLING) {
        p2pd_splice_tell(s, err);
    }
    p2pd_splice_close(s, true);
    p2pd_splice_settle(s);
}

static void p2pd_splice_on_bytes(struct p2pd_splice *s, struct wavu_stream_event *event)
{
    event->taken = 0;
    if (s->state == SPLICE_JOINED && s->head.len == 0 &&
        pipe_send(s->pipe, span_of(event->data, event->len), &event->taken) < 0) {
        p2pd_splice_close(s, true);
    }
}

/* The stream is over. */
static void p2pd_splice_on_closed(struct p2pd_splice *s, int err)
{
    s->stream = NULL;
    if (s->state != SPLICE_JOINED) {
        p2pd_splice_tell(s, err);
    }
    p2pd_splice_close(s, err != WAVU_ERR_CLOSED);
}

void p2pd_splice_on_stream(struct p2pd_splice *s, struct wavu_stream_event *event)
{
    switch (event->kind) {
    case WAVU_STREAM_OPENED:
        s->state = SPLICE_WAITING;
        p2pd_splice_tell(s, 0);
        break;
    case WAVU_STREAM_DATA:
        p2pd_splice_on_bytes(s, event);
        break;
    case WAVU_STREAM_WRITABLE:
        if (s->state == SPLICE_JOINED) {
            p2pd_splice_push(s);
        }
        break;
    case WAVU_STREAM_FIN:
        s->has_fin = true;
        if (s->state == SPLICE_JOINED && s->head.len == 0) {
            pipe_finish(s->pipe);
        }
        break;
    case WAVU_STREAM_CLOSED:
        p2pd_splice_on_closed(s, event->err);
        break;
    }
    p2pd_splice_settle(s);
}

/* ---- Joining ---- */

static const struct pipe_user p2pd_splice_pipe;

static void p2pd_splice_on_event(void *context, struct wavu_stream *stream,
                                 struct wavu_stream_event *event)
{
    (void)stream;
    p2pd_splice_on_stream(context, event);
}

int p2pd_splice_open(struct p2pd *d, const struct wavu_stream_wish *wish,
                     struct p2pd_splice_user user, struct p2pd_splice **out)
{
    struct p2pd_splice *s = p2pd_splice_new(d, SPLICE_OPENING, user);
    int rc = wavu_stream_open(d->node, wish, p2pd_splice_on_event, s, &s->stream);
    if (rc < 0) {
        p2pd_splice_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

/* From outside its own callbacks, or from `done`: then the callback frees it. */
void p2pd_splice_cancel(struct p2pd_splice *s)
{
    bool is_in_done = s->user.done == NULL;
    s->user.done = NULL;
    p2pd_splice_close(s, true);
    if (!is_in_done) {
        p2pd_splice_settle(s);
    }
}

struct wavu_stream *p2pd_splice_stream(const struct p2pd_splice *s)
{
    return s->stream;
}

void p2pd_splice_join_take(struct p2pd_splice *s, struct pipe *pipe, struct span head,
                           struct span rest, bool has_end)
{
    s->pipe = pipe;
    s->state = SPLICE_JOINED;
    CHECK(buf_append(&s->head, head) == 0); /* an answer of ours, less than a request */
    CHECK(buf_append(&s->out, rest) == 0);  /* at most a request and a read */
    s->has_end = has_end;
    pipe_attach(pipe, &p2pd_splice_pipe, s);
    if (p2pd_splice_pull(s)) {
        wavu_stream_resume(s->stream);
    }
    p2pd_splice_push(s);
}

/* A StreamInfo with its length before it. */
static void p2pd_splice_introduce(struct p2pd_splice *s, struct buf *out)
{
    uint8_t body[1024];
    uint8_t prefix[VARINT_SIZE_MAX];
    char text[WAVU_ADDRESS_TEXT_MAX];
    struct p2pd_form_peer peer;
    struct multiaddr address = {.len = 0};
    struct wr w;
    p2pd_form_bytes(wavu_stream_peer(s->stream), &peer);
    wavu_stream_address(s->stream, text);
    if (!p2pd_form_address(text, &address)) {
        address.len = 0;
    }
    wr_init(&w, span_mut_of(body, sizeof body));
    p2pd_msg_put_stream(&w, span_of(peer.bytes, peer.len), multiaddr_span(&address),
                        wavu_stream_protocol(s->stream), true);
    CHECK(wr_finish(&w) == 0); /* 64, 255 and 128 bytes */
    CHECK(buf_append(out, span_of(prefix, varint_encode(w.len, prefix))) == 0);
    CHECK(buf_append(out, wr_span(&w)) == 0);
}

static void p2pd_splice_on_opened(void *context, struct pipe *p)
{
    struct p2pd_splice *s = context;
    struct buf head;
    buf_init(&head, P2PD_MSG_REQUEST_MAX);
    p2pd_splice_introduce(s, &head);
    p2pd_splice_tell(s, 0);
    p2pd_splice_join_take(s, p, buf_span(&head), span_empty(), false);
    if (!s->is_over && s->has_fin && s->head.len == 0) {
        pipe_finish(p);
    }
    buf_clear(&head);
    p2pd_splice_settle(s);
}

static const struct pipe_user p2pd_splice_pipe = {p2pd_splice_on_opened, p2pd_splice_on_data,
                                                  p2pd_splice_on_end, p2pd_splice_on_writable,
                                                  p2pd_splice_on_broken};

void p2pd_splice_inbound(struct p2pd *d, struct wavu_stream *stream,
                         const struct multiaddr *address, struct p2pd_splice_user user)
{
    struct p2pd_splice *s = p2pd_splice_new(d, SPLICE_DIALLING, user);
    s->stream = stream;
    wavu_stream_set_context(stream, s);
    int rc = pipe_dial(d->os, address, d->flags->is_anywhere, &p2pd_splice_pipe, s, &s->pipe);
    if (rc < 0) {
        p2pd_splice_tell(s, rc);
        p2pd_splice_close(s, true);
        p2pd_splice_settle(s);
    }
}

void p2pd_splice_end_all(struct p2pd *d)
{
    struct list *at = NULL;
    while ((at = list_next(&d->splices, &d->splices)) != NULL) {
        struct p2pd_splice *s = LIST_OF(at, struct p2pd_splice, link);
        s->user.done = NULL;
        p2pd_splice_close(s, true);
        p2pd_splice_settle(s);
    }
}
