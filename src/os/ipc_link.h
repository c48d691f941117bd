/*
 * A lasting client's end of a socket of lines (os/ipc.h), for programs with their own poll(2): one
 * descriptor, nothing here waits. Lines are queued and sent as the other side takes them; what came
 * is handed out line by line. Only a process of this user or of root is talked to (SO_PEERCRED).
 */
#ifndef OS_IPC_LINK_H
#define OS_IPC_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"
#include "wavu/err.h"

#define IPC_LINK_OUT_MAX (4 * 1024 * 1024 + 65536) /* bytes queued: 64 requests of 64 KiB */
#define IPC_LINK_TURN_MAX                                                                          \
    (1024 * 1024) /* bytes read in one pump, so that a screen is drawn meanwhile */

struct ipc_link; /* opaque; freed by ipc_link_close */

/**
 * Connect to `path`; answers have `line_max` bytes at most. WAVU_ERR_NO_NODE (nobody listens
 * there), _AGAIN (it has no time for one more: try again), _DENIED (also: another user's process
 * listens there), _INVALID (the path is too long), _LIMIT, _IO.
 */
WARN_UNUSED int ipc_link_open(const char *path, size_t line_max, struct ipc_link **out);

/** Close and free; what was not sent is lost. NULL is fine. */
void ipc_link_close(struct ipc_link *link);

/** The descriptor to wait for: always for something to read, */
int ipc_link_fd(const struct ipc_link *link);

/** and for room to write when this is true. */
bool ipc_link_has_more(const struct ipc_link *link);

/** Queue `line` and a newline. WAVU_ERR_LIMIT when more than IPC_LINK_OUT_MAX would wait: nothing
 * is queued then. */
WARN_UNUSED int ipc_link_send(struct ipc_link *link, struct span line);

/**
 * Send and read what goes without waiting. 0; WAVU_ERR_NO_NODE: the other side went away (whole
 * lines that came before are still handed out), _LIMIT: its line is too long. After an error the
 * link is dead and says the same again.
 */
WARN_UNUSED int ipc_link_pump(struct ipc_link *link);

/** The next whole line without its newline, borrowed until the next call here; false: none. */
WARN_UNUSED bool ipc_link_next(struct ipc_link *link, struct span *line);

#endif
