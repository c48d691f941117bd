/*
 * wavu perf: throughput to a peer, as JSON lines like those of libp2p's perf tests.
 */
#include "apps/wavu/cmd_perf.h"

#include <inttypes.h>

#include "apps/wavu/own_node.h"
#include "apps/term/say.h"

#define CMD_PERF_GRACE_MS 200 /* for closing in good order */

/* One run. */
struct cmd_perf {
    struct own_node own;
    struct wavu_op *op; /* under way, or NULL */
    uint64_t upload;
    uint64_t download;
    int err;         /* how it ended */
    bool is_stopped; /* by a signal, or because nobody reads */
    bool is_hurried; /* a second signal came */
};

static void cmd_perf_stop(struct cmd_perf *p)
{
    p->is_stopped = true;
    wavu_op_cancel(p->op);
    p->op = NULL;
    wavu_os_stop(p->own.os);
}

static void cmd_perf_on_signal(void *context, int signal_number)
{
    struct cmd_perf *p = context;
    (void)signal_number;
    p->is_hurried = p->is_stopped;
    cmd_perf_stop(p);
}

static void cmd_perf_on_event(void *context, const struct wavu_perf_event *event)
{
    struct cmd_perf *p = context;
    if (event->is_final) {
        p->op = NULL;
        p->err = event->err;
        wavu_os_stop(p->own.os);
    }
    if (event->err == 0) {
        say_out("{\"type\":\"%s\",\"timeSeconds\":%.9f,\"uploadBytes\":%" PRIu64
                ",\"downloadBytes\":%" PRIu64 "}\n",
                event->is_final ? "final" : "intermediary", (double)event->elapsed_ns / 1e9,
                event->uploaded, event->downloaded);
    }
    if (!say_flush() && !event->is_final) {
        cmd_perf_stop(p);
    }
}

static int cmd_perf_measure(struct cmd_perf *p, const char *address)
{
    wavu_os_on_signal(p->own.os, cmd_perf_on_signal, p);
    struct wavu_perf_wish wish = {.address = address, .upload = p->upload, .download = p->download};
    int rc = wavu_perf(p->own.node, &wish, cmd_perf_on_event, p, &p->op);
    if (rc < 0) {
        return own_node_explain(address, rc);
    }
    wavu_os_run(p->own.os, -1);
    if (p->is_stopped) {
        return SAY_FAILURE; /* whoever stopped it knows */
    }
    return p->err == 0 ? SAY_OK : own_node_explain(address, p->err);
}

int cmd_perf_run(struct call *call)
{
    struct cmd_perf p = {.op = NULL};
    struct own_node_wish wish = {.psk_path = args_value(&call->args, "psk"),
                                 .log_level = WAVU_LOG_WARN};
    const char *address = call->args.words[0];
    if (!args_number(&call->args, "upload-bytes", 0, INT64_MAX, &p.upload) ||
        !args_number(&call->args, "download-bytes", 0, INT64_MAX, &p.download)) {
        return say_problem(SAY_USAGE, "%s", call->args.problem);
    }
    if (!args_has(&call->args, "upload-bytes") && !args_has(&call->args, "download-bytes")) {
        return say_problem(SAY_USAGE, "perf needs to know how much: --upload-bytes N, "
                                      "--download-bytes N or both");
    }
    int code = own_node_check_dial(address);
    if (code == 0) {
        code = own_node_open(&p.own, &wish);
    }
    if (code == 0) {
        code = cmd_perf_measure(&p, address);
    }
    own_node_close(&p.own, CMD_PERF_GRACE_MS, &p.is_hurried);
    own_node_clear(&p.own);
    return code;
}
