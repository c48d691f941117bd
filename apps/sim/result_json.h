/*
 * The outcome of a run as JSON, with stable keys: docs/scenarios.md lists them.
 */
#ifndef APPS_SIM_RESULT_JSON_H
#define APPS_SIM_RESULT_JSON_H

#include "apps/sim/outcome.h"

#define RESULT_JSON_VERSION 1 /* goes up when a key changes its meaning or goes */

/** Append one object and a newline. */
void result_json_write(struct text *t, const struct outcome *o);

#endif
