/*
 * The mesh by the thousand: bare overlays over message cables of 10 to 50 ms, null signatures, one
 * core. One experiment a call, one JSON line out:
 *
 *     rate NODES SAID_PER_10_S      events a second of CPU time: overlay, and broadcasts of ten
 *     tree NODES SENDERS [SEED]     redundancy, hops and last delivery of a steady mesh
 *     loss NODES PERMILLE SEEDS     deliveries owed and made while messages are lost
 *     crash NODES PERCENT reset|silent SEED   seconds to unbroken full delivery
 *     split NODES MINUTES SEED      seconds from heal to one component
 *     idle NODES                    bytes a node and second without broadcasts
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "swarm/census.h"
#include "swarm/ledger.h"

#define SAY_BYTES 64
#define RATE_SENDERS 10
#define IN_TIME_NS (5 * WORLD_S) /* crash: later is not delivered; one exchange of neighbours */

struct bench {
    struct world *w;
    struct ledger ledger;
    uint64_t wrong; /* deliveries that the ledger refuses */
};

static double cpu_seconds(void)
{
    struct timespec t;
    CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_delivered(void *context, uint32_t node, uint32_t origin, const struct mesh_event *e)
{
    struct bench *b = context;
    b->wrong +=
        ledger_hear(&b->ledger, world_now(b->w), node, origin, e->body, e->hops) != LEDGER_NEW;
}

static void pass(struct bench *b, uint64_t ns)
{
    world_run(b->w, world_now(b->w) + ns);
}

/* All nodes start within 10 s; then a minute to settle. */
static void begin(struct bench *b, uint32_t nodes, uint64_t seed)
{
    struct world_config config = {
        .seed = seed, .nodes = nodes, .delay_min_ms = 10, .delay_max_ms = 50};
    struct world_watch watch = {.context = b, .delivered = on_delivered};
    memset(b, 0, sizeof *b);
    b->w = world_new(&config, &watch);
    ledger_init(&b->ledger, nodes);
    uint64_t start = world_now(b->w);
    for (uint32_t i = 0; i < nodes; i++) {
        world_start(b->w, i, i == 0 ? 0 : (uint32_t)random_below(&b->w->random, i));
        world_run(b->w, start + 10 * WORLD_S / nodes * (i + 1));
    }
    pass(b, 60 * WORLD_S);
}

static void end(struct bench *b)
{
    CHECK(b->wrong == 0);
    ledger_clear(&b->ledger);
    world_free(b->w);
}

static uint32_t a_live_node(struct bench *b)
{
    uint32_t i = 0;
    do {
        i = (uint32_t)random_below(&b->w->random, b->w->config.nodes);
    } while (!b->w->nodes[i].is_up);
    return i;
}

static void say(struct bench *b, uint32_t node)
{
    struct span payload = ledger_say(&b->ledger, world_now(b->w), node, SAY_BYTES);
    CHECK(world_say(b->w, node, payload, NULL) == 0);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t duplicates(const struct bench *b)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < b->w->config.nodes; i++) {
        sum += b->w->nodes[i].is_up ? b->w->nodes[i].mesh.plumtree.stats.duplicates : 0;
    }
    return sum;
}

/* `count` broadcasts in `ns`, of each sender in turn. */
static void talk(struct bench *b, uint32_t senders, unsigned count, uint64_t ns)
{
    for (unsigned i = 0; i < count; i++) {
        say(b, i % senders);
        pass(b, ns / count);
    }
}

static void rate(uint32_t nodes, unsigned in_10_s)
{
    struct bench b;
    begin(&b, nodes, 1);
    talk(&b, RATE_SENDERS, 20, 20 * WORLD_S); /* the tree; and everybody has heard of them */
    uint64_t events = b.w->stats.events;
    double cpu = cpu_seconds();
    talk(&b, RATE_SENDERS, in_10_s, 10 * WORLD_S);
    cpu = cpu_seconds() - cpu;
    events = b.w->stats.events - events;
    pass(&b, 5 * WORLD_S);
    uint64_t made = 0;
    for (size_t i = 0; i < b.ledger.count; i++) {
        made += b.ledger.entries[i].count;
    }
    printf("{\"type\":\"rate\",\"nodes\":%u,\"events\":%llu,\"seconds\":%.3f,\"perSecond\":%.0f,"
           "\"realTime\":%.2f,\"delivered\":%llu,\"owed\":%llu}\n",
           nodes, (unsigned long long)events, cpu, (double)events / cpu, 10 / cpu,
           (unsigned long long)made, (unsigned long long)b.ledger.count * (nodes - 1));
    end(&b);
}

