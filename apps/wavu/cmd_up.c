/*
 * wavu up: a node that runs until it is told to stop.
 *
 * The control socket comes first, because it says whether a node runs in this home already; then
 * the key, then the listeners, then the addresses on stdout.
 */
#include "apps/wavu/cmd_up.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apps/daemon/log_lines.h"
#include "apps/daemon/ready.h"
#include "apps/rpc/methods.h"
#include "apps/rpc/rpc_server.h"
#include "apps/term/tongue.h"
#include "apps/settings/file_guard.h"
#include "apps/settings/home.h"
#include "apps/wavu/own_node.h"
#include "apps/settings/places.h"
#include "apps/term/say.h"
#include "apps/settings/settings.h"
#include "apps/wavu/up_attended.h"
#include "apps/wavu/up_lock.h"
#include "apps/wavu/up_modules.h"
#include "apps/wavu/up_reload.h"
#include "apps/wavu/up_web.h"
#include "base/guess.h"
#include "base/multiaddr.h"
#include "wavu/files.h"
#include "wavu/mesh.h"

#define CMD_UP_GRACE_MS 1000 /* for closing in good order; SIGTERM has to end it within 2 s */
#define CMD_UP_IDLE_S_MAX (UINT64_C(366) * 24 * 3600)
#define CMD_UP_DEFAULT "0.0.0.0:9000" /* bind_addr; with it IPv6 is listened at, too */
#define CMD_UP_DEFAULT_IP4 "/ip4/0.0.0.0/tcp/9000"
#define CMD_UP_DEFAULT_IP6 "/ip6/::/tcp/9000"
#define CMD_UP_ANY_IP4 "/ip4/0.0.0.0/tcp/0" /* attended, where 9000 is taken */
#define CMD_UP_ANY_IP6 "/ip6/::/tcp/0"

/* The running node and what belongs to it. */
struct cmd_up {
    const struct call *call;
    char home[HOME_PATH_MAX];
    char link[HOME_PATH_MAX]; /* another name of the control socket; "": none */
    struct own_node own;
    struct settings settings;
    const char *seeds[SETTINGS_SEEDS_MAX];
    struct wavu_mesh_config mesh;
    struct wavu_kad_config kad;
    struct log_lines logs;
    struct methods methods;
    struct own_node_wish wish;
    struct up_lock lock;
    struct up_attended attended;
    uint64_t linger_s; /* --linger, or 0 */
    struct ready ready;
    struct up_reload reload;
    struct up_web web;
    struct rpc_server *server; /* NULL: none */
    bool is_stopped;           /* a signal came */
    bool is_hurried;           /* a second one came */
};

/* How it stands, for whoever asks the service manager. */
static const char *cmd_up_status(const struct cmd_up *up)
{
    return up->methods.vault.is_locked ? tongue("locked: 'wavu unlock' opens it") : "up";
}

static void cmd_up_log_lock(struct cmd_up *up)
{
    log_lines_take(&up->logs, WAVU_LOG_INFO, "up",
                   up->methods.vault.is_locked ? "the node is locked" : "the node is up");
}

/* The settings that can change in a running node hold from now on. */
static void cmd_up_settle(void *context)
{
    struct cmd_up *up = context;
    const struct settings *s = &up->settings;
    up->methods.makes_open = !s->require_invitation;
    up_lock_after(&up->lock, s->auto_lock_minutes);
    if (up->own.node != NULL) { /* without a mesh nobody offers anything */
        (void)!wavu_files_auto_accept(up->own.node, s->auto_accept_kib * 1024);
    }
    settings_mesh(s, up->seeds, &up->mesh);
    if (up->own.node != NULL && wavu_mesh_tune(up->own.node, &up->mesh) == WAVU_ERR_LIMIT) {
        log_lines_take(&up->logs, WAVU_LOG_WARN, "up", "there are more seeds than can be tried");
    }
    wavu_os_stop(up->own.os); /* how long it may sleep may be another time now */
}

