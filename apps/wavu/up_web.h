/*
 * The web pages of a running node: opened where the settings say so, for cmd_up. Today there is
 * one, /metrics.
 */
#ifndef APPS_WAVU_UP_WEB_H
#define APPS_WAVU_UP_WEB_H

#include "apps/daemon/metrics.h"
#include "apps/daemon/web_server.h"

struct up_web {
    struct metrics metrics;       /* its node: NULL while there is none */
    struct web_server *server;    /* NULL: off */
    char url[WEB_SERVER_URL_MAX]; /* of the metrics; "" while off */
};

/** Serve at `address`, the setting metrics ("off": nowhere). Returns 0, or an exit code after a
 * sentence. */
WARN_UNUSED int up_web_open(struct up_web *w, struct wavu_os *os, const char *home,
                            const char *address);

/** Nothing is served any more; turns of the loop are run for that. */
void up_web_close(struct up_web *w);

#endif
