/*
 * wavu members, revoke: who belongs to the networks of the running node, and putting somebody out.
 */
#ifndef APPS_WAVU_CMD_PEOPLE_H
#define APPS_WAVU_CMD_PEOPLE_H

#include "apps/wavu/command.h"

/** Each returns the exit code. */
int cmd_people_members_run(struct call *call);
int cmd_people_revoke_run(struct call *call);

#endif
