/*
 * What time brings to the machine of group keys: when something is to be done next, what is too old
 * and goes, which secret has not come in its time. A part of epoch.c.
 *
 * All times are the machine's own: the owner's with epoch.offset.
 */
#ifndef GROUP_EPOCH_TIME_H
#define GROUP_EPOCH_TIME_H

#include "group/epoch.h"

#define EPOCH_TIME_NEVER UINT64_MAX

/** When epoch_tick has something to do; EPOCH_TIME_NEVER. */
uint64_t epoch_time_next(const struct epoch *e);

/** Of it, what an opened or sealed entry can have brought nearer: it costs no walk over changes. */
uint64_t epoch_time_used(const struct epoch *e);

/** Let go of keys that were passed over, of leaves that were replaced and of an ask, each seven
 * days old; and have saved what was used up an hour ago, so that it leaves the disk. */
void epoch_time_expire(struct epoch *e, uint64_t now);

/** Tell once of each head whose secret should have come by now. */
void epoch_time_tell(struct epoch *e, uint64_t now);

#endif
