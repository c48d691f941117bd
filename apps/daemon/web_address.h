/*
 * Where the node's own web pages are served: an address of this machine alone, or a unix socket.
 * Nothing else is taken, so that no setting lays a node open to a network.
 */
#ifndef APPS_DAEMON_WEB_ADDRESS_H
#define APPS_DAEMON_WEB_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"

#define WEB_ADDRESS_HOST_MAX 108 /* bytes of a host or a socket's path, with NUL (sun_path) */
#define WEB_ADDRESS_WANTED                                                                         \
    "an address of this machine alone (127.0.0.1:9464, [::1]:9464), the path of a unix socket "    \
    "(/run/user/1000/wavu-web.sock), or off"

struct web_address {
    bool is_unix;
    char host[WEB_ADDRESS_HOST_MAX]; /* "127.0.0.1", "::1", or a path; "" for "off" */
    uint16_t port;                   /* of a host; 0: a free one */
};

/** Read `text`: "127.0.0.1:9464" (any of 127.0.0.0/8), "[::1]:9464", "localhost:9464" (127.0.0.1),
 * an absolute path, or "off". False when it is none of these. */
WARN_UNUSED bool web_address_read(const char *text, struct web_address *out);

/** True when a request for `host` (its Host header, `len` bytes) can be meant for a page of this
 * machine: localhost, 127.0.0.0/8 or ::1, with any port. A name that somebody's DNS leads to
 * 127.0.0.1 is not, so that no web page reads what is served here (DNS rebinding). */
WARN_UNUSED bool web_address_is_own(const char *host, size_t len);

#endif
