/*
 * wavu send: a text to one member of the mesh, and what became of it.
 */
#ifndef APPS_WAVU_CMD_SEND_H
#define APPS_WAVU_CMD_SEND_H

#include "apps/wavu/command.h"

/** Returns the exit code. */
int cmd_send_run(struct call *call);

#endif
