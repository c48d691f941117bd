/*
 * A scenario carried out with bare overlays (world.h): message or stream cables.
 */
#ifndef SWARM_BARE_H
#define SWARM_BARE_H

#include "swarm/run.h"

/** As run_scenario, for SCENARIO_MESSAGE and SCENARIO_STREAM; `s` was checked. */
WARN_UNUSED int bare_run(const struct scenario *s, const struct run_progress *progress,
                         struct run_result *out);

#endif
