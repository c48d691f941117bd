/*
 * Events of a lasting connection to lines. Who said something directly is known by an id alone: the
 * name is asked for.
 */
#include "apps/shell/shell_news.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/shell/shell_ask.h"
#include "apps/term/clock.h"
#include "apps/term/denied.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "wavu/os.h"

#define SHELL_NEWS_SHORT                                                                           \
    8 /* digits of an id: the last ones of a peer's, the first of a member's                       \
       */
#define SHELL_NEWS_NS UINT64_C(1000000)

/* ---- An event as a line ---- */

enum shell_news_kind {
    SHELL_NEWS_ALL,
    SHELL_NEWS_NODE,
    SHELL_NEWS_ROOM,
    SHELL_NEWS_DIRECT,
    SHELL_NEWS_HELP,
    SHELL_NEWS_GUEST,
    SHELL_NEWS_FILE,
    SHELL_NEWS_CLOCK,
    SHELL_NEWS_DENIED,
    SHELL_NEWS_LET_IN,
    SHELL_NEWS_NOTHING
};

static enum shell_news_kind shell_news_kind_of(const json_t *event)
{
    static const char *const names[] = {"message",  "unicast",   "said",  "direct", "sosCalled",
                                        "newcomer", "fileOffer", "clock", "denied", "letIn"};
    const char *name = shell_ask_text(event, "event");
    size_t i = 0;
    while (i < sizeof names / sizeof names[0] && strcmp(names[i], name) != 0) {
        i++;
    }
    return (enum shell_news_kind)i;
}

/* Said here, by somebody who is not heard, or gone already. */
static bool shell_news_is_silent(const json_t *event)
{
    static const char *const keys[] = {"isOwn", "isBlocked", "isGone"};
    bool is_silent = json_is_true(json_object_get(json_object_get(event, "call"), "isOwn"));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        is_silent = is_silent || json_is_true(json_object_get(event, keys[i]));
    }
    return is_silent;
}

/* A line that was cut ends with a whole character. */
static void shell_news_trim(char *line)
{
    size_t len = strlen(line);
    if (len < SHELL_NEWS_LINE_MAX - 1) {
        return;
    }
    while (len > 0 && ((unsigned char)line[len - 1] & 0xc0) == 0x80) {
        len--;
    }
    line[len > 0 && (unsigned char)line[len - 1] >= 0xc0 ? len - 1 : len] = '\0';
}

bool shell_news_write(const json_t *event, const char *shown, char out[SHELL_NEWS_LINE_MAX])
{
    const json_t *call = json_object_get(event, "call");
    char who[SAY_CLEAN_MAX];
    char what[SAY_CLEAN_MAX];
    const size_t size = SHELL_NEWS_LINE_MAX;
    int len = 0;
    (void)say_name(shown, " ", who); /* words come behind it */
    (void)say_clean(shell_ask_text(call != NULL ? call : event, "text"), what);
    if (shell_news_is_silent(event)) {
        return false;
    }
    switch (shell_news_kind_of(event)) {
    case SHELL_NEWS_ALL:
        len = snprintf(out, size, tongue("%.96s to all nodes: %s"), who, what);
        break;
    case SHELL_NEWS_NODE:
        len = snprintf(out, size, tongue("%.96s to this node: %s"), who, what);
        break;
    case SHELL_NEWS_ROOM:
        len = snprintf(out, size, "%.96s: %s", who, what);
        break;
    case SHELL_NEWS_DIRECT:
        len = snprintf(out, size, tongue("%.96s to you alone: %s"), who, what);
        break;
    case SHELL_NEWS_HELP:
        len = snprintf(out, size, tongue("%.96s calls for help: %s"), who, what);
        break;
    case SHELL_NEWS_GUEST:
        len = snprintf(out, size, tongue("%.96s is invited now"), who);
        break;
    case SHELL_NEWS_FILE:
        len = snprintf(out, size, tongue("a file is offered; 'file list' shows it"));
        break;
    case SHELL_NEWS_CLOCK:  /* node.status says more: shell_news_clock */
    case SHELL_NEWS_DENIED: /* and network.list: shell_news_denied */
    case SHELL_NEWS_LET_IN:
    case SHELL_NEWS_NOTHING:
        return false;
    }
    shell_news_trim(out);
    return len > 0;
}

bool shell_news_clock(const json_t *status, char out[SHELL_NEWS_LINE_MAX])
{
    const json_t *clock = json_object_get(status, "clock");
    char line[CLOCK_LINE_MAX];
    if (!json_is_object(clock)) {
        return false;
    }
    (void)snprintf(out, SHELL_NEWS_LINE_MAX, "%s",
                   clock_write(json_integer_value(json_object_get(clock, "aheadMs")),
                               (uint32_t)shell_ask_count(clock, "others"), line));
    return true;
}

bool shell_news_denied(const json_t *network, bool was_denied, char out[SHELL_NEWS_LINE_MAX])
{
    const char *name = shell_ask_text(network, "name");
    const bool is_denied = json_is_true(json_object_get(network, "isDenied"));
    char line[DENIED_LINE_MAX];
    if (!is_denied && !was_denied) {
        return false;
    }
    (void)snprintf(out, SHELL_NEWS_LINE_MAX, "%s",
                   is_denied ? denied_write(name, line) : denied_write_over(name, line));
    return true;
}

/* ---- Events that come ---- */

