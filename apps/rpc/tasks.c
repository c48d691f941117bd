/*
 * Slots by number. One under way is never given to another wish, because the node holds it.
 */
#include "apps/rpc/tasks.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/rpc/takes.h"
#include "base/check.h"

static void tasks_tell(const struct tasks_one *one)
{
    if (one->box->told != NULL) {
        one->box->told(one->box->told_context);
    }
}

static void tasks_finish(struct tasks_one *one, int err)
{
    one->op = NULL;
    one->is_done = true;
    one->err = err;
    tasks_tell(one);
}

/* The next slot whose task is over, emptied; it has no number yet. NULL: there is none. */
static struct tasks_one *tasks_take(struct tasks *t, struct wavu_node *node, enum tasks_kind kind)
{
    for (uint64_t i = 1; i <= TASKS_MAX; i++) {
        struct tasks_one *one = &t->slots[(t->last + i) % TASKS_MAX];
        if (one->number == 0 || one->is_done) {
            t->last += i - 1;
            memset(one, 0, sizeof *one);
            one->box = t;
            one->node = node;
            one->kind = kind;
            return one;
        }
    }
    return NULL;
}

/* What the library said of the beginning. */
static int tasks_begun(struct tasks_one *one, int rc, uint64_t *number)
{
    if (rc == 0) {
        one->number = ++one->box->last;
        *number = one->number;
    }
    return rc;
}

/* ---- Connecting ---- */

/* Whoever answered is the one that was meant: it stays one to ask for nodes. Where there is no
 * room for more, or no mesh, the connection is all. */
static void tasks_keep(const struct tasks_one *one)
{
    char seed[WAVU_ADDRESS_TEXT_MAX + WAVU_PEER_TEXT_MAX + sizeof "/p2p/"];
    const bool is_named = one->where.part[0] != '\0';
    if (strncmp(one->where.address, "/p2p/", 5) == 0) {
        return; /* it was looked for, and can be again */
    }
    (void)snprintf(seed, sizeof seed, "%s%s%s", one->where.address, is_named ? "/p2p/" : "",
                   is_named ? one->peer : "");
    (void)!wavu_mesh_add_seed(one->node, seed);
}

/* How many connections there are with somebody. */
struct tasks_conns {
    const char *peer;
    uint32_t count;
};

static void tasks_on_peer(void *context, const struct wavu_peer *peer)
{
    struct tasks_conns *conns = context;
    conns->count = strcmp(peer->id, conns->peer) == 0 ? peer->conns : conns->count;
}

/* Somebody else answered: the connection that was made for this alone ends. Where there are more
 * they were there for other reasons, and this one ends when it was idle for long. */
static void tasks_let_go(const struct tasks_one *one, const char *peer)
{
    struct tasks_conns conns = {.peer = peer};
    wavu_node_peers(one->node, tasks_on_peer, &conns);
    if (conns.count == 1) {
        (void)!wavu_disconnect(one->node, peer);
    }
}

static void tasks_on_connect(void *context, int err, const char *peer)
{
    struct tasks_one *one = context;
    if (err == 0 && !peer_at_fits(peer, one->where.part)) {
        tasks_let_go(one, peer);
        err = WAVU_ERR_PEER_ID;
    }
    if (err == 0) {
        (void)snprintf(one->peer, sizeof one->peer, "%s", peer);
        tasks_keep(one);
    }
    tasks_finish(one, err);
}

int tasks_connect(struct tasks *t, struct wavu_node *node, const struct peer_at *where,
                  uint64_t *number)
{
    struct tasks_one *one = tasks_take(t, node, TASKS_CONNECT);
    if (one == NULL) {
        return WAVU_ERR_AGAIN;
    }
    one->where = *where;
    return tasks_begun(one, wavu_connect(node, where->address, tasks_on_connect, one, &one->op),
                       number);
}

/* ---- Round trips ---- */

static void tasks_on_ping(void *context, const struct wavu_ping_event *event)
{
    struct tasks_one *one = context;
    if (event->peer != NULL && event->peer[0] != '\0') {
        (void)snprintf(one->peer, sizeof one->peer, "%s", event->peer);
    }
    if (event->err != 0) {
        /* All done; or the peer hung up before. */
        bool is_whole = event->err == WAVU_ERR_CLOSED && one->step_count == one->way_count;
        tasks_finish(one, is_whole ? 0 : event->err);
        return;
    }
    CHECK(one->step_count < TASKS_STEPS_MAX); /* no more were wished */
    one->steps[one->step_count++] =
        (struct tasks_step){.rtt_ns = event->rtt_ns, .hops = event->hops};
    tasks_tell(one);
}

