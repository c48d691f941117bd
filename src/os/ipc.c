/*
 * The control socket: a server on the loop, and a client that blocks.
 */
#include "os/ipc.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "os/loop.h"
#include "os/sys_err.h"
#include "os/wavu_os.h"

#define IPC_BACKLOG 16
#define IPC_READ_SIZE 4096

struct ipc_server {
    uv_poll_t poll; /* data is this */
    struct loop *loop;
    const struct ipc_user *user;
    void *context;
    struct list clients;
    size_t count;
    int fd;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

struct ipc_client {
    uv_poll_t poll; /* data is this */
    struct ipc_server *server;
    struct list link;
    struct buf in;  /* an unfinished line */
    struct buf out; /* not yet sent */
    int fd;
    bool is_closed;
};

/* ---- Both ends ---- */

static int ipc_address(struct sockaddr_un *address, const char *path)
{
    size_t len = strlen(path);
    memset(address, 0, sizeof *address);
    if (len == 0 || len >= sizeof address->sun_path) {
        return WAVU_ERR_INVALID;
    }
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, len + 1);
    return 0;
}

/* The other end must run as this user or as root. */
static bool ipc_is_trusted(int fd)
{
    struct ucred other;
    socklen_t len = sizeof other;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &len) == 0 &&
           (other.uid == geteuid() || other.uid == 0);
}

static int ipc_connect(const char *path, int *fd)
{
    struct sockaddr_un address;
    int rc = ipc_address(&address, path);
    if (rc < 0) {
        return rc;
    }
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0) {
        return sys_err_last();
    }
    if (connect(*fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        rc = sys_err_last();
    } else if (!ipc_is_trusted(*fd)) {
        rc = WAVU_ERR_DENIED;
    }
    if (rc < 0) {
        (void)close(*fd);
    }
    return rc == WAVU_ERR_REFUSED || rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_NO_NODE : rc;
}

/* ---- Clients of the server ---- */

static void ipc_on_client(uv_poll_t *poll, int status, int events);

static void ipc_watch(struct ipc_client *c)
{
    int events = UV_READABLE | (c->out.len > 0 ? UV_WRITABLE : 0);
    CHECK(uv_poll_start(&c->poll, events, ipc_on_client) == 0);
}

static void ipc_freed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void ipc_drop(struct ipc_client *client)
{
    if (client->is_closed) {
        return;
    }
    client->is_closed = true;
    CHECK(uv_poll_stop(&client->poll) == 0);
    uv_close((uv_handle_t *)&client->poll, ipc_freed);
    (void)close(client->fd);
    list_remove(&client->link);
    client->server->count--;
    buf_clear(&client->in);
    buf_clear(&client->out);
}

static void ipc_gone(struct ipc_client *c)
{
    struct ipc_server *s = c->server;
    if (!c->is_closed && s->user->closed != NULL) {
        s->user->closed(s->context, c);
    }
    ipc_drop(c);
}

/* Send what waits; false when the client is gone. */
static bool ipc_flush(struct ipc_client *c)
{
    while (c->out.len > 0) {
        ssize_t sent = send(c->fd, c->out.ptr, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return errno == EAGAIN;
        }
        buf_drop_front(&c->out, (size_t)sent);
    }
    return true;
}

int ipc_send(struct ipc_client *client, struct span line)
{
    static const uint8_t newline = '\n';
    if (client->is_closed) {
        return WAVU_ERR_CLOSED;
    }
    int rc = buf_reserve(&client->out, line.len + 1);
    if (rc < 0) {
        ipc_gone(client);
        return rc;
    }
    CHECK(buf_append(&client->out, line) == 0);
    CHECK(buf_append(&client->out, span_of(&newline, 1)) == 0);
    ipc_watch(client); /* it is sent when the loop says that it can be */
    return 0;
}

