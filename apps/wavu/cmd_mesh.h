/*
 * wavu members, topology, broadcast, events: the mesh of the running node.
 */
#ifndef APPS_WAVU_CMD_MESH_H
#define APPS_WAVU_CMD_MESH_H

#include "apps/wavu/command.h"

/** Each returns the exit code. */
int cmd_mesh_members_run(struct call *call);
int cmd_mesh_topology_run(struct call *call);
int cmd_mesh_broadcast_run(struct call *call);
int cmd_mesh_events_run(struct call *call);

#endif
