/*
 * The commands for the mesh below, and help.
 */
#ifndef APPS_WAVU_COMMANDS_MESH_H
#define APPS_WAVU_COMMANDS_MESH_H

#include "apps/wavu/command.h"

/** In the order of the help; `*count` of them. */
const struct command *commands_mesh(size_t *count);

#endif
