/*
 * The event hash: what was delivered is folded into one number.
 */
#ifndef SIM_SIM_NOTE_H
#define SIM_SIM_NOTE_H

#include "sim/sim_core.h"

/** Fold that `kind` with `detail` happened on `host` now. */
void sim_note_event(struct sim_host *host, enum sim_kind kind, uint64_t detail);

/** As sim_note_event, with the bytes that were delivered. */
void sim_note_bytes(struct sim_host *host, enum sim_kind kind, uint64_t detail, struct span bytes);

#endif
