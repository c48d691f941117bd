/*
 * wavu status and wavu peers: questions to the running node.
 */
#ifndef APPS_WAVU_CMD_ASK_H
#define APPS_WAVU_CMD_ASK_H

#include "apps/wavu/command.h"

/** wavu status; returns the exit code. */
int cmd_ask_status_run(struct call *call);

/** wavu peers; returns the exit code. */
int cmd_ask_peers_run(struct call *call);

#endif
