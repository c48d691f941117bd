/*
 * Round trips on one stream, the next as soon as the last is back.
 *
 * In: ADDR -c N. Out: one JSON line with the minimum, median, 99th percentile and maximum in
 * milliseconds.
 */
#include "lanes.h"

struct pings {
    struct lanes_options options;
    struct wavu_os *os;
    uint64_t *rtts;
    unsigned long have;
    int err;
};

static void pings_up(void *context, const struct wavu_ping_event *event)
{
    struct pings *p = context;
    if (event->err == 0 && p->have < p->options.count) {
        p->rtts[p->have++] = event->rtt_ns;
    }
    if (event->err != 0) {
        p->err = event->err;
        wavu_os_stop(p->os);
    }
}

static int pings_by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    struct pings p = {.have = 0};
    struct port *port = NULL;
    struct wavu_op *op = NULL;
    lanes_parse(&p.options, argc, argv);
    p.os = wavu_os_new();
    p.rtts = calloc(p.options.count, sizeof *p.rtts);
    struct wavu_node *node = lanes_node(p.os, &port);
    struct wavu_ping_wish wish = {.address = p.options.address, .count = (uint32_t)p.options.count};
    int rc = p.rtts == NULL ? WAVU_ERR_MEMORY : wavu_ping(node, &wish, pings_up, &p, &op);
    if (rc != 0) {
        lanes_fail("starting", rc);
    }
    wavu_os_run(p.os, -1);
    if (p.have < p.options.count) {
        lanes_fail("pinging", p.err);
    }
    qsort(p.rtts, p.have, sizeof *p.rtts, pings_by_size);
    printf("{\"type\":\"ping\",\"count\":%lu,\"rttMs\":{\"min\":%.6f,\"median\":%.6f,\"p99\":%.6f,"
           "\"max\":%.6f}}\n",
           p.have, (double)p.rtts[0] * 1e-6, (double)p.rtts[p.have / 2] * 1e-6,
           (double)p.rtts[p.have * 99 / 100] * 1e-6, (double)p.rtts[p.have - 1] * 1e-6);
    wavu_node_free(node);
    wavu_os_port_free(port);
    wavu_os_free(p.os);
    free(p.rtts);
    return 0;
}
