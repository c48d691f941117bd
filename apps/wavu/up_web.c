/*
 * Which pages there are, and what is wrong with the place where they are to be served.
 */
#include "apps/wavu/up_web.h"

#include "apps/term/say.h"
#include "apps/term/tongue.h"

static const struct web_page up_web_pages[] = {
    {"/metrics", METRICS_TYPE, metrics_render},
};

static int up_web_explain(const char *address, int err)
{
    switch (err) {
    case WAVU_ERR_IN_USE:
        return say_problem(SAY_FAILURE,
                           "%.200s, where metrics are to be served, is taken by another process; "
                           "end that one, or choose another with --metrics",
                           address);
    case WAVU_ERR_UNSUPPORTED:
        return say_problem(SAY_FAILURE,
                           "this wavu cannot serve metrics: it wants libwebsockets and its part "
                           "for libuv (Debian: libwebsockets-evlib-uv); install them, or leave "
                           "--metrics out");
    case WAVU_ERR_EXISTS:
        return say_problem(SAY_FAILURE,
                           "'%.200s' is no socket and is left alone; move it away, or choose "
                           "another path with --metrics",
                           address);
    case WAVU_ERR_DENIED:
        return say_problem(SAY_DENIED,
                           "this user may not serve metrics at %.200s; choose a port above 1023, "
                           "or a path in a folder of your own, with --metrics",
                           address);
    default:
        return say_problem(say_exit_of(err),
                           "metrics cannot be served at %.200s: %s; choose another place with "
                           "--metrics",
                           address, tongue(wavu_err_sentence(err)));
    }
}

int up_web_open(struct up_web *w, struct wavu_os *os, const char *home, const char *address)
{
    struct web_address at;
    struct web_pages pages = {
        .pages = up_web_pages,
        .count = sizeof up_web_pages / sizeof up_web_pages[0],
        .context = &w->metrics,
    };
    *w = (struct up_web){.metrics = {.home = home}};
    if (!web_address_read(address, &at)) {
        return say_problem(SAY_USAGE, "metrics takes " WEB_ADDRESS_WANTED);
    }
    if (at.host[0] == '\0') {
        return 0;
    }
    int rc = web_server_open(os, &at, &pages, &w->server);
    if (rc < 0) {
        return up_web_explain(address, rc);
    }
    (void)web_server_url(w->server, up_web_pages[0].path, w->url);
    return 0;
}

void up_web_close(struct up_web *w)
{
    web_server_close(w->server);
    w->server = NULL;
    w->url[0] = '\0';
}