/* The levels of the log were changed. */
static void cmd_up_log_changed(void *context)
{
    struct cmd_up *up = context;
    up->wish.log_level = log_lines_most(&up->logs);
    if (up->own.node != NULL) {
        wavu_node_set_log_level(up->own.node, up->wish.log_level);
    }
}

/* As the settings have it. What log.set changed stays until they are changed, too. */
static void cmd_up_settle_log(struct cmd_up *up, const char *setting)
{
    if (strcmp(setting, "log_level") == 0) {
        up->logs.levels = up->settings.log_levels;
        cmd_up_log_changed(up);
    } else if (strcmp(setting, "log_format") == 0) {
        up->logs.is_json = up->settings.is_log_json;
        up->methods.log.is_json = up->logs.is_json;
    }
}

/* The settings are read again, because a signal came or a client asks. */
static void cmd_up_reload(void *context, struct methods_reloaded *out)
{
    struct cmd_up *up = context;
    char line[METHODS_RELOAD_PROBLEM_MAX];
    ready_reloading(&up->ready);
    up->reload.has_passphrase = up->methods.vault.has_passphrase;
    up_reload_run(&up->reload, out);
    for (size_t i = 0; i < out->changed_count; i++) {
        cmd_up_settle_log(up, out->changed[i]);
    }
    enum wavu_log_level level = out->later_count > 0 ? WAVU_LOG_WARN : WAVU_LOG_INFO;
    log_lines_take(&up->logs, out->problem[0] != '\0' ? WAVU_LOG_ERROR : level, "up",
                   up_reload_line(&up->reload, out, line));
    ready_up(&up->ready, cmd_up_status(up));
}

static void cmd_up_count(void *context, const char *name, uint64_t value)
{
    const struct cmd_up *up = context;
    char line[128];
    (void)snprintf(line, sizeof line, "%s %llu", name, (unsigned long long)value);
    log_lines_say(&up->logs, WAVU_LOG_INFO, "metrics", line);
}

/* The counters once, whatever the levels are: somebody asked for them. */
static void cmd_up_log_counters(struct cmd_up *up)
{
    if (up->own.node != NULL) {
        wavu_node_metrics(up->own.node, cmd_up_count, up);
    } else {
        log_lines_say(&up->logs, WAVU_LOG_INFO, "metrics", "the node is locked: no counters");
    }
}

static void cmd_up_on_signal(void *context, int signal_number)
{
    struct cmd_up *up = context;
    if (signal_number == SIGHUP) {
        struct methods_reloaded done = {.changed_count = 0};
        cmd_up_reload(up, &done);
        return;
    }
    if (signal_number == SIGUSR1) {
        cmd_up_log_counters(up);
        return;
    }
    up->is_hurried = up->is_stopped;
    up->is_stopped = true;
    wavu_os_stop(up->own.os);
}

/* From here on what the program says goes where the log goes. */
static void cmd_up_begin_log(struct cmd_up *up)
{
    log_lines_init(&up->logs);
    up->wish.log = log_lines_take;
    up->wish.log_context = &up->logs;
    up->methods.log = (struct methods_log){&up->logs.levels, false, cmd_up_log_changed, up};
    cmd_up_settle_log(up, "log_level");
    cmd_up_settle_log(up, "log_format");
    (void)say_to((struct say_ear){log_lines_hear, &up->logs});
}

/* ---- Options ---- */

/* Returns 0, or the exit code for usage after a sentence. */
static int cmd_up_read_wish(struct call *call, struct cmd_up *up)
{
    struct own_node_wish *wish = &up->wish;
    uint64_t idle_s = 0;
    if (!args_number(&call->args, "idle-seconds", 1, CMD_UP_IDLE_S_MAX, &idle_s) ||
        !args_number(&call->args, "linger", 1, UP_ATTENDED_LINGER_S_MAX, &up->linger_s)) {
        return say_problem(SAY_USAGE, "%s", call->args.problem);
    }
    wish->idle_ms = idle_s * 1000;
    wish->is_ephemeral = args_has(&call->args, "ephemeral");
    wish->serves_echo = args_has(&call->args, "echo");
    wish->psk_path = args_value(&call->args, "psk");
    return 0;
}

