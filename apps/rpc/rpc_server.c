/*
 * The answering end of the control socket: lines from os/ipc go to jsonrpc, answers go back; those
 * that tell of something written when that is on the disk, and those of that client behind them.
 */
#include "apps/rpc/rpc_server.h"

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "os/ipc.h"

struct rpc_server {
    struct jsonrpc_service service;
    struct ipc_server *ipc; /* NULL until it listens */
    struct list waiting;    /* of struct rpc_wait, one for a client at most */
    struct list held;       /* of struct rpc_held, oldest first */
};

/* A client whose answer waits for something to happen. Owned by the list. */
struct rpc_wait {
    struct list link;
    struct ipc_client *client;
    struct buf line;
};

/* An answer that waits for the disk. Owned by the list. */
struct rpc_held {
    struct list link;
    struct ipc_client *client;
    uint64_t written; /* it goes when so much is kept */
    struct buf out;
};

/* Send what is in `out` without its newline, which the socket adds, and empty it. */
static int rpc_server_send(struct ipc_client *client, struct buf *out)
{
    int rc = 0;
    if (out->len > 0) {
        rc = ipc_send(client, span_slice(buf_span(out), 0, out->len - 1));
    }
    buf_clear(out);
    return rc;
}

static void rpc_server_wait(struct rpc_server *server, struct ipc_client *client, struct span line)
{
    struct rpc_wait *wait = mem_new(sizeof *wait);
    wait->client = client;
    buf_init(&wait->line, JSONRPC_LINE_MAX);
    CHECK(buf_append(&wait->line, line) == 0); /* longer ones were refused */
    list_push_back(&server->waiting, &wait->link);
}

static void rpc_server_wait_end(struct rpc_wait *wait)
{
    list_remove(&wait->link);
    buf_wipe(&wait->line); /* as os/ipc does */
    mem_free(wait);
}

static struct rpc_wait *rpc_server_wait_of(struct rpc_server *server,
                                           const struct ipc_client *client)
{
    for (struct list *at = list_next(&server->waiting, &server->waiting); at != NULL;
         at = list_next(&server->waiting, at)) {
        struct rpc_wait *wait = LIST_OF(at, struct rpc_wait, link);
        if (wait->client == client) {
            return wait;
        }
    }
    return NULL;
}

/* ---- Answers that wait for the disk ---- */

static uint64_t rpc_server_written(const struct rpc_server *server)
{
    return server->service.written == NULL ? 0 : server->service.written(server->service.context);
}

/* How many answers of this client are held. */
static size_t rpc_server_held_of(struct rpc_server *server, const struct ipc_client *client)
{
    size_t count = 0;
    for (struct list *at = list_next(&server->held, &server->held); at != NULL;
         at = list_next(&server->held, at)) {
        count += LIST_OF(at, struct rpc_held, link)->client == client;
    }
    return count;
}

static void rpc_server_held_end(struct rpc_held *held)
{
    list_remove(&held->link);
    buf_clear(&held->out);
    mem_free(held);
}

/* This client is no more, or is ended next. */
static void rpc_server_forget(struct rpc_server *server, const struct ipc_client *client)
{
    struct list *next = NULL;
    for (struct list *at = list_next(&server->held, &server->held); at != NULL; at = next) {
        struct rpc_held *held = LIST_OF(at, struct rpc_held, link);
        next = list_next(&server->held, at);
        if (held->client == client) {
            rpc_server_held_end(held);
        }
    }
}

static void rpc_server_end(struct rpc_server *server, struct ipc_client *client)
{
    rpc_server_forget(server, client);
    ipc_end(client);
}

/* Take what is in `out`, to be sent when so much is kept. WAVU_ERR_LIMIT: this client does not wait
 * for its answers. */
