/*
 * wavu say: something in a room.
 */
#ifndef APPS_WAVU_CMD_SAY_H
#define APPS_WAVU_CMD_SAY_H

#include "apps/wavu/command.h"

/** Returns the exit code. */
int cmd_say_run(struct call *call);

#endif
