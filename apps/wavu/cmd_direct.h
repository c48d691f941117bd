/*
 * wavu dm, chats: what is said to one member, and with whom one talks.
 */
#ifndef APPS_WAVU_CMD_DIRECT_H
#define APPS_WAVU_CMD_DIRECT_H

#include "apps/wavu/command.h"

/** Each returns the exit code. */
int cmd_direct_say_run(struct call *call);
int cmd_direct_chats_run(struct call *call);

#endif
