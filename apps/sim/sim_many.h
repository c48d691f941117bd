/*
 * Many seeds, each drawn and run in a process of its own, several at a time: `wavu sim --seeds` and
 * `make swarm`. A seed that crashes the simulator is a failing seed, not the end.
 */
#ifndef APPS_SIM_SIM_MANY_H
#define APPS_SIM_SIM_MANY_H

#include "apps/sim/runner.h"
#include "apps/sim/voice.h"

#define SIM_MANY_SEEDS_MAX 1000000
#define SIM_MANY_JOBS_MAX 256

struct sim_many {
    uint64_t first;  /* seed */
    uint64_t count;  /* of seeds, 1 to SIM_MANY_SEEDS_MAX */
    unsigned jobs;   /* processes at a time, 1 to SIM_MANY_JOBS_MAX; 0: one for each processor */
    unsigned cables; /* as scenario_draw has them */
    const char *cables_word; /* "--cable" that made them, for the line that says how to run one
                                again; NULL: none */
    const char *json_path;   /* "-": stdout, and nothing else there; NULL: none */
    const struct voice *voice;
    const struct runner *runner;
};

/** Run them all: a line for each that fails, in the order of the seeds, and a summary. Returns the
 * exit code: VOICE_OK when all passed, VOICE_FAILED when one did not, or when stopped. */
WARN_UNUSED int sim_many_run(const struct sim_many *many);

#endif
