/*
 * A process on a host: the `struct port` that a node gets, and its turns.
 */
#ifndef SIM_SIM_LIFE_H
#define SIM_SIM_LIFE_H

#include "sim/sim_core.h"

WARN_UNUSED struct sim_life *sim_life_new(struct sim_host *host);

/** All handles must be closed. */
void sim_life_free(struct sim_life *life);

struct sim_life *sim_life_of(struct port *port);

/** Queue `input` once for the next turn, and have one. Nothing happens in a dead life. */
void sim_life_input(struct sim_life *life, struct sim_input *input);

/** Its handle was closed: no callback may come any more. */
void sim_life_forget(struct sim_life *life, struct sim_input *input);

/** In, time, work, out, reap, now. */
void sim_life_turn(struct sim_life *life);

/** Tell the turn what time it is, and see what timers were armed outside of turns. */
void sim_life_sync(struct sim_life *life);

/** Crash: break its sockets, drop what waits for it. */
void sim_life_kill(struct sim_life *life);

#endif
