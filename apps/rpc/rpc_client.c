/*
 * The asking end of the control socket. Blocks: it is for programs that have nothing else to do.
 */
#include "apps/rpc/rpc_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "apps/rpc/jsonrpc.h"
#include "base/buf.h"
#include "wavu/os.h"

#define RPC_CLIENT_BLOCK 4096 /* bytes a read */

/* One question under way. */
struct rpc_client {
    int fd;
    uint64_t end_ms; /* of the boot clock: no answer counts after it */
    struct buf line; /* the request, then the answer */
};

static uint64_t rpc_client_now_ms(void)
{
    return wavu_os_now_ns() / 1000000;
}

static int rpc_client_err(int error_number)
{
    switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
        return WAVU_ERR_NO_NODE;
    case EACCES:
    case EPERM:
        return WAVU_ERR_DENIED;
    case ECONNRESET:
    case EPIPE:
        return WAVU_ERR_NO_NODE; /* it went away under our hands */
    default:
        return WAVU_ERR_IO;
    }
}

/* Wait until the socket can be read or written. */
static int rpc_client_wait(const struct rpc_client *c, short events)
{
    struct pollfd wait = {.fd = c->fd, .events = events};
    int ready = 0;
    do {
        uint64_t now = rpc_client_now_ms();
        ready = poll(&wait, 1, now < c->end_ms ? (int)(c->end_ms - now) : 0);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0) {
        return WAVU_ERR_IO;
    }
    return ready == 0 ? WAVU_ERR_TIMEOUT : 0;
}

/* The other end must be of this user or of root: nobody else may answer for the node. */
static int rpc_client_check_owner(const struct rpc_client *c)
{
    struct ucred other;
    socklen_t size = sizeof other;
    if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &other, &size) != 0) {
        return WAVU_ERR_IO;
    }
    return other.uid == geteuid() || other.uid == 0 ? 0 : WAVU_ERR_DENIED;
}

static int rpc_client_connect(struct rpc_client *c, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len >= sizeof address.sun_path) {
        return WAVU_ERR_LIMIT;
    }
    memcpy(address.sun_path, path, len + 1);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0) {
        return WAVU_ERR_IO;
    }
    /* A full backlog is EAGAIN here: the node is busy; wait for it a little. */
    while (connect(c->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        if (errno != EAGAIN && errno != EINTR) {
            return rpc_client_err(errno);
        }
        if (rpc_client_now_ms() >= c->end_ms) {
            return WAVU_ERR_TIMEOUT;
        }
        (void)poll(NULL, 0, 10);
    }
    return rpc_client_check_owner(c);
}

static int rpc_client_send(struct rpc_client *c)
{
    while (c->line.len > 0) {
        ssize_t sent = send(c->fd, c->line.ptr, c->line.len, MSG_NOSIGNAL);
        int rc = 0;
        if (sent >= 0) {
            buf_drop_front(&c->line, (size_t)sent);
        } else if (errno == EAGAIN || errno == EINTR) {
            rc = rpc_client_wait(c, POLLOUT);
        } else {
            rc = rpc_client_err(errno);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/* Read once into the line. */
static int rpc_client_read(struct rpc_client *c)
{
    uint8_t block[RPC_CLIENT_BLOCK];
    ssize_t got = recv(c->fd, block, sizeof block, 0);
    if (got > 0) {
        return buf_append(&c->line, span_of(block, (size_t)got)) < 0 ? WAVU_ERR_PROTO : 0;
    }
    if (got == 0) {
        return c->line.len == 0 ? WAVU_ERR_NO_NODE : WAVU_ERR_PROTO;
    }
    return errno == EAGAIN || errno == EINTR ? rpc_client_wait(c, POLLIN) : rpc_client_err(errno);
}

static int rpc_client_receive(struct rpc_client *c)
{
    size_t seen = 0; /* bytes known to hold no newline */
    while (span_find(buf_span(&c->line), seen, '\n') == c->line.len) {
        seen = c->line.len;
        int rc = rpc_client_read(c);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

int rpc_client_ask(const char *path, const char *method, uint64_t timeout_ms,
                   struct json_t **result)
{
    struct rpc_client c = {.fd = -1, .end_ms = rpc_client_now_ms() + timeout_ms};
    buf_init(&c.line, JSONRPC_ANSWER_MAX);
    int rc = rpc_client_connect(&c, path);
    if (rc == 0) {
        rc = jsonrpc_request(method, &c.line);
    }
    if (rc == 0) {
        rc = rpc_client_send(&c);
    }
    if (rc == 0) {
        rc = rpc_client_receive(&c);
    }
    if (rc == 0) {
        size_t end = span_find(buf_span(&c.line), 0, '\n');
        rc = jsonrpc_result(span_slice(buf_span(&c.line), 0, end), result);
    }
    buf_clear(&c.line);
    if (c.fd >= 0) {
        (void)close(c.fd);
    }
    return rc;
}
