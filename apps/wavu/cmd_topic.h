/*
 * wavu topic: topics that are shared with other libp2p programs.
 */
#ifndef APPS_WAVU_CMD_TOPIC_H
#define APPS_WAVU_CMD_TOPIC_H

#include "apps/wavu/command.h"

int cmd_topic_run(struct call *call);

#endif
