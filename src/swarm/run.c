/*
 * Which engine carries out a scenario.
 */
#include "swarm/run.h"

#include "base/mem.h"
#include "swarm/bare.h"
#include "swarm/whole.h"

int run_scenario(const struct scenario *s, const struct run_progress *progress,
                 struct run_result *out)
{
    *out = (struct run_result){.is_passed = false};
    int rc = scenario_check(s, out->why, sizeof out->why);
    if (rc < 0) {
        return rc;
    }
    return s->cable == SCENARIO_WHOLE ? whole_run(s, progress, out) : bare_run(s, progress, out);
}

void run_result_clear(struct run_result *r)
{
    mem_free(r->samples);
    *r = (struct run_result){.is_passed = false};
}
