/*
 * Unix sockets and TCP as pipes between programs.
 *
 * Arrives: readiness from libuv. Leaves: callbacks of struct pipe_user. A pipe's memory is freed
 * when libuv has closed its handle.
 */
#include "os/pipe.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "os/ipc_path.h"
#include "os/loop.h"
#include "os/sys_err.h"
#include "os/sys_ip.h"
#include "os/wavu_os.h"

struct pipe {
    uv_poll_t poll; /* data is this */
    struct loop *loop;
    struct pipe_server *server;   /* whose place it has; NULL: dialled, or the server is gone */
    struct list link;             /* in server->pipes */
    const struct pipe_user *user; /* NULL until attached */
    void *context;
    int fd;
    int watched; /* events that libuv waits for */
    bool is_connecting;
    bool is_paused;
    bool wants_write; /* pipe_send took less than given */
    bool is_at_end;   /* nothing more will come */
    bool is_broken;   /* it was told */
    bool is_closed;
};

struct pipe_server {
    uv_poll_t poll;   /* data is this */
    uv_timer_t pause; /* data is this */
    struct loop *loop;
    struct pipe_wish wish;
    struct list pipes;
    struct ipc_path path;
    struct multiaddr address;
    int fd;
    int open_handles;
    bool is_unix;
    bool is_closed;
};

static void pipe_on_ready(uv_poll_t *poll, int status, int events);
static void pipe_on_acceptable(uv_poll_t *poll, int status, int events);

/* ---- Addresses ---- */

/* Where an address leads: a unix path, or an IP endpoint. */
struct pipe_place {
    char path[IPC_PATH_SIZE]; /* "": `ip` */
    struct multiaddr_ip ip;
};

static int pipe_place_of(const struct multiaddr *address, bool is_anywhere, struct pipe_place *out)
{
    struct multiaddr_part part;
    size_t at = 0;
    *out = (struct pipe_place){.path = ""};
    if (multiaddr_next(address, &at, &part) && part.code == MULTIADDR_UNIX) {
        if (part.value.len >= sizeof out->path || part.value.len == 0 ||
            memchr(part.value.ptr, '\0', part.value.len) != NULL) {
            return WAVU_ERR_INVALID;
        }
        memcpy(out->path, part.value.ptr, part.value.len);
        return 0;
    }
    if (multiaddr_to_ip(address, MULTIADDR_TCP, &out->ip) < 0 ||
        !multiaddr_next(address, &at, &part) || multiaddr_next(address, &at, &part)) {
        return WAVU_ERR_UNSUPPORTED; /* no IP and port, or more than that */
    }
    return is_anywhere || multiaddr_ip_is_loopback(&out->ip) ? 0 : WAVU_ERR_DENIED;
}

/* ---- A pipe ---- */

static void pipe_watch(struct pipe *p)
{
    int events = 0;
    if (p->is_closed || p->is_broken) {
        return;
    }
    if (p->is_connecting || p->wants_write) {
        events |= UV_WRITABLE;
    }
    if (!p->is_connecting && !p->is_paused && !p->is_at_end && p->user != NULL) {
        events |= UV_READABLE;
    }
    if (events == p->watched) {
        return;
    }
    p->watched = events;
    if (events == 0) {
        CHECK(uv_poll_stop(&p->poll) == 0);
    } else {
        CHECK(uv_poll_start(&p->poll, events, pipe_on_ready) == 0);
    }
}

/* Takes `fd`. NULL when the system has no room. */
static struct pipe *pipe_new_take(struct loop *l, int fd)
{
    struct pipe *p = mem_new(sizeof *p);
    p->loop = l;
    p->fd = fd;
    if (uv_poll_init(&l->uv, &p->poll, fd) != 0) {
        (void)close(fd);
        mem_free(p);
        return NULL;
    }
    p->poll.data = p;
    return p;
}

static void pipe_on_freed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void pipe_close(struct pipe *p, bool is_abort)
{
    struct pipe_server *s = p->server;
    if (p->is_closed) {
        return;
    }
    p->is_closed = true;
    list_remove(&p->link);
    if (is_abort) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    uv_close((uv_handle_t *)&p->poll, pipe_on_freed);
    (void)close(p->fd);
    if (s != NULL && uv_is_active((uv_handle_t *)&s->pause) == 0) {
        CHECK(uv_poll_start(&s->poll, UV_READABLE, pipe_on_acceptable) == 0); /* a place is free */
    }
}

static void pipe_break(struct pipe *p, int err)
{
    p->is_broken = true;
    p->watched = 0;
    CHECK(uv_poll_stop(&p->poll) == 0);
    if (p->user == NULL) {
        pipe_close(p, true);
        return;
    }
    p->user->broken(p->context, p, err);
}

