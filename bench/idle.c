/*
 * Holds many idle connections to one listener, so that the listener's memory can be read.
 *
 * In: ADDR --count N. N nodes in one process, each with its own identity and one connection; 16
 * dial at a time. Out: a JSON line once all are open; then it waits for SIGTERM.
 */
#include "lanes.h"

#define DIALS 16
#define SETTLE_MS 500 /* a connection that the listener refuses is closed by then */

struct crowd {
    struct lanes_options options;
    struct wavu_os *os;
    struct wavu_node **nodes;
    struct port **ports;
    unsigned long begun;
    unsigned long open;
};

static void crowd_dial(struct crowd *crowd);

static void crowd_done(void *context, int err, const char *peer)
{
    struct crowd *crowd = context;
    (void)peer;
    if (err != 0) {
        lanes_fail("connecting", err);
    }
    crowd->open++;
    if (crowd->begun < crowd->options.count) {
        crowd_dial(crowd);
    } else if (crowd->open == crowd->options.count) {
        wavu_os_stop(crowd->os);
    }
}

static void crowd_dial(struct crowd *crowd)
{
    unsigned long i = crowd->begun++;
    struct wavu_op *op = NULL;
    crowd->nodes[i] = lanes_node(crowd->os, &crowd->ports[i]);
    int rc = wavu_connect(crowd->nodes[i], crowd->options.address, crowd_done, crowd, &op);
    if (rc != 0) {
        lanes_fail("dialling", rc);
    }
}

static void crowd_signal(void *context, int number)
{
    (void)number;
    wavu_os_stop(context);
}

static unsigned long crowd_count(const struct crowd *crowd)
{
    unsigned long open = 0;
    for (unsigned long i = 0; i < crowd->begun; i++) {
        struct wavu_status status;
        wavu_node_status(crowd->nodes[i], &status);
        open += status.peers > 0;
    }
    return open;
}

int main(int argc, char **argv)
{
    struct crowd crowd = {.begun = 0};
    lanes_parse(&crowd.options, argc, argv);
    crowd.os = wavu_os_new();
    crowd.nodes = calloc(crowd.options.count, sizeof *crowd.nodes);
    crowd.ports = calloc(crowd.options.count, sizeof *crowd.ports);
    if (crowd.nodes == NULL || crowd.ports == NULL || crowd.os == NULL) {
        lanes_fail("starting", WAVU_ERR_MEMORY);
    }
    while (crowd.begun < DIALS && crowd.begun < crowd.options.count) {
        crowd_dial(&crowd);
    }
    wavu_os_run(crowd.os, -1);
    wavu_os_run(crowd.os, SETTLE_MS);
    wavu_os_on_signal(crowd.os, crowd_signal, crowd.os);
    printf("{\"event\":\"idle\",\"count\":%lu}\n", crowd_count(&crowd));
    fflush(stdout);
    wavu_os_run(crowd.os, -1);
    for (unsigned long i = 0; i < crowd.begun; i++) {
        wavu_node_free(crowd.nodes[i]);
        wavu_os_port_free(crowd.ports[i]);
    }
    wavu_os_free(crowd.os);
    free(crowd.nodes);
    free(crowd.ports);
    return 0;
}
