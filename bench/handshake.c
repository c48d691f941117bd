/*
 * Full handshakes a second: connect until Noise and yamux are ready, close, again.
 *
 * In: ADDR --count N --parallel K --security noise|hybrid (default: hybrid, where the listener has
 * it). K nodes of one process, each with its own identity, dial at the
 * same time; each closes its connection as soon as it is open and dials again. Out: one JSON line.
 */
#include "lanes.h"

#include "node/wavu_node.h"

struct work;

struct lane {
    struct work *work;
    struct wavu_node *node;
    struct port *port;
};

struct work {
    struct lanes_options options;
    struct wavu_os *os;
    struct lane *lanes;
    unsigned long begun;
    unsigned long ended;
};

static void lane_dial(struct lane *lane);

/* The public API keeps connections; this asks the swarm underneath to close what the lane has open.
 */
static void lane_done(void *context, int err, const char *peer)
{
    struct lane *lane = context;
    struct work *work = lane->work;
    (void)peer;
    if (err != 0) {
        lanes_fail("connecting", err);
    }
    struct list *head = &lane->node->swarm.conns;
    struct list *next = NULL;
    for (struct list *at = list_next(head, head); at != NULL; at = next) {
        next = list_next(head, at);
        conn_close(LIST_OF(at, struct conn, link_swarm), WAVU_ERR_CLOSED);
    }
    work->ended++;
    if (work->ended == work->options.count) {
        wavu_os_stop(work->os);
    } else if (work->begun < work->options.count) {
        lane_dial(lane);
    }
}

static void lane_dial(struct lane *lane)
{
    struct wavu_op *op = NULL;
    lane->work->begun++;
    int rc = wavu_connect(lane->node, lane->work->options.address, lane_done, lane, &op);
    if (rc != 0) {
        lanes_fail("dialling", rc);
    }
}

int main(int argc, char **argv)
{
    struct work work = {.begun = 0};
    lanes_parse(&work.options, argc, argv);
    work.os = wavu_os_new();
    unsigned long parallel = work.options.parallel;
    work.lanes = calloc(parallel, sizeof *work.lanes);
    if (work.lanes == NULL) {
        lanes_fail("starting", WAVU_ERR_MEMORY);
    }
    for (unsigned long i = 0; i < parallel; i++) {
        work.lanes[i].work = &work;
        work.lanes[i].node = lanes_node(work.os, &work.lanes[i].port);
        work.lanes[i].node->swarm.is_classic = work.options.is_classic != 0;
    }
    uint64_t start = wavu_os_now_ns();
    for (unsigned long i = 0; i < parallel && work.begun < work.options.count; i++) {
        lane_dial(&work.lanes[i]);
    }
    wavu_os_run(work.os, -1);
    double seconds = (double)(wavu_os_now_ns() - start) * 1e-9;
    printf("{\"type\":\"handshakes\",\"count\":%lu,\"parallel\":%lu,\"seconds\":%.6f,\"perSecond\":"
           "%.1f}\n",
           work.ended, parallel, seconds, (double)work.ended / seconds);
    for (unsigned long i = 0; i < parallel; i++) {
        wavu_node_free(work.lanes[i].node);
        wavu_os_port_free(work.lanes[i].port);
    }
    wavu_os_free(work.os);
    free(work.lanes);
    return 0;
}
