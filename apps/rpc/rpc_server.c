/*
 * The answering end of the control socket: lines from os/ipc go to jsonrpc, answers go back.
 */
#include "apps/rpc/rpc_server.h"

#include "base/mem.h"
#include "os/ipc.h"

struct rpc_server {
    struct jsonrpc_service service;
    struct ipc_server *ipc; /* NULL until it listens */
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

static void rpc_server_on_too_long(void *context, struct ipc_client *client)
{
    struct buf out;
    (void)context;
    buf_init(&out, JSONRPC_LINE_MAX);
    if (jsonrpc_refuse_long(&out) == 0) {
        (void)!rpc_server_send(client, &out); /* it is closed next in any case */
    }
    buf_clear(&out);
}

static void rpc_server_on_line(void *context, struct ipc_client *client, struct span line)
{
    struct rpc_server *server = context;
    struct buf out;
    if (line.len > JSONRPC_LINE_MAX) {
        rpc_server_on_too_long(context, client);
        ipc_end(client);
        return;
    }
    buf_init(&out, JSONRPC_ANSWER_MAX);
    int rc = jsonrpc_answer(&server->service, line, &out);
    if (rc == 0) {
        rc = rpc_server_send(client, &out);
    }
    if (rc < 0) {
        ipc_end(client); /* it takes nothing any more */
    }
    buf_clear(&out);
}

static const struct ipc_user rpc_server_user = {
    .line = rpc_server_on_line,
    .too_long = rpc_server_on_too_long,
};

int rpc_server_open(struct wavu_os *os, const char *path, struct jsonrpc_service service,
                    struct rpc_server **out)
{
    struct rpc_server *server = mem_new(sizeof *server);
    server->service = service;
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
    if (server != NULL) {
        ipc_close(server->ipc);
        mem_free(server);
    }
}
