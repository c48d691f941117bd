/*
 * Why a run failed, in words: what bare and whole runs say alike. Findings come from their checks,
 * the sentence goes into the result.
 */
#ifndef SWARM_VERDICT_H
#define SWARM_VERDICT_H

#include "swarm/ledger.h"
#include "swarm/run.h"

/** Note in `r` that the run failed at `at_ms` of virtual time: `what`, at which node
 * (SCENARIO_EVERYWHERE: no node alone did it), and `more`, or NULL. */
void verdict_fail(struct run_result *r, uint64_t at_ms, const char *what, uint32_t node,
                  const char *more);

/** What is wrong with a delivery; NULL: nothing. */
const char *verdict_of_delivery(enum ledger_verdict v);

#endif
