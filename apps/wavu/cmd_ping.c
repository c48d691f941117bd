/*
 * wavu ping: round trips to a peer, as ping(8) shows them.
 */
#include "apps/wavu/cmd_ping.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "apps/wavu/own_node.h"
#include "apps/term/say.h"
#include "base/mem.h"

#define CMD_PING_COUNT 4           /* round trips when nothing else is said, enough for a median */
#define CMD_PING_COUNT_MAX 1000000 /* 8 MB of samples */
#define CMD_PING_INTERVAL_MS 1000
#define CMD_PING_INTERVAL_MAX_S 3600
#define CMD_PING_GRACE_MS 200 /* for closing in good order */

/* One run. */
struct cmd_ping {
    struct own_node own;
    struct wavu_op *op; /* under way, or NULL */
    const char *address;
    bool is_json;
    uint64_t count;
    uint64_t interval_ms;
    uint64_t *samples; /* round trips in ns, `received` of them; owned */
    size_t sample_max;
    size_t received;
    int err;         /* how it ended; WAVU_ERR_CLOSED when all is done */
    bool is_stopped; /* by a signal, or because nobody reads */
    bool is_hurried; /* a second signal came */
    char peer[WAVU_PEER_TEXT_MAX];
};

static void cmd_ping_stop(struct cmd_ping *p)
{
    p->is_stopped = true;
    wavu_op_cancel(p->op);
    p->op = NULL;
    wavu_os_stop(p->own.os);
}

static void cmd_ping_on_signal(void *context, int signal_number)
{
    struct cmd_ping *p = context;
    (void)signal_number;
    p->is_hurried = p->is_stopped;
    cmd_ping_stop(p);
}

static void cmd_ping_note(struct cmd_ping *p, uint64_t rtt_ns)
{
    if (p->received == p->sample_max) {
        p->sample_max = p->sample_max == 0 ? 16 : p->sample_max * 2;
        p->samples = mem_resize(p->samples, p->sample_max * sizeof *p->samples);
    }
    p->samples[p->received++] = rtt_ns;
}

static void cmd_ping_on_event(void *context, const struct wavu_ping_event *event)
{
    struct cmd_ping *p = context;
    if (event->peer != NULL && event->peer[0] != '\0') {
        size_t len = strnlen(event->peer, sizeof p->peer - 1);
        memcpy(p->peer, event->peer, len);
        p->peer[len] = '\0';
    }
    if (event->err != 0) {
        p->op = NULL;
        p->err = event->err;
        wavu_os_stop(p->own.os);
        return;
    }
    cmd_ping_note(p, event->rtt_ns);
    if (!p->is_json) {
        say_out("reply from %s: seq=%zu time=%.3f ms\n", p->peer, p->received,
                (double)event->rtt_ns / 1e6);
        if (!say_flush()) {
            cmd_ping_stop(p);
        }
    }
}

static int cmd_ping_compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : (left > right ? 1 : 0);
}

/* The middle one, or the mean of the middle two, in ms. */
static double cmd_ping_median(const struct cmd_ping *p)
{
    uint64_t low = p->samples[(p->received - 1) / 2];
    uint64_t high = p->samples[p->received / 2];
    return ((double)low + (double)high) / 2e6;
}

/* All round trips came back. WAVU_ERR_CLOSED alone may also be a peer that hung up. */
static bool cmd_ping_is_done(const struct cmd_ping *p)
{
    return p->err == WAVU_ERR_CLOSED && p->received == p->count;
}

static void cmd_ping_summarise(struct cmd_ping *p)
{
    /* The one that broke the run off was on its way. */
    size_t sent = p->received + (!p->is_stopped && !cmd_ping_is_done(p) ? 1 : 0);
    size_t lost = sent - p->received;
    double min = 0;
    double median = 0;
    double max = 0;
    if (p->received > 0) {
        qsort(p->samples, p->received, sizeof *p->samples, cmd_ping_compare);
        min = (double)p->samples[0] / 1e6;
        median = cmd_ping_median(p);
        max = (double)p->samples[p->received - 1] / 1e6;
    }
    if (!p->is_json) {
        say_out("--- %s ---\n%zu sent, %zu received, %zu lost\n", p->peer, sent, p->received, lost);
        if (p->received > 0) {
            say_out("round trip min/median/max = %.3f/%.3f/%.3f ms\n", min, median, max);
        }
        return;
    }
    say_out("{\"peer\":\"%s\",\"count\":%zu,\"lost\":%zu,\"rttMs\":", p->peer, sent, lost);
    if (p->received > 0) {
        say_out("{\"min\":%.6f,\"median\":%.6f,\"max\":%.6f}}\n", min, median, max);
    } else {
        say_out("null}\n");
    }
}

static int cmd_ping_measure(struct cmd_ping *p)
{
    wavu_os_on_signal(p->own.os, cmd_ping_on_signal, p);
    struct wavu_ping_wish wish = {
        .address = p->address, .count = (uint32_t)p->count, .interval_ms = p->interval_ms};
    int rc = wavu_ping(p->own.node, &wish, cmd_ping_on_event, p, &p->op);
    if (rc < 0) {
        return own_node_explain(p->address, rc);
    }
    wavu_os_run(p->own.os, -1);
    if (p->peer[0] != '\0') {
        cmd_ping_summarise(p); /* once it was connected */
    }
    if (p->is_stopped) {
        return p->received > 0 ? SAY_OK : SAY_FAILURE;
    }
    return cmd_ping_is_done(p) ? SAY_OK : own_node_explain(p->address, p->err);
}

int cmd_ping_run(struct call *call)
{
    struct cmd_ping p = {
        .address = call->args.words[0],
        .is_json = call->is_json,
        .count = CMD_PING_COUNT,
        .interval_ms = CMD_PING_INTERVAL_MS,
    };
    struct own_node_wish wish = {.psk_path = args_value(&call->args, "psk"),
                                 .log_level = WAVU_LOG_WARN};
    if (!args_number(&call->args, "count", 1, CMD_PING_COUNT_MAX, &p.count) ||
        !args_seconds(&call->args, "interval", CMD_PING_INTERVAL_MAX_S, &p.interval_ms)) {
        return say_problem(SAY_USAGE, "%s", call->args.problem);
    }
    int code = own_node_check_dial(p.address);
    if (code == 0) {
        code = own_node_open(&p.own, &wish);
    }
    if (code == 0) {
        code = cmd_ping_measure(&p);
    }
    own_node_close(&p.own, CMD_PING_GRACE_MS, &p.is_hurried);
    own_node_clear(&p.own);
    mem_free(p.samples);
    return code;
}
