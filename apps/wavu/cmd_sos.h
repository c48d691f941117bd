/*
 * wavu sos: calls for help, by the running node.
 */
#ifndef APPS_WAVU_CMD_SOS_H
#define APPS_WAVU_CMD_SOS_H

#include "apps/wavu/command.h"

/** Returns the exit code. */
int cmd_sos_run(struct call *call);

#endif
