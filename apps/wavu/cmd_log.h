/*
 * wavu log: how detailed the running node's log is, and changing it.
 */
#ifndef APPS_WAVU_CMD_LOG_H
#define APPS_WAVU_CMD_LOG_H

#include "apps/wavu/command.h"

int cmd_log_run(struct call *call);

#endif
