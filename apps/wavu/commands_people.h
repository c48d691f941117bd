/*
 * The commands for people and their networks.
 */
#ifndef APPS_WAVU_COMMANDS_PEOPLE_H
#define APPS_WAVU_COMMANDS_PEOPLE_H

#include "apps/wavu/command.h"

/** In the order of the help; `*count` of them. */
const struct command *commands_people(size_t *count);

#endif
