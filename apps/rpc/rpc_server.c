/*
 * The answering end of the control socket: lines from os/ipc go to jsonrpc, answers go back.
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
};

/* A client whose answer waits for something to happen. Owned by the list. */
struct rpc_wait {
    struct list link;
    struct ipc_client *client;
    struct buf line;
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

/* Answer `line`, with `may_wait` only when there is something to tell (else WAVU_ERR_AGAIN). A
 * client that takes nothing any more is ended. */
static int rpc_server_answer(struct rpc_server *server, struct ipc_client *client, struct span line,
                             bool may_wait)
{
    struct buf out;
    buf_init(&out, JSONRPC_ANSWER_MAX);
    int rc = may_wait ? jsonrpc_try(&server->service, line, &out)
                      : jsonrpc_answer(&server->service, line, &out);
    if (rc == 0) {
        rc = rpc_server_send(client, &out);
        rc = rc == WAVU_ERR_AGAIN ? WAVU_ERR_IO : rc;
    }
    if (rc < 0 && rc != WAVU_ERR_AGAIN) {
        ipc_end(client);
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

void rpc_server_wake(struct rpc_server *server)
{
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
        ipc_end(client);
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
    mem_free(server);
}
