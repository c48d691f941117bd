/*
 * A run in a process of its own: when the simulator itself dies in it (a promise of ours that is
 * broken), that is a failure of the scenario, which can be told, shrunk and replayed.
 */
#ifndef APPS_SIM_ISOLATE_H
#define APPS_SIM_ISOLATE_H

#include "apps/sim/runner.h"

/** As run_scenario, by `runner` in a child, whose stderr goes nowhere when it `is_silent`. A child
 * that dies gives a result that has not passed, with "the simulator died: signal 6" for a reason.
 * WAVU_ERR_IO when there can be no child. */
WARN_UNUSED int isolate_run(const struct runner *runner, const struct scenario *s,
                            const struct run_progress *progress, bool is_silent,
                            struct run_result *out);

/** The reason for `status` of waitpid, of a child that gave no result. */
void isolate_explain(int status, char *why, size_t size);

#endif
