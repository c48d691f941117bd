/*
 * Operations of the public interface that begin by reaching a peer: connect, ping, perf.
 *
 * Each is one struct wavu_op: a dial first, then a service's run; or, to a member of the mesh, one
 * unicast behind the other. It reports, and is freed at the turn's end.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "net/dial.h"
#include "node/wavu_node.h"
#include "node/wavu_send.h"
#include "wavu/p2p.h"

#define WAVU_OP_PROGRESS_NS TIMERS_SECOND /* perf reports so often */

enum wavu_op_kind { WAVU_OP_CONNECT, WAVU_OP_PING, WAVU_OP_PERF };

struct wavu_op {
    struct list link; /* in node->ops */
    struct wavu_node *node;
    enum wavu_op_kind kind;
    struct dial *dial;     /* under way, or NULL */
    struct ping_run *ping; /* under way, or NULL */
    struct perf_run *perf; /* under way, or NULL */
    struct timer timer;    /* perf's progress; the next probe */
    struct turn_dead dead;
    void *context;
    union {
        void (*connect)(void *context, int err, const char *peer);
        void (*ping)(void *context, const struct wavu_ping_event *event);
        void (*perf)(void *context, const struct wavu_perf_event *event);
    } up;
    char peer[WAVU_PEER_TEXT_MAX];
    uint32_t count;
    uint64_t interval_ns;
    uint64_t upload;
    uint64_t download;
    uint64_t started_ns; /* of probes each */
    uint64_t reported_ns;
    uint64_t reported_up;
    uint64_t reported_down;
    bool is_over;
};

static uint64_t wavu_op_now(const struct wavu_op *op)
{
    return op->node->port->precise_ns(op->node->port);
}

static void wavu_op_reap(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct wavu_op, dead));
}

/* Take the operation out of the node; nothing is reported any more. */
static void wavu_op_stop(struct wavu_op *op)
{
    op->is_over = true;
    timers_cancel(&op->node->port->turn.timers, &op->timer);
    dial_cancel(op->dial);
    ping_cancel(op->ping);
    perf_cancel(op->perf);
    wavu_send_forget(op->node->sends, op);
    list_remove(&op->link);
    turn_bury(&op->node->port->turn, &op->dead);
}

void wavu_op_cancel(struct wavu_op *op)
{
    if (op != NULL && !op->is_over) {
        wavu_op_stop(op);
    }
}

static void wavu_op_perf_report(struct wavu_op *op, bool is_final, int err)
{
    struct wavu_perf_event event = {.is_final = is_final, .err = err};
    uint64_t now = wavu_op_now(op);
    uint64_t up = op->reported_up;
    uint64_t down = op->reported_down;
    if (op->perf != NULL) {
        perf_progress(op->perf, &up, &down);
    }
    event.elapsed_ns = now - (is_final ? op->started_ns : op->reported_ns);
    event.uploaded = is_final ? up : up - op->reported_up;
    event.downloaded = is_final ? down : down - op->reported_down;
    op->reported_ns = now;
    op->reported_up = up;
    op->reported_down = down;
    op->up.perf(op->context, &event);
}

/* The last report, then the end. */
static void wavu_op_end(struct wavu_op *op, int err)
{
    if (op->is_over) {
        return;
    }
    struct wavu_ping_event ping_event = {.err = err, .peer = op->peer};
    list_remove(&op->link); /* not to be met again by wavu_op_end_all */
    op->is_over = true;
    switch (op->kind) {
    case WAVU_OP_CONNECT:
        op->up.connect(op->context, err, op->peer);
        break;
    case WAVU_OP_PING:
        op->up.ping(op->context, &ping_event);
        break;
    case WAVU_OP_PERF:
        wavu_op_perf_report(op, true, err);
        break;
    }
    wavu_op_stop(op);
}

static void wavu_op_on_ping(void *context, int err, uint64_t rtt_ns)
{
    struct wavu_op *op = context;
    if (err != 0) {
        op->ping = NULL;
        wavu_op_end(op, err);
        return;
    }
    struct wavu_ping_event event = {.rtt_ns = rtt_ns, .peer = op->peer, .hops = 1};
    op->up.ping(op->context, &event);
}

/* ---- Round trips to a member ---- */

static void wavu_op_on_answer(void *context, int err, uint32_t hops)
{
    struct wavu_op *op = context;
    uint64_t now = wavu_op_now(op);
    if (err != 0) {
        wavu_op_end(op, err);
        return;
    }
    struct wavu_ping_event event = {.rtt_ns = now - op->started_ns, .peer = op->peer, .hops = hops};
    op->up.ping(op->context, &event);
    if (op->is_over) {
        return;
    }
    if (op->count == 1) {
        wavu_op_end(op, WAVU_ERR_CLOSED);
        return;
    }
    op->count -= op->count > 0 ? 1 : 0;
    timers_set(&op->node->port->turn.timers, &op->timer,
               op->node->port->turn.now_ns + op->interval_ns, 0);
}

