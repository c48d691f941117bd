/*
 * Lines over a unix socket between processes of one user: the control socket's two ends.
 *
 * The server lives on a loop: lines come in, lines go out, all on the loop's thread; events come
 * from the loop, never from inside a call here. The client blocks: it is for programs that have
 * nothing else to do. Only processes of the same user, or of root, get through: the socket's mode
 * is 0600, and both ends check the other's user id (SO_PEERCRED).
 */
#ifndef OS_IPC_H
#define OS_IPC_H

#include "base/buf.h"
#include "wavu/os.h"

#define IPC_CLIENTS_MAX                                                                            \
    32 /* connected at once; for one more the one goes that has been idle longest */
#define IPC_IDLE_NS                                                                                \
    UINT64_C(1000000000) /* who said something since then is not idle: one more waits so long */
#define IPC_LINE_MAX (1024 * 1024) /* bytes of a line that comes in, without its newline */
/* Bytes that wait for one client. The longest answer known, a list of 8192 peers of at most 2 KiB
 * each, takes 16 MiB. */
#define IPC_OUT_MAX (16 * 1024 * 1024 + 65536)

struct ipc_server; /* opaque; freed by ipc_close */
struct ipc_client; /* one connection to it; opaque, owned by the server */

struct ipc_user {
    /* A line came; borrowed until return, without its newline. Answer with ipc_send, now or later.
     */
    void (*line)(void *context, struct ipc_client *client, struct span line);
    /* A line passed IPC_LINE_MAX. What is sent in here still leaves, then the client is closed
     * without `gone`. May be NULL. */
    void (*too_long)(void *context, struct ipc_client *client);
    /* The client went away, or ended its side with all lines answered: the pointer is dead after
     * return. Comes for every client that was named in `line` and not ended by ipc_end. May be
     * NULL. */
    void (*gone)(void *context, struct ipc_client *client);
};

/**
 * Listen at `path` (mode 0600; its folder is made, mode 0700, when it is missing). A socket file
 * that a dead process left is replaced; anything else that has the name is not. `user` must outlive
 * the server. WAVU_ERR_IN_USE when a process listens there, _INVALID when the path has more than
 * 107 bytes, _EXISTS when the name belongs to something that is no socket, _NOT_FOUND (the folder
 * above is missing), _DENIED, _NO_SPACE, _LIMIT, _IO.
 */
WARN_UNUSED int ipc_listen(struct wavu_os *os, const char *path, const struct ipc_user *user,
                           void *context, struct ipc_server **out);

/** How many are connected. */
size_t ipc_count(const struct ipc_server *server);

/** Close all clients, remove the socket's file, free. No callback comes any more. NULL is fine. */
void ipc_close(struct ipc_server *server);

/**
 * Queue `line` and a newline for `client`; while something waits, no further lines are taken from
 * it. WAVU_ERR_LIMIT when more than IPC_OUT_MAX would wait, WAVU_ERR_CLOSED when it is being
 * closed: nothing is queued then.
 */
WARN_UNUSED int ipc_send(struct ipc_client *client, struct span line);

/** Close `client` once all that was queued has left. No callback with it comes any more. */
void ipc_end(struct ipc_client *client);

/**
 * Ask the process behind `path`: send `request` and a newline, wait for a line. The answer without
 * its newline is appended to `answer`, whose maximum bounds it. WAVU_ERR_NO_NODE (nobody listens,
 * or it went away), _DENIED (also: another user's process listens there), _INVALID (path too long),
 * _TIMEOUT, _LIMIT (answer too long), _IO. `reader`: a descriptor that the answer is to be written
 * to, -1 for none: when nobody reads there any more the wait is over, WAVU_ERR_CLOSED.
 */
WARN_UNUSED int ipc_ask(const char *path, struct span request, uint64_t timeout_ms, int reader,
                        struct buf *answer);

#endif
