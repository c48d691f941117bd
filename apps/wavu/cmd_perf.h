/*
 * wavu perf
 */
#ifndef APPS_WAVU_CMD_PERF_H
#define APPS_WAVU_CMD_PERF_H

#include "apps/wavu/command.h"

/** Run the command; returns the exit code. */
int cmd_perf_run(struct call *call);

#endif
