/*
 * The first minute: what a command that lets people in does for somebody who has nothing yet. A
 * node is started where none runs, a name is asked for, a network is made.
 */
#ifndef APPS_WAVU_FIRST_H
#define APPS_WAVU_FIRST_H

#include "apps/wavu/command.h"

/* Seconds that a node stays which such a command has started: a person reads what it printed, and
 * types the next one. */
#define FIRST_LINGER "600"

/** A node answers in this home from here on: start_node_ensure, and one that is started stays
 * FIRST_LINGER. Returns 0, or an exit code after a sentence. */
WARN_UNUSED int first_ensure(const struct call *call);

/** first_ensure; and where the person has no name
 * yet and can be asked at the terminal, it is asked for, once. Returns 0, or an exit code after a
 * sentence. */
WARN_UNUSED int first_node(const struct call *call);

/** The node is in a network from here on: where it is in none, one is made, named after the person,
 * and said. Returns 0, or an exit code after a sentence. */
WARN_UNUSED int first_network(const struct call *call);

#endif
