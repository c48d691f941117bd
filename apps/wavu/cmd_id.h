/*
 * wavu id
 */
#ifndef APPS_WAVU_CMD_ID_H
#define APPS_WAVU_CMD_ID_H

#include "apps/wavu/command.h"

/** Run the command; returns the exit code. */
int cmd_id_run(struct call *call);

#endif
