/*
 * wavu reload: the running node reads its settings again.
 */
#ifndef APPS_WAVU_CMD_RELOAD_H
#define APPS_WAVU_CMD_RELOAD_H

#include "apps/wavu/command.h"

int cmd_reload_run(struct call *call);

#endif