/* Hand whole lines up; the client may be dropped by any of them. */
static void ipc_lines(struct ipc_client *c)
{
    size_t at = 0;
    struct buf in = c->in; /* the handler may drop the client, and with it the buffer */
    buf_init(&c->in, IPC_LINE_MAX);
    size_t end = span_find(buf_span(&in), at, '\n');
    while (end < in.len && !c->is_closed) {
        c->server->user->line(c->server->context, c, span_of(in.ptr + at, end - at));
        at = end + 1;
        end = span_find(buf_span(&in), at, '\n');
    }
    if (!c->is_closed && at < in.len) {
        CHECK(buf_append(&c->in, span_of(in.ptr + at, in.len - at)) == 0);
    }
    buf_clear(&in);
}

/* Read once; false when the client is gone or talks too long. */
static bool ipc_read(struct ipc_client *c)
{
    uint8_t block[IPC_READ_SIZE];
    ssize_t len = recv(c->fd, block, sizeof block, MSG_DONTWAIT);
    if (len < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    if (len == 0 || buf_append(&c->in, span_of(block, (size_t)len)) < 0) {
        return false;
    }
    ipc_lines(c);
    return true;
}

static void ipc_on_client(uv_poll_t *poll, int status, int events)
{
    struct ipc_client *c = poll->data;
    bool is_well = status == 0;
    loop_enter(c->server->loop);
    if (is_well && (events & UV_WRITABLE) != 0) {
        is_well = ipc_flush(c);
    }
    if (is_well && (events & UV_READABLE) != 0) {
        is_well = ipc_read(c);
    }
    if (c->is_closed) {
        return;
    }
    if (!is_well) {
        ipc_gone(c);
        return;
    }
    ipc_watch(c);
}

/* ---- The server ---- */

static void ipc_on_server(uv_poll_t *poll, int status, int events)
{
    struct ipc_server *s = poll->data;
    (void)status;
    (void)events;
    loop_enter(s->loop);
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        return;
    }
    struct ipc_client *c = mem_new(sizeof *c);
    if (s->count >= IPC_CLIENTS_MAX || !ipc_is_trusted(fd) ||
        uv_poll_init(&s->loop->uv, &c->poll, fd) != 0) {
        (void)close(fd);
        mem_free(c);
        return;
    }
    c->poll.data = c;
    c->server = s;
    c->fd = fd;
    buf_init(&c->in, IPC_LINE_MAX);
    buf_init(&c->out, IPC_OUTPUT_MAX);
    list_push_back(&s->clients, &c->link);
    s->count++;
    ipc_watch(c);
}

/* Remove what a dead process left at `path`. */
static int ipc_clear_path(const char *path)
{
    struct stat info;
    int fd = -1;
    int rc = ipc_connect(path, &fd);
    if (rc == 0 || rc == WAVU_ERR_DENIED) {
        if (rc == 0) {
            (void)close(fd);
        }
        return WAVU_ERR_IN_USE;
    }
    if (rc != WAVU_ERR_NO_NODE) {
        return rc;
    }
    if (lstat(path, &info) < 0) {
        return errno == ENOENT ? 0 : sys_err_last();
    }
    if (!S_ISSOCK(info.st_mode)) {
        return WAVU_ERR_IN_USE;
    }
    return unlink(path) < 0 ? sys_err_last() : 0;
}

static int ipc_bind(const char *path, int *fd)
{
    struct sockaddr_un address;
    int rc = ipc_address(&address, path);
    rc = rc < 0 ? rc : ipc_clear_path(path);
    if (rc < 0) {
        return rc;
    }
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0) {
        return sys_err_last();
    }
    /* On Linux the file gets the socket's mode, so nobody can come in before chmod. */
    if (fchmod(*fd, 0600) < 0 || bind(*fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(path, 0600) < 0 || listen(*fd, IPC_BACKLOG) < 0) {
        rc = sys_err_last();
        (void)close(*fd);
    }
    return rc;
}

