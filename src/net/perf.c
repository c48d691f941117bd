/*
 * perf, both sides. Nothing is kept: what is sent is one block of zeros, what comes is counted.
 */
#include "net/perf.h"

#include "base/mem.h"
#include "base/rd.h"
#include "base/wr.h"

#define PERF_HEAD_SIZE 8 /* big-endian number of bytes to download */

static const uint8_t perf_block[PERF_BLOCK_SIZE];

/* One stream, either side. */
struct perf_run {
    struct perf *perf;
    struct stream *stream;
    struct perf_user user; /* asking side */
    struct turn_dead dead;
    uint8_t head[PERF_HEAD_SIZE];
    size_t head_len;   /* sent (asking) or received (answering) */
    uint64_t upload;   /* asking: bytes to send */
    uint64_t download; /* bytes the asker wants */
    uint64_t sent;
    uint64_t received;
    bool is_asking;
    bool is_over;
};

static void perf_reap(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct perf_run, dead));
}

static void perf_end(struct perf_run *run, int err)
{
    if (run->is_over) {
        return;
    }
    run->is_over = true;
    turn_bury(run->perf->swarm->turn, &run->dead);
    if (run->stream != NULL) {
        if (err == 0) {
            stream_close(run->stream);
        } else {
            stream_reset(run->stream, 0);
        }
        run->stream = NULL;
    }
    if (run->is_asking) {
        run->user.done(run->user.context, err);
    }
}

/* Send zeros until `total` are sent or the stream takes no more; true when all are. */
static bool perf_send_zeros(struct perf_run *run, uint64_t total)
{
    while (run->sent < total) {
        uint64_t left = total - run->sent;
        size_t taken = 0;
        size_t len = left < PERF_BLOCK_SIZE ? (size_t)left : PERF_BLOCK_SIZE;
        int rc = stream_send(run->stream, span_of(perf_block, len), &taken);
        run->sent += taken;
        if (rc < 0) {
            perf_end(run, rc);
            return false;
        }
        if (taken < len) {
            return false;
        }
    }
    return true;
}

/* ---- Answering ---- */

static void perf_answer_data(struct perf_run *run, struct span data)
{
    while (data.len > 0 && run->head_len < PERF_HEAD_SIZE) {
        run->head[run->head_len++] = data.ptr[0];
        data = span_slice(data, 1, data.len);
    }
    run->received += data.len;
}

static void perf_answer_download(struct perf_run *run)
{
    if (perf_send_zeros(run, run->download)) {
        stream_finish(run->stream);
    }
}

static void perf_answer_fin(struct perf_run *run)
{
    struct rd r;
    if (run->head_len < PERF_HEAD_SIZE) {
        stream_reset(run->stream, 0);
        run->stream = NULL;
        perf_end(run, WAVU_ERR_PROTO);
        return;
    }
    rd_init(&r, span_of(run->head, sizeof run->head));
    run->download = rd_u64be(&r);
    perf_answer_download(run);
}

static void perf_answer_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct perf_run *run = stream_user(stream);
    switch (event->kind) {
    case STREAM_OPENED:
        run = mem_new(sizeof *run);
        run->perf = service;
        run->stream = stream;
        run->dead.reap = perf_reap;
        stream_set_user(stream, run);
        return;
    case STREAM_DATA:
        perf_answer_data(run, event->data);
        return;
    case STREAM_WRITABLE:
        perf_answer_download(run);
        return;
    case STREAM_FIN:
        perf_answer_fin(run);
        return;
    case STREAM_CLOSED:
        run->stream = NULL;
        perf_end(run, event->err);
        return;
    }
}

/* ---- Asking ---- */

static void perf_ask_send(struct perf_run *run)
{
    size_t taken = 0;
    if (run->head_len < PERF_HEAD_SIZE) {
        struct span rest = span_of(run->head + run->head_len, PERF_HEAD_SIZE - run->head_len);
        int rc = stream_send(run->stream, rest, &taken);
        run->head_len += taken;
        if (rc < 0) {
            perf_end(run, rc);
            return;
        }
    }
    if (run->head_len == PERF_HEAD_SIZE && perf_send_zeros(run, run->upload)) {
        stream_finish(run->stream);
    }
}

static void perf_ask_up(void *service, struct stream *stream, struct stream_event *event)
{
    (void)service;
    struct perf_run *run = stream_user(stream);
    switch (event->kind) {
    case STREAM_OPENED:
        perf_ask_send(run);
        return;
    case STREAM_WRITABLE:
        perf_ask_send(run);
        return;
    case STREAM_DATA:
        run->received += event->data.len;
        if (run->received > run->download) {
            perf_end(run, WAVU_ERR_PROTO);
        }
        return;
    case STREAM_FIN:
        perf_end(run,
                 run->received == run->download && run->sent == run->upload ? 0 : WAVU_ERR_RESET);
        return;
    case STREAM_CLOSED:
        run->stream = NULL;
        perf_end(run, event->err == WAVU_ERR_CLOSED ? WAVU_ERR_RESET : event->err);
        return;
    }
}

int perf_start(struct perf *p, struct conn *conn, uint64_t upload, uint64_t download,
               struct perf_user user, struct perf_run **out)
{
    struct wr w;
    struct perf_run *run = mem_new(sizeof *run);
    run->perf = p;
    run->user = user;
    run->upload = upload;
    run->download = download;
    run->is_asking = true;
    run->dead.reap = perf_reap;
    wr_init(&w, span_mut_of(run->head, sizeof run->head));
    wr_u64be(&w, download);
    int rc = stream_open(conn, &p->asking, run, &run->stream);
    if (rc < 0) {
        mem_free(run);
        return rc;
    }
    *out = run;
    return 0;
}

void perf_progress(const struct perf_run *run, uint64_t *uploaded, uint64_t *downloaded)
{
    *uploaded = run->sent;
    *downloaded = run->received;
}

void perf_cancel(struct perf_run *run)
{
    if (run == NULL || run->is_over) {
        return;
    }
    run->is_over = true;
    turn_bury(run->perf->swarm->turn, &run->dead);
    if (run->stream != NULL) {
        stream_reset(run->stream, 0);
        run->stream = NULL;
    }
}

int perf_init(struct perf *p, struct swarm *swarm)
{
    p->swarm = swarm;
    p->protocol = (struct stream_protocol){
        .name = PERF_NAME,
        .audience = STREAM_MEMBER, /* it costs as much as the asker likes */
        .inbound_max = PERF_INBOUND_MAX,
        .up = perf_answer_up,
        .service = p,
    };
    p->asking = p->protocol;
    p->asking.up = perf_ask_up;
    return stream_register(swarm, &p->protocol);
}

void perf_clear(struct perf *p)
{
    stream_unregister(p->swarm, &p->protocol);
}