/* Medians and maxima over the entries from `first` on. */
static void tell_tree(struct bench *b, size_t first, uint32_t senders, uint64_t doubles)
{
    size_t count = b->ledger.count - first;
    uint64_t *last = mem_new_array(count, sizeof last[0]);
    uint64_t owed = 0;
    uint64_t made = 0;
    uint32_t hops = 0;
    for (size_t i = 0; i < count; i++) {
        const struct ledger_entry *e = &b->ledger.entries[first + i];
        last[i] = e->last_ns - e->said_ns;
        owed += b->w->config.nodes - 1;
        made += e->count;
        hops = e->hops_max > hops ? e->hops_max : hops;
    }
    qsort(last, count, sizeof last[0], compare);
    printf("{\"type\":\"tree\",\"nodes\":%u,\"senders\":%u,\"redundancy\":%.4f,\"lastMs\":%.0f,"
           "\"lastMsMax\":%.0f,\"hopsMax\":%u,\"delivered\":%llu,\"owed\":%llu}\n",
           b->w->config.nodes, senders, (double)doubles / (double)made,
           (double)last[count / 2] / 1e6, (double)last[count - 1] / 1e6, hops,
           (unsigned long long)made, (unsigned long long)owed);
    mem_free(last);
}

static void tree(uint32_t nodes, uint32_t senders, uint64_t seed)
{
    struct bench b;
    begin(&b, nodes, seed);
    for (uint32_t i = 0; i < 100; i++) {
        say(&b, i % senders);
        pass(&b, WORLD_S);
    }
    size_t first = b.ledger.count;
    uint64_t doubles = duplicates(&b);
    for (uint32_t i = 0; i < 100; i++) {
        say(&b, i % senders);
        pass(&b, WORLD_S);
    }
    pass(&b, 5 * WORLD_S);
    tell_tree(&b, first, senders, duplicates(&b) - doubles);
    end(&b);
}

static void loss(uint32_t nodes, uint32_t permille, unsigned seeds)
{
    uint64_t owed = 0;
    uint64_t made = 0;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        struct scenario_fault f = {.id = 1,
                                   .kind = SCENARIO_LOSS,
                                   .node = SCENARIO_EVERYWHERE,
                                   .share = {1, 1},
                                   .rate = {permille, 1000}};
        struct bench b;
        begin(&b, nodes, seed);
        world_fault_on(b.w, &f);
        for (uint32_t i = 0; i < 60; i++) {
            say(&b, a_live_node(&b));
            pass(&b, WORLD_S);
        }
        pass(&b, 30 * WORLD_S); /* messages are lost here, too */
        for (size_t i = 0; i < b.ledger.count; i++) {
            owed += nodes - 1;
            made += b.ledger.entries[i].count;
        }
        world_fault_off(b.w, 1);
        end(&b);
    }
    printf("{\"type\":\"loss\",\"nodes\":%u,\"permille\":%u,\"seeds\":%u,\"delivered\":%llu,"
           "\"owed\":%llu}\n",
           nodes, permille, seeds, (unsigned long long)made, (unsigned long long)owed);
}

/* When the last broadcast was said that did not reach all survivors in time; 0: none such. */
static uint64_t last_failure(const struct bench *b, uint32_t alive)
{
    uint64_t at = 0;
    for (size_t i = 0; i < b->ledger.count; i++) {
        const struct ledger_entry *e = &b->ledger.entries[i];
        if (e->count + 1 < alive || e->last_ns - e->said_ns > IN_TIME_NS) {
            at = e->said_ns;
        }
    }
    return at;
}

