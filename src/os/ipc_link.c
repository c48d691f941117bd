/*
 * The lasting client's end. Arrives: readiness, told by the caller's pump. Leaves: whole lines.
 * What passed through the buffers may be what a person keeps secret: it is wiped as it goes.
 */
#include "os/ipc_link.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "os/ipc_path.h"

#define IPC_LINK_BLOCK 16384 /* bytes of one read */

struct ipc_link {
    int fd;
    int err; /* 0, or why it is dead */
    size_t line_max;
    struct buf in;
    size_t taken;    /* bytes of `in` that were handed out */
    size_t searched; /* and of those behind them, known to hold no newline */
    struct buf out;
    size_t sent; /* bytes of `out` that have left */
};

int ipc_link_open(const char *path, size_t line_max, struct ipc_link **out)
{
    int fd = -1;
    int rc = ipc_path_connect(path, &fd);

    if (rc < 0) {
        return rc;
    }
    struct ipc_link *l = mem_new(sizeof *l);

    *l = (struct ipc_link){.fd = fd, .line_max = line_max};
    buf_init(&l->in, line_max + IPC_LINK_BLOCK);
    buf_init(&l->out, IPC_LINK_OUT_MAX);
    *out = l;
    return 0;
}

void ipc_link_close(struct ipc_link *l)
{
    if (l == NULL) {
        return;
    }
    (void)close(l->fd);
    buf_wipe(&l->in);
    buf_wipe(&l->out);
    mem_free(l);
}

int ipc_link_fd(const struct ipc_link *l)
{
    return l->fd;
}

bool ipc_link_has_more(const struct ipc_link *l)
{
    return l->err == 0 && l->sent < l->out.len;
}

int ipc_link_send(struct ipc_link *l, struct span line)
{
    if (l->err < 0) {
        return l->err;
    }
    buf_drop_secret(&l->out, l->sent);
    l->sent = 0;
    if (line.len >= IPC_LINK_OUT_MAX - l->out.len) {
        return WAVU_ERR_LIMIT;
    }
    int rc = buf_append_secret(&l->out, line);

    rc = rc < 0 ? rc : buf_append_secret(&l->out, span_from_text("\n"));
    CHECK(rc == 0); /* there was room */
    return 0;
}

static int ipc_link_flush(struct ipc_link *l)
{
    while (l->sent < l->out.len) {
        ssize_t sent = send(l->fd, l->out.ptr + l->sent, l->out.len - l->sent, MSG_NOSIGNAL);

        if (sent < 0 && errno == EAGAIN) {
            return 0;
        }
        if (sent < 0 && errno != EINTR) {
            return WAVU_ERR_NO_NODE;
        }
        l->sent += sent > 0 ? (size_t)sent : 0;
    }
    buf_drop_secret(&l->out, l->sent);
    l->sent = 0;
    return 0;
}

static int ipc_link_read(struct ipc_link *l)
{
    uint8_t block[IPC_LINK_BLOCK];
    size_t all = 0;
    int rc = 0;

    while (rc == 0 && all < IPC_LINK_TURN_MAX && l->in.len - l->taken <= l->line_max) {
        ssize_t got = recv(l->fd, block, sizeof block, 0);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 && errno == EAGAIN ? 0 : WAVU_ERR_NO_NODE;
        }
        rc = buf_append_secret(&l->in, span_of(block, (size_t)got));
        explicit_bzero(block, (size_t)got);
        all += (size_t)got;
    }
    return rc;
}

/* Is there a whole line behind what was handed out? */
static bool ipc_link_has_line(struct ipc_link *l)
{
    l->searched = span_find(buf_span(&l->in), l->searched, '\n');
    return l->searched < l->in.len;
}

int ipc_link_pump(struct ipc_link *l)
{
    if (l->err < 0) {
        return l->err;
    }
    buf_drop_secret(&l->in, l->taken);
    l->searched -= l->taken;
    l->taken = 0;
    int sent = ipc_link_flush(l);

    l->err = ipc_link_read(l); /* also behind a failed write: the last answers may be there */
    l->err = l->err == 0 ? sent : l->err;
    (void)ipc_link_has_line(l);
    if (l->searched > l->line_max) {
        l->err = WAVU_ERR_LIMIT;
    }
    return l->err;
}

bool ipc_link_next(struct ipc_link *l, struct span *line)
{
    if (!ipc_link_has_line(l) || l->searched - l->taken > l->line_max) {
        return false;
    }
    *line = span_slice(buf_span(&l->in), l->taken, l->searched - l->taken);
    l->taken = ++l->searched;
    return true;
}
