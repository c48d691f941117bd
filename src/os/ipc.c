/*
 * The control socket.
 *
 * Arrives: readiness of the listening socket and of its clients, from the loop. Leaves: whole
 * lines, upwards; queued lines, to the clients. A client is read only while nothing waits for it,
 * so that one who asks and never listens costs a line and its answer, and no more.
 *
 * What is closed is freed by libuv's close callback, so callbacks may end any client, or the
 * server.
 */
#include "os/ipc.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "os/ipc_path.h"
#include "os/loop.h"
#include "os/sys_err.h"
#include "os/wavu_os.h"

#define IPC_BLOCK 16384     /* bytes of one read */
#define IPC_TURN_LINES 32   /* lines of one client in one iteration of the loop */
#define IPC_TURN_ACCEPTS 16 /* clients accepted in one iteration */
#define IPC_PAUSE_MS 100    /* after running out of descriptors or of clients' places */
#define IPC_RETRY_MS 10     /* between two tries to reach a server that is busy */

struct ipc_server {
    uv_poll_t poll;   /* data is this */
    uv_timer_t pause; /* data is this */
    struct loop *loop;
    const struct ipc_user *user;
    void *context;
    struct list clients; /* of struct ipc_client, the one that was heard longest ago first */
    struct ipc_path path;
    int fd;
    int open_handles; /* freed when the last is closed */
};

enum ipc_state {
    IPC_OPEN,
    IPC_ENDING, /* only what is queued still leaves */
    IPC_CLOSED  /* waits for libuv */
};

struct ipc_client {
    uv_poll_t poll; /* data is this */
    struct ipc_server *server;
    struct list link; /* in server->clients */
    struct buf in;    /* what came and is not yet handed up */
    size_t searched;  /* bytes of `in` that are known to hold no newline */
    struct buf out;
    size_t sent;       /* bytes of `out` that have left */
    uint64_t heard_ns; /* when it last came or sent something */
    int watched;       /* events that libuv waits for */
    int fd;
    enum ipc_state state;
    bool is_at_end; /* nothing more will come */
    bool is_known;  /* the user has seen it */
};

static void ipc_on_client(uv_poll_t *poll, int status, int events);

/* ---- Ends ---- */

static void ipc_on_client_closed(uv_handle_t *handle)
{
    struct ipc_client *c = handle->data;
    buf_wipe(&c->in); /* a line may hold what the person keeps secret */
    buf_wipe(&c->out);
    mem_free(c);
}

static void ipc_drop(struct ipc_client *c)
{
    if (c->state == IPC_CLOSED) {
        return;
    }
    c->state = IPC_CLOSED;
    list_remove(&c->link);
    uv_close((uv_handle_t *)&c->poll, ipc_on_client_closed);
    (void)close(c->fd);
}

/* The client is lost: tell the user, unless he has ended it himself. */
static void ipc_lose(struct ipc_client *c)
{
    struct ipc_server *s = c->server;
    bool is_news = c->state == IPC_OPEN && c->is_known && s->user->gone != NULL;
    ipc_drop(c);
    if (is_news) {
        s->user->gone(s->context, c);
    }
}

/* ---- A client ---- */

static bool ipc_has_line(struct ipc_client *c)
{
    c->searched = span_find(buf_span(&c->in), c->searched, '\n');
    return c->searched < c->in.len;
}

/* Wait for what this client can do next. */
static void ipc_watch(struct ipc_client *c)
{
    int events = 0;
    if (c->state == IPC_CLOSED) {
        return;
    }
    if (c->out.len > 0 || (c->state == IPC_OPEN && ipc_has_line(c))) {
        events = UV_WRITABLE; /* room, or at once: lines are left over */
    } else if (c->state == IPC_OPEN) {
        events = UV_READABLE;
    }
    if (events != c->watched) {
        c->watched = events;
        CHECK(uv_poll_start(&c->poll, events, ipc_on_client) == 0);
    }
}

/* Send what waits, as far as the kernel takes it. */
static int ipc_flush(struct ipc_client *c)
{
    while (c->sent < c->out.len) {
        ssize_t sent = send(c->fd, c->out.ptr + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return sys_err_last();
        }
        c->sent += (size_t)sent;
    }
    buf_clear(&c->out);
    c->sent = 0;
    return 0;
}

