/*
 * Kademlia in the simulator: look-ups under churn, among hostile nodes of every kind, next to
 * sybils; what a table costs.
 *
 * Usage: bench_kad NODES [LOOKUPS [SEED [LINE ...]]]. A line is a world of its own and prints one
 * JSON object; --list prints the lines.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "swarm/kad_world.h"

#define LARGE 50000     /* nodes of a world that takes long */
#define LARGE_RUN_S 180 /* it is let run so long at most before its look-ups */
#define LARGE_BURST 420 /* per cent an hour in the first minute of these */

struct row {
    const char *name;
    uint32_t churn;
    uint32_t hostile;
    enum kad_harm_kind harm;
    unsigned paths;
    uint64_t run_s; /* before the look-ups */
    bool is_warm;
    uint32_t pushes; /* a minute of each hostile node */
    unsigned siege;  /* sybils next to whom all look up */
    unsigned alpha;  /* 0: 10 */
    bool is_record;  /* records are put, and got after `run_s`; of a siege, one */
};

static const struct row rows[] = {
    {.name = "quiet, one path", .paths = 1},
    {.name = "quiet", .paths = 4},
    {.name = "quiet, the second time", .paths = 4, .is_warm = true},
    {.name = "30 % an hour leave", .churn = 30, .paths = 4, .run_s = 1800},
    {.name = "20 % name their nearest", .hostile = 20, .paths = 1},
    {.name = "20 % name their nearest", .hostile = 20, .paths = 4},
    {.name = "50 % name their nearest", .hostile = 50, .paths = 8},
    {.name = "20 % lie near the target", .hostile = 20, .harm = KAD_HARM_LAST, .paths = 4},
    {.name = "20 % omit the target", .hostile = 20, .harm = KAD_HARM_OMIT, .paths = 4},
    {.name = "20 % divert to made ids, one asked at a time",
     .hostile = 20,
     .harm = KAD_HARM_DIVERT,
     .paths = 1,
     .alpha = 1},
    {.name = "20 % divert to made ids", .hostile = 20, .harm = KAD_HARM_DIVERT, .paths = 1},
    {.name = "20 % divert to made ids", .hostile = 20, .harm = KAD_HARM_DIVERT, .paths = 4},
    {.name = "20 % divert to made ids", .hostile = 20, .harm = KAD_HARM_DIVERT, .paths = 8},
    {.name = "50 % divert to made ids", .hostile = 50, .harm = KAD_HARM_DIVERT, .paths = 8},
    {.name = "20 % are silent", .hostile = 20, .harm = KAD_HARM_SILENT, .paths = 4},
    {.name = "20 % name ids of nobody, 20 min",
     .hostile = 20,
     .harm = KAD_HARM_POISON,
     .paths = 4,
     .run_s = 1200},
    {.name = "20 % divert, push into tables for an hour, 30 % leave",
     .hostile = 20,
     .harm = KAD_HARM_DIVERT,
     .paths = 4,
     .churn = 30,
     .run_s = 3600,
     .pushes = 6},
    {.name = "20 % name their nearest for an hour, 30 % leave",
     .hostile = 20,
     .harm = KAD_HARM_COLLUDE,
     .paths = 4,
     .churn = 30,
     .run_s = 3600},
    {.name = "16 sybils next to the sought", .paths = 4, .siege = 16},
    {.name = "64 sybils next to the sought", .paths = 4, .siege = 64},
    {.name = "records", .paths = 4, .is_record = true},
    {.name = "records, the second time", .paths = 4, .is_record = true, .is_warm = true},
    {.name = "records after an hour, 30 % left",
     .paths = 4,
     .is_record = true,
     .churn = 30,
     .run_s = 3600},
    {.name = "records, 20 % name their nearest", .paths = 4, .is_record = true, .hostile = 20},
    {.name = "records, 5 % divert to made ids",
     .paths = 4,
     .is_record = true,
     .hostile = 5,
     .harm = KAD_HARM_DIVERT},
    {.name = "records, 20 % divert to made ids",
     .paths = 4,
     .is_record = true,
     .hostile = 20,
     .harm = KAD_HARM_DIVERT},
    {.name = "a record with 16 sybils next to it", .paths = 4, .is_record = true, .siege = 16},
    {.name = "a record with 64 sybils next to it", .paths = 4, .is_record = true, .siege = 64},
};

#define ROWS (sizeof rows / sizeof rows[0])

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The value below which `per_mille` of them lie. */
static uint64_t at(uint64_t *values, uint32_t count, unsigned per_mille)
{
    qsort(values, count, sizeof *values, by_number);
    return values[(uint64_t)(count - 1) * per_mille / 1000];
}

/* Newton's; `x` below 1. */
static double root(double x)
{
    double y = 1;
    for (int i = 0; i < 60; i++) {
        y = (y + x / y) / 2;
    }
    return y;
}

/* The 95 % interval of a share (Wilson), as per cent. */
static void interval(uint32_t found, uint32_t tries, double *low, double *high)
{
    const double z = 1.96;
    double n = tries;
    double share = found / n;
    double middle = share + z * z / (2 * n);
    double width = z * root(share * (1 - share) / n + z * z / (4 * n * n));
    *low = 100 * (middle - width) / (1 + z * z / n);
    *high = 100 * (middle + width) / (1 + z * z / n);
}