static int wavu_op_probe(struct wavu_op *op)
{
    op->started_ns = wavu_op_now(op);
    return wavu_send_probe(op->node, op->peer, wavu_op_on_answer, op);
}

static void wavu_op_on_probe_timer(struct timer *timer, uint64_t now)
{
    struct wavu_op *op = LIST_OF(timer, struct wavu_op, timer);
    (void)now;
    int rc = wavu_op_probe(op);
    if (rc < 0) {
        wavu_op_end(op, rc);
    }
}

/* Begin to ask `member`. Takes `op`: freed on failure. */
static int wavu_op_member_take(struct wavu_op *op, struct wavu_node *node, const char *member,
                               struct wavu_op **out)
{
    op->node = node;
    op->dead.reap = wavu_op_reap;
    timers_prepare(&op->timer, wavu_op_on_probe_timer);
    int rc = WAVU_ERR_INVALID;
    if (strlen(member) < sizeof op->peer) {
        (void)snprintf(op->peer, sizeof op->peer, "%s", member);
        rc = wavu_op_probe(op);
    }
    if (rc < 0) {
        mem_free(op);
        return rc;
    }
    list_push_back(&node->ops, &op->link);
    *out = op;
    return 0;
}

/* ---- Throughput ---- */

static void wavu_op_on_perf(void *context, int err)
{
    struct wavu_op *op = context;
    struct perf_run *run = op->perf;
    if (run != NULL) {
        perf_progress(run, &op->reported_up, &op->reported_down);
    }
    op->perf = NULL;
    wavu_op_end(op, err);
}

static void wavu_op_on_timer(struct timer *timer, uint64_t now)
{
    struct wavu_op *op = LIST_OF(timer, struct wavu_op, timer);
    wavu_op_perf_report(op, false, 0);
    if (!op->is_over) {
        timers_set(&op->node->port->turn.timers, &op->timer, now + WAVU_OP_PROGRESS_NS, TIMERS_MS);
    }
}

static int wavu_op_start_perf(struct wavu_op *op, struct conn *conn)
{
    struct perf_user user = {.done = wavu_op_on_perf, .context = op};
    uint64_t now = op->node->port->turn.now_ns;
    timers_set(&op->node->port->turn.timers, &op->timer, now + WAVU_OP_PROGRESS_NS, TIMERS_MS);
    return perf_start(&op->node->perf, conn, op->upload, op->download, user, &op->perf);
}

static int wavu_op_start_ping(struct wavu_op *op, struct conn *conn)
{
    struct ping_user user = {.done = wavu_op_on_ping, .context = op};
    return ping_start(&op->node->ping, conn, op->count, op->interval_ns, user, &op->ping);
}

static void wavu_op_on_dial(void *context, int err, struct conn *conn)
{
    struct wavu_op *op = context;
    op->dial = NULL;
    if (err == 0) {
        peerid_format(conn_peer(conn), op->peer);
        switch (op->kind) {
        case WAVU_OP_CONNECT:
            wavu_op_end(op, 0);
            return;
        case WAVU_OP_PING:
            err = wavu_op_start_ping(op, conn);
            break;
        case WAVU_OP_PERF:
            err = wavu_op_start_perf(op, conn);
            break;
        }
    }
    if (err != 0) {
        /* A peer that hangs up while we connect broke it off: CLOSED means "all done" to the
         * caller. */
        wavu_op_end(op, err == WAVU_ERR_CLOSED ? WAVU_ERR_RESET : err);
    }
}

/* Begin to reach `address`. Takes `op`: freed on failure. */
static int wavu_op_dial_take(struct wavu_op *op, struct wavu_node *node, const char *address,
                             struct wavu_op **out)
{
    struct multiaddr parsed;
    struct dial_user user = {.done = wavu_op_on_dial, .context = op};
    op->node = node;
    op->dead.reap = wavu_op_reap;
    op->started_ns = wavu_op_now(op);
    op->reported_ns = op->started_ns;
    timers_prepare(&op->timer, wavu_op_on_timer);
    int rc = multiaddr_parse_any(&parsed, span_from_text(address));
    if (rc == 0) {
        rc = dial_start(&node->swarm, NULL, &parsed, 1, user, &op->dial);
    }
    if (rc < 0) {
        mem_free(op);
        return rc;
    }
    list_push_back(&node->ops, &op->link);
    *out = op;
    return 0;
}

