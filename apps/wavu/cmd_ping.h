/*
 * wavu ping
 */
#ifndef APPS_WAVU_CMD_PING_H
#define APPS_WAVU_CMD_PING_H

#include "apps/wavu/command.h"

/** Run the command; returns the exit code. */
int cmd_ping_run(struct call *call);

#endif