static int pipe_error(const struct pipe *p)
{
    int number = 0;
    socklen_t len = sizeof number;
    if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &number, &len) < 0) {
        return WAVU_ERR_IO;
    }
    return number == 0 ? 0 : sys_err_from(number);
}

static void pipe_read(struct pipe *p)
{
    uint8_t *block = loop_read_buffer(p->loop);
    ssize_t got = recv(p->fd, block, PIPE_READ_MAX, 0);
    if (got > 0) {
        p->user->data(p->context, p, span_of(block, (size_t)got));
    } else if (got == 0) {
        p->is_at_end = true;
        p->user->end(p->context, p);
    } else if (errno != EAGAIN && errno != EINTR) {
        pipe_break(p, sys_err_last());
    }
}

static void pipe_on_ready(uv_poll_t *poll, int status, int events)
{
    struct pipe *p = poll->data;
    loop_enter(p->loop);
    loop_touch_all(p->loop); /* whoever hears may ask any node for anything */
    if (p->is_connecting) {
        int err = pipe_error(p);
        p->is_connecting = false;
        if (err < 0) {
            pipe_break(p, err);
            return;
        }
        p->user->opened(p->context, p);
    } else if (status < 0) {
        p->watched = 0; /* libuv stops at an error */
        int err = pipe_error(p);
        pipe_break(p, err < 0 ? err : WAVU_ERR_RESET);
        return;
    } else {
        if ((events & UV_WRITABLE) != 0 && p->wants_write) {
            p->wants_write = false;
            p->user->writable(p->context, p);
        }
        if ((events & UV_READABLE) != 0 && !p->is_closed && !p->is_paused && !p->is_at_end) {
            pipe_read(p);
        }
    }
    pipe_watch(p);
}

void pipe_attach(struct pipe *p, const struct pipe_user *user, void *context)
{
    p->user = user;
    p->context = context;
    pipe_watch(p);
}

int pipe_send(struct pipe *p, struct span data, size_t *taken)
{
    *taken = 0;
    if (p->is_broken || p->is_closed) {
        return WAVU_ERR_RESET;
    }
    while (*taken < data.len && !p->is_connecting) {
        ssize_t sent = send(p->fd, data.ptr + *taken, data.len - *taken, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM) {
            return WAVU_ERR_RESET;
        }
        if (sent <= 0) {
            break;
        }
        *taken += (size_t)sent;
    }
    if (*taken < data.len) {
        p->wants_write = true;
        pipe_watch(p);
    }
    return 0;
}

void pipe_pause(struct pipe *p, bool is_paused)
{
    p->is_paused = is_paused;
    pipe_watch(p);
}

void pipe_finish(struct pipe *p)
{
    (void)shutdown(p->fd, SHUT_WR); /* broken already: its reader learns it */
}

bool pipe_is_gone(const struct pipe *p)
{
    struct pollfd one = {.fd = p->fd};
    return poll(&one, 1, 0) > 0 && (one.revents & (POLLHUP | POLLERR)) != 0;
}

static int pipe_connect(const struct pipe_place *place, int *fd)
{
    union sys_ip address;
    if (place->path[0] != '\0') {
        return ipc_path_connect(place->path, fd);
    }
    *fd = socket(place->ip.ip_len == 4 ? AF_INET : AF_INET6,
                 SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0) {
        return sys_err_last();
    }
    socklen_t len = sys_ip_write(&address, &place->ip);
    if (connect(*fd, &address.any, len) < 0 && errno != EINPROGRESS) {
        int rc = sys_err_last();
        (void)close(*fd);
        return rc;
    }
    int on = 1;
    (void)setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* slower without, not wrong */
    return 0;
}

int pipe_dial(struct wavu_os *os, const struct multiaddr *to, bool is_anywhere,
              const struct pipe_user *user, void *context, struct pipe **out)
{
    struct pipe_place place;
    int fd = -1;
    int rc = pipe_place_of(to, is_anywhere, &place);
    rc = rc < 0 ? rc : pipe_connect(&place, &fd);
    if (rc < 0) {
        return rc;
    }
    struct pipe *p = pipe_new_take(wavu_os_loop(os), fd);
    if (p == NULL) {
        return WAVU_ERR_LIMIT;
    }
    p->is_connecting = true;
    pipe_attach(p, user, context);
    *out = p;
    return 0;
}

/* ---- The server ---- */

static void pipe_on_pause_over(uv_timer_t *timer)
{
    struct pipe_server *s = timer->data;
    CHECK(uv_poll_start(&s->poll, UV_READABLE, pipe_on_acceptable) == 0);
}

