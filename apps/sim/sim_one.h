/*
 * One scenario: read or drawn, run, told about, and shrunk when it fails.
 */
#ifndef APPS_SIM_SIM_ONE_H
#define APPS_SIM_SIM_ONE_H

#include "apps/sim/runner.h"
#include "apps/sim/voice.h"
#include "swarm/scenario_toml.h"

#define SIM_ONE_SHRINK_RUNS 200 /* unless --shrink-runs says otherwise */

/* Set up by sim_one_load or sim_one_draw; the rest is the caller's to fill. */
struct sim_one {
    struct scenario_file file;
    bool is_drawn;           /* then all of it is printed, for no file has it */
    const char *json_path;   /* "-": stdout, and nothing else there; NULL: none */
    const char *html_path;   /* NULL: none */
    const char *replay_path; /* NULL: after a failure, a name of our own */
    bool may_shrink;
    uint32_t shrink_runs;
    const struct voice *voice;
    const struct runner *runner;
};

/** Read the scenario at `path`. 0, or an exit code after a sentence with file, line and column. */
WARN_UNUSED int sim_one_load(struct sim_one *one, const char *path);

/** Draw it from `seed` on one of `cables`, as scenario_draw has them. */
void sim_one_draw(struct sim_one *one, uint64_t seed, unsigned cables);

/** Another seed or another number of nodes (NULL: as it is); what a replay file expects is then
 * forgotten. 0, or the exit code after a sentence when the scenario does not allow it. */
WARN_UNUSED int sim_one_change(struct sim_one *one, const uint64_t *seed, const uint64_t *nodes);

/** Print the scenario as TOML. */
void sim_one_print(const struct sim_one *one);

/** Run it. Returns the exit code: VOICE_OK when it passed, VOICE_FAILED when not or when stopped.
 */
WARN_UNUSED int sim_one_run(struct sim_one *one);

#endif