/* Hand up lines while nothing waits for the client. */
static void ipc_hand_up(struct ipc_client *c)
{
    struct ipc_server *s = c->server;
    size_t taken = 0;
    for (int i = 0; i < IPC_TURN_LINES && c->state == IPC_OPEN && c->out.len == 0; i++) {
        if (!ipc_has_line(c) || c->searched - taken > IPC_LINE_MAX) {
            break;
        }
        struct span line = span_slice(buf_span(&c->in), taken, c->searched - taken);
        taken = ++c->searched;
        c->is_known = true;
        loop_touch_all(s->loop); /* a timer that it sets wakes nobody by itself */
        s->user->line(s->context, c, line);
        if (c->state == IPC_OPEN && c->out.len > 0 && ipc_flush(c) < 0) {
            break; /* full or broken: the next event says which */
        }
    }
    buf_drop_secret(&c->in, taken);
    c->searched -= taken;
}

/* A client whose next line is too long is on its way out. */
static void ipc_refuse_long(struct ipc_client *c)
{
    struct ipc_server *s = c->server;
    if (c->state != IPC_OPEN || c->out.len > 0) {
        return; /* it comes to that when the answers before have left */
    }
    (void)ipc_has_line(c);
    if (c->searched <= IPC_LINE_MAX) {
        return;
    }
    if (s->user->too_long != NULL) {
        s->user->too_long(s->context, c);
    }
    ipc_end(c);
}

/* The client does something: it is the last to go. */
static void ipc_note(struct ipc_client *c)
{
    c->heard_ns = c->server->loop->now_ns;
    list_remove(&c->link);
    list_push_back(&c->server->clients, &c->link);
}

/* Read once. */
static int ipc_read(struct ipc_client *c)
{
    ipc_note(c);
    uint8_t block[IPC_BLOCK];
    ssize_t got = recv(c->fd, block, sizeof block, 0);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : sys_err_last();
    }
    c->is_at_end = got == 0;
    int rc = buf_append_secret(&c->in, span_of(block, (size_t)got));
    explicit_bzero(block, (size_t)got); /* a line may hold what the person keeps secret */
    return rc;
}

static void ipc_on_client(uv_poll_t *poll, int status, int events)
{
    struct ipc_client *c = poll->data;
    loop_enter(c->server->loop);
    int rc = status < 0 ? WAVU_ERR_RESET : 0;
    if (rc == 0 && (events & UV_WRITABLE) != 0) {
        rc = ipc_flush(c);
        rc = rc == WAVU_ERR_AGAIN ? 0 : rc;
    }
    if (rc == 0 && (events & UV_READABLE) != 0 && c->out.len == 0) {
        rc = ipc_read(c);
    }
    if (rc < 0) {
        ipc_lose(c);
        return;
    }
    ipc_hand_up(c);
    ipc_refuse_long(c);
    bool is_done = c->out.len == 0 && !ipc_has_line(c);
    if (c->state == IPC_ENDING && c->out.len == 0) {
        ipc_drop(c);
    } else if (c->state == IPC_OPEN && c->is_at_end && is_done) {
        ipc_lose(c);
    }
    ipc_watch(c);
}

int ipc_send(struct ipc_client *c, struct span line)
{
    if (c->state != IPC_OPEN) {
        return WAVU_ERR_CLOSED;
    }
    if (line.len >= IPC_OUT_MAX || buf_reserve(&c->out, line.len + 1) < 0) {
        return WAVU_ERR_LIMIT;
    }
    int rc = buf_append(&c->out, line);
    rc = rc < 0 ? rc : buf_append(&c->out, span_from_text("\n"));
    CHECK(rc == 0); /* the room was reserved */
    ipc_watch(c);
    return 0;
}

void ipc_end(struct ipc_client *c)
{
    if (c->state != IPC_OPEN) {
        return;
    }
    c->state = IPC_ENDING;
    if (c->out.len == 0) {
        ipc_drop(c);
    } else {
        ipc_watch(c);
    }
}

/* ---- The server ---- */

static void ipc_on_acceptable(uv_poll_t *poll, int status, int events);

