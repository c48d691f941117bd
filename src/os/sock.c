/*
 * TCP over uv_poll: one recv and one sendmsg for each event, level-triggered, no copies of our own.
 *
 * Arrives: readiness from libuv. Leaves: callbacks of port_tcp_user and port_listener_user, in the
 * "in" phase only. A socket's memory is freed when libuv has closed its handle; after sock_close no
 * callback comes.
 */
#include "os/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "os/loop.h"
#include "os/sys_err.h"
#include "os/sys_ip.h"

struct port_tcp {
    uv_poll_t poll; /* first; data is this */
    struct port *port;
    const struct port_tcp_user *user; /* NULL until attached */
    void *context;
    struct multiaddr_ip remote;
    int fd;
    int err;     /* what a send found out, until `closed` says it; or 0 */
    int watched; /* events that libuv waits for */
    bool is_connecting;
    bool is_paused;
    bool wants_write; /* sock_send took less than given */
    bool is_over;     /* its end was told: no more callbacks, only sock_close */
    bool is_closed;
};

/* 1,000 idle connections cost less than 2 KiB each over all layers: this one's share. */
_Static_assert(sizeof(struct port_tcp) <= 256, "a socket has grown");

struct port_listener {
    uv_poll_t poll;
    uv_timer_t pause; /* after running out of descriptors */
    struct port *port;
    const struct port_listener_user *user;
    void *context;
    int fd;
    int open_handles;
    bool is_closed;
};

static int sock_open(const struct multiaddr_ip *ip, int *fd)
{
    int family = ip->ip_len == 4 ? AF_INET : AF_INET6;
    *fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *fd < 0 ? sys_err_last() : 0;
}

static void sock_set(int fd, int level, int option, int value)
{
    /* An option that the system does not know makes a connection slower, not wrong. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

/* ---- A connected or connecting socket ---- */

static void sock_on_ready(uv_poll_t *poll, int status, int events);

/* Tell libuv what we wait for. */
static void sock_watch(struct port_tcp *t)
{
    int events = 0;
    if (t->is_over) {
        return;
    }
    if (t->is_connecting || t->wants_write) {
        events |= UV_WRITABLE;
    }
    if (!t->is_connecting && !t->is_paused) {
        events |= UV_READABLE;
    }
    if (events == 0) {
        events = UV_DISCONNECT; /* paused: a break of the connection is still news */
    }
    if (events != t->watched) { /* two system calls */
        t->watched = events;
        CHECK(uv_poll_start(&t->poll, events, sock_on_ready) == 0);
    }
}

static void sock_unwatch(struct port_tcp *t)
{
    t->watched = 0;
    CHECK(uv_poll_stop(&t->poll) == 0);
}

static struct port_tcp *sock_new(struct port *port, int fd, const struct multiaddr_ip *remote)
{
    struct loop *l = loop_of(port);
    struct port_tcp *t = mem_new(sizeof *t);
    t->port = port;
    t->fd = fd;
    t->remote = *remote;
    if (uv_poll_init(&l->uv, &t->poll, fd) != 0) {
        mem_free(t);
        return NULL;
    }
    t->poll.data = t;
    ((struct os_port *)(void *)port)->handles++;
    return t;
}

static void sock_freed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

/* Take in what came unread: closing over it would reset the connection, and what is still to be
 * sent would be lost. MSG_TRUNC: TCP drops the bytes without copying. */
static void sock_drain(const struct port_tcp *t)
{
    ssize_t len = 1;
    for (int i = 0; i < SOCK_DRAINS_MAX && len > 0; i++) {
        len = recv(t->fd, NULL, PORT_NET_READ_MAX, MSG_TRUNC);
    }
}

void sock_close(struct port_tcp *t, bool abort)
{
    CHECK(!t->is_closed);
    t->is_closed = true;
    if (abort) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    } else if (!t->is_over) {
        sock_drain(t);
    }
    uv_close((uv_handle_t *)&t->poll, sock_freed);
    (void)close(t->fd);
    ((struct os_port *)(void *)t->port)->handles--;
}

