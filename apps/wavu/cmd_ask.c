/*
 * wavu status, wavu peers: one question over the control socket, shown as text or JSON.
 */
#include "apps/wavu/cmd_ask.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/rpc/rpc_client.h"
#include "apps/term/tongue.h"
#include "apps/settings/home.h"
#include "apps/term/clock.h"
#include "apps/term/denied.h"
#include "apps/term/say.h"

#define CMD_ASK_EVENTS_MS (UINT64_C(1000) * 3600) /* for the next event */
#define CMD_ASK_READY_TRIES 100                   /* with a pause between two */
#define CMD_ASK_SHORT 24                          /* characters of a duration or an amount */
#define CMD_ASK_LABEL_WIDTH 13
#define CMD_ASK_ID_WIDTH 53 /* characters: an Ed25519 peer id has 52 */

static int cmd_ask_explain(const char *home, int err)
{
    switch (err) {
    case WAVU_ERR_NO_NODE:
        return say_problem(SAY_NO_NODE, "no node runs in '%s'; start one with 'wavu up'", home);
    case WAVU_ERR_INVALID:
        return say_problem(SAY_FAILURE,
                           "the path '%s/%s' is too long for a socket, "
                           "which takes 107 bytes; name a shorter home with --home",
                           home, HOME_CONTROL);
    case WAVU_ERR_DENIED:
        return say_problem(SAY_DENIED, "the node in '%s' belongs to another user; ask as that user",
                           home);
    case WAVU_ERR_TIMEOUT:
        return say_problem(SAY_TIMEOUT,
                           "the node in '%s' does not answer; it is overloaded or "
                           "stopped",
                           home);
    default:
        return say_problem(say_exit_of(err),
                           "the node in '%s' gave no usable answer: %s; is it of "
                           "another version?",
                           home, tongue(wavu_err_sentence(err)));
    }
}

/* Behind an answer without news, of a node that does not let wait. */
static const struct timespec cmd_ask_pause = {.tv_nsec = 100 * 1000000L};

/* What came of a question, as an exit code; a sentence for all but 0. */
static int cmd_ask_judge(const char *home, int rc, json_t **result)
{
    if (rc == 0 && !json_is_object(*result)) {
        json_decref(*result);
        *result = NULL;
        rc = WAVU_ERR_PROTO;
    }
    if (rc < 0 && json_is_string(*result)) { /* it says itself what is wrong */
        char clean[SAY_CLEAN_MAX];
        int code = say_problem(rc == WAVU_ERR_INVALID ? SAY_USAGE : say_exit_of(rc), "%s",
                               say_clean(tongue(json_string_value(*result)), clean));
        json_decref(*result);
        *result = NULL;
        return code;
    }
    return rc == 0 ? 0 : cmd_ask_explain(home, rc);
}

static int cmd_ask_find(const struct call *call, char home[HOME_PATH_MAX], char path[HOME_PATH_MAX])
{
    int code = home_find(call->home, home);
    return code == 0 ? home_path(home, HOME_CONTROL, path) : code;
}

/* As cmd_ask_wait; `reader`: a descriptor whose reader waits, or -1. */
static int cmd_ask_patiently(const struct call *call, const char *method, json_t *params,
                             uint64_t wait_ms, int reader, json_t **result)
{
    const uint64_t limit_ms = RPC_CLIENT_TIMEOUT_MS + wait_ms;
    char home[HOME_PATH_MAX];
    char path[HOME_PATH_MAX];
    int code = cmd_ask_find(call, home, path);
    if (code != 0) {
        return code;
    }
    *result = NULL;
    int rc = rpc_client_follow(path, method, params, limit_ms, reader, result);
    if (rc == WAVU_ERR_NO_NODE && *result == NULL && wait_ms > 0) {
        rc = rpc_client_follow(path, method, params, limit_ms, reader, result);
    }
    if (rc == WAVU_ERR_CLOSED && *result == NULL) {
        return SAY_FAILURE; /* whoever went away misses no sentence */
    }
    return cmd_ask_judge(home, rc, result);
}

int cmd_ask_wait(const struct call *call, const char *method, json_t *params, uint64_t wait_ms,
                 json_t **result)
{
    return cmd_ask_patiently(call, method, params, wait_ms, -1, result);
}