static void cmd_up_set_mesh(struct cmd_up *up, struct own_node_wish *wish)
{
    const struct settings *s = &up->settings;
    settings_mesh(s, up->seeds, &up->mesh);
    wish->mesh = args_has(&up->call->args, "no-mesh") ? NULL : &up->mesh;
    wish->kad = settings_kad(s, &up->kad) ? &up->kad : NULL;
    wish->connect_timeout_ms = s->connect_timeout_ms;
    wish->root_seed = s->has_keypair_seed ? s->keypair_seed : NULL;
}

/* All --listen are addresses; asked before anything is made. */
static int cmd_up_check_listens(const struct args *args)
{
    const char *address = args_nth(args, "listen", 0);
    for (size_t i = 0; address != NULL; address = args_nth(args, "listen", ++i)) {
        int code = own_node_check_address(address);
        if (code != 0) {
            return code;
        }
        for (size_t before = 0; before < i; before++) {
            if (strcmp(args_nth(args, "listen", before), address) == 0 &&
                strcmp(address + strlen(address) - 2, ":0") != 0 &&
                strcmp(address + strlen(address) - 2, "/0") != 0) {
                return say_problem(SAY_USAGE, "--listen %.200s stands twice; leave one out",
                                   address);
            }
        }
    }
    return 0;
}

/* ---- Listening ---- */

/* Say that the port is taken; the port itself is what people look for. */
static int cmd_up_say_in_use(const char *address)
{
    struct multiaddr parsed;
    struct multiaddr_ip ip = {.port = 0};
    if (multiaddr_parse_any(&parsed, span_from_text(address)) == 0) {
        (void)!multiaddr_to_ip(&parsed, MULTIADDR_TCP, &ip);
    }
    int host = (int)strlen(address); /* what stands before the port, in both ways to write it */
    while (host > 0 && address[host - 1] >= '0' && address[host - 1] <= '9') {
        host--;
    }
    return say_problem(SAY_CONFLICT,
                       "port %u (%.200s) is taken by another process; end that one, or choose "
                       "another port, such as --listen %.*s0 (0 picks a free one)",
                       (unsigned)ip.port, address, host, address);
}

static int cmd_up_explain_listen(const char *address, int err)
{
    switch (err) {
    case WAVU_ERR_IN_USE:
        return cmd_up_say_in_use(address);
    case WAVU_ERR_DENIED:
        return say_problem(SAY_DENIED,
                           "this user may not listen at %.200s; choose a port above 1023", address);
    case WAVU_ERR_UNSUPPORTED:
        return say_problem(SAY_USAGE,
                           "wavu cannot listen at %.200s; it takes an IP address and a TCP "
                           "port, such as 0.0.0.0:9000",
                           address);
    case WAVU_ERR_INVALID:
    case WAVU_ERR_UNREACHABLE:
        return say_problem(SAY_FAILURE,
                           "%.200s is no address of this machine; listen at one of its "
                           "own, or at all of them with 0.0.0.0:9000",
                           address);
    case WAVU_ERR_PEER_ID:
        return say_problem(SAY_USAGE,
                           "%.200s names another peer than this node, and nobody can listen for "
                           "another; leave /p2p/... out",
                           address);
    case WAVU_ERR_LIMIT:
        return say_problem(SAY_FAILURE,
                           "%.200s is one address too many to listen at; leave some out", address);
    default:
        return say_problem(say_exit_of(err), "listening at %.200s failed: %s", address,
                           tongue(wavu_err_sentence(err)));
    }
}

/* True when this machine speaks IPv6 at all. */
static bool cmd_up_has_ip6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