static void crash(uint32_t nodes, uint32_t percent, bool is_reset, uint64_t seed)
{
    struct bench b;
    struct census c;
    begin(&b, nodes, seed);
    for (int i = 0; i < 20; i++) {
        say(&b, 0);
        pass(&b, WORLD_S);
    }
    ledger_clear(&b.ledger);
    ledger_init(&b.ledger, nodes);
    uint32_t dead = 0;
    while (dead < nodes / 100 * percent) {
        world_crash(b.w, a_live_node(&b), is_reset);
        dead++;
    }
    uint64_t from = world_now(b.w);
    for (int i = 0; i < 240; i++) {
        say(&b, a_live_node(&b));
        pass(&b, WORLD_S / 4);
    }
    pass(&b, 5 * WORLD_S);
    census_take(b.w, &c);
    uint64_t last = last_failure(&b, nodes - dead);
    printf("{\"type\":\"crash\",\"nodes\":%u,\"percent\":%u,\"kind\":\"%s\",\"seed\":%llu,"
           "\"seconds\":%.2f,\"components\":%u}\n",
           nodes, percent, is_reset ? "reset" : "silent", (unsigned long long)seed,
           last == 0 ? 0.0 : (double)(last - from) / 1e9 + 0.25, c.components);
    end(&b);
}

static void split(uint32_t nodes, uint32_t minutes, uint64_t seed)
{
    struct scenario_fault f = {
        .id = 1, .kind = SCENARIO_PARTITION, .node = SCENARIO_EVERYWHERE, .share = {1, 2}};
    struct bench b;
    struct census c;
    begin(&b, nodes, seed);
    world_fault_on(b.w, &f);
    pass(&b, minutes * 60 * WORLD_S);
    census_take(b.w, &c);
    uint32_t parts = c.components;
    world_fault_off(b.w, 1);
    uint64_t from = world_now(b.w);
    do {
        pass(&b, WORLD_S / 10);
        census_take(b.w, &c);
    } while (c.components > 1 && world_now(b.w) < from + 120 * WORLD_S);
    double merged = (double)(world_now(b.w) - from) / 1e9;
    pass(&b, 60 * WORLD_S);
    printf("{\"type\":\"split\",\"nodes\":%u,\"minutes\":%u,\"seed\":%llu,\"parts\":%u,"
           "\"seconds\":%.1f,\"components\":%u,\"linksAcross\":%u}\n",
           nodes, minutes, (unsigned long long)seed, parts, merged, c.components,
           census_across(b.w, &f));
    end(&b);
}

static void idle(uint32_t nodes)
{
    struct bench b;
    begin(&b, nodes, 1);
    for (uint32_t i = 0; i < nodes; i++) {
        static const uint8_t value[200];
        CHECK(world_set(b.w, i, span_of("links", 5), span_of(value, sizeof value)) == 0);
    }
    pass(&b, 60 * WORLD_S);
    uint64_t bytes = b.w->stats.bytes;
    uint64_t messages = b.w->stats.messages;
    pass(&b, 600 * WORLD_S);
    printf(
        "{\"type\":\"idle\",\"nodes\":%u,\"bytesNodeSecond\":%.0f,\"messagesNodeSecond\":%.1f}\n",
        nodes, (double)(b.w->stats.bytes - bytes) / nodes / 600,
        (double)(b.w->stats.messages - messages) / nodes / 600);
    end(&b);
}

static uint32_t number(int argc, char **argv, int i, uint32_t otherwise)
{
    return i < argc ? (uint32_t)strtoul(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    uint32_t nodes = number(argc, argv, 2, 1000);
    if (nodes < 10 || nodes > SCENARIO_NODES_MAX) {
        what = "";
    }
    if (strcmp(what, "rate") == 0) {
        rate(nodes, number(argc, argv, 3, 100));
    } else if (strcmp(what, "tree") == 0) {
        tree(nodes, number(argc, argv, 3, 1), number(argc, argv, 4, 1));
    } else if (strcmp(what, "loss") == 0) {
        loss(nodes, number(argc, argv, 3, 0), number(argc, argv, 4, 20));
    } else if (strcmp(what, "crash") == 0) {
        crash(nodes, number(argc, argv, 3, 50), argc > 4 && strcmp(argv[4], "reset") == 0,
              number(argc, argv, 5, 1));
    } else if (strcmp(what, "split") == 0) {
        split(nodes, number(argc, argv, 3, 10), number(argc, argv, 4, 1));
    } else if (strcmp(what, "idle") == 0) {
        idle(nodes);
    } else {
        (void)fprintf(stderr, "usage: bench_swarm rate|tree|loss|crash|split|idle NODES ...\n");
        return 2;
    }
    return 0;
}