int cmd_ask_follow(const struct call *call, const char *method, json_t *params, uint64_t wait_ms,
                   json_t **result)
{
    return cmd_ask_patiently(call, method, params, wait_ms, STDOUT_FILENO, result);
}

int cmd_ask_ready(const struct call *call, const char *method, json_t *params, json_t **result)
{
    char home[HOME_PATH_MAX];
    char path[HOME_PATH_MAX];
    int code = cmd_ask_find(call, home, path);
    if (code != 0) {
        return code;
    }
    int rc = WAVU_ERR_AGAIN;
    *result = NULL;
    for (int i = 0; i < CMD_ASK_READY_TRIES && rc == WAVU_ERR_AGAIN; i++) {
        if (i > 0) {
            json_decref(*result);
            *result = NULL;
            (void)nanosleep(&cmd_ask_pause, NULL);
        }
        rc = rpc_client_ask(path, method, params, RPC_CLIENT_TIMEOUT_MS, result);
    }
    return cmd_ask_judge(home, rc, result);
}

int cmd_ask(const struct call *call, const char *method, json_t *params, json_t **result)
{
    return cmd_ask_wait(call, method, params, 0, result);
}

int cmd_ask_events(const struct call *call, uint64_t after, cmd_ask_each *each, void *context)
{
    bool is_over = false;
    int code = 0;
    while (code == 0 && !is_over) {
        json_t *result = NULL;
        json_t *params = json_pack("{s:I,s:b}", "after", (json_int_t)after, "wait", true);
        code = cmd_ask_follow(call, "mesh.events", params, CMD_ASK_EVENTS_MS, &result);
        const json_t *events = json_object_get(result, "events");
        if (cmd_ask_count(result, "lost") > 0) {
            code =
                say_problem(SAY_FAILURE, "too much has happened in the meantime to say what came "
                                         "of it; 'wavu networks' shows how things stand");
        }
        for (size_t i = 0; i < json_array_size(events) && !is_over && code == 0; i++) {
            is_over = each(context, json_array_get(events, i));
            code = say_flush() ? 0 : SAY_FAILURE;
        }
        uint64_t next = cmd_ask_count(result, "next");
        after = next > 0 ? next - 1 : after;
        if (code == 0 && json_array_size(events) == 0) {
            (void)nanosleep(&cmd_ask_pause, NULL);
        }
        json_decref(params);
        json_decref(result);
    }
    return code;
}

int cmd_ask_print_json(const json_t *result)
{
    struct buf text;
    buf_init(&text, JSONRPC_ANSWER_MAX);
    int rc = jsonrpc_write(result, &text);
    say_out("%.*s", (int)text.len, rc == 0 ? (const char *)text.ptr : "");
    buf_clear(&text);
    return rc == 0 ? SAY_OK : say_problem(SAY_FAILURE, "the answer is too large");
}

const char *cmd_ask_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

