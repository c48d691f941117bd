/*
 * Several broadcasts of a room in one: a codec. Who says much at once says it so, with one
 * signature of the mesh for all.
 *
 *   many: (varint length | kind 1 | bytes) each, ROOMS_MANY_MAX at most; no many within
 *
 * Source: docs/protocol/room.md, "On the mesh".
 */
#ifndef CHAT_ROOMS_MANY_H
#define CHAT_ROOMS_MANY_H

#include "base/rd.h"
#include "base/wr.h"

#define ROOMS_MANY_MAX 128      /* in one broadcast */
#define ROOMS_MANY_OTHERS_MAX 8 /* of them that are no entries, and cost far more */
#define ROOMS_MANY_BYTES                                                                           \
    ((size_t)16 * 1024) /* put together: beyond, a signature is a hundredth of the work */

/** One more. */
void rooms_many_put(struct wr *w, struct span one);

/** True when `many` is whole: walks all of it before anything is done. */
WARN_UNUSED bool rooms_many_is_whole(struct span many);

/** The next one, borrowed; false behind the last, or when `many` is not whole. */
WARN_UNUSED bool rooms_many_next(struct rd *r, struct span *one);

#endif
