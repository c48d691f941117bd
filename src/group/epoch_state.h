/*
 * The machine's state as bytes: everything that must survive a restart, secrets among it. Its form
 * is our own business (format 1, protobuf): only this device ever reads it.
 *
 * A loaded machine never uses a generation again that may have been used: a state says how far own
 * generations are reserved in each epoch, nothing is sealed beyond what a durable one says, and own
 * chains go on behind that.
 */
#ifndef GROUP_EPOCH_STATE_H
#define GROUP_EPOCH_STATE_H

#include "group/epoch.h"

/* Derived in epoch_state.c: what a machine can hold at most, so a save is never too large. Half is
 * leaf keys and the messages that brought them, 2,048 times; a third is secrets of changes. */
#define EPOCH_STATE_SIZE_MAX (48 * 1024 * 1024)

/** Append the state to `out`, whose owner wipes it (buf_wipe). WAVU_ERR_LIMIT when `out` has no
 * room for EPOCH_STATE_SIZE_MAX. When it has room already (buf_reserve), that is tried before the
 * state is measured: half the work. */
WARN_UNUSED int epoch_state_save(const struct epoch *e, uint64_t now, struct buf *out);

/** Make `e` from a saved state of the same device and group. WAVU_ERR_CORRUPT, or
 * WAVU_ERR_UNSUPPORTED for a newer format; `e` is then as if cleared. */
WARN_UNUSED int epoch_state_load(struct epoch *e, const struct epoch_config *config, uint64_t now,
                                 struct span state);

#endif
