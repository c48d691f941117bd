/*
 * wavu set, wavu get, wavu unset: one setting in this user's wavu.toml.
 */
#ifndef APPS_WAVU_CMD_SET_H
#define APPS_WAVU_CMD_SET_H

#include "apps/wavu/command.h"

/** Each returns the exit code. */
int cmd_set_run(struct call *call);
int cmd_set_get_run(struct call *call);
int cmd_set_unset_run(struct call *call);

#endif
