/*
 * wavu bugreport: a file for whoever mends wavu, without secrets.
 */
#ifndef APPS_WAVU_CMD_BUGREPORT_H
#define APPS_WAVU_CMD_BUGREPORT_H

#include "apps/wavu/command.h"

/** wavu bugreport; returns the exit code. */
int cmd_bugreport_run(struct call *call);

#endif
