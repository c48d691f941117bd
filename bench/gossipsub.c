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
        gossip_world_talk(w, 2, S);
    }
    gossip_world_mark(w);
    gossip_world_talk(w, 200, 60 * S);
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

static void show_copies(const char *name, enum gossipsub_version version, bool flood,
                        uint32_t nodes, uint64_t seed)
{
    struct gossip_world_config c = base_of(nodes, seed);
    struct gossipsub_params p = gossipsub_params_default();
    double cpu = cpu_seconds();
    p.d = 8;
    p.d_low = 6;
    p.d_high = 12;
    p.d_lazy = 8;
    p.flood_publish = flood;
    c.params = &p;
    c.version = version;
    struct gossip_world *w = gossip_world_new(&c);
    gossip_world_run(w, 30 * S);
    gossip_world_talk(w, 20, 20 * S);
    gossip_world_run(w, 10 * S);
    gossip_world_mark(w);
    gossip_world_talk(w, 40, 40 * S);
    gossip_world_run(w, 10 * S);
    struct gossip_world_figures f = gossip_world_figures(w);
    printf("%-40s %9.4f %6u %6u %7u %6.2f %8.0f %8.1f\n", name,
           100.0 * (double)f.delivered / (double)f.owed, f.p50_ms, f.p99_ms, f.last_ms,
           (double)f.duplicates / (double)f.delivered, (double)f.bytes / (double)f.delivered,
           cpu_seconds() - cpu);
    fflush(stdout);
    gossip_world_free(w);
}

int main(int argc, char **argv)
{
    if (argc < 2 || (strcmp(argv[1], "attacks") != 0 && strcmp(argv[1], "copies") != 0)) {
        (void)fputs("usage: bench_gossipsub attacks|copies [NODES [SEED [LINE]]]\n", stderr);
        return 2;
    }
    bool is_attacks = strcmp(argv[1], "attacks") == 0;
    uint32_t nodes = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    if (is_attacks) {
        printf("%-40s  delivered %% p50 p99 last ms  hostile in meshes %%  duplicates  CPU s\n",
               "");
        for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
            if (argc < 5 || strtoul(argv[4], NULL, 10) == i) {
                show_attack(&attacks[i], nodes, seed);
            }
        }
        return 0;
    }
    show_copies("gossipsub v1.1, D 8", GOSSIPSUB_V11, true, nodes, seed);
    show_copies("gossipsub v1.2, D 8", GOSSIPSUB_V12, true, nodes, seed);
    return 0;
}