int sock_dial(struct port *port, const struct multiaddr_ip *to, const struct port_tcp_user *user,
              void *context, struct port_tcp **out)
{
    union sys_ip address;
    int fd = -1;
    int rc = sock_open(to, &fd);
    if (rc < 0) {
        return rc;
    }
    socklen_t len = sys_ip_write(&address, to);
    if (connect(fd, &address.any, len) < 0 && errno != EINPROGRESS) {
        rc = sys_err_last();
        (void)close(fd);
        return rc == WAVU_ERR_INVALID ? WAVU_ERR_UNREACHABLE
                                      : rc; /* no local address leads there */
    }
    struct port_tcp *t = sock_new(port, fd, to);
    if (t == NULL) {
        (void)close(fd);
        return WAVU_ERR_LIMIT;
    }
    sock_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    t->user = user;
    t->context = context;
    t->is_connecting = true;
    sock_watch(t);
    *out = t;
    return 0;
}

void sock_attach(struct port_tcp *t, const struct port_tcp_user *user, void *context)
{
    t->user = user;
    t->context = context;
    sock_watch(t);
}

/* One sendmsg of at most SOCK_PIECES_MAX pieces; `*is_full` when it took less than given. The bytes
 * taken, or -1 when the connection is gone. */
static ssize_t sock_send_some(const struct port_tcp *t, const struct span *pieces, size_t count,
                              bool *is_full)
{
    struct iovec vector[SOCK_PIECES_MAX];
    size_t offered = 0;
    for (size_t i = 0; i < count; i++) {
        vector[i].iov_base = (void *)(uintptr_t)pieces[i].ptr; /* sendmsg only reads */
        vector[i].iov_len = pieces[i].len;
        offered += pieces[i].len;
    }
    struct msghdr message = {.msg_iov = vector, .msg_iovlen = count};
    ssize_t sent = sendmsg(t->fd, &message, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM)) {
        sent = 0;
    }
    *is_full = sent < 0 || (size_t)sent < offered;
    return sent;
}

int sock_send(struct port_tcp *t, const struct span *pieces, size_t count, size_t *taken)
{
    bool is_full = false;
    *taken = 0;
    while (count > 0 && !is_full) {
        size_t some = count < SOCK_PIECES_MAX ? count : SOCK_PIECES_MAX;
        ssize_t sent = sock_send_some(t, pieces, some, &is_full);
        if (sent < 0) {
            t->err = WAVU_ERR_RESET; /* the kernel says it once: `closed` follows by the poll */
            sock_watch(t);
            return *taken > 0 ? 0 : WAVU_ERR_RESET;
        }
        *taken += (size_t)sent;
        pieces += some;
        count -= some;
    }
    if (is_full && !t->wants_write) {
        t->wants_write = true;
        sock_watch(t);
    }
    return 0;
}

void sock_pause(struct port_tcp *t, bool pause)
{
    if (t->is_paused == pause) {
        return;
    }
    t->is_paused = pause;
    if (t->user != NULL && !t->is_connecting) {
        sock_watch(t);
    }
}

void sock_addresses(const struct port_tcp *t, struct multiaddr_ip *local,
                    struct multiaddr_ip *remote)
{
    union sys_ip address;
    socklen_t len = sizeof address;
    memset(&address, 0, sizeof address);
    (void)getsockname(t->fd, &address.any, &len); /* failing leaves 0.0.0.0: nobody is misled */
    sys_ip_read_or_any(local, &address);
    *remote = t->remote;
}

static int sock_error(const struct port_tcp *t)
{
    int number = 0;
    socklen_t len = sizeof number;
    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &number, &len) < 0) {
        return WAVU_ERR_IO;
    }
    return number == 0 ? 0 : sys_err_from(number);
}

/* A port of our own that nobody listens at can be dialled from itself: TCP's simultaneous open. */
static bool sock_is_own_echo(const struct port_tcp *t)
{
    struct multiaddr_ip local;
    struct multiaddr_ip remote;
    sock_addresses(t, &local, &remote);
    return local.port == remote.port && local.ip_len == remote.ip_len &&
           memcmp(local.ip, remote.ip, local.ip_len) == 0;
}

