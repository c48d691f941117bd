/*
 * A port for real: libuv, the system's clock, sockets, files and randomness.
 *
 * One loop serves many nodes. Everything happens on one thread: that which calls wavu_os_run; or
 * which calls wavu_os_process when wavu_os_fd has something, from a loop that it has already; or
 * one that wavu_os_start makes, and others reach it by wavu_os_call.
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

/** For a loop that polls by itself. Wait until the descriptor is readable, at most wavu_os_wait_ms
 * milliseconds (negative: for ever; ask again after every call of anything here and of nodes), and
 * call wavu_os_process, which does what is there and does not wait. */
WAVU_API int wavu_os_fd(const struct wavu_os *os);
WAVU_API int wavu_os_wait_ms(struct wavu_os *os);
WAVU_API void wavu_os_process(struct wavu_os *os);

/** Let a thread run the loop, until wavu_os_stop or wavu_os_join; it takes no signals. Then nodes
 * may be touched by wavu_os_call only. WAVU_ERR_EXISTS: there is one; _LIMIT. */
WAVU_API WARN_UNUSED int wavu_os_start(struct wavu_os *os);

/** End that thread and wait for it; the loop is the caller's again. Nothing without one. Not from
 * the loop's callbacks. */
WAVU_API void wavu_os_join(struct wavu_os *os);

/** Let the loop's thread call `call`, and wait for its return; any thread may ask. From the loop's
 * own thread, or when it has none, it is called at once. WAVU_ERR_SHUTDOWN: the thread has ended,
 * nothing was called. */
WAVU_API WARN_UNUSED int wavu_os_call(struct wavu_os *os, void (*call)(void *context),
                                      void *context);

/** Call `fire` on the loop's thread when SIGTERM, SIGINT, SIGHUP or SIGUSR1 comes. NULL: default
 * action again. */
WAVU_API void wavu_os_on_signal(struct wavu_os *os, void (*fire)(void *context, int signal_number),
                                void *context);

/** Boot time in nanoseconds, and how a caller measures. */
WAVU_API uint64_t wavu_os_now_ns(void);

WAVU_END

#endif