static void ipc_on_pause_over(uv_timer_t *timer)
{
    struct ipc_server *s = timer->data;
    CHECK(uv_poll_start(&s->poll, UV_READABLE, ipc_on_acceptable) == 0);
}

/* Leave who waits in the kernel there for a while: others have to end first. */
static void ipc_accept_later(struct ipc_server *s)
{
    CHECK(uv_poll_stop(&s->poll) == 0);
    CHECK(uv_timer_start(&s->pause, ipc_on_pause_over, IPC_PAUSE_MS, 0) == 0);
}

static void ipc_add(struct ipc_server *s, int fd)
{
    struct ipc_client *c = mem_new(sizeof *c);
    if (!ipc_path_is_trusted(fd) || uv_poll_init(&s->loop->uv, &c->poll, fd) != 0) {
        (void)close(fd);
        mem_free(c);
        return;
    }
    c->poll.data = c;
    c->server = s;
    c->fd = fd;
    buf_init(&c->in, IPC_LINE_MAX + IPC_BLOCK);
    buf_init(&c->out, IPC_OUT_MAX);
    ipc_note(c);
    ipc_watch(c);
}

/* Does anybody wait to be accepted? */
static bool ipc_has_waiting(const struct ipc_server *s)
{
    struct pollfd one = {.fd = s->fd, .events = POLLIN};
    return poll(&one, 1, 0) > 0;
}

/* End the client that has been idle longest, so that those who keep a place and ask nothing lock
 * nobody out. False when all have something to do. */
static bool ipc_make_room(struct ipc_server *s)
{
    for (struct list *n = list_next(&s->clients, &s->clients); n != NULL;
         n = list_next(&s->clients, n)) {
        struct ipc_client *c = LIST_OF(n, struct ipc_client, link);
        if (s->loop->now_ns - c->heard_ns < IPC_IDLE_NS) {
            return false; /* and so have all behind it been heard since */
        }
        if (c->out.len == 0) {
            ipc_lose(c);
            return true;
        }
    }
    return false;
}

static void ipc_on_acceptable(uv_poll_t *poll, int status, int events)
{
    struct ipc_server *s = poll->data;
    (void)status; /* accept4 says what is wrong */
    (void)events;
    loop_enter(s->loop);
    for (int i = 0; i < IPC_TURN_ACCEPTS; i++) {
        bool is_full = list_count(&s->clients) >= IPC_CLIENTS_MAX;
        if (is_full && !ipc_has_waiting(s)) {
            return;
        }
        if (is_full && !ipc_make_room(s)) {
            ipc_accept_later(s); /* closed at once, they would say that no node runs */
            return;
        }
        int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            ipc_add(s, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            ipc_accept_later(s); /* no descriptors */
            return;
        }
    }
}

size_t ipc_count(const struct ipc_server *server)
{
    return list_count(&server->clients);
}

int ipc_listen(struct wavu_os *os, const char *path, const struct ipc_user *user, void *context,
               struct ipc_server **out)
{
    struct ipc_server *s = mem_new(sizeof *s);
    int rc = ipc_path_claim(&s->path, path, &s->fd);
    if (rc < 0) {
        goto free_server;
    }
    s->loop = wavu_os_loop(os);
    if (uv_poll_init(&s->loop->uv, &s->poll, s->fd) != 0) {
        rc = WAVU_ERR_LIMIT;
        goto release_path;
    }
    CHECK(uv_timer_init(&s->loop->uv, &s->pause) == 0);
    s->poll.data = s;
    s->pause.data = s;
    s->open_handles = 2;
    s->user = user;
    s->context = context;
    list_init(&s->clients);
    CHECK(uv_poll_start(&s->poll, UV_READABLE, ipc_on_acceptable) == 0);
    *out = s;
    return 0;

release_path:
    ipc_path_release(&s->path);
    (void)close(s->fd);
free_server:
    mem_free(s);
    return rc;
}

static void ipc_on_server_closed(uv_handle_t *handle)
{
    struct ipc_server *s = handle->data;
    if (--s->open_handles == 0) {
        mem_free(s);
    }
}