static int cmd_up_listen_default(struct cmd_up *up)
{
    int rc = wavu_node_listen(up->own.node, CMD_UP_DEFAULT_IP4);
    if (rc == WAVU_ERR_IN_USE && args_has(&up->call->args, "attended")) {
        /* Nobody has named the port: whoever only wants to talk need not know of it. */
        rc = wavu_node_listen(up->own.node, CMD_UP_ANY_IP4);
        if (rc == 0 && cmd_up_has_ip6()) {
            (void)!wavu_node_listen(up->own.node, CMD_UP_ANY_IP6);
        }
        return rc < 0 ? cmd_up_explain_listen(CMD_UP_ANY_IP4, rc) : 0;
    }
    if (rc < 0) {
        return cmd_up_explain_listen(CMD_UP_DEFAULT_IP4, rc);
    }
    if (!cmd_up_has_ip6()) {
        return 0;
    }
    rc = wavu_node_listen(up->own.node, CMD_UP_DEFAULT_IP6);
    /* A kernel that knows IPv6 may still have it switched off: IPv4 alone is fine then. */
    return rc == WAVU_ERR_IN_USE ? cmd_up_explain_listen(CMD_UP_DEFAULT_IP6, rc) : 0;
}

static int cmd_up_listen(struct cmd_up *up)
{
    const char *address = args_nth(&up->call->args, "listen", 0);
    if (address == NULL && strcmp(up->settings.bind_addr, CMD_UP_DEFAULT) != 0) {
        int rc = wavu_node_listen(up->own.node, up->settings.bind_addr);
        return rc < 0 ? cmd_up_explain_listen(up->settings.bind_addr, rc) : 0;
    }
    if (address == NULL) {
        return cmd_up_listen_default(up);
    }
    for (size_t i = 0; address != NULL; address = args_nth(&up->call->args, "listen", ++i)) {
        int rc = wavu_node_listen(up->own.node, address);
        if (rc < 0) {
            return cmd_up_explain_listen(address, rc);
        }
    }
    return 0;
}

/* ---- Running ---- */

static int cmd_up_explain_control(const char *home, int err)
{
    switch (err) {
    case WAVU_ERR_IN_USE:
        return say_problem(SAY_CONFLICT,
                           "a node runs in '%s' already; use that one (wavu status), or "
                           "name another home with --home",
                           home);
    case WAVU_ERR_INVALID:
        return say_problem(SAY_FAILURE,
                           "the path '%s/%s' is too long for a socket, "
                           "which takes 107 bytes; name a shorter home with --home",
                           home, HOME_CONTROL);
    case WAVU_ERR_EXISTS:
        return say_problem(SAY_FAILURE,
                           "'%s/%s' is no socket and is left alone; move it away, or "
                           "name another home with --home",
                           home, HOME_CONTROL);
    default:
        return say_problem(say_exit_of(err),
                           "the control socket '%s/%s' cannot be "
                           "made: %s; name another home with --home",
                           home, HOME_CONTROL, tongue(wavu_err_sentence(err)));
    }
}

static void cmd_up_on_news(void *context)
{
    rpc_server_wake(context);
}

static void cmd_up_on_kept(void *context)
{
    rpc_server_kept(context);
}

/* The socket under its second name. Without it the node is found in its home. */
static void cmd_up_link(struct cmd_up *up, const char *socket)
{
    if (!places_link_path(up->call->home, up->link) || !places_link(up->link, socket)) {
        up->link[0] = '\0';
    }
}

static void cmd_up_unlink(const struct cmd_up *up)
{
    char path[HOME_PATH_MAX];
    if (up->link[0] != '\0' && home_path(up->home, HOME_CONTROL, path) == 0) {
        places_unlink(up->link, path);
    }
}

static int cmd_up_open_control(struct cmd_up *up)
{
    char path[HOME_PATH_MAX];
    int code = home_path(up->home, HOME_CONTROL, path);
    if (code != 0) {
        return code;
    }
    int rc = rpc_server_open(up->own.os, path, methods_service(&up->methods), &up->server);
    if (rc == 0) {
        cmd_up_link(up, path);
        methods_tell(&up->methods, cmd_up_on_news, cmd_up_on_kept, up->server);
    }
    return rc == 0 ? 0 : cmd_up_explain_control(up->home, rc);
}