static int rpc_server_hold(struct rpc_server *server, struct ipc_client *client, uint64_t written,
                           struct buf *out)
{
    if (rpc_server_held_of(server, client) >= RPC_SERVER_HELD_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct rpc_held *held = mem_new(sizeof *held);
    *held = (struct rpc_held){.client = client, .written = written, .out = *out};
    buf_init(out, JSONRPC_ANSWER_MAX);
    list_push_back(&server->held, &held->link);
    return 0;
}

void rpc_server_kept(struct rpc_server *server)
{
    struct list *at = NULL;
    while ((at = list_next(&server->held, &server->held)) != NULL) {
        struct rpc_held *held = LIST_OF(at, struct rpc_held, link);
        int rc = server->service.kept(server->service.context, held->written);
        if (rc == WAVU_ERR_AGAIN) {
            return; /* nor are those behind it */
        }
        rc = rc < 0 ? jsonrpc_not_kept(&held->out, rc) : 0;
        rc = rc < 0 ? rc : rpc_server_send(held->client, &held->out);
        struct ipc_client *client = held->client;
        rpc_server_held_end(held);
        if (rc < 0) {
            rpc_server_end(server, client);
        }
    }
}

/* Answer `line`, with `may_wait` only when there is something to tell (else WAVU_ERR_AGAIN). A
 * client that takes nothing any more is ended. */
static int rpc_server_answer(struct rpc_server *server, struct ipc_client *client, struct span line,
                             bool may_wait)
{
    struct buf out;
    buf_init(&out, JSONRPC_ANSWER_MAX);
    uint64_t before = rpc_server_written(server);
    int rc = may_wait ? jsonrpc_try(&server->service, line, &out)
                      : jsonrpc_answer(&server->service, line, &out);
    uint64_t written = rpc_server_written(server);
    if (rc == 0 && (written > before || rpc_server_held_of(server, client) > 0)) {
        rc = rpc_server_hold(server, client, written, &out);
        if (rc == 0) {
            rpc_server_kept(server); /* a disk that takes nothing is tried again less and less */
        }
    } else if (rc == 0) {
        rc = rpc_server_send(client, &out);
        rc = rc == WAVU_ERR_AGAIN ? WAVU_ERR_IO : rc;
    }
    if (rc < 0 && rc != WAVU_ERR_AGAIN) {
        rpc_server_end(server, client);
    }
    buf_clear(&out);
    return rc;
}

/* Who waits is answered as things stand: something comes behind it. False: the client is lost. */
static bool rpc_server_settle(struct rpc_server *server, struct ipc_client *client)
{
    int rc = 0;
    struct rpc_wait *wait = rpc_server_wait_of(server, client);
    if (wait != NULL) {
        rc = rpc_server_answer(server, client, buf_span(&wait->line), false);
        rpc_server_wait_end(wait);
    }
    return rc == 0;
}

size_t rpc_server_clients(const struct rpc_server *server)
{
    return ipc_count(server->ipc);
}

void rpc_server_wake(struct rpc_server *server)
{
    rpc_server_kept(server);
    struct list *at = list_next(&server->waiting, &server->waiting);
    while (at != NULL) {
        struct rpc_wait *wait = LIST_OF(at, struct rpc_wait, link);
        at = list_next(&server->waiting, at);
        if (rpc_server_answer(server, wait->client, buf_span(&wait->line), true) !=
            WAVU_ERR_AGAIN) {
            rpc_server_wait_end(wait);
        }
    }
}

static void rpc_server_on_gone(void *context, struct ipc_client *client)
{
    struct rpc_server *server = context;
    struct rpc_wait *wait = rpc_server_wait_of(server, client);
    if (wait != NULL) {
        rpc_server_wait_end(wait);
    }
    rpc_server_forget(server, client);
}

static void rpc_server_on_too_long(void *context, struct ipc_client *client)
{
    struct buf out;
    bool is_there = rpc_server_settle(context, client);
    buf_init(&out, JSONRPC_LINE_MAX);
    if (is_there && jsonrpc_refuse_long(&out) == 0) {
        (void)!rpc_server_send(client, &out); /* it is closed next in any case */
    }
    buf_clear(&out);
}

static void rpc_server_on_line(void *context, struct ipc_client *client, struct span line)
{
    struct rpc_server *server = context;
    if (line.len > JSONRPC_LINE_MAX) {
        rpc_server_on_too_long(context, client);
        rpc_server_end(server, client);
        return;
    }
    if (rpc_server_settle(server, client) &&
        rpc_server_answer(server, client, line, true) == WAVU_ERR_AGAIN) {
        rpc_server_wait(server, client, line);
    }
}

static const struct ipc_user rpc_server_user = {
    .line = rpc_server_on_line,
    .too_long = rpc_server_on_too_long,
    .gone = rpc_server_on_gone,
};

int rpc_server_open(struct wavu_os *os, const char *path, struct jsonrpc_service service,
                    struct rpc_server **out)
{
    struct rpc_server *server = mem_new(sizeof *server);
    server->service = service;
    list_init(&server->waiting);
    list_init(&server->held);
    int rc = ipc_listen(os, path, &rpc_server_user, server, &server->ipc);
    if (rc < 0) {
        mem_free(server);
        return rc;
    }
    *out = server;
    return 0;
}

void rpc_server_close(struct rpc_server *server)
{
    struct list *first = NULL;
    if (server == NULL) {
        return;
    }
    ipc_close(server->ipc);
    while ((first = list_next(&server->waiting, &server->waiting)) != NULL) {
        rpc_server_wait_end(LIST_OF(first, struct rpc_wait, link));
    }
    while ((first = list_next(&server->held, &server->held)) != NULL) {
        rpc_server_held_end(LIST_OF(first, struct rpc_held, link));
    }
    mem_free(server);
}