/* The end: tell it, and nothing more. */
static void sock_ended(struct port_tcp *t, int err)
{
    sock_unwatch(t);
    t->is_over = true;
    t->user->closed(t->context, err);
}

static void sock_connected(struct port_tcp *t, int status)
{
    int err = sock_error(t);
    err = err == 0 && status < 0 ? WAVU_ERR_RESET : err;
    err = err == 0 && sock_is_own_echo(t) ? WAVU_ERR_REFUSED : err;
    t->is_connecting = false;
    if (err == 0) {
        sock_watch(t);
    } else {
        sock_unwatch(t);
        t->is_over = true;
    }
    t->user->opened(t->context, err);
}

/* Something happened to a paused socket. A reset is told; an end in good order waits behind the
 * bytes that are not read yet, and is not watched for any more, because it would be reported for
 * ever. */
static void sock_disturbed(struct port_tcp *t, int status)
{
    int err = t->err != 0 ? t->err : sock_error(t);
    if (err == 0 && status == 0) {
        sock_unwatch(t);
        return;
    }
    sock_ended(t, err == 0 ? WAVU_ERR_RESET : err);
}

/* Read once. A broken socket still gives the bytes that came before, then its error. */
static void sock_read(struct port_tcp *t, bool is_broken)
{
    uint8_t *buffer = loop_read_buffer(loop_of(t->port));
    ssize_t len = recv(t->fd, buffer, PORT_NET_READ_MAX, 0);
    if (len > 0) {
        t->user->bytes(t->context, span_mut_of(buffer, (size_t)len));
        if (is_broken && !t->is_closed) {
            sock_watch(t); /* its error comes next */
        }
    } else if (len == 0) {
        sock_ended(t, t->err != 0 ? t->err : WAVU_ERR_CLOSED);
    } else if (errno != EAGAIN && errno != EINTR) {
        sock_ended(t, sys_err_last());
    } else if (is_broken) {
        sock_ended(t, t->err != 0 ? t->err : WAVU_ERR_RESET);
    }
}

static void sock_on_ready(uv_poll_t *poll, int status, int events)
{
    struct port_tcp *t = poll->data;
    loop_touch(t->port);
    if (status < 0) {
        t->watched = 0; /* libuv stops at an error */
    }
    if (t->is_connecting) {
        sock_connected(t, status);
        return;
    }
    if (t->is_paused && (status < 0 || (events & UV_DISCONNECT) != 0)) {
        sock_disturbed(t, status);
        return;
    }
    if ((events & UV_WRITABLE) != 0 && t->wants_write) {
        t->wants_write = false; /* still watched: a sender in full flow wants it again soon */
        t->user->writable(t->context);
    } else if ((events & UV_WRITABLE) != 0) {
        sock_watch(t);
    }
    bool is_readable = status < 0 || (events & UV_READABLE) != 0;
    if (is_readable && !t->is_closed && !t->is_paused && !t->is_over) {
        sock_read(t, status < 0);
    }
}

/* ---- Listeners ---- */

static void sock_on_acceptable(uv_poll_t *poll, int status, int events);

static void sock_on_pause_over(uv_timer_t *timer)
{
    struct port_listener *l = timer->data;
    CHECK(uv_poll_start(&l->poll, UV_READABLE, sock_on_acceptable) == 0);
}

/* Leave what waits in the kernel for a while: not watched, or it would wake the loop for ever. */
static void sock_accept_later(struct port_listener *l, uint64_t pause_ms)
{
    CHECK(uv_poll_stop(&l->poll) == 0);
    CHECK(uv_timer_start(&l->pause, sock_on_pause_over, pause_ms, 0) == 0);
}

/* Nothing can be accepted, mostly for want of descriptors: let others end before trying again. */
static void sock_accept_failed(struct port_listener *l, int err)
{
    sock_accept_later(l, SOCK_ACCEPT_PAUSE_MS);
    l->user->failed(l->context, err);
}

