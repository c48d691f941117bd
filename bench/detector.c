/*
 * The failure detector beside plain SWIM, on virtual time, over message cables of 10 to 50 ms that
 * drop what they lose: what is false, and how soon a crash is found. What is counted and why it is
 * fair: docs/decisions/0009-detector-duel.md.
 *
 * In: parts (`slow`, `grid`, `loss`, `crash`; none: all) and options: --seeds N (default 5) runs of
 * each setting, --node-days N (default 10) of part `loss`, of which a core does about one a second;
 * --at-most F: exit 1 when false verdicts a node-day may be as many as that (`make night`).
 * Out: JSON lines; `slow` prints one for each seed, then one of all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "swarm/duel.h"

#define SLOW_SECONDS 600
#define CELL_SECONDS 120 /* as the paper runs each pair of duration and interval */
#define CRASH_SECONDS 400
#define LOSS_NODES 100
#define LOSS_SECONDS 8640 /* ten node-days of 100 nodes */

typedef unsigned long long ull;

static const char *const kind_words[] = {"stopped", "blocked"};
static const char *const false_words[DUEL_FALSES] = {"all", "awake", "well", "wellAtWell"};

/* What both systems did in the same runs. */
struct sums {
    struct duel_count swim[DUEL_FALSES];
    struct duel_count ours[DUEL_FALSES];
};

static void add(struct duel_count *sums, const struct duel_figures *f)
{
    for (size_t i = 0; i < DUEL_FALSES; i++) {
        sums[i].verdicts += f->false_downs[i].verdicts;
        sums[i].declared += f->false_downs[i].declared;
        sums[i].incidents += f->false_downs[i].incidents;
    }
}

static void run_both(const struct duel_config *config, struct sums *one, struct sums *all)
{
    for (int system = DUEL_SWIM; system <= DUEL_OURS; system++) {
        struct duel_figures f;
        duel_run(config, (enum duel_system)system, &f);
        add(system == DUEL_SWIM ? one->swim : one->ours, &f);
        add(system == DUEL_SWIM ? all->swim : all->ours, &f);
        duel_figures_clear(&f);
    }
}

static void print_counts(const char *name, const struct duel_count *counts)
{
    printf(",\"%s\":{", name);
    for (size_t i = 0; i < DUEL_FALSES; i++) {
        printf("%s\"%s\":{\"verdicts\":%llu,\"declared\":%llu,\"incidents\":%llu}",
               i > 0 ? "," : "", false_words[i], (ull)counts[i].verdicts, (ull)counts[i].declared,
               (ull)counts[i].incidents);
    }
    printf("}");
}

/* A ratio that no luck makes: of ours the 95 % upper bound counts (3 where none was seen). */
static void print_ratios(const struct sums *s)
{
    printf(",\"atLeast\":{");
    for (size_t i = 0; i < DUEL_FALSES; i++) {
        printf("%s\"%s\":{\"verdicts\":%.2f,\"declared\":%.2f,\"incidents\":%.2f}",
               i > 0 ? "," : "", false_words[i],
               (double)s->swim[i].verdicts / duel_upper(s->ours[i].verdicts),
               (double)s->swim[i].declared / duel_upper(s->ours[i].declared),
               (double)s->swim[i].incidents / duel_upper(s->ours[i].incidents));
    }
    printf("}}\n");
    fflush(stdout);
}

static void print_slow(const char *type, enum pause_kind kind, ull seeds, const struct sums *s)
{
    printf("{\"type\":\"%s\",\"pauses\":\"%s\",\"nodes\":128,\"slow\":32,\"seeds\":%llu", type,
           kind_words[kind], seeds);
    print_counts("swim", s->swim);
    print_counts("ours", s->ours);
    print_ratios(s);
}

static struct duel_config slow_config(enum pause_kind kind, ull seed)
{
    return (struct duel_config){.seed = seed,
                                .nodes = 128,
                                .slow = 32,
                                .kind = kind,
                                .cell = DUEL_NO_CELL,
                                .seconds = SLOW_SECONDS};
}

/* Lifeguard's setting, pauses drawn for each node; both kinds of pauses. */
static void run_slow(ull seeds)
{
    for (int kind = PAUSE_STOPPED; kind <= PAUSE_BLOCKED; kind++) {
        struct sums all = {0};
        for (ull seed = 1; seed <= seeds; seed++) {
            struct sums one = {0};
            struct duel_config config = slow_config((enum pause_kind)kind, seed);
            run_both(&config, &one, &all);
            print_slow("slow", (enum pause_kind)kind, 1, &one);
        }
        print_slow("slowAll", (enum pause_kind)kind, seeds, &all);
    }
}

/* The paper's grid: all pairs of a duration and an interval, the slow nodes together. */
static void run_grid(ull seeds)
{
    for (int kind = PAUSE_STOPPED; kind <= PAUSE_BLOCKED; kind++) {
        struct sums all = {0};
        for (ull seed = 1; seed <= seeds; seed++) {
            for (uint32_t cell = 0; cell < PAUSE_DURATIONS * PAUSE_INTERVALS; cell++) {
                struct sums one = {0};
                struct duel_config config = slow_config((enum pause_kind)kind, seed);
                config.cell = cell;
                config.seconds = CELL_SECONDS;
                run_both(&config, &one, &all);
            }
        }
        print_slow("grid", (enum pause_kind)kind, seeds, &all);
    }
}

/* Ours alone, 100 nodes, every twentieth message lost: the living that are taken for dead. Returns
 * the upper 95 % bound for a node-day. */