void ipc_close(struct ipc_server *s)
{
    if (s == NULL) {
        return;
    }
    for (struct list *n = list_next(&s->clients, &s->clients); n != NULL;
         n = list_next(&s->clients, &s->clients)) {
        ipc_drop(LIST_OF(n, struct ipc_client, link));
    }
    ipc_path_release(&s->path);
    uv_close((uv_handle_t *)&s->poll, ipc_on_server_closed);
    uv_close((uv_handle_t *)&s->pause, ipc_on_server_closed);
    (void)close(s->fd);
}

/* ---- Asking ---- */

static uint64_t ipc_now_ms(void)
{
    return loop_clock_ns() / TIMERS_MS;
}

/* How long to wait for an answer. */
struct ipc_patience {
    uint64_t end_ms; /* by the machine's clock */
    int reader;      /* whoever reads there wants the answer; -1: nobody in particular */
};

/* Wait until `fd` (-1: nothing) is ready for `events`, at most `ms` and as long as `until` says. */
static int ipc_wait(int fd, short events, const struct ipc_patience *until, uint64_t ms)
{
    struct pollfd both[] = {{.fd = fd, .events = events}, {.fd = until->reader}};
    uint64_t now_ms = ipc_now_ms();
    if (now_ms >= until->end_ms) {
        return WAVU_ERR_TIMEOUT;
    }
    ms = until->end_ms - now_ms < ms ? until->end_ms - now_ms : ms;
    if (poll(both, 2, ms < INT32_MAX ? (int)ms : INT32_MAX) < 0) {
        return errno != EINTR ? sys_err_last() : 0;
    }
    return both[1].revents != 0 ? WAVU_ERR_CLOSED : 0; /* only its end was asked for */
}

static int ipc_connect(const char *path, const struct ipc_patience *until, int *fd)
{
    int rc = ipc_path_connect(path, fd);
    while (rc == WAVU_ERR_AGAIN) {
        rc = ipc_wait(-1, 0, until, IPC_RETRY_MS);
        rc = rc < 0 ? rc : ipc_path_connect(path, fd);
    }
    return rc;
}

/* What a failed call on the asking socket means: 0 after waiting for `events`, or an error. */
static int ipc_again(int fd, short events, const struct ipc_patience *until)
{
    if (errno != EAGAIN && errno != EINTR) {
        return WAVU_ERR_NO_NODE; /* it went away under our hands */
    }
    return ipc_wait(fd, events, until, UINT64_MAX);
}

static int ipc_send_all(int fd, struct span bytes, const struct ipc_patience *until)
{
    int rc = 0;
    while (bytes.len > 0 && rc == 0) {
        ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes = span_slice(bytes, (size_t)sent, bytes.len);
        } else {
            rc = ipc_again(fd, POLLOUT, until);
        }
    }
    return rc;
}

/* Read up to the first newline. */
static int ipc_read_line(int fd, const struct ipc_patience *until, struct buf *answer)
{
    uint8_t block[IPC_BLOCK];
    for (;;) {
        ssize_t len = recv(fd, block, sizeof block, 0);
        if (len == 0) {
            return WAVU_ERR_NO_NODE; /* it went away before it answered */
        }
        if (len < 0) {
            int rc = ipc_again(fd, POLLIN, until);
            if (rc < 0) {
                return rc;
            }
            continue;
        }
        struct span got = span_of(block, (size_t)len);
        size_t end = span_find(got, 0, '\n');
        int rc = buf_append(answer, span_slice(got, 0, end));
        explicit_bzero(block, (size_t)len);
        if (rc < 0 || end < got.len) {
            return rc;
        }
    }
}

int ipc_ask(const char *path, struct span request, uint64_t timeout_ms, int reader,
            struct buf *answer)
{
    const struct ipc_patience until = {.end_ms = ipc_now_ms() + timeout_ms, .reader = reader};
    int fd = -1;
    int rc = ipc_connect(path, &until, &fd);
    if (rc < 0) {
        return rc;
    }
    rc = ipc_send_all(fd, request, &until);
    rc = rc < 0 ? rc : ipc_send_all(fd, span_from_text("\n"), &until);
    rc = rc < 0 ? rc : ipc_read_line(fd, &until, answer);
    (void)close(fd);
    return rc;
}
