/*
 * The commands for a node and its home.
 */
#ifndef APPS_WAVU_COMMANDS_HOME_H
#define APPS_WAVU_COMMANDS_HOME_H

#include "apps/wavu/command.h"

/** In the order of the help; `*count` of them. */
const struct command *commands_home(size_t *count);

#endif