static void cmd_up_print_addresses(struct cmd_up *up)
{
    char id[WAVU_PEER_TEXT_MAX];
    char address[WAVU_ADDRESS_TEXT_MAX];
    wavu_node_id(up->own.node, id);
    if (up->call->is_json) {
        say_out("{\"peerId\":\"%s\",\"addresses\":[", id);
    }
    for (size_t i = 0; wavu_node_address(up->own.node, i, address); i++) {
        if (up->call->is_json) {
            say_out("%s\"%s\"", i == 0 ? "" : ",", address);
        } else {
            say_out("%s\n", address);
        }
    }
    if (up->call->is_json) {
        say_out("]}\n");
    }
    (void)say_flush(); /* a reader that went away does not end a node */
}

/* What holds secrets should be this user's alone. */
static void cmd_up_warn_open(const struct cmd_up *up, const struct own_node_wish *wish)
{
    char path[HOME_PATH_MAX];
    const char *config = settings_file_of(&up->settings, "keypair_seed");
    home_warn_open(up->home);
    if (!wish->is_ephemeral && home_path(up->home, HOME_KEY, path) == 0) {
        home_warn_open(path);
    }
    if (wish->psk_path != NULL) {
        home_warn_open(wish->psk_path);
    }
    if (config != NULL) {
        file_guard_warn(config);
    }
}

/* The node itself, where nothing locks it. */
static int cmd_up_open(struct cmd_up *up)
{
    up->wish.passphrase = up->lock.typed.bytes;
    up->wish.passphrase_len = up->lock.typed.len;
    int code = own_node_open(&up->own, &up->wish);
    up_lock_opened(&up->lock, code);
    if (code == 0) {
        up->methods.node = up->own.node;
        up->web.metrics.node = up->own.node;
        methods_listen(&up->methods);
        cmd_up_settle(up);
        code = up_modules_load(up->own.node, &up->settings);
        code = code == 0 ? cmd_up_listen(up) : code;
    }
    return code;
}

/* It forgets its keys, and what happened. */
static void cmd_up_close(struct cmd_up *up)
{
    up->methods.node = NULL;
    up->web.metrics.node = NULL;
    own_node_close(&up->own, CMD_UP_GRACE_MS, &up->is_hurried);
    feed_clear(&up->methods.feed);
}

static void cmd_up_on_wish(void *context)
{
    const struct cmd_up *up = context;
    wavu_os_stop(up->own.os);
}

static int cmd_up_start(struct cmd_up *up)
{
    int code = home_make(up->home, true);
    if (code == 0) {
        code = own_node_start_loop(&up->own, up->home);
    }
    if (code == 0) {
        wavu_os_on_signal(up->own.os, cmd_up_on_signal, up);
        up->methods.vault.wish = cmd_up_on_wish;
        up->methods.vault.wish_context = up;
        code = cmd_up_open_control(up);
    }
    if (code == 0) {
        code = up_web_open(&up->web, up->own.os, up->home, up->settings.metrics);
        up->methods.metrics_url = up->web.url;
    }
    if (code == 0) {
        bool is_kept = !up->wish.is_ephemeral;
        code = up_lock_begin(&up->lock, up->call, &up->methods, up->own.port, is_kept,
                             up->settings.auto_lock_minutes);
    }
    return code == 0 && !up->methods.vault.is_locked ? cmd_up_open(up) : code;
}

/* It was locked or unlocked. */
static void cmd_up_changed(struct cmd_up *up)
{
    ready_status(&up->ready, cmd_up_status(up));
    cmd_up_log_lock(up);
}

/* How long the loop may run before something here is to be looked at; negative: for ever. */
static int64_t cmd_up_patience_ms(const struct cmd_up *up)
{
    int64_t patience_ms = up_lock_patience_ms(&up->lock);
    patience_ms = up_attended_patience_ms(&up->attended, patience_ms);
    return ready_patience_ms(&up->ready, wavu_os_now_ns(), patience_ms);
}

