/*
 * wavu wipe: the end of a home.
 */
#ifndef APPS_WAVU_CMD_WIPE_H
#define APPS_WAVU_CMD_WIPE_H

#include "apps/wavu/command.h"

/** Run the command; returns the exit code. */
WARN_UNUSED int cmd_wipe_run(struct call *call);

#endif