uint64_t cmd_ask_count(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

/* The mesh: who may come into it, and the nodes that are known there. People and their networks are
 * something else: cmd_ask_print_networks. Older nodes do not say whom they reach. */
static void cmd_ask_print_mesh(const json_t *mesh, bool is_private)
{
    char clean[SAY_CLEAN_MAX];
    const char *name = cmd_ask_text(mesh, "network");
    const unsigned long long nodes = cmd_ask_count(mesh, "members");
    const unsigned long long reachable = cmd_ask_count(mesh, "reachable");
    const char *kind = is_private        ? tongue("private (pre-shared key)")
                       : name[0] != '\0' ? tongue("for all who know its name")
                                         : tongue("open");
    if (name[0] != '\0') {
        say_out("mesh         %s, %s\n", say_clean(name, clean), kind);
    } else {
        say_out("mesh         %s\n", kind);
    }
    if (!json_is_object(mesh)) {
        return;
    }
    say_out("nodes        known: %llu, neighbours: %llu", nodes,
            (unsigned long long)cmd_ask_count(mesh, "neighbours"));
    if (reachable > 0 && reachable < nodes) {
        say_out(", no way to: %llu", nodes - reachable);
    }
    say_out("%s\n", json_is_true(json_object_get(mesh, "isOffline")) ? tongue(", offline") : "");
    say_out("linked with  %llu, there or in networks\n",
            (unsigned long long)cmd_ask_count(mesh, "linked"));
}

/* The networks of this node's person: what `wavu networks` says of them. */
static void cmd_ask_print_networks(const json_t *networks)
{
    char clean[SAY_CLEAN_MAX];
    for (size_t i = 0; i < json_array_size(networks); i++) {
        const json_t *one = json_array_get(networks, i);
        if (json_is_true(json_object_get(one, "isMember"))) {
            say_out("network      %s, members: %llu, neighbours: %llu\n",
                    say_clean(cmd_ask_text(one, "name"), clean),
                    (unsigned long long)cmd_ask_count(one, "members"),
                    (unsigned long long)cmd_ask_count(one, "neighbours"));
        }
    }
}

/* Only when something is wrong. */
static void cmd_ask_print_disk(const char *disk)
{
    if (strcmp(disk, "failing") == 0) {
        say_out("disk         takes nothing now; it is tried again, see the node's log for why\n");
    } else if (strcmp(disk, "damaged") == 0) {
        say_out("disk         damaged: part of the store cannot be read; see the node's log\n");
    }
}

/* Only when members say that it is wrong. */
static void cmd_ask_print_clock(const json_t *clock)
{
    char line[CLOCK_LINE_MAX];
    if (json_is_object(clock)) {
        say_out("%-*s", CMD_ASK_LABEL_WIDTH, "clock");
        (void)clock_write(json_integer_value(json_object_get(clock, "aheadMs")),
                          (uint32_t)cmd_ask_count(clock, "others"), line);
        say_wrapped(CMD_ASK_LABEL_WIDTH, CMD_ASK_LABEL_WIDTH, line);
    }
}

static void cmd_ask_print_seeds(const json_t *seeds)
{
    for (size_t i = 0; i < json_array_size(seeds); i++) {
        const json_t *seed = json_array_get(seeds, i);
        char clean[SAY_CLEAN_MAX];
        char word[SAY_CLEAN_MAX];
        char line[2 * SAY_CLEAN_MAX];
        (void)snprintf(line, sizeof line, "%s: %s", say_clean(cmd_ask_text(seed, "seed"), clean),
                       tongue(say_clean(cmd_ask_text(seed, "state"), word)));
        say_out("%-*s", CMD_ASK_LABEL_WIDTH, "seed");
        say_wrapped(CMD_ASK_LABEL_WIDTH, CMD_ASK_LABEL_WIDTH, line);
    }
}

static void cmd_ask_print_status(const json_t *status, const json_t *networks)
{
    char clean[SAY_CLEAN_MAX];
    char shorter[CMD_ASK_SHORT];
    const json_t *addresses = json_object_get(status, "addresses");
    say_out("peer id      %s\n", say_clean(cmd_ask_text(status, "peerId"), clean));
    say_out("version      %s\n", say_clean(cmd_ask_text(status, "version"), clean));
    say_out("up for       %s\n",
            say_duration(cmd_ask_count(status, "uptimeMs"), shorter, sizeof shorter));
    for (size_t i = 0; i < json_array_size(addresses); i++) {
        const char *address = json_string_value(json_array_get(addresses, i));
        say_out("%s %s\n", i == 0 ? "addresses   " : "            ",
                say_clean(address != NULL ? address : "", clean));
    }
    const json_t *mesh = json_object_get(status, "mesh");
    const unsigned long long barred = cmd_ask_count(mesh, "barred");
    cmd_ask_print_networks(networks);
    cmd_ask_print_mesh(mesh, json_is_true(json_object_get(status, "isPrivate")));
    if (barred > 0) {
        say_out("barred       %llu who broke the rules, for a while\n", barred);
    }
    cmd_ask_print_seeds(json_object_get(mesh, "seeds"));
    say_out("peers        %llu\n", (unsigned long long)cmd_ask_count(status, "peers"));
    say_out("connections  %llu\n", (unsigned long long)cmd_ask_count(status, "connections"));
    cmd_ask_print_disk(cmd_ask_text(status, "disk"));
    cmd_ask_print_clock(json_object_get(status, "clock"));
    if (json_is_string(json_object_get(status, "metrics"))) {
        say_out("metrics      %s\n", say_clean(cmd_ask_text(status, "metrics"), clean));
    }
    say_out("wakeups      %llu a minute\n",
            (unsigned long long)cmd_ask_count(status, "wakeupsPerMinute"));
    say_out("received     %s\n",
            say_bytes(cmd_ask_count(status, "bytesReceived"), shorter, sizeof shorter));
    say_out("sent         %s\n",
            say_bytes(cmd_ask_count(status, "bytesSent"), shorter, sizeof shorter));
}

/* One line within SAY_WIDTH; what else is known is for --wide. */
static void cmd_ask_print_peer(const json_t *peer, bool is_wide)
{
    char clean[SAY_CLEAN_MAX];
    char since[CMD_ASK_SHORT];
    char rtt[CMD_ASK_SHORT] = "-";
    const json_t *rtt_ms = json_object_get(peer, "rttMs");
    const char *secured = cmd_ask_text(peer, "secured"); /* an older node does not say */
    uint64_t barred_ms = cmd_ask_count(peer, "barredMs");
    if (json_is_number(rtt_ms)) {
        (void)snprintf(rtt, sizeof rtt, "%.3f ms", json_number_value(rtt_ms));
    }
    say_out("%-*s", CMD_ASK_ID_WIDTH, say_clean(cmd_ask_text(peer, "peerId"), clean));
    say_out("  %-11s", rtt);
    if (is_wide) {
        const char *agent = cmd_ask_text(peer, "agent");
        say_out("  %-7s", secured[0] != '\0' ? say_clean(secured, clean) : "-");
        say_out("  %-9s", say_clean(cmd_ask_text(peer, "direction"), clean));
        say_out("  %-11s", say_duration(cmd_ask_count(peer, "connectedMs"), since, sizeof since));
        say_out("  %-20s", agent[0] != '\0' ? say_clean(agent, clean) : "-");
        say_out("  %s\n", say_clean(cmd_ask_text(peer, "address"), clean));
    } else {
        say_out("  %s\n", secured[0] != '\0' ? say_clean(secured, clean) : "-");
    }
    if (barred_ms > 0) {
        say_out("  broke the rules, barred for %s\n", say_duration(barred_ms, since, sizeof since));
    }
}

static void cmd_ask_print_peers(const json_t *result, bool is_wide)
{
    const json_t *peers = json_object_get(result, "peers");
    size_t count = json_array_size(peers);
    if (count == 0) {
        say_out("no peers yet\n");
        return;
    }
    say_out("%-*s  %-11s  SECURED", CMD_ASK_ID_WIDTH, "PEER", "ROUND TRIP");
    if (is_wide) {
        say_out("  %-9s  %-11s  %-20s  ADDRESS", "DIRECTION", "CONNECTED", "AGENT");
    }
    say_out("\n");
    for (size_t i = 0; i < count; i++) {
        cmd_ask_print_peer(json_array_get(peers, i), is_wide);
    }
}

/* The networks, where the node tells of them: one that is locked does not. */
static json_t *cmd_ask_networks(const struct call *call)
{
    char home[HOME_PATH_MAX];
    char path[HOME_PATH_MAX];
    json_t *result = NULL;
    json_t *networks = NULL;
    if (cmd_ask_find(call, home, path) == 0 &&
        rpc_client_ask(path, "network.list", NULL, RPC_CLIENT_TIMEOUT_MS, &result) == 0) {
        networks = json_incref(json_object_get(result, "networks"));
    }
    json_decref(result);
    return networks;
}

/* Of which networks others say that this node is not in them any more. */
static void cmd_ask_print_denied(const json_t *networks)
{
    for (size_t i = 0; i < json_array_size(networks); i++) {
        const json_t *one = json_array_get(networks, i);
        char line[DENIED_LINE_MAX];
        if (json_is_true(json_object_get(one, "isDenied"))) {
            say_out("%-*s", CMD_ASK_LABEL_WIDTH, "out");
            say_wrapped(CMD_ASK_LABEL_WIDTH, CMD_ASK_LABEL_WIDTH,
                        denied_write(cmd_ask_text(one, "name"), line));
        }
    }
}

int cmd_ask_status_run(struct call *call)
{
    json_t *result = NULL;
    int code = cmd_ask(call, "node.status", NULL, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        json_t *networks = cmd_ask_networks(call);
        cmd_ask_print_status(result, networks);
        cmd_ask_print_denied(networks);
        json_decref(networks);
    }
    json_decref(result);
    return code;
}

int cmd_ask_peers_run(struct call *call)
{
    json_t *result = NULL;
    int code = cmd_ask(call, "node.peers", NULL, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        cmd_ask_print_peers(result, args_has(&call->args, "wide"));
    }
    json_decref(result);
    return code;
}