int ipc_server_open(struct wavu_os *os, const char *path, const struct ipc_user *user,
                    void *context, struct ipc_server **out)
{
    int fd = -1;
    int rc = ipc_bind(path, &fd);
    if (rc < 0) {
        return rc;
    }
    struct ipc_server *s = mem_new(sizeof *s);
    s->loop = wavu_os_loop(os);
    s->user = user;
    s->context = context;
    s->fd = fd;
    memcpy(s->path, path, strlen(path) + 1);
    list_init(&s->clients);
    if (uv_poll_init(&s->loop->uv, &s->poll, fd) != 0) {
        (void)close(fd);
        (void)unlink(path);
        mem_free(s);
        return WAVU_ERR_LIMIT;
    }
    s->poll.data = s;
    CHECK(uv_poll_start(&s->poll, UV_READABLE, ipc_on_server) == 0);
    *out = s;
    return 0;
}

void ipc_server_close(struct ipc_server *s)
{
    if (s == NULL) {
        return;
    }
    struct list *first = list_next(&s->clients, &s->clients);
    while (first != NULL) {
        struct ipc_client *c = LIST_OF(first, struct ipc_client, link);
        (void)ipc_flush(c); /* an answer that is ready still goes */
        ipc_drop(c);
        first = list_next(&s->clients, &s->clients);
    }
    CHECK(uv_poll_stop(&s->poll) == 0);
    (void)unlink(s->path);
    (void)close(s->fd);
    uv_close((uv_handle_t *)&s->poll, ipc_freed);
}

/* ---- Asking ---- */

/* Wait until `fd` is ready for `events`, at most until `end_ms`. */
static int ipc_wait(int fd, short events, uint64_t end_ms)
{
    struct pollfd one = {.fd = fd, .events = events};
    for (;;) {
        uint64_t now_ms = loop_clock_ns() / TIMERS_MS;
        int rc = poll(&one, 1, now_ms < end_ms ? (int)(end_ms - now_ms) : 0);
        if (rc > 0) {
            return 0;
        }
        if (rc == 0) {
            return WAVU_ERR_TIMEOUT;
        }
        if (errno != EINTR) {
            return sys_err_last();
        }
    }
}

static int ipc_send_all(int fd, struct span bytes, uint64_t end_ms)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            bytes = span_slice(bytes, (size_t)sent, bytes.len);
            continue;
        }
        int rc = errno == EAGAIN || errno == EINTR ? ipc_wait(fd, POLLOUT, end_ms)
                                                   : WAVU_ERR_NO_NODE;
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/* Read up to the first newline. */
static int ipc_read_line(int fd, uint64_t end_ms, struct buf *answer)
{
    uint8_t block[IPC_READ_SIZE];
    for (;;) {
        int rc = ipc_wait(fd, POLLIN, end_ms);
        if (rc < 0) {
            return rc;
        }
        ssize_t len = recv(fd, block, sizeof block, MSG_DONTWAIT);
        if (len <= 0) {
            if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
                continue;
            }
            return WAVU_ERR_NO_NODE; /* it went away before it answered */
        }
        struct span got = span_of(block, (size_t)len);
        size_t end = span_find(got, 0, '\n');
        rc = buf_append(answer, span_slice(got, 0, end));
        if (rc < 0 || end < got.len) {
            return rc;
        }
    }
}

int ipc_ask(const char *path, struct span request, uint64_t timeout_ms, struct buf *answer)
{
    static const uint8_t newline = '\n';
    uint64_t end_ms = loop_clock_ns() / TIMERS_MS + timeout_ms;
    int fd = -1;
    int rc = ipc_connect(path, &fd);
    if (rc < 0) {
        return rc;
    }
    rc = ipc_send_all(fd, request, end_ms);
    rc = rc < 0 ? rc : ipc_send_all(fd, span_of(&newline, 1), end_ms);
    rc = rc < 0 ? rc : ipc_read_line(fd, end_ms, answer);
    (void)close(fd);
    return rc;
}
