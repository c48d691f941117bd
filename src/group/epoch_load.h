/*
 * Reading a saved state: a part of epoch_state.
 */
#ifndef GROUP_EPOCH_LOAD_H
#define GROUP_EPOCH_LOAD_H

#include "group/epoch.h"

/** Put all parts of `state` into `e`, which has none yet and no leaf. Each view keeps one reference
 * more, the caller's to drop. False when it is damaged; `e` can then only be cleared. */
WARN_UNUSED bool epoch_load_parts(struct epoch *e, uint64_t now, struct span state);

#endif