static double run_loss(ull node_days)
{
    ull verdicts = 0;
    ull done = 0;
    for (ull seed = 1; done < node_days; seed++) {
        struct duel_figures f;
        struct duel_config config = {.seed = seed,
                                     .nodes = LOSS_NODES,
                                     .cell = DUEL_NO_CELL,
                                     .loss_permille = 50,
                                     .seconds = LOSS_SECONDS};
        duel_run(&config, DUEL_OURS, &f);
        verdicts += f.false_downs[DUEL_FALSE_ALL].verdicts;
        done += LOSS_NODES * LOSS_SECONDS / 86400;
        duel_figures_clear(&f);
    }
    double upper = duel_upper(verdicts) / (double)done;
    printf("{\"type\":\"loss\",\"lossPercent\":5,\"nodeDays\":%llu,\"falseDowns\":%llu,"
           "\"upperPerNodeDay\":%.5f}\n",
           done, verdicts, upper);
    fflush(stdout);
    return upper;
}

/* Times of one system's crashes, of all seeds. */
struct times {
    uint32_t *all_ms;
    size_t all_count;
    uint32_t first_ms[10000];
    size_t first_count;
    ull missed; /* crashes that nobody found */
};

static void collect(struct times *t, const struct duel_figures *f)
{
    t->all_ms = realloc(t->all_ms, (t->all_count + f->all_count + 1) * sizeof t->all_ms[0]);
    if (t->all_ms == NULL) {
        exit(1);
    }
    for (size_t i = 0; i < f->all_count; i++) {
        t->all_ms[t->all_count++] = f->all_ms[i];
    }
    for (size_t i = 0; i < f->crashes && t->first_count < 10000; i++) {
        t->missed += f->first_ms[i] == UINT32_MAX;
        t->first_ms[t->first_count++] = f->first_ms[i];
    }
}

static void print_times(const char *name, struct times *t)
{
    printf(",\"%s\":{\"verdicts\":%zu,\"median\":%.2f,\"p99\":%.2f,\"firstMedian\":%.2f,"
           "\"firstP99\":%.2f,\"missed\":%llu}",
           name, t->all_count, duel_quantile(t->all_ms, t->all_count, 500) / 1e3,
           duel_quantile(t->all_ms, t->all_count, 990) / 1e3,
           duel_quantile(t->first_ms, t->first_count, 500) / 1e3,
           duel_quantile(t->first_ms, t->first_count, 990) / 1e3, t->missed);
}

/* Seconds from a silent crash to every verdict about it, and to the first. */
static void run_crash(ull seeds)
{
    static struct times times[2];
    for (uint32_t loss = 0; loss <= 50; loss += 50) {
        memset(times, 0, sizeof times);
        for (ull seed = 1; seed <= seeds; seed++) {
            struct duel_config config = {.seed = seed,
                                         .nodes = LOSS_NODES,
                                         .cell = DUEL_NO_CELL,
                                         .loss_permille = loss,
                                         .seconds = CRASH_SECONDS,
                                         .crash_every_s = 10};
            for (int system = DUEL_SWIM; system <= DUEL_OURS; system++) {
                struct duel_figures f;
                duel_run(&config, (enum duel_system)system, &f);
                collect(&times[system], &f);
                duel_figures_clear(&f);
            }
        }
        printf("{\"type\":\"crash\",\"lossPercent\":%u,\"crashes\":%zu", loss / 10,
               times[DUEL_OURS].first_count);
        print_times("swim", &times[DUEL_SWIM]);
        print_times("ours", &times[DUEL_OURS]);
        printf("}\n");
        fflush(stdout);
        free(times[DUEL_SWIM].all_ms);
        free(times[DUEL_OURS].all_ms);
    }
}

struct wish {
    bool is_wanted[4]; /* parts, in the order of their words */
    ull seeds;
    ull node_days;
    double at_most; /* 0: whatever it is */
};

/* False when the command line is no wish. */
static bool read_wish(int argc, char **argv, struct wish *wish)
{
    static const char *const parts[] = {"slow", "grid", "loss", "crash"};
    bool is_any = false;
    *wish = (struct wish){.seeds = 5, .node_days = 10};
    for (int i = 1; i < argc; i++) {
        bool is_known = false;
        for (size_t part = 0; part < 4; part++) {
            if (strcmp(argv[i], parts[part]) == 0) {
                wish->is_wanted[part] = is_any = is_known = true;
            }
        }
        if (i + 1 < argc && strcmp(argv[i], "--seeds") == 0) {
            wish->seeds = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--node-days") == 0) {
            wish->node_days = strtoull(argv[++i], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--at-most") == 0) {
            wish->at_most = strtod(argv[++i], NULL);
        } else if (!is_known) {
            return false;
        }
    }
    for (size_t part = 0; part < 4 && !is_any; part++) {
        wish->is_wanted[part] = true;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct wish wish;
    double upper = 0;
    if (!read_wish(argc, argv, &wish)) {
        fprintf(stderr,
                "usage: %s [slow|grid|loss|crash]... [--seeds N] [--node-days N] [--at-most F]\n",
                argv[0]);
        return 2;
    }
    if (wish.is_wanted[0]) {
        run_slow(wish.seeds);
    }
    if (wish.is_wanted[1]) {
        run_grid((wish.seeds + 4) / 5);
    }
    if (wish.is_wanted[2]) {
        upper = run_loss(wish.node_days);
    }
    if (wish.is_wanted[3]) {
        run_crash(wish.seeds);
    }
    return wish.at_most > 0 && upper >= wish.at_most ? 1 : 0;
}
