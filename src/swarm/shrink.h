/*
 * A scenario that fails comes in, the smallest that still fails the same check goes out: first
 * without faults that do not matter (ddmin; Zeller and Hildebrandt 2002), then with fewer nodes,
 * fewer senders and shorter times, again and again until nothing more can go.
 *
 * The seed and the faults' ids stay, so that what remains draws what it drew before. The time to
 * settle stays, too: a shorter one would fail for a reason of its own.
 */
#ifndef SWARM_SHRINK_H
#define SWARM_SHRINK_H

#include "swarm/run.h"

/* Who carries a scenario out: run_scenario, or a test's own. */
struct shrink_runner {
    /* As run_scenario; a negative return ends the shrinking. */
    int (*run)(void *context, const struct scenario *s, struct run_result *out);
    void *context;
};

struct shrink_result {
    struct scenario scenario;
    uint64_t hash;         /* of its run */
    char why[RUN_WHY_MAX]; /* likewise */
    uint32_t runs;         /* made */
    bool is_minimal; /* false: the budget, or the runner, ended it before nothing more could go */
};

/** Shrink `s`, whose run gave `failed` (not passed), by at most `runs_max` runs. */
void shrink_scenario(const struct scenario *s, const struct run_result *failed,
                     const struct shrink_runner *runner, uint32_t runs_max,
                     struct shrink_result *out);

/** Whether two sentences of run_result are of one check: the same up to the first colon, whatever
 * the numbers in them. */
bool shrink_is_same_check(const char *why, const char *other);

#endif