/* Until it is to end. Returns the exit code. */
static int cmd_up_serve(struct cmd_up *up)
{
    int code = 0;
    const bool is_attended = args_has(&up->call->args, "attended");
    up_attended_begin(&up->attended, is_attended, up->linger_s, wavu_os_now_ns());
    ready_up(&up->ready, cmd_up_status(up));
    while (!up->is_stopped && code == 0) {
        ready_tick(&up->ready, wavu_os_now_ns());
        wavu_os_run(up->own.os, cmd_up_patience_ms(up));
        if (up_attended_look(&up->attended, rpc_server_clients(up->server),
                             up->methods.vault.asked_ns, wavu_os_now_ns())) {
            break;
        }
        switch (up_lock_next(&up->lock)) {
        case UP_LOCK_STOP:
            up->is_stopped = true;
            break;
        case UP_LOCK_CLOSE:
            up_lock_close(&up->lock);
            cmd_up_close(up);
            cmd_up_changed(up);
            rpc_server_wake(up->server);
            break;
        case UP_LOCK_OPEN:
            code = cmd_up_open(up);
            code = up->methods.vault.is_locked ? 0 : code; /* another try is fine */
            cmd_up_changed(up);
            rpc_server_wake(up->server);
            break;
        case UP_LOCK_NOTHING:
            break;
        }
    }
    return code;
}

/* That it waits for a passphrase is news for a person, too. */
static void cmd_up_log_state(struct cmd_up *up)
{
    if (up->methods.vault.is_locked && !up->logs.is_json) {
        (void)fprintf(stderr, tongue("wavu is locked; 'wavu unlock' opens it\n"));
    } else {
        cmd_up_log_lock(up);
    }
}

static void cmd_up_greet(struct cmd_up *up)
{
    cmd_up_log_state(up);
    if (up->methods.vault.is_locked) {
        return;
    }
    cmd_up_print_addresses(up);
    if (isatty(STDERR_FILENO)) {
        say_note("wavu is up; Ctrl+C stops it; in another terminal: wavu status");
    }
}

int cmd_up_run(struct call *call)
{
    static struct cmd_up up; /* static: signals speak of it for as long as the loop lives */
    up = (struct cmd_up){.call = call};
    int code = cmd_up_read_wish(call, &up);
    if (code == 0) {
        code = cmd_up_check_listens(&call->args);
    }
    if (code == 0) {
        code = home_find(call->home, up.home);
    }
    up.wish.home = up.home;
    if (code == 0) {
        code = up_reload_read(call, up.home, &up.settings);
    }
    up.reload = (struct up_reload){call, up.home, &up.settings, false, cmd_up_settle, &up};
    up.methods.reload.run = cmd_up_reload;
    up.methods.reload.context = &up;
    if (code == 0) {
        cmd_up_begin_log(&up);
        cmd_up_set_mesh(&up, &up.wish);
        up.methods.allows_modules = up.settings.allow_modules; /* never by a reload */
        code = cmd_up_start(&up);
    }
    if (code == 0) { /* who fails has one sentence to read */
        cmd_up_warn_open(&up, &up.wish);
        cmd_up_greet(&up);
        ready_begin(&up.ready, wavu_os_now_ns());
        code = cmd_up_serve(&up);
        ready_stopping(&up.ready);
        log_lines_take(&up.logs, WAVU_LOG_INFO, "up", "the node ends");
    }
    methods_tell(&up.methods, NULL, NULL, NULL);
    cmd_up_unlink(&up);
    rpc_server_close(up.server); /* first: a new node may take the home over */
    up.methods.node = NULL;
    up_web_close(&up.web);
    own_node_close(&up.own, code == 0 ? CMD_UP_GRACE_MS : 0, &up.is_hurried);
    own_node_clear(&up.own);
    methods_clear(&up.methods);
    up_lock_clear(&up.lock);
    settings_wipe(&up.settings);
    (void)say_to((struct say_ear){NULL, NULL});
    return code;
}
