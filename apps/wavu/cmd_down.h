/*
 * wavu down: ends the node of this home in good order, and waits until it has ended.
 */
#ifndef APPS_WAVU_CMD_DOWN_H
#define APPS_WAVU_CMD_DOWN_H

#include "apps/wavu/command.h"

#define CMD_DOWN_WAIT_MS 15000 /* a node closes in 1 s; what it keeps takes more */

int cmd_down_run(struct call *call);

#endif