int wavu_connect(struct wavu_node *node, const char *address,
                 void (*done)(void *context, int err, const char *peer), void *context,
                 struct wavu_op **out)
{
    struct wavu_op *op = mem_new(sizeof *op);
    op->kind = WAVU_OP_CONNECT;
    op->up.connect = done;
    op->context = context;
    return wavu_op_dial_take(op, node, address, out);
}

/* ---- A peer by its id ---- */

static void wavu_op_on_patience(struct timer *timer, uint64_t now)
{
    (void)now;
    wavu_op_end(LIST_OF(timer, struct wavu_op, timer), WAVU_ERR_TIMEOUT);
}

/* The addresses of `wish` that are of kinds we know, into `out`. */
static int wavu_op_read_addresses(const struct wavu_peer_wish *wish,
                                  struct multiaddr out[WAVU_PEER_ADDRESSES_MAX], size_t *count)
{
    *count = 0;
    if (wish->address_count > WAVU_PEER_ADDRESSES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    for (size_t i = 0; i < wish->address_count; i++) {
        int rc = multiaddr_parse(&out[*count], span_from_text(wish->addresses[i]));
        if (rc < 0 && rc != WAVU_ERR_UNSUPPORTED) {
            return rc;
        }
        *count += rc == 0 ? 1 : 0;
    }
    return 0;
}

int wavu_peer_connect(struct wavu_node *node, const struct wavu_peer_wish *wish,
                      void (*done)(void *context, int err, const char *peer), void *context,
                      struct wavu_op **out)
{
    struct peerid id;
    struct multiaddr addresses[WAVU_PEER_ADDRESSES_MAX];
    size_t count = 0;
    uint64_t wait_ms = wish->timeout_ms > 0 ? wish->timeout_ms : WAVU_STREAM_TIMEOUT_MS;
    if (peerid_parse(&id, span_from_text(wish->peer)) < 0) {
        return WAVU_ERR_INVALID;
    }
    int rc = wavu_op_read_addresses(wish, addresses, &count);
    if (rc < 0) {
        return rc;
    }
    struct wavu_op *op = mem_new(sizeof *op);
    struct dial_user user = {.done = wavu_op_on_dial, .context = op};
    op->node = node;
    op->kind = WAVU_OP_CONNECT;
    op->up.connect = done;
    op->context = context;
    op->dead.reap = wavu_op_reap;
    timers_prepare(&op->timer, wavu_op_on_patience);
    peerid_format(&id, op->peer);
    rc = dial_start(&node->swarm, &id, addresses, count, user, &op->dial);
    if (rc < 0) {
        mem_free(op);
        return rc == WAVU_ERR_INVALID ? WAVU_ERR_NOT_FOUND : rc;
    }
    timers_set(&node->port->turn.timers, &op->timer, node->port->turn.now_ns + wait_ms * TIMERS_MS,
               TIMERS_MS);
    list_push_back(&node->ops, &op->link);
    *out = op;
    return 0;
}

int wavu_ping(struct wavu_node *node, const struct wavu_ping_wish *wish,
              void (*up)(void *context, const struct wavu_ping_event *event), void *context,
              struct wavu_op **out)
{
    struct wavu_op *op = mem_new(sizeof *op);
    op->kind = WAVU_OP_PING;
    op->up.ping = up;
    op->context = context;
    op->count = wish->count;
    op->interval_ns = wish->interval_ms * TIMERS_MS;
    return wish->address == NULL ? wavu_op_member_take(op, node, wish->member, out)
                                 : wavu_op_dial_take(op, node, wish->address, out);
}

int wavu_disconnect(struct wavu_node *node, const char *peer)
{
    struct peerid id;
    if (peerid_parse(&id, span_from_text(peer)) < 0) {
        return WAVU_ERR_INVALID;
    }
    const struct peer *known = swarm_peer(&node->swarm, &id);
    if (known == NULL || known->conn_count == 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    struct list *at = list_next(&known->conns, &known->conns);
    while (at != NULL) {
        struct conn *c = LIST_OF(at, struct conn, link_peer);
        at = list_next(&known->conns, at);
        conn_finish(c);
    }
    return 0;
}

int wavu_perf(struct wavu_node *node, const struct wavu_perf_wish *wish,
              void (*up)(void *context, const struct wavu_perf_event *event), void *context,
              struct wavu_op **out)
{
    struct wavu_op *op = mem_new(sizeof *op);
    op->kind = WAVU_OP_PERF;
    op->up.perf = up;
    op->context = context;
    op->upload = wish->upload;
    op->download = wish->download;
    return wavu_op_dial_take(op, node, wish->address, out);
}

void wavu_op_end_all(struct wavu_node *node)
{
    struct list *first = list_next(&node->ops, &node->ops);
    while (first != NULL) {
        wavu_op_end(LIST_OF(first, struct wavu_op, link), WAVU_ERR_SHUTDOWN);
        first = list_next(&node->ops, &node->ops);
    }
}