/* Accept one connection; false when there is none or none can be. */
static bool sock_accept(struct port_listener *l)
{
    union sys_ip from;
    socklen_t len = sizeof from;
    memset(&from, 0, sizeof from);
    int fd = accept4(l->fd, &from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (fd < 0) {
        int err = sys_err_last();
        if (err == WAVU_ERR_RESET || err == WAVU_ERR_UNREACHABLE || err == WAVU_ERR_DENIED) {
            return true; /* this one ended while it waited: try the next (accept(2), "Linux") */
        }
        sock_accept_failed(l, err == WAVU_ERR_LIMIT ? err : WAVU_ERR_IO);
        return false;
    }
    struct multiaddr_ip remote;
    sys_ip_read_or_any(&remote, &from);
    struct port_tcp *t = sock_new(l->port, fd, &remote);
    if (t == NULL) {
        (void)close(fd);
        sock_accept_failed(l, WAVU_ERR_LIMIT);
        return false;
    }
    l->user->accepted(l->context, t);
    return true;
}

static void sock_on_acceptable(uv_poll_t *poll, int status, int events)
{
    struct port_listener *l = poll->data;
    (void)status;
    (void)events;
    loop_touch(l->port);
    for (int i = 0; i < SOCK_ACCEPTS_MAX && !l->is_closed; i++) {
        if (!turn_admit(&l->port->turn)) {
            sock_accept_later(l, SOCK_ADMIT_PAUSE_MS);
            return;
        }
        if (!sock_accept(l)) {
            return;
        }
    }
}

static int sock_bind(int fd, const struct multiaddr_ip *at)
{
    union sys_ip address;
    socklen_t len = sys_ip_write(&address, at);
    sock_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    sock_set(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* what is accepted inherits it (tcp(7)) */
    if (at->ip_len == 16) {
        sock_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    }
    if (bind(fd, &address.any, len) < 0 || listen(fd, PORT_NET_BACKLOG) < 0) {
        return sys_err_last();
    }
    return 0;
}

int sock_listen(struct port *port, const struct multiaddr_ip *at,
                const struct port_listener_user *user, void *context, struct port_listener **out)
{
    struct loop *loop = loop_of(port);
    int fd = -1;
    int rc = sock_open(at, &fd);
    if (rc < 0) {
        return rc == WAVU_ERR_UNREACHABLE ? WAVU_ERR_INVALID : rc; /* no such family here */
    }
    rc = sock_bind(fd, at);
    struct port_listener *l = mem_new(sizeof *l);
    if (rc == 0 && uv_poll_init(&loop->uv, &l->poll, fd) != 0) {
        rc = WAVU_ERR_LIMIT;
    }
    if (rc < 0) {
        (void)close(fd);
        mem_free(l);
        return rc;
    }
    l->poll.data = l;
    l->port = port;
    l->user = user;
    l->context = context;
    l->fd = fd;
    l->open_handles = 2;
    CHECK(uv_timer_init(&loop->uv, &l->pause) == 0);
    l->pause.data = l;
    CHECK(uv_poll_start(&l->poll, UV_READABLE, sock_on_acceptable) == 0);
    ((struct os_port *)(void *)port)->handles++;
    *out = l;
    return 0;
}

void sock_listener_address(const struct port_listener *l, struct multiaddr_ip *bound)
{
    union sys_ip address;
    socklen_t len = sizeof address;
    memset(&address, 0, sizeof address);
    (void)getsockname(l->fd, &address.any, &len);
    sys_ip_read_or_any(bound, &address);
}

static void sock_listener_freed(uv_handle_t *handle)
{
    struct port_listener *l = handle->data;
    if (--l->open_handles == 0) {
        mem_free(l);
    }
}

void sock_listener_close(struct port_listener *l)
{
    l->is_closed = true;
    CHECK(uv_poll_stop(&l->poll) == 0);
    uv_close((uv_handle_t *)&l->poll, sock_listener_freed);
    uv_close((uv_handle_t *)&l->pause, sock_listener_freed);
    (void)close(l->fd);
    ((struct os_port *)(void *)l->port)->handles--;
}
