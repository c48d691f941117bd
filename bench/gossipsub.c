/*
 * Gossipsub in the simulator.
 *
 *     bench_gossipsub attacks [NODES [SEED [LINE]]]   delivery under the attacks of v1.1's
 * evaluation bench_gossipsub copies [NODES [SEED [LINE]]]    duplicates and bytes of v1.1, v1.2 and
 * the group's own tree broadcast, side by side
 *
 * Prints a table; a line is a world of its own. All but the seconds of CPU time is the same on
 * every machine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "swarm/gossip_world.h"
#include "swarm/ledger.h"
#include "swarm/world.h"

#define S GOSSIP_WORLD_S
#define DELAY_MIN_MS 25 /* one way: round trips of 50 to 150 ms */
#define DELAY_MAX_MS 75
#define PAYLOAD 2048
#define LINKS 10

static double cpu_seconds(void)
{
    struct timespec t;
    CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct gossip_world_config base_of(uint32_t nodes, uint64_t seed)
{
    return (struct gossip_world_config){.seed = seed,
                                        .nodes = nodes,
                                        .links = LINKS,
                                        .delay_min_ms = DELAY_MIN_MS,
                                        .delay_max_ms = DELAY_MAX_MS,
                                        .payload = PAYLOAD,
                                        .start_ns = 10 * S,
                                        .version = GOSSIPSUB_V12};
}

/* ---- Attacks ---- */

struct attack {
    const char *name;
    enum gossip_world_harm harm;
    uint32_t hostile; /* for each honest node */
    uint32_t links;   /* of each hostile one */
    uint32_t own;     /* of a hundred dials of honest nodes */
    uint32_t victims;
    uint64_t at_s;     /* hostile nodes come */
    uint64_t turn_s;   /* and behave well so long */
    uint64_t settle_s; /* before figures begin */
    bool no_score;
};

static const struct attack attacks[] = {
    {"nobody hostile", GOSSIP_WORLD_SILENT, 0, 0, 0, 0, 0, 0, 60, false},
    {"sybil flood", GOSSIP_WORLD_SILENT, 4, 10, 0, 0, 60, 0, 60, false},
    {"sybil flood, without scores", GOSSIP_WORLD_SILENT, 4, 10, 0, 0, 60, 0, 60, true},
    {"sybil flood, spam", GOSSIP_WORLD_SPAM, 4, 10, 0, 0, 60, 0, 60, false},
    {"sybil flood, held back", GOSSIP_WORLD_HOLD, 4, 10, 50, 0, 0, 0, 60, false},
    {"eclipse of one", GOSSIP_WORLD_SILENT, 4, 1, 0, 1, 60, 0, 60, false},
    {"eclipse of all", GOSSIP_WORLD_SILENT, 4, 20, 50, 0, 60, 0, 60, false},
    {"cold boot", GOSSIP_WORLD_SILENT, 4, 10, 50, 0, 0, 0, 0, false},
    {"covert flash", GOSSIP_WORLD_SILENT, 4, 10, 50, 0, 0, 180, 180, false},
    {"degradation: hostile hand on 1.5 s late", GOSSIP_WORLD_LATE, 4, 10, 50, 0, 0, 0, 60, false},
};

static void show_attack(const struct attack *a, uint32_t nodes, uint64_t seed)
{
    struct gossip_world_config c = base_of(nodes, seed);
    double cpu = cpu_seconds();
    c.hostile = a->hostile * nodes;
    c.hostile_links = a->links;
    c.hostile_own = a->own;
    c.victims = a->victims;
    c.harm = a->harm;
    c.late_ns = 3 * S / 2;
    c.hostile_at_ns = a->at_s * S;
    c.hostile_span_ns = 10 * S;
    c.turn_ns = a->turn_s * S;
    c.no_score = a->no_score;
    struct gossip_world *w = gossip_world_new(&c);
    gossip_world_run(w, 10 * S);
    for (uint64_t t = 10; t < a->at_s + a->settle_s; t++) {
        gossip_world_talk(w, 1, S);
    }
    gossip_world_mark(w);
    gossip_world_talk(w, 120, 60 * S);
    gossip_world_run(w, 20 * S);
    struct gossip_world_figures f = gossip_world_figures(w);
    gossip_world_check(w);
    printf("%-40s %9.4f %6u %6u %7u %6.1f %6.2f %8.1f\n", a->name,
           100.0 * (double)f.delivered / (double)f.owed, f.p50_ms, f.p99_ms, f.last_ms,
           f.hostile_milli / 10.0, (double)f.duplicates / (double)f.delivered, cpu_seconds() - cpu);
    if (a->victims > 0) {
        printf("%-40s %9.4f %6s %6u %7u\n", "  the victim",
               100.0 * (double)f.victim_delivered / (double)f.victim_owed, "", f.victim_p99_ms,
               f.victim_last_ms);
    }
    fflush(stdout);
    gossip_world_free(w);
}

/* ---- Copies ---- */

struct copies {
    const char *name;
    enum gossipsub_version version;
    uint32_t bytes_s;
    uint32_t payload;
};

static const struct copies copies[] = {
    {"gossipsub v1.1, 2 KiB", GOSSIPSUB_V11, 0, PAYLOAD},
    {"gossipsub v1.2, 2 KiB", GOSSIPSUB_V12, 0, PAYLOAD},
    {"gossipsub v1.1, 32 KiB, 20 Mbit/s", GOSSIPSUB_V11, 2500000, 32768},
    {"gossipsub v1.2, 32 KiB, 20 Mbit/s", GOSSIPSUB_V12, 2500000, 32768},
};

/* D of 8, as the evaluation has it. Half a minute to settle, then 20 messages before figures begin.
 */
static void show_copies(const struct copies *row, uint32_t nodes, uint64_t seed)
{
    struct gossip_world_config c = base_of(nodes, seed);
    struct gossipsub_params p = gossipsub_params_default();
    double cpu = cpu_seconds();
    p.d = 8;
    p.d_low = 6;
    p.d_high = 12;
    p.d_lazy = 8;
    c.params = &p;
    c.version = row->version;
    c.bytes_s = row->bytes_s;
    c.payload = row->payload;
    struct gossip_world *w = gossip_world_new(&c);
    gossip_world_run(w, 30 * S);
    gossip_world_talk(w, 10, 10 * S);
    gossip_world_run(w, 5 * S);
    gossip_world_mark(w);
    gossip_world_talk(w, 20, 20 * S);
    gossip_world_run(w, 10 * S);
    struct gossip_world_figures f = gossip_world_figures(w);
    printf("%-40s %9.4f %6u %6u %7u %6.2f %8.0f %8.1f\n", row->name,
           100.0 * (double)f.delivered / (double)f.owed, f.p50_ms, f.p99_ms, f.last_ms,
           (double)f.duplicates / (double)f.delivered, (double)f.bytes / (double)f.delivered,
           cpu_seconds() - cpu);
    (void)fflush(stdout);
    gossip_world_free(w);
}

/* The tree broadcast of a group, on cables of the same delays. */
struct tree {
    struct world *w;
    struct ledger ledger;
    uint32_t *times; /* deliveries by milliseconds */
    uint64_t wrong;
};

#define TREE_TIMES 60000

static void on_tree(void *context, uint32_t node, uint32_t origin, const struct mesh_event *e)
{
    struct tree *t = context;
    uint64_t now = world_now(t->w);
    t->wrong += ledger_hear(&t->ledger, now, node, origin, e->body, e->hops) != LEDGER_NEW;
    /* One at a time, each heard by all before the next is said. */
    uint64_t ms = (now - t->ledger.entries[t->ledger.count - 1].said_ns) / GOSSIP_WORLD_MS;
    t->times[ms < TREE_TIMES ? ms : TREE_TIMES - 1]++;
}

static uint64_t tree_duplicates(const struct tree *t, uint32_t nodes)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < nodes; i++) {
        sum += t->w->nodes[i].mesh.plumtree.stats.duplicates;
    }
    return sum;
}