static void pipe_accept_later(struct pipe_server *s)
{
    CHECK(uv_poll_stop(&s->poll) == 0);
    CHECK(uv_timer_start(&s->pause, pipe_on_pause_over, PIPE_PAUSE_MS, 0) == 0);
}

/* Takes `fd`. */
static void pipe_accept_take(struct pipe_server *s, int fd)
{
    int on = 1;
    if (s->is_unix && !ipc_path_is_trusted(fd)) {
        (void)close(fd);
        return;
    }
    struct pipe *p = pipe_new_take(s->loop, fd);
    if (p == NULL) {
        return;
    }
    if (!s->is_unix) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    p->server = s;
    list_push_back(&s->pipes, &p->link);
    s->wish.accepted(s->wish.context, p);
}

static void pipe_on_acceptable(uv_poll_t *poll, int status, int events)
{
    struct pipe_server *s = poll->data;
    (void)status; /* accept4 says what is wrong */
    (void)events;
    loop_enter(s->loop);
    for (int i = 0; i < PIPE_ACCEPTS_MAX && !s->is_closed; i++) {
        if (list_count(&s->pipes) >= s->wish.max) {
            CHECK(uv_poll_stop(&s->poll) == 0); /* until one closes */
            return;
        }
        int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            pipe_accept_take(s, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            pipe_accept_later(s); /* no descriptors */
            return;
        }
    }
}

static int pipe_listen_ip(struct pipe_server *s, struct multiaddr_ip ip)
{
    union sys_ip address;
    int on = 1;
    s->fd =
        socket(ip.ip_len == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0) {
        return sys_err_last();
    }
    (void)setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    socklen_t len = sys_ip_write(&address, &ip);
    if (bind(s->fd, &address.any, len) < 0 || listen(s->fd, PIPE_BACKLOG) < 0) {
        int rc = sys_err_last();
        (void)close(s->fd);
        return rc;
    }
    len = sizeof address;
    memset(&address, 0, sizeof address);
    (void)getsockname(s->fd, &address.any, &len);
    sys_ip_read_or_any(&ip, &address);
    multiaddr_from_ip(&s->address, &ip, MULTIADDR_TCP);
    return 0;
}

int pipe_listen(struct wavu_os *os, const struct pipe_wish *wish, struct pipe_server **out)
{
    struct pipe_place place;
    int rc = pipe_place_of(&wish->at, wish->is_anywhere, &place);
    if (rc < 0) {
        return rc;
    }
    struct pipe_server *s = mem_new(sizeof *s);
    s->loop = wavu_os_loop(os);
    s->wish = *wish;
    s->address = wish->at;
    s->is_unix = place.path[0] != '\0';
    list_init(&s->pipes);
    rc = s->is_unix ? ipc_path_claim(&s->path, place.path, &s->fd) : pipe_listen_ip(s, place.ip);
    if (rc < 0) {
        mem_free(s);
        return rc;
    }
    /* Once more, for a unix socket: its claim is for clients that try again. */
    if (listen(s->fd, PIPE_BACKLOG) < 0 || uv_poll_init(&s->loop->uv, &s->poll, s->fd) != 0) {
        if (s->is_unix) {
            ipc_path_release(&s->path);
        }
        (void)close(s->fd);
        mem_free(s);
        return WAVU_ERR_LIMIT;
    }
    CHECK(uv_timer_init(&s->loop->uv, &s->pause) == 0);
    s->poll.data = s;
    s->pause.data = s;
    s->open_handles = 2;
    CHECK(uv_poll_start(&s->poll, UV_READABLE, pipe_on_acceptable) == 0);
    *out = s;
    return 0;
}

void pipe_server_address(const struct pipe_server *s, struct multiaddr *out)
{
    *out = s->address;
}

static void pipe_on_server_freed(uv_handle_t *handle)
{
    struct pipe_server *s = handle->data;
    if (--s->open_handles == 0) {
        mem_free(s);
    }
}

void pipe_server_close(struct pipe_server *s)
{
    struct list *at = NULL;
    if (s == NULL || s->is_closed) {
        return;
    }
    s->is_closed = true;
    while ((at = list_pop_front(&s->pipes)) != NULL) {
        LIST_OF(at, struct pipe, link)->server = NULL;
    }
    if (s->is_unix) {
        ipc_path_release(&s->path);
    }
    uv_close((uv_handle_t *)&s->poll, pipe_on_server_freed);
    uv_close((uv_handle_t *)&s->pause, pipe_on_server_freed);
    (void)close(s->fd);
}
