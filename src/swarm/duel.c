/*
 * A run of one system, and quantiles and bounds of its figures.
 */
#include "swarm/duel.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "swarm/duel_mesh.h"
#include "swarm/duel_swim.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define DELAY_MIN_NS (10 * MS)
#define DELAY_MAX_NS (50 * MS)

/* Nodes fall silent one after another, in an order of the seed's, at times that no system's period
 * divides. */
static void run_crashes(struct duel_world *w, const struct duel_config *c, uint64_t end)
{
    struct sim_draw draw = {.state = sim_draw_mix(c->seed, 77)};
    uint32_t left = c->nodes / 3;
    for (uint64_t at = DUEL_WARM_NS; at + DUEL_AFTER_NS < end && left > 0; left--) {
        duel_world_run(w, at + sim_draw_below(&draw, SECOND));
        uint16_t node = (uint16_t)sim_draw_below(&draw, c->nodes);
        while (!duel_world_is_up(w, node)) {
            node = (uint16_t)((node + 1u) % c->nodes);
        }
        duel_world_crash(w, node);
        at += c->crash_every_s * SECOND;
    }
}

void duel_run(const struct duel_config *c, enum duel_system system, struct duel_figures *out)
{
    struct duel_world w;
    struct duel_world_config config = {
        .pauses = {.seed = c->seed, .start_ns = DUEL_WARM_NS, .nodes = c->nodes, .slow = c->slow},
        .kind = c->kind,
        .loss_permille = c->loss_permille,
        .delay_min_ns = DELAY_MIN_NS,
        .delay_max_ns = DELAY_MAX_NS,
        .count_from_ns = DUEL_WARM_NS};
    if (c->cell != DUEL_NO_CELL) {
        pause_cell(&config.pauses, c->cell);
        config.pauses.is_together = true;
    }
    duel_world_init(&w, &config, system == DUEL_SWIM ? &duel_swim_player : &duel_mesh_player);
    uint64_t end = DUEL_WARM_NS + c->seconds * SECOND;
    if (c->crash_every_s > 0) {
        run_crashes(&w, c, end);
    }
    duel_world_run(&w, end);
    *out = w.figures;
    w.figures = (struct duel_figures){.messages = 0}; /* taken */
    duel_world_clear(&w);
}

void duel_figures_clear(struct duel_figures *f)
{
    mem_free(f->first_ms);
    mem_free(f->all_ms);
    memset(f, 0, sizeof *f);
}

/* Shell sort: the values are some thousands. */
uint32_t duel_quantile(uint32_t *values, size_t count, uint32_t permille)
{
    CHECK(permille <= 1000);
    for (size_t gap = count / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < count; i++) {
            uint32_t value = values[i];
            size_t at = i;
            for (; at >= gap && values[at - gap] > value; at -= gap) {
                values[at] = values[at - gap];
            }
            values[at] = value;
        }
    }
    size_t rank = (count * permille + 999) / 1000;
    return count == 0 ? 0 : values[rank > 0 ? rank - 1 : 0];
}

/* e^-x as (1 - x / 2^30)^(2^30): exact to 1 in 10^6 for the means that occur. */
static double exp_minus(double x)
{
    double power = 1 - x / (double)(1u << 30);
    for (int i = 0; i < 30; i++) {
        power *= power;
    }
    return power;
}

/* The chance of at most `events` with that mean. */
static double chance_of(uint64_t events, double mean)
{
    double term = exp_minus(mean);
    double sum = term;
    for (uint64_t i = 1; i <= events; i++) {
        term *= mean / (double)i;
        sum += term;
    }
    return sum;
}

/* Beyond 500 events the chance underflows; there the normal bound is good to 1 in 1,000. */
double duel_upper(uint64_t events)
{
    double low = (double)events;
    double high = 2 * low + 20;
    if (events > 500) {
        double root = low;
        for (int i = 0; i < 40; i++) {
            root = (root + low / root) / 2;
        }
        return low + 1.6449 * root + 1.6;
    }
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (chance_of(events, middle) > 0.05) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}
