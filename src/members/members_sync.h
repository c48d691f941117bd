/*
 * What a peer lacks of a membership log: by its heads. The heads go out with the mesh's shared
 * state or a stream's first message; operations leave in an order in which they can be taken.
 *
 * Source: docs/protocol/members.md.
 */
#ifndef MEMBERS_MEMBERS_SYNC_H
#define MEMBERS_MEMBERS_SYNC_H

#include "members/members.h"

/** Write the ids of the heads (what no other operation names), ascending, to `out` of `room` ids;
 * when there are more, the lowest. Returns how many there are. */
size_t members_sync_heads(const struct members *log, uint8_t (*out)[MEMBERS_MSG_ID_SIZE],
                          size_t room);

struct members_sync {
    const struct members *log; /* may grow meanwhile: what is new is not told */
    uint8_t *has;              /* owned; by place: the peer has it */
    uint32_t count;            /* of operations when it began */
    uint32_t at;
};

/** Begin with the heads of the peer: ids of 32 bytes one behind the other. Returns how many of them
 * are not here: then it is us who lack something. */
size_t members_sync_begin(struct members_sync *s, const struct members *log, struct span heads);

/** The next operation that the peer lacks; false at the end. Borrowed from the log. */
WARN_UNUSED bool members_sync_next(struct members_sync *s, struct span *bytes);
void members_sync_end(struct members_sync *s);

/** Start `view` as a log of what the heads (ids of 32 bytes one behind the other) and all that they
 * name are, however far: for the state as of those heads. WAVU_ERR_AGAIN when one is not here. The
 * caller clears it. */
WARN_UNUSED int members_sync_view(const struct members *log, const struct random *random,
                                  struct span heads, struct members *view);

#endif
