/*
 * wavu join: into a network, by a code or because the own key is invited.
 */
#ifndef APPS_WAVU_CMD_JOIN_H
#define APPS_WAVU_CMD_JOIN_H

#include "apps/wavu/command.h"

/** Returns the exit code. */
int cmd_join_run(struct call *call);

#endif
