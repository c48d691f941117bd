/*
 * Our failure detector against plain SWIM: one run of one of them in a world of a given seed, and
 * the arithmetic for what comes out. The same configuration gives both the same slow nodes, pauses,
 * delays, chances of loss and crashes.
 *
 * What is compared, and how it is counted fairly: docs/decisions/0009-detector-duel.md.
 */
#ifndef SWARM_DUEL_H
#define SWARM_DUEL_H

#include "swarm/duel_world.h"

#define DUEL_WARM_NS                                                                               \
    (UINT64_C(60) * 1000000000)                   /* the mesh has formed; then pauses and counting \
                                                   */
#define DUEL_AFTER_NS (UINT64_C(30) * 1000000000) /* the last crashes are found */
#define DUEL_NO_CELL UINT32_MAX

enum duel_system { DUEL_SWIM, DUEL_OURS };

struct duel_config {
    uint64_t seed;
    uint32_t nodes;
    uint32_t slow; /* of them */
    enum pause_kind kind;
    uint32_t cell; /* of the grid of pauses, all slow nodes together; DUEL_NO_CELL: drawn, each */
    uint32_t loss_permille;
    uint64_t seconds;       /* that are counted */
    uint64_t crash_every_s; /* one node falls silent for good each; 0: none; a third at most */
};

/** Run one system. Free `*out` by duel_figures_clear. */
void duel_run(const struct duel_config *config, enum duel_system system, struct duel_figures *out);
void duel_figures_clear(struct duel_figures *f);

/** The smallest of `count` values that `permille` of them do not exceed; sorts them. 0 of none. */
uint32_t duel_quantile(uint32_t *values, size_t count, uint32_t permille);

/** The one-sided 95 % upper bound of a Poisson mean of which `events` were seen. */
double duel_upper(uint64_t events);

#endif
