/*
 * The outcome of a run as one HTML file that needs nothing else: style and plots are inside, no
 * script, light or dark as the reader has it. Every text is escaped, and the page is well-formed
 * XML, too.
 */
#ifndef APPS_SIM_REPORT_H
#define APPS_SIM_REPORT_H

#include "apps/sim/outcome.h"

void report_write(struct text *t, const struct outcome *o);

#endif
