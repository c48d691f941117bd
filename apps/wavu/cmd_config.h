/*
 * wavu config check and wavu config show: the settings.
 */
#ifndef APPS_WAVU_CMD_CONFIG_H
#define APPS_WAVU_CMD_CONFIG_H

#include "apps/wavu/command.h"

/** Returns the exit code. */
int cmd_config_run(struct call *call);

#endif
