/*
 * What faults do to whole nodes' cables and hosts: all that are on, taken together, become the
 * settings of each wire, and whether a host hides or stands still.
 *
 *     loss, delay          as they are; TCP repeats and waits
 *     duplicate            datagrams
 *     reorder              packets take longer, each for itself; a stream stays in order
 *     bandwidth            of each cable, for what the node sends
 *     clog, partition      packets vanish; connections live on when it is over in time
 *     one-way              likewise, in one direction; acknowledgements too
 *     nat                  nobody dials the node
 *     silent               the process stands still; its system still takes connections and bytes
 *
 * CRASH, RESET, CHURN, TORN, SKEW, SLOW and FLOOD are the caller's to carry out.
 */
#ifndef SWARM_WHOLE_FAULT_H
#define SWARM_WHOLE_FAULT_H

#include "sim/sim_cable.h"
#include "swarm/whole_world.h"

/** Give the cables what they have without faults. Once, before anything starts. */
void whole_fault_init(struct whole_world *w);

/** Switch a fault of w->s on or off, now. */
void whole_fault_on(struct whole_world *w, const struct scenario_fault *f);
void whole_fault_off(struct whole_world *w, const struct scenario_fault *f);
bool whole_fault_is_on(const struct whole_world *w, const struct scenario_fault *f);

/** Node `i` has started: its host gets again what a restart has ended. */
void whole_fault_started(struct whole_world *w, uint32_t i);

/** What the wire from `from` to `to` does now; false: nothing passes. */
bool whole_fault_wire(const struct whole_world *w, uint32_t from, uint32_t to,
                      struct sim_cable_settings *out);

#endif