int tasks_ping(struct tasks *t, struct wavu_node *node, const struct tasks_wish *wish,
               uint64_t *number)
{
    char known[WAVU_PEER_TEXT_MAX + 8];
    struct tasks_one *one = tasks_take(t, node, TASKS_PING);
    if (one == NULL) {
        return WAVU_ERR_AGAIN;
    }
    (void)snprintf(known, sizeof known, "/p2p/%s", wish->peer == NULL ? "" : wish->peer);
    one->is_mesh = wish->is_mesh;
    one->way_count = wish->count;
    const struct wavu_ping_wish ping = {.address = wish->is_mesh        ? NULL
                                                   : wish->peer != NULL ? known
                                                                        : wish->address,
                                        .member = wish->peer,
                                        .count = wish->count,
                                        .interval_ms = wish->interval_ms};
    return tasks_begun(one, wavu_ping(node, &ping, tasks_on_ping, one, &one->op), number);
}

/* ---- Ways ---- */

static void tasks_trace_next(struct tasks_one *one);

static void tasks_on_hop(void *context, const struct wavu_ping_event *event)
{
    struct tasks_one *one = context;
    if (event->err == 0) {
        one->steps[one->step_count].rtt_ns = event->rtt_ns;
        one->steps[one->step_count].hops = event->hops;
        return;
    }
    one->op = NULL;
    one->steps[one->step_count].err = event->err == WAVU_ERR_CLOSED ? 0 : event->err;
    one->step_count++;
    if (event->err == WAVU_ERR_SHUTDOWN) {
        tasks_finish(one, event->err);
        return;
    }
    tasks_tell(one);
    tasks_trace_next(one);
}

/* Ask the next hop; one that cannot be asked has failed. The trace is as good as its last hop. */
static void tasks_trace_next(struct tasks_one *one)
{
    int rc = WAVU_ERR_AGAIN;
    while (one->step_count < one->way_count && rc < 0) {
        const struct wavu_ping_wish wish = {.member = one->way[one->step_count].id, .count = 1};
        rc = wavu_ping(one->node, &wish, tasks_on_hop, one, &one->op);
        if (rc < 0) {
            one->steps[one->step_count++].err = rc;
        }
    }
    if (rc < 0) {
        tasks_finish(one, one->steps[one->way_count - 1].err);
    }
}

int tasks_trace(struct tasks *t, struct wavu_node *node, const char *peer, uint64_t *number)
{
    struct tasks_one *one = tasks_take(t, node, TASKS_TRACE);
    if (one == NULL) {
        return WAVU_ERR_AGAIN;
    }
    int rc = wavu_mesh_way(node, peer, one->way, &one->way_count);
    if (rc == 0) {
        (void)snprintf(one->peer, sizeof one->peer, "%s", peer);
        one->is_mesh = true;
    }
    rc = tasks_begun(one, rc, number);
    if (rc == 0) {
        tasks_trace_next(one);
    }
    return rc;
}

/* ---- Looking ---- */

const struct tasks_one *tasks_find(const struct tasks *t, uint64_t number)
{
    const struct tasks_one *one = &t->slots[number % TASKS_MAX];
    return number != 0 && one->number == number ? one : NULL;
}

bool tasks_end(struct tasks *t, uint64_t number)
{
    struct tasks_one *one = &t->slots[number % TASKS_MAX];
    if (tasks_find(t, number) == NULL) {
        return false;
    }
    if (!one->is_done) {
        wavu_op_cancel(one->op);
        tasks_finish(one, WAVU_ERR_CLOSED);
    }
    return true;
}

static json_t *tasks_ms(uint64_t us)
{
    return us == 0 ? json_null() : json_real((double)us / 1e3);
}

json_t *tasks_hop(const struct wavu_hop *hop)
{
    json_t *one = json_object();
    takes_put(one, "peerId", jsonrpc_text(hop->id));
    takes_put(one, "costMs", json_real((double)hop->cost_us / 1e3));
    takes_put(one, "rttMs", tasks_ms(hop->rtt_us));
    return one;
}

