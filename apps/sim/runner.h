/*
 * Who carries a scenario out: run_scenario, or a test's own.
 */
#ifndef APPS_SIM_RUNNER_H
#define APPS_SIM_RUNNER_H

#include "swarm/run.h"

struct runner {
    int (*run)(const struct scenario *s, const struct run_progress *progress,
               struct run_result *out); /* as run_scenario */
};

#endif
