/*
 * wavu up
 */
#ifndef APPS_WAVU_CMD_UP_H
#define APPS_WAVU_CMD_UP_H

#include "apps/wavu/command.h"

/** Run the command; returns the exit code. */
int cmd_up_run(struct call *call);

#endif
