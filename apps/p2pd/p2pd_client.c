/*
 * Connections to the control socket.
 *
 * Arrives: bytes of programs. Leaves: requests, to p2pd_requests; answers, each with its length
 * before it. A program is read only while nothing waits for it.
 */
#include "apps/p2pd/p2pd_client.h"

#include <stdio.h>

#include "apps/p2pd/p2pd_dht.h"
#include "apps/p2pd/p2pd_msg.h"
#include "apps/p2pd/p2pd_requests.h"
#include "apps/p2pd/p2pd_splice.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/varint.h"

#define P2PD_CLIENT_PREFIX_MAX 4 /* bytes of a length: P2PD_MSG_REQUEST_MAX takes that many */

_Static_assert(P2PD_MSG_REQUEST_MAX < 1 << (7 * P2PD_CLIENT_PREFIX_MAX), "a length fits");

static void p2pd_client_close(struct p2pd_client *c)
{
    c->is_over = true;
    if (c->op != NULL) {
        wavu_op_cancel(c->op);
        c->op = NULL;
    }
    if (c->splice != NULL) {
        p2pd_splice_cancel(c->splice);
        c->splice = NULL;
    }
    if (c->dht != NULL) {
        p2pd_dht_cancel(c->dht);
        c->dht = NULL;
    }
    if (c->pipe != NULL) {
        pipe_close(c->pipe, false);
        c->pipe = NULL;
    }
}

static void p2pd_client_settle(struct p2pd_client *c)
{
    if (c->is_over) {
        budget_give(&c->d->budget, c->in.len);
        list_remove(&c->link);
        buf_wipe(&c->in);
        buf_clear(&c->out);
        mem_free(c);
    }
}

static void p2pd_client_drop(struct p2pd_client *c, size_t len)
{
    budget_give(&c->d->budget, len);
    buf_drop_front(&c->in, len);
}

/* ---- Answers ---- */

static void p2pd_client_flush(struct p2pd_client *c)
{
    size_t taken = 0;
    if (c->out.len > 0 && pipe_send(c->pipe, buf_span(&c->out), &taken) < 0) {
        p2pd_client_close(c);
        return;
    }
    buf_drop_front(&c->out, taken);
}

