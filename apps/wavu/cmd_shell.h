/*
 * wavu shell: lines to commands of the running node.
 */
#ifndef APPS_WAVU_CMD_SHELL_H
#define APPS_WAVU_CMD_SHELL_H

#include "apps/wavu/command.h"

#define CMD_SHELL_HISTORY "shell_history" /* name of the file: places_state */

/** Returns the exit code. */
int cmd_shell_run(struct call *call);

#endif
