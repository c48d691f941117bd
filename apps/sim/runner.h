/*
 * Who carries a scenario out: the engine, or a test's own; and on which cables one may be drawn.
 */
#ifndef APPS_SIM_RUNNER_H
#define APPS_SIM_RUNNER_H

#include "swarm/run.h"

#define RUNNER_NODES_MAX SCENARIO_NODES_MAX

struct runner {
    int (*run)(const struct scenario *s, const struct run_progress *progress,
               struct run_result *out); /* as run_scenario */
};

/* src/swarm's. */
extern const struct runner runner_engine;

/** The cables that `word` ("stream") means, as scenario_draw takes them; those of bare overlays for
 * NULL; 0 when there are no such, and `*nearest` is then a word that was meant, or NULL. */
unsigned runner_cables(const char *word, const char **nearest);

#endif
