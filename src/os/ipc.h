/*
 * Lines over a unix socket between processes of one user: the control socket's two ends.
 *
 * The server lives on a loop; the client blocks, for programs that have nothing else to do. Only processes of the
 * same user, or of root, get through: the socket's mode is 0600 and both ends check the other's user id.
 */
#ifndef OS_IPC_H
#define OS_IPC_H

#include "base/buf.h"
#include "base/span.h"
#include "wavu/os.h"

#define IPC_LINE_MAX 1048576   /* bytes of one line either way */
#define IPC_CLIENTS_MAX 32     /* connected at once; more are closed */
#define IPC_OUTPUT_MAX 4194304 /* bytes waiting for one client; who does not read is closed */

struct ipc_server;
struct ipc_client; /* one connected process; gone after `closed` or ipc_drop */

struct ipc_user {
    /* A whole line came, without its newline; borrowed until return. Answer with ipc_send. */
    void (*line)(void *context, struct ipc_client *client, struct span line);
    /* The client went away (never after ipc_drop). May be NULL. */
    void (*closed)(void *context, struct ipc_client *client);
};

/**
 * Listen at `path`. A socket that a dead process left is replaced; the folder must exist. WAVU_ERR_IN_USE when a
 * process answers there or something else than a socket stands there, _INVALID when the path is too long for a socket (107
 * characters), _DENIED, _NOT_FOUND, _IO.
 */
WARN_UNUSED int ipc_server_open(struct wavu_os *os, const char *path, const struct ipc_user *user,
                                void *context, struct ipc_server **out);

/** Close all clients, remove the socket's file, free. NULL is fine. */
void ipc_server_close(struct ipc_server *s);

/** Send a line (without newline). WAVU_ERR_LIMIT when too much waits already: the client is closed then. */
WARN_UNUSED int ipc_send(struct ipc_client *client, struct span line);

/** Close it; `closed` does not come. */
void ipc_drop(struct ipc_client *client);

/**
 * Ask the process behind `path`: send a line, wait for one. The answer without newline is appended to `answer`, whose
 * maximum bounds it. WAVU_ERR_NO_NODE (nobody listens), _DENIED, _INVALID (path too long), _TIMEOUT, _LIMIT (answer too long), _IO.
 */
WARN_UNUSED int ipc_ask(const char *path, struct span request, uint64_t timeout_ms,
                        struct buf *answer);

#endif
