/*
 * wavu rooms and wavu room: which rooms there are, making and changing them.
 */
#ifndef APPS_WAVU_CMD_ROOM_H
#define APPS_WAVU_CMD_ROOM_H

#include "apps/wavu/command.h"

/** wavu rooms; returns the exit code. */
int cmd_room_list_run(struct call *call);

/** wavu room make|set|read; returns the exit code. */
int cmd_room_run(struct call *call);

#endif
