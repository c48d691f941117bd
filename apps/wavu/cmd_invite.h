/*
 * wavu invite: a code for one newcomer, and what becomes of it.
 */
#ifndef APPS_WAVU_CMD_INVITE_H
#define APPS_WAVU_CMD_INVITE_H

#include "apps/wavu/command.h"

/** Returns the exit code. */
int cmd_invite_run(struct call *call);

#endif
