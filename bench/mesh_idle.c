/*
 * What an idle member costs, as real nodes have it: whole nodes with the public interface, real
 * cryptography, TCP and UDP, on one simulated local network.
 *
 *     bench_mesh_idle NODES MINUTES normal|low [SEED]
 *
 * Out: one JSON line. Bytes are those of connections (identify, yamux and Noise included) and of
 * datagrams (beacon, mDNS); headers of TCP, UDP and IP come on top, and sends say for how many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "node/wavu_node.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "sim/sim_lan.h"
#include "wavu/mesh.h"

#define NODES_MAX 200
#define SETTLE_MINUTES 3
#define SECOND UINT64_C(1000000000)

struct bench {
    struct sim *sim;
    struct sim_host *hosts[NODES_MAX];
    struct wavu_node *nodes[NODES_MAX];
    uint32_t count;
};

/* Of all nodes since their start. */
struct sums {
    uint64_t bytes;
    uint64_t datagram_bytes;
    uint64_t frames;
    uint64_t datagrams;
    uint64_t links; /* connections that came up, both ends counted */
};

static void begin(struct bench *b, bool is_low, uint64_t seed)
{
    b->sim = sim_new(seed);
    for (uint32_t i = 0; i < b->count; i++) {
        char address[64];
        const struct wavu_mesh_config mesh = {
            .has_discovery = true, .has_mdns = true, .is_low_power = is_low};
        (void)snprintf(address, sizeof address, "10.0.0.%u", i + 1);
        b->hosts[i] = sim_host_new(b->sim, address);
        sim_lan_plug(b->hosts[i], 1, NULL);
        const struct wavu_config config = {
            .port = sim_host_port(b->hosts[i]), .is_ephemeral = true, .mesh = &mesh};
        CHECK(wavu_node_new(&config, &b->nodes[i]) == 0);
        (void)snprintf(address, sizeof address, "10.0.0.%u:9000", i + 1);
        CHECK(wavu_node_listen(b->nodes[i], address) == 0);
    }
    sim_run_for(b->sim, SETTLE_MINUTES * 60 * SECOND);
}

static void end(struct bench *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        wavu_node_free(b->nodes[i]);
    }
    sim_free(b->sim);
}

static uint64_t counter(const struct wavu_node *node, const char *name)
{
    const struct metric *metric = metric_find(&node->metrics, name);
    CHECK(metric != NULL);
    return metric->value;
}

static void take(const struct bench *b, struct sums *out)
{
    *out = (struct sums){.bytes = 0};
    for (uint32_t i = 0; i < b->count; i++) {
        struct wavu_status status;
        const struct sim_lan_traffic *lan = sim_lan_traffic_of(b->hosts[i]);
        wavu_node_status(b->nodes[i], &status);
        out->bytes += status.bytes_sent;
        out->frames += counter(b->nodes[i], "overlay_frames_out_total");
        out->links += counter(b->nodes[i], "conns_opened_total");
        out->datagrams += lan->sent;
        out->datagram_bytes += lan->sent_bytes;
    }
}

/* Members that the node with the fewest knows. */
static size_t members(const struct bench *b)
{
    size_t fewest = SIZE_MAX;
    for (uint32_t i = 0; i < b->count; i++) {
        struct wavu_mesh_status status;
        CHECK(wavu_mesh_status(b->nodes[i], &status));
        fewest = status.members < fewest ? status.members : fewest;
    }
    return fewest;
}

static uint64_t wakeups(const struct bench *b)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        struct wavu_status status;
        wavu_node_status(b->nodes[i], &status);
        sum += status.wakeups_per_minute;
    }
    return sum;
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct sums before;
    struct sums after;
    bool is_whole = argc == 4 || argc == 5;
    b.count = is_whole ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    uint32_t minutes = is_whole ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    bool is_low = is_whole && strcmp(argv[3], "low") == 0;
    uint64_t seed = argc == 5 ? strtoull(argv[4], NULL, 10) : 1;
    if (b.count < 2 || b.count > NODES_MAX || minutes == 0 || seed == 0 ||
        (!is_low && strcmp(argv[3], "normal") != 0)) {
        (void)fprintf(stderr, "usage: bench_mesh_idle NODES MINUTES normal|low [SEED]\n");
        return 2;
    }
    begin(&b, is_low, seed);
    take(&b, &before);
    uint64_t woken = 0;
    for (uint32_t i = 0; i < minutes; i++) {
        sim_run_for(b.sim, 60 * SECOND);
        woken += wakeups(&b);
    }
    take(&b, &after);
    double node_seconds = 60.0 * minutes * b.count;
    double streams = (double)(after.bytes - before.bytes);
    double datagrams = (double)(after.datagram_bytes - before.datagram_bytes);
    printf("{\"type\":\"meshIdle\",\"nodes\":%u,\"members\":%zu,\"power\":\"%s\",\"seed\":%llu,"
           "\"minutes\":%u,"
           "\"bytesNodeSecond\":%.0f,\"datagramBytesNodeSecond\":%.0f,\"framesNodeSecond\":%.2f,"
           "\"datagramsNodeSecond\":%.2f,\"linksNodeMinute\":%.2f,\"wakeupsMinute\":%.0f}\n",
           b.count, members(&b), is_low ? "low" : "normal", (unsigned long long)seed, minutes,
           (streams + datagrams) / node_seconds, datagrams / node_seconds,
           (double)(after.frames - before.frames) / node_seconds,
           (double)(after.datagrams - before.datagrams) / node_seconds,
           (double)(after.links - before.links) / node_seconds * 60,
           (double)woken / minutes / b.count);
    end(&b);
    return 0;
}
