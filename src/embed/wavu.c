/*
 * The short way in: loop, port and node in one, and one ear for all news. Stands on the public
 * headers alone, as any program could.
 */
#include "wavu/wavu.h"

#include "base/mem.h"

#define WAVU_LISTEN_IP4 "/ip4/0.0.0.0/tcp/0"
#define WAVU_LISTEN_IP6 "/ip6/::/tcp/0"
#define WAVU_GRACE_NS (UINT64_C(1) * 1000000000) /* for closing in good order */
#define WAVU_STEP_MS 5                           /* between two looks whether all is closed */

struct wavu {
    struct wavu_os *os;
    struct port *port;
    struct wavu_node *node;
    void (*up)(struct wavu *w, void *context, const struct wavu_event *event);
    void *context;
};

/* ---- News ---- */

static void on_chat(void *context, const struct wavu_chat_event *event)
{
    struct wavu *w = context;
    const struct wavu_event news = {.chat = event};

    w->up(w, w->context, &news);
}

static void on_members(void *context, const struct wavu_members_event *event)
{
    struct wavu *w = context;
    const struct wavu_event news = {.members = event};

    w->up(w, w->context, &news);
}

static void on_mesh(void *context, const struct wavu_mesh_event *event)
{
    struct wavu *w = context;
    const struct wavu_event news = {.mesh = event};

    w->up(w, w->context, &news);
}

static void on_direct(void *context, const struct wavu_direct_event *event)
{
    struct wavu *w = context;
    const struct wavu_event news = {.direct = event};

    w->up(w, w->context, &news);
}

static void on_files(void *context, const struct wavu_files_event *event)
{
    struct wavu *w = context;
    const struct wavu_event news = {.files = event};

    w->up(w, w->context, &news);
}

static void on_contacts(void *context, const struct wavu_contacts_event *event)
{
    struct wavu *w = context;
    const struct wavu_event news = {.contacts = event};

    w->up(w, w->context, &news);
}

static void on_sos(void *context, const struct wavu_sos_event *event)
{
    struct wavu *w = context;
    const struct wavu_event news = {.sos = event};

    w->up(w, w->context, &news);
}

static int listen_to_news(struct wavu *w)
{
    int rc = wavu_chat_listen(w->node, on_chat, w);

    rc = rc < 0 ? rc : wavu_members_listen(w->node, on_members, w);
    rc = rc < 0 ? rc : wavu_direct_listen(w->node, on_direct, w);
    rc = rc < 0 ? rc : wavu_files_listen(w->node, on_files, w);
    rc = rc < 0 ? rc : wavu_contacts_listen(w->node, on_contacts, w);
    rc = rc < 0 ? rc : wavu_sos_listen(w->node, on_sos, w);
    return rc < 0 ? rc : wavu_mesh_listen(w->node, on_mesh, w);
}

/* ---- Life ---- */

static int make_node(struct wavu *w, const struct wavu_start *start)
{
    static const struct wavu_mesh_config found = {.has_discovery = true, .has_mdns = true};
    static const struct wavu_mesh_config alone = {.has_discovery = false};
    struct wavu_config config = {.log_level = WAVU_LOG_ERROR};

    if (start->config != NULL) {
        config = *start->config;
    }
    config.port = w->port;
    config.mesh = start->mesh != NULL ? start->mesh : start->is_alone ? &alone : &found;
    config.is_ephemeral = config.is_ephemeral || start->home == NULL;
    return wavu_node_new(&config, &w->node);
}

/* Without a wish: both families; a machine may have only one of them. */
static int listen_anywhere(struct wavu *w)
{
    int ip4 = wavu_node_listen(w->node, WAVU_LISTEN_IP4);
    int ip6 = wavu_node_listen(w->node, WAVU_LISTEN_IP6);

    return ip4 == 0 || ip6 == 0 ? 0 : ip4;
}

static int begin(struct wavu *w, const struct wavu_start *start)
{
    int rc = make_node(w, start);

    if (rc == 0 && w->up != NULL) {
        rc = listen_to_news(w);
    }
    if (rc == 0 && !start->is_alone) {
        rc = start->listen != NULL ? wavu_node_listen(w->node, start->listen) : listen_anywhere(w);
    }
    if (rc == 0 && start->nick != NULL) {
        rc = wavu_set_nick(w->node, start->nick);
    }
    return rc;
}

static void clear(struct wavu *w)
{
    wavu_node_free(w->node);
    wavu_os_port_free(w->port);
    wavu_os_free(w->os);
    mem_free(w);
}

int wavu_start(const struct wavu_start *start, struct wavu **out)
{
    struct wavu *w = mem_new(sizeof *w);
    int rc = WAVU_ERR_LIMIT;

    w->up = start->up;
    w->context = start->context;
    w->os = wavu_os_new();
    if (w->os != NULL) {
        w->port = wavu_os_port_new(w->os, start->home);
        rc = begin(w, start);
    }
    *out = w; /* what the thread tells may come before its start returns */
    if (rc == 0 && start->has_thread) {
        rc = wavu_os_start(w->os);
    }
    if (rc < 0) {
        *out = NULL;
        clear(w);
    }
    return rc;
}

void wavu_stop(struct wavu *w)
{
    if (w == NULL) {
        return;
    }
    wavu_os_join(w->os); /* from here on the loop is this thread's */
    uint64_t end_ns = wavu_os_now_ns() + WAVU_GRACE_NS;
    wavu_node_shut(w->node);
    while (!wavu_node_is_quiet(w->node) && wavu_os_now_ns() < end_ns) {
        wavu_os_run(w->os, WAVU_STEP_MS);
    }
    clear(w);
}

struct wavu_node *wavu_node(struct wavu *w)
{
    return w->node;
}

void wavu_run(struct wavu *w)
{
    wavu_os_run(w->os, -1);
}

void wavu_quit(struct wavu *w)
{
    wavu_os_stop(w->os);
}

int wavu_fd(const struct wavu *w)
{
    return wavu_os_fd(w->os);
}

int wavu_wait_ms(struct wavu *w)
{
    return wavu_os_wait_ms(w->os);
}

void wavu_process(struct wavu *w)
{
    wavu_os_process(w->os);
}

int wavu_call(struct wavu *w, void (*call)(void *context), void *context)
{
    return wavu_os_call(w->os, call, context);
}
