/*
 * wavu sim: the mesh by the thousand, on virtual time.
 */
#ifndef APPS_WAVU_CMD_SIM_H
#define APPS_WAVU_CMD_SIM_H

#include "apps/wavu/command.h"

/** wavu sim SCENARIO | --draw | --seeds N */
int cmd_sim_run(struct call *call);

#endif