static void tree_talk(struct tree *t, uint32_t nodes, unsigned count, uint32_t senders)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t by = senders == 1 ? 0 : (uint32_t)random_below(&t->w->random, nodes);
        struct span payload = ledger_say(&t->ledger, world_now(t->w), by, PAYLOAD);
        CHECK(world_say(t->w, by, payload, NULL) == 0);
        world_run(t->w, world_now(t->w) + 2 * WORLD_S);
    }
}

static uint32_t tree_within(const struct tree *t, uint64_t wanted)
{
    uint64_t seen = 0;
    uint32_t i = 0;
    while (i + 1 < TREE_TIMES && (seen += t->times[i]) < wanted) {
        i++;
    }
    return i;
}

static void show_tree(const char *name, uint32_t senders, uint32_t nodes, uint64_t seed)
{
    struct world_config config = {
        .seed = seed, .nodes = nodes, .delay_min_ms = DELAY_MIN_MS, .delay_max_ms = DELAY_MAX_MS};
    struct tree t = {.times = mem_new_array(TREE_TIMES, sizeof(uint32_t))};
    struct world_watch watch = {.context = &t, .delivered = on_tree};
    double cpu = cpu_seconds();
    t.w = world_new(&config, &watch);
    ledger_init(&t.ledger, nodes);
    uint64_t start = world_now(t.w);
    for (uint32_t i = 0; i < nodes; i++) {
        world_start(t.w, i, i == 0 ? 0 : (uint32_t)random_below(&t.w->random, i));
        world_run(t.w, start + 10 * WORLD_S / nodes * (i + 1));
    }
    world_run(t.w, world_now(t.w) + 60 * WORLD_S);
    tree_talk(&t, nodes, 10, senders);
    memset(t.times, 0, TREE_TIMES * sizeof(uint32_t));
    uint64_t before = tree_duplicates(&t, nodes);
    uint64_t bytes = t.w->stats.bytes;
    tree_talk(&t, nodes, 20, senders);
    uint64_t owed = 20ULL * (nodes - 1);
    uint64_t made = 0;
    for (uint32_t i = 0; i < TREE_TIMES; i++) {
        made += t.times[i];
    }
    uint32_t last = TREE_TIMES - 1;
    while (last > 0 && t.times[last] == 0) {
        last--;
    }
    CHECK(t.wrong == 0);
    printf("%-40s %9.4f %6u %6u %7u %6.2f %8.0f %8.1f\n", name, 100.0 * (double)made / (double)owed,
           tree_within(&t, owed / 2), tree_within(&t, owed * 99 / 100), last,
           (double)(tree_duplicates(&t, nodes) - before) / (double)made,
           (double)(t.w->stats.bytes - bytes) / (double)made, cpu_seconds() - cpu);
    (void)fflush(stdout);
    ledger_clear(&t.ledger);
    world_free(t.w);
    mem_free(t.times);
}

