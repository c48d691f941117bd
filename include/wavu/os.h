/*
 * A port for real: libuv, the system's clock, sockets, files and randomness.
 *
 * One loop serves many nodes. Everything happens on the thread that calls wavu_os_run.
 */
#ifndef WAVU_OS_H
#define WAVU_OS_H

#include <stdbool.h>
#include <stdint.h>

#include "wavu/api.h"
#include "wavu/err.h"

WAVU_BEGIN

struct wavu_os; /* a loop; opaque */
struct port;    /* what a node is built on; opaque outside the library */

/** Make a loop. NULL when the system refuses. Free with wavu_os_free. */
WAVU_API WARN_UNUSED struct wavu_os *wavu_os_new(void);

/** Free the loop; its ports must be freed before. NULL is fine. */
WAVU_API void wavu_os_free(struct wavu_os *os);

/** A port for one node whose files live in the folder `home` (NULL: it has no files). */
WAVU_API WARN_UNUSED struct port *wavu_os_port_new(struct wavu_os *os, const char *home);

/** Free a port; the node on it must be freed before. NULL is fine. */
WAVU_API void wavu_os_port_free(struct port *port);

/** Run until wavu_os_stop, or for at most `timeout_ms` when that is not negative. */
WAVU_API void wavu_os_run(struct wavu_os *os, int64_t timeout_ms);

/** Make wavu_os_run return after the turn that is under way. Also safe from a signal handler of the
 * loop. */
WAVU_API void wavu_os_stop(struct wavu_os *os);

/** Call `fire` on the loop's thread when SIGTERM, SIGINT or SIGHUP comes. NULL: default action
 * again. */
WAVU_API void wavu_os_on_signal(struct wavu_os *os, void (*fire)(void *context, int signal_number),
                                void *context);

/** Boot time in nanoseconds, and how a caller measures. */
WAVU_API uint64_t wavu_os_now_ns(void);

WAVU_END

#endif