static json_t *tasks_step(const struct tasks_one *task, size_t i)
{
    const struct tasks_step *step = &task->steps[i];
    json_t *one = json_object();
    takes_put(one, "peerId",
              jsonrpc_text(task->kind == TASKS_TRACE ? task->way[i].id : task->peer));
    takes_put(one, "rttMs", step->err < 0 ? json_null() : json_real((double)step->rtt_ns / 1e6));
    takes_put(one, "links", step->err < 0 ? json_null() : json_integer(step->hops));
    takes_put(one, "error", step->err < 0 ? json_string(wavu_err_name(step->err)) : json_null());
    return one;
}

/* As tasks_sentence; who never had a connection there may have been turned away by what the two
 * ends seal their links with, of which neither tells the other. */
static const char *tasks_problem(const struct tasks_one *task)
{
    const bool is_broken = task->err == WAVU_ERR_RESET || task->err == WAVU_ERR_CRYPTO ||
                           task->err == WAVU_ERR_UNSUPPORTED;
    if (task->kind == TASKS_CONNECT && is_broken) {
        return "the two ends agreed on no secure link: one of them has a private network's key "
               "(--psk) or a module's cipher that the other has not, or the other node has just "
               "ended; see which it is, and try again";
    }
    return tasks_sentence(task->err);
}

json_t *tasks_show(const struct tasks_one *task, size_t after)
{
    static const char *const kinds[] = {
        [TASKS_CONNECT] = "connect", [TASKS_PING] = "ping", [TASKS_TRACE] = "trace"};
    json_t *one = json_object();
    json_t *way = json_array();
    json_t *steps = json_array();
    bool is_bad = task->is_done && task->err < 0;
    for (size_t i = 0; i < task->way_count && task->kind == TASKS_TRACE; i++) {
        CHECK(json_array_append_new(way, tasks_hop(&task->way[i])) == 0);
    }
    for (size_t i = after; i < task->step_count; i++) {
        CHECK(json_array_append_new(steps, tasks_step(task, i)) == 0);
    }
    takes_put(one, "task", takes_count(task->number));
    takes_put(one, "kind", json_string(kinds[task->kind]));
    takes_put(one, "peer", takes_text_or_null(task->peer));
    takes_put(one, "over", json_string(task->is_mesh ? "mesh" : "connection"));
    takes_put(one, "isDone", json_boolean(task->is_done));
    takes_put(one, "error", is_bad ? json_string(wavu_err_name(task->err)) : json_null());
    takes_put(one, "problem", is_bad ? json_string(tasks_problem(task)) : json_null());
    takes_put(one, "way", way);
    takes_put(one, "steps", steps);
    takes_put(one, "next", takes_count(after > task->step_count ? after : task->step_count));
    return one;
}

const char *tasks_sentence(int err)
{
    switch (err) {
    case WAVU_ERR_INVALID:
        return "that is no address of another node; write host:port, PEER@host, or a multiaddr "
               "such "
               "as /ip4/192.0.2.7/tcp/9000";
    case WAVU_ERR_UNSUPPORTED:
        return "that cannot be reached from here: wavu speaks TCP, and a node that was started "
               "with "
               "--no-mesh knows no members";
    case WAVU_ERR_REFUSED:
        return "nobody listens there; start the other node, or check the port";
    case WAVU_ERR_NOT_FOUND:
        return "that name is not known; check its spelling";
    case WAVU_ERR_TIMEOUT:
        return "there is no answer; check that the other node is on, and whether a firewall is in "
               "between";
    case WAVU_ERR_PEER_ID:
        return "another peer answers there than the one named; ask for its present address";
    case WAVU_ERR_RESET:
        return "the other end broke the connection off; see whether it still runs and try again";
    case WAVU_ERR_PROTO:
        return "what listens there does not speak libp2p, or its network is private with another "
               "key; check the port, and the key (--psk)";
    case WAVU_ERR_UNREACHABLE:
        return "there is no way there now; 'wavu topology' shows which links there are";
    case WAVU_ERR_AGAIN:
        return "too much is under way already; try again in a second";
    case WAVU_ERR_CLOSED:
        return "it was ended before it was done";
    default:
        return wavu_err_sentence(err);
    }
}
