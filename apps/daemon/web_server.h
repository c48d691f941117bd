/*
 * The node's own web pages, for this machine alone: HTTP on the loop of the node.
 *
 * In: requests, on a loopback address or a unix socket of mode 0600. Out: what the pages of a table
 * render. Only GET and HEAD, only for a Host of this machine, no request body, nothing kept of a
 * request behind its answer. Stands on libwebsockets, whose sockets join the loop (os/wavu_os.h).
 */
#ifndef APPS_DAEMON_WEB_SERVER_H
#define APPS_DAEMON_WEB_SERVER_H

#include "apps/daemon/web_address.h"
#include "base/buf.h"

#define WEB_SERVER_CLIENTS_MAX 8            /* connections at a time; one more is closed at once */
#define WEB_SERVER_HEADER_MAX 4096          /* bytes of a request's head */
#define WEB_SERVER_ANSWER_MAX (1024 * 1024) /* bytes of a page */
#define WEB_SERVER_SECONDS 10               /* for a request's head to come, and an answer to go */
#define WEB_SERVER_IDLE_SECONDS 75          /* between two requests: a scrape a minute stays on */
#define WEB_SERVER_URL_MAX (WEB_ADDRESS_HOST_MAX + 32) /* bytes of web_server_url, with NUL */

struct wavu_os;
struct web_server; /* opaque; freed by web_server_close */

/* One page. */
struct web_page {
    const char *path; /* "/metrics" */
    const char *type; /* its Content-Type */
    /** Append the page to `out`, whose maximum bounds it. A negative error: the request fails. */
    int (*render)(void *context, struct buf *out);
};

struct web_pages {
    const struct web_page *pages; /* outlive the server, as `context` does */
    size_t count;
    void *context; /* of `render` */
};

/**
 * Serve at `address`. WAVU_ERR_IN_USE: somebody listens there; _EXISTS: a path that is no socket's;
 * _DENIED, _UNSUPPORTED: built without libwebsockets, or its part for libuv is not installed;
 * _INVALID: no address of this machine.
 */
WARN_UNUSED int web_server_open(struct wavu_os *os, const struct web_address *address,
                                const struct web_pages *pages, struct web_server **out);

/** Close all connections and free; turns of the loop are run for that. NULL is fine. Not from a
 * callback of the loop. */
void web_server_close(struct web_server *server);

/** Where `path` is served ("http://127.0.0.1:9464/metrics"; of a unix socket its path). Returns
 * `out`. */
const char *web_server_url(const struct web_server *server, const char *path,
                           char out[WEB_SERVER_URL_MAX]);

#endif