static void show_all_copies(uint32_t nodes, uint64_t seed, long line)
{
    const long rows = (long)(sizeof copies / sizeof copies[0]);
    printf("%-40s  delivered %%  ms p50   p99   last  duplicates  bytes  CPU s\n", "");
    for (long i = 0; i < rows; i++) {
        if (line < 0 || line == i) {
            show_copies(&copies[i], nodes, seed);
        }
    }
    if (line < 0 || line == rows) {
        show_tree("tree broadcast, 2 KiB, any sender", 0, nodes, seed);
    }
    if (line < 0 || line == rows + 1) {
        show_tree("tree broadcast, 2 KiB, one sender", 1, nodes, seed);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2 || (strcmp(argv[1], "attacks") != 0 && strcmp(argv[1], "copies") != 0)) {
        (void)fputs("usage: bench_gossipsub attacks|copies [NODES [SEED [LINE]]]\n", stderr);
        return 2;
    }
    uint32_t nodes = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    long line = argc > 4 ? strtol(argv[4], NULL, 10) : -1;
    if (strcmp(argv[1], "copies") == 0) {
        show_all_copies(nodes, seed, line);
        return 0;
    }
    printf("%-40s  delivered %%  ms p50   p99   last  hostile in meshes %%  duplicates  CPU s\n",
           "");
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        if (line < 0 || (size_t)line == i) {
            show_attack(&attacks[i], nodes, seed);
        }
    }
    return 0;
}
