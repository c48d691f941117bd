/*
 * What came of one `wavu sim`: the scenario, its run, what the shrinker made of a failure. Printed
 * as a short table, as JSON and as an HTML report, all of the same rows.
 */
#ifndef APPS_SIM_OUTCOME_H
#define APPS_SIM_OUTCOME_H

#include "apps/sim/text.h"
#include "swarm/run.h"
#include "swarm/scenario.h"
#include "swarm/scenario_toml.h"
#include "swarm/shrink.h"

#define OUTCOME_VALUE_MAX 64

struct outcome {
    const struct scenario_file *file; /* borrowed, as all here */
    const struct run_result *run;
    uint64_t wall_ms;                   /* that the run took in real time */
    const struct shrink_result *shrunk; /* NULL: not shrunk */
    const char *replay_path;            /* NULL: none written */
    const char *replayed; /* of a replay file: what became of its failure; NULL: it is none */
};

/* One row of the table of figures. */
struct outcome_figure {
    const char *label;
    char value[OUTCOME_VALUE_MAX]; /* with its unit */
};

/** The `i`th figure into `*out`; false beyond the last. */
bool outcome_figure(const struct outcome *o, size_t i, struct outcome_figure *out);

/** What the cables are and what they do with loss: half a sentence. */
const char *outcome_cables(enum scenario_cable cable);

/** The first sixteen hexadecimal digits, which are all. Returns `out`. */
const char *outcome_hash(uint64_t hash, char out[17]);

/** Bytes in the units people know ("1.5 MB"), thousands each. Returns `out`. */
const char *outcome_bytes(uint64_t bytes, char out[OUTCOME_VALUE_MAX]);

/** Milliseconds as seconds ("12.3 s"). Returns `out`. */
const char *outcome_seconds(uint64_t ms, char out[OUTCOME_VALUE_MAX]);

#endif