/* What to call whoever is meant in `event`. */
static void shell_news_name(const struct shell_news *n, const json_t *event,
                            char out[SAY_CLEAN_MAX])
{
    const json_t *call = json_object_get(event, "call");
    const char *peer = shell_ask_text(event, "peer");
    const char *member = shell_ask_text(event, "member");
    const char *name = shell_ask_text(call != NULL ? call : event, "shown");
    name = name[0] != '\0' ? name : shell_ask_text(event, "name");
    json_t *found = NULL;
    if (name[0] == '\0' && member[0] != '\0') {
        found = shell_ask_quietly_take(n->shell, "network.find", json_pack("{s:s}", "who", member));
        name = shell_ask_text(json_array_get(json_object_get(found, "members"), 0), "shown");
    }
    size_t len = strlen(peer);
    if (name[0] != '\0') {
        (void)say_clean(name, out);
    } else if (len > 0) {
        (void)say_clean(len > SHELL_NEWS_SHORT ? peer + len - SHELL_NEWS_SHORT : peer, out);
    } else {
        (void)snprintf(out, SAY_CLEAN_MAX, "%.*s", SHELL_NEWS_SHORT, member);
    }
    json_decref(found);
}

static void shell_news_look_clock(struct shell_news *n)
{
    json_t *status = shell_ask_quietly_take(n->shell, "node.status", NULL);
    if (n->count < SHELL_NEWS_MAX) {
        n->count += shell_news_clock(status, n->lines[n->count]) ? 1 : 0;
    }
    json_decref(status);
}

/* Of the network of that id, which something was told of; "": of each. */
static void shell_news_look_denied(struct shell_news *n, const char *id)
{
    json_t *result = shell_ask_quietly_take(n->shell, "network.list", NULL);
    const json_t *networks = json_object_get(result, "networks");
    for (size_t i = 0; i < json_array_size(networks) && n->count < SHELL_NEWS_MAX; i++) {
        const json_t *one = json_array_get(networks, i);
        if (id[0] == '\0' || strcmp(id, shell_ask_text(one, "id")) == 0) {
            n->count += shell_news_denied(one, id[0] != '\0', n->lines[n->count]) ? 1 : 0;
        }
    }
    json_decref(result);
}

static void shell_news_on_event(void *context, const json_t *event)
{
    struct shell_news *n = context;
    char name[SAY_CLEAN_MAX];
    if (shell_news_kind_of(event) == SHELL_NEWS_CLOCK) {
        shell_news_look_clock(n);
        return;
    }
    if (shell_news_kind_of(event) == SHELL_NEWS_DENIED ||
        shell_news_kind_of(event) == SHELL_NEWS_LET_IN) {
        shell_news_look_denied(n, shell_ask_text(event, "network"));
        return;
    }
    if (shell_news_kind_of(event) == SHELL_NEWS_NOTHING || shell_news_is_silent(event)) {
        return;
    }
    if (n->count == SHELL_NEWS_MAX) {
        n->others++;
        return;
    }
    shell_news_name(n, event, name);
    n->count += shell_news_write(event, name, n->lines[n->count]) ? 1 : 0;
}

static void shell_news_on_ready(void *context)
{
    shell_news_look_denied(context, "");
    shell_news_look_clock(context); /* what else was before is none of these news */
}

static void shell_news_on_down(void *context, int err)
{
    struct shell_news *n = context;
    (void)err; /* the next command says it */
    n->is_down = true;
}

/* ---- The connection ---- */

void shell_news_again(struct shell_news *n)
{
    static const struct rpc_link_user user = {
        .ready = shell_news_on_ready, .event = shell_news_on_event, .down = shell_news_on_down};
    if (n->is_down) {
        rpc_link_close(n->link);
        n->link = NULL;
        n->is_down = false;
    }
    if (n->link == NULL && rpc_link_open(n->shell->config->socket, &user, n, &n->link) < 0) {
        n->link = NULL;
    }
}

void shell_news_open(struct shell_news *n, const struct shell *shell)
{
    memset(n, 0, sizeof *n);
    n->shell = shell;
    shell_news_again(n);
}

void shell_news_close(struct shell_news *n)
{
    rpc_link_close(n->link);
    n->link = NULL;
}

static uint64_t shell_news_now_ms(void)
{
    return wavu_os_now_ns() / SHELL_NEWS_NS;
}

size_t shell_news_waits(const struct shell_news *n, struct rpc_link_wait waits[RPC_LINK_FDS],
                        int *wait_ms)
{
    *wait_ms = -1;
    if (n->link == NULL || n->is_down) {
        return 0;
    }
    *wait_ms = rpc_link_wait_ms(n->link, shell_news_now_ms());
    return rpc_link_waits(n->link, waits);
}

void shell_news_pump(struct shell_news *n)
{
    if (n->link != NULL && !n->is_down && rpc_link_pump(n->link, shell_news_now_ms()) < 0) {
        n->is_down = true;
    }
}

bool shell_news_has(const struct shell_news *n)
{
    return n->count > 0;
}

void shell_news_print(struct shell_news *n)
{
    for (size_t i = 0; i < n->count; i++) {
        say_out("%s\n", n->lines[i]);
    }
    if (n->others > 0) {
        say_out("and %zu more; 'events --all --no-follow' shows them\n", n->others);
    }
    n->count = 0;
    n->others = 0;
}
