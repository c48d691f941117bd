/*
 * wavu chat: the chat, as lines.
 */
#ifndef APPS_WAVU_CMD_CHAT_H
#define APPS_WAVU_CMD_CHAT_H

#include "apps/wavu/command.h"

#define CMD_CHAT_WAIT_S 10        /* for others to have what was said, at the end of the input */
#define CMD_CHAT_WAIT_MAX_S 86400 /* a day */

int cmd_chat_run(struct call *call);

#endif