/* A frame around what `write` puts, into `out`. */
static int p2pd_client_frame(struct buf *out, void (*write)(struct wr *w, const void *what),
                             const void *what)
{
    uint8_t prefix[VARINT_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    write(&w, what);
    size_t len = w.len;
    size_t prefix_len = varint_encode(len, prefix);
    int rc = buf_reserve(out, prefix_len + len);
    if (rc < 0) {
        return rc;
    }
    CHECK(buf_append(out, span_of(prefix, prefix_len)) == 0); /* the room was reserved */
    wr_init(&w, span_mut_of(out->ptr + out->len, len));
    write(&w, what);
    CHECK(wr_finish(&w) == 0 && w.len == len);
    out->len += len;
    return 0;
}

void p2pd_client_answer(struct p2pd_client *c, void (*write)(struct wr *w, const void *what),
                        const void *what)
{
    if (p2pd_client_frame(&c->out, write, what) < 0) {
        p2pd_client_close(c);
        return;
    }
    p2pd_client_flush(c);
}

static void p2pd_client_write_said(struct wr *w, const void *what)
{
    if (what == NULL) {
        p2pd_msg_put_ok(w);
    } else {
        p2pd_msg_put_error(w, what);
    }
}

void p2pd_client_say(struct p2pd_client *c, const char *error)
{
    p2pd_client_answer(c, p2pd_client_write_said, error);
}

void p2pd_client_fail(struct p2pd_client *c, const char *what, int err)
{
    char sentence[256];
    (void)snprintf(sentence, sizeof sentence, "%s: %s", what, wavu_err_sentence(err));
    p2pd_client_say(c, sentence);
}

void p2pd_client_become_stream(struct p2pd_client *c, struct p2pd_splice *s,
                               void (*write)(struct wr *w, const void *what), const void *what)
{
    struct buf head;
    struct pipe *pipe = c->pipe;
    buf_init(&head, P2PD_MSG_REQUEST_MAX);
    CHECK(p2pd_client_frame(&head, write, what) == 0); /* less than a KiB */
    c->pipe = NULL;
    c->is_over = true;
    p2pd_splice_join_take(s, pipe, buf_span(&head), buf_span(&c->in), c->has_end);
    buf_clear(&head);
}

/* ---- Requests ---- */

/* The next whole request; 0 when it is there, WAVU_ERR_AGAIN, or why the program is to go. */
static int p2pd_client_next(const struct p2pd_client *c, struct span *body, size_t *used)
{
    uint64_t len = 0;
    struct span in = buf_span(&c->in);
    int rc = varint_decode(span_slice(in, 0, P2PD_CLIENT_PREFIX_MAX), &len, used);
    if (rc == WAVU_ERR_AGAIN && in.len >= P2PD_CLIENT_PREFIX_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (rc == 0 && len > P2PD_MSG_REQUEST_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (rc < 0) {
        return rc;
    }
    *body = span_slice(in, *used, (size_t)len);
    *used += (size_t)len;
    return body->len == len ? 0 : WAVU_ERR_AGAIN;
}

/* Is it free to take the next request? */
static bool p2pd_client_is_free(const struct p2pd_client *c)
{
    return !c->is_over && c->op == NULL && c->splice == NULL && c->dht == NULL && c->out.len == 0;
}

static void p2pd_client_work(struct p2pd_client *c)
{
    while (p2pd_client_is_free(c)) {
        static struct p2pd_msg_request m; /* 2 KiB; one thread, and it is used up at once */
        struct span body;
        size_t used = 0;
        int rc = p2pd_client_next(c, &body, &used);
        if (rc == WAVU_ERR_AGAIN) {
            break;
        }
        rc = rc < 0 ? rc : p2pd_msg_decode(&m, body);
        if (rc < 0) {
            p2pd_client_close(c); /* it speaks something else */
            return;
        }
        p2pd_requests_answer(c, &m);
        p2pd_client_drop(c, used);
    }
    if (!c->is_over) {
        /* Behind a request that is under way comes at most what a read brings. */
        pipe_pause(c->pipe, !p2pd_client_is_free(c) && c->in.len >= PIPE_READ_MAX);
    }
    if (c->has_end && p2pd_client_is_free(c)) {
        p2pd_client_close(c); /* all is answered */
    }
}

void p2pd_client_go_on(struct p2pd_client *c)
{
    p2pd_client_work(c);
    p2pd_client_settle(c);
}

/* ---- The pipe ---- */

static void p2pd_client_on_data(void *context, struct pipe *p, struct span data)
{
    struct p2pd_client *c = context;
    (void)p;
    int rc = budget_take(&c->d->budget, data.len);
    if (rc == 0) {
        rc = buf_append(&c->in, data);
        if (rc < 0) {
            budget_give(&c->d->budget, data.len);
        }
    }
    if (rc < 0) {
        p2pd_client_close(c);
    } else {
        p2pd_client_work(c);
    }
    p2pd_client_settle(c);
}

static void p2pd_client_on_end(void *context, struct pipe *p)
{
    struct p2pd_client *c = context;
    c->has_end = true;
    if (pipe_is_gone(p)) {
        p2pd_client_close(c);
    } else {
        p2pd_client_work(c);
    }
    p2pd_client_settle(c);
}

static void p2pd_client_on_writable(void *context, struct pipe *p)
{
    struct p2pd_client *c = context;
    (void)p;
    p2pd_client_flush(c);
    p2pd_client_work(c);
    p2pd_client_settle(c);
}

static void p2pd_client_on_broken(void *context, struct pipe *p, int err)
{
    struct p2pd_client *c = context;
    (void)p;
    (void)err;
    p2pd_client_close(c);
    p2pd_client_settle(c);
}

static const struct pipe_user p2pd_client_pipe = {
    .data = p2pd_client_on_data,
    .end = p2pd_client_on_end,
    .writable = p2pd_client_on_writable,
    .broken = p2pd_client_on_broken,
};

void p2pd_client_start(struct p2pd *d, struct pipe *pipe)
{
    struct p2pd_client *c = mem_new(sizeof *c);
    c->d = d;
    c->pipe = pipe;
    buf_init(&c->in, P2PD_MSG_REQUEST_MAX + P2PD_CLIENT_PREFIX_MAX + PIPE_READ_MAX);
    buf_init(&c->out, P2PD_CLIENT_OUT_MAX);
    list_push_back(&d->clients, &c->link);
    pipe_attach(pipe, &p2pd_client_pipe, c);
}

void p2pd_client_end_all(struct p2pd *d)
{
    struct list *at = NULL;
    while ((at = list_next(&d->clients, &d->clients)) != NULL) {
        struct p2pd_client *c = LIST_OF(at, struct p2pd_client, link);
        p2pd_client_close(c);
        p2pd_client_settle(c);
    }
}