static void print(const struct row *r, struct kad_world *w, const struct kad_world_found *found,
                  uint32_t lookups)
{
    uint64_t *took = mem_new_array(lookups, sizeof *took);
    uint64_t *asked = mem_new_array(lookups, sizeof *asked);
    uint64_t *hops = mem_new_array(lookups, sizeof *hops);
    uint32_t count = 0;
    double low;
    double high;
    for (uint32_t i = 0; i < lookups; i++) {
        took[i] = found[i].took_ns / KAD_WORLD_MS;
        asked[i] = found[i].asked;
        if (found[i].is_found) {
            hops[count++] = found[i].hops;
        }
    }
    interval(count, lookups, &low, &high);
    printf(
        "{\"type\": \"kad\", \"line\": %u, \"name\": \"%s\", \"paths\": %u, \"lookups\": %" PRIu32
        ", \"found\": %" PRIu32 ", \"percent\": %.2f, \"low\": %.2f, \"high\": %.2f",
        (unsigned)(r - rows), r->name, r->paths, lookups, count, 100.0 * count / lookups, low,
        high);
    printf(", \"hops\": %" PRIu64 ", \"asked\": %" PRIu64 ", \"asked99\": %" PRIu64
           ", \"ms\": %" PRIu64 ", \"ms99\": %" PRIu64 ", \"poisoned\": %.1f",
           count > 0 ? at(hops, count, 500) : 0, at(asked, lookups, 500), at(asked, lookups, 990),
           at(took, lookups, 500), at(took, lookups, 990), kad_world_poisoned(w) / 10.0);
    mem_free(took);
    mem_free(asked);
    mem_free(hops);
}

/* Besiege what is sought; put the records. Returns by how many a record is kept, median. */
static uint32_t prepare(const struct row *r, struct kad_world *w, struct kad_world_plan *plan,
                        struct kad_world_found *found)
{
    struct kad_world_plan put = *plan;
    uint64_t *kept = mem_new_array(plan->count, sizeof *kept);
    if (r->siege > 0 && !r->is_record) {
        plan->wanted = kad_world_besiege(w, r->siege);
    } else if (r->siege > 0) {
        kad_world_besiege_record(w, 0, r->siege);
        plan->wanted = 0;
        put.count = 1;
    }
    put.kind = KAD_QUEST_PUT;
    put.is_warm = false;
    if (r->is_record) {
        plan->kind = KAD_QUEST_GET;
        kad_world_find(w, &put, found);
    }
    for (uint32_t i = 0; r->is_record && i < put.count; i++) {
        kept[i] = kad_world_keepers(w, i);
    }
    uint32_t half = r->is_record ? (uint32_t)at(kept, put.count, 500) : 0;
    mem_free(kept);
    return half;
}

/* Let time pass; returns how long, in seconds. A large world would take hours: it loses as many in
 * a minute as tables have dead entries after hours (7 % at 30 % an hour), and then goes on as
 * slowly as others do. */
static uint64_t run(const struct row *r, struct kad_world *w, uint32_t nodes)
{
    bool is_large = nodes >= LARGE;
    uint64_t run_s = is_large && r->run_s > LARGE_RUN_S ? LARGE_RUN_S : r->run_s;
    for (uint64_t done = 0; done < run_s; done += 60) {
        bool is_burst = is_large && done == 0 && r->churn > 0;
        kad_world_set_churn(w, is_burst ? LARGE_BURST : r->churn);
        kad_world_run(w, 60 * KAD_WORLD_S);
        (void)fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 " min ", r->name, done / 60 + 1,
                      run_s / 60);
    }
    return run_s;
}

static void show(const struct row *r, uint32_t nodes, uint32_t lookups, uint64_t seed)
{
    struct kad_world_config config = {
        .seed = seed,
        .nodes = nodes,
        .trip_ms = 100,
        .cold_trips = 3,
        .churn_percent_hour = r->churn,
        .hostile_percent = r->hostile,
        .harm = r->harm,
        .pushes_minute = r->pushes,
        .kad = {.k = 16, .paths = 4, .alpha = r->alpha != 0 ? r->alpha : 10, .beta = 3}};
    struct kad_world_plan plan = {.paths = r->paths,
                                  .count = lookups,
                                  .a_second = nodes / 500 + 1,
                                  .wanted = KAD_WORLD_ANYBODY,
                                  .is_warm = r->is_warm};
    struct kad_world_found *found = mem_new_array(lookups, sizeof *found);
    struct kad_world *w = kad_world_new(&config);
    uint32_t kept = prepare(r, w, &plan, found);
    uint64_t run_s = run(r, w, nodes);
    kad_world_find(w, &plan, found);
    kad_world_check(w);
    print(r, w, found, lookups);
    printf(", \"kept\": %" PRIu32 ", \"minutes\": %" PRIu64 ", \"nodes\": %" PRIu32
           ", \"seed\": %" PRIu64
           ", \"entries\": %.1f, \"tableBytes\": %.0f, \"requests\": %" PRIu64 "}\n",
           kept, run_s / 60, nodes, seed, (double)kad_world_entries(w) / nodes,
           (double)kad_world_table_bytes(w) / nodes, kad_world_requests(w));
    fflush(stdout);
    mem_free(found);
    kad_world_free(w);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (unsigned i = 0; i < ROWS; i++) {
            printf("%2u %s, %u\n", i, rows[i].name, rows[i].paths);
        }
        return 0;
    }
    if (argc < 2) {
        (void)fputs("usage: bench_kad NODES [LOOKUPS [SEED [LINE ...]]] | --list\n", stderr);
        return 2;
    }
    uint32_t nodes = (uint32_t)strtoul(argv[1], NULL, 10);
    uint32_t lookups = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 2000;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    for (size_t i = 0; argc < 5 && i < ROWS; i++) {
        show(&rows[i], nodes, lookups, seed);
    }
    for (int i = 4; i < argc; i++) {
        unsigned long line = strtoul(argv[i], NULL, 10);
        if (line >= ROWS) {
            (void)fputs("bench_kad: no such line\n", stderr);
            return 2;
        }
        show(&rows[line], nodes, lookups, seed);
    }
    return 0;
}
