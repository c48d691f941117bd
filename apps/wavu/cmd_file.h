/*
 * wavu file send, list, accept, cancel: files between members of a network.
 */
#ifndef APPS_WAVU_CMD_FILE_H
#define APPS_WAVU_CMD_FILE_H

#include "apps/wavu/command.h"

/** Returns the exit code. */
int cmd_file_run(struct call *call);

#endif
