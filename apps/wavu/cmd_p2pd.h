/*
 * `wavu p2pd`: the libp2p daemon.
 */
#ifndef APPS_WAVU_CMD_P2PD_H
#define APPS_WAVU_CMD_P2PD_H

#include "apps/wavu/command.h"

/** Run it until SIGTERM or SIGINT. Returns the exit code. */
WARN_UNUSED int cmd_p2pd_run(struct call *call);

#endif
