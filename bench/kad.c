/*
 * Kademlia in the simulator: look-ups under churn, among hostile nodes, besieged; what a table
 * costs.
 *
 * Usage: bench_kad NODES [LOOKUPS [SEED]]. Prints a table; a line is a world of its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "swarm/kad_world.h"

struct row {
    const char *name;
    uint32_t churn;
    uint32_t hostile;
    enum kad_world_harm harm;
    unsigned paths;
    uint64_t run_s; /* before the look-ups */
    bool is_warm;
};

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void show(const struct row *r, uint32_t nodes, uint32_t lookups, uint64_t seed)
{
    struct kad_world_config config = {.seed = seed,
                                      .nodes = nodes,
                                      .trip_ms = 100,
                                      .cold_trips = 3,
                                      .churn_percent_hour = r->churn,
                                      .hostile_percent = r->hostile,
                                      .harm = r->harm,
                                      .kad = {.k = 16, .paths = 4, .alpha = 10, .beta = 3}};
    struct kad_world *w = kad_world_new(&config);
    uint64_t *took = mem_new_array(lookups, sizeof *took);
    uint64_t *asked = mem_new_array(lookups, sizeof *asked);
    uint64_t *hops = mem_new_array(lookups, sizeof *hops);
    uint32_t found = 0;
    kad_world_run(w, r->run_s * KAD_WORLD_S);
    for (uint32_t i = 0; i < lookups; i++) {
        struct kad_world_found f =
            r->is_warm ? kad_world_find_again(w, r->paths) : kad_world_find(w, r->paths);
        found += f.is_found ? 1 : 0;
        took[i] = f.took_ns / KAD_WORLD_MS;
        asked[i] = f.asked;
        hops[i] = f.hops;
        kad_world_run(w, KAD_WORLD_S);
    }
    kad_world_check(w);
    qsort(took, lookups, sizeof *took, by_number);
    qsort(asked, lookups, sizeof *asked, by_number);
    qsort(hops, lookups, sizeof *hops, by_number);
    printf("%-44s %2u  %8.2f  %5" PRIu64 "  %4" PRIu64 "  %6" PRIu64 "  %6" PRIu64 "  %5.1f\n",
           r->name, r->paths, found * 100.0 / lookups, hops[lookups / 2], asked[lookups / 2],
           took[lookups / 2], took[lookups * 99 / 100], kad_world_poisoned(w) / 10.0);
    fflush(stdout);
    if (r->churn == 0 && r->hostile == 0 && !r->is_warm && r->paths == 4) {
        printf("  a table: %.1f entries, %.1f KiB\n", (double)kad_world_entries(w) / nodes,
               (double)kad_world_table_bytes(w) / nodes / 1024);
    }
    mem_free(took);
    mem_free(asked);
    mem_free(hops);
    kad_world_free(w);
}

int main(int argc, char **argv)
{
    static const struct row rows[] = {
        {"quiet", 0, 0, KAD_WORLD_COLLUDE, 1, 0, false},
        {"quiet", 0, 0, KAD_WORLD_COLLUDE, 4, 0, false},
        {"quiet, the second time", 0, 0, KAD_WORLD_COLLUDE, 4, 0, true},
        {"churn 30 % an hour, after 30 minutes", 30, 0, KAD_WORLD_COLLUDE, 4, 1800, false},
        {"20 % collude", 0, 20, KAD_WORLD_COLLUDE, 1, 0, false},
        {"20 % collude", 0, 20, KAD_WORLD_COLLUDE, 4, 0, false},
        {"20 % collude, after 30 minutes", 0, 20, KAD_WORLD_COLLUDE, 4, 1800, false},
        {"20 % are silent", 0, 20, KAD_WORLD_SILENT, 4, 0, false},
        {"20 % name ids that nobody has", 0, 20, KAD_WORLD_POISON, 4, 600, false},
        {"50 % collude", 0, 50, KAD_WORLD_COLLUDE, 8, 0, false},
    };
    if (argc < 2) {
        (void)fputs("usage: bench_kad NODES [LOOKUPS [SEED [LINE]]]\n", stderr);
        return 2;
    }
    uint32_t nodes = (uint32_t)strtoul(argv[1], NULL, 10);
    uint32_t lookups = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    printf("%u nodes, round trips of 50 to 150 ms, 3 more for a first contact, k 16, alpha 10\n",
           nodes);
    printf("%-44s  d  found, %%   hops  asked  ms p50  ms p99  hostile in tables, %%\n", "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (argc < 5 || strtoul(argv[4], NULL, 10) == i) {
            show(&rows[i], nodes, lookups, seed);
        }
    }
    return 0;
}
