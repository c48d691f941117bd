/*
 * A scenario carried out with whole nodes (whole_world.h): the public interface, real
 * cryptography, simulated TCP, UDP and disks.
 */
#ifndef SWARM_WHOLE_H
#define SWARM_WHOLE_H

#include "swarm/run.h"

/** As run_scenario, for SCENARIO_WHOLE; `s` was checked. */
WARN_UNUSED int whole_run(const struct scenario *s, const struct run_progress *progress,
                          struct run_result *out);

#endif
