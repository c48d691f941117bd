/*
 * The heads of a membership log as others use them: those of what plays a part. Goes up to group/
 * (an epoch names the heads under which it was made) and into what this node signs. When they are
 * many, one member after the other brings them together by a MERGE.
 *
 * Source: docs/protocol/members.md, "Heads".
 */
#ifndef MEMBERS_MEMBERS_HEADS_H
#define MEMBERS_MEMBERS_HEADS_H

#include "members/members_state.h"
#include "members/members_write.h"

#define MEMBERS_HEADS_MANY                                                                         \
    8 /* more are brought together: half of what a change of an epoch names (group/epoch_msg.h) */

#define MEMBERS_HEADS_MERGES_END                                                                   \
    (MEMBERS_SEQUENCE_MAX / 4 * 3) /* of a chain: the rest is not for bringing heads together */

/** Write the ids of the heads of what plays a part (what counts, and all revocations and
 * co-signatures), ascending, to `out` of `room` ids; when there are more, the lowest. Returns how
 * many there are. The log as of them (members_sync_view) has the state of the whole one. */
WARN_UNUSED size_t members_heads(const struct members_state *s, uint8_t (*out)[MEMBERS_MSG_ID_SIZE],
                                 size_t room);

/** How many live devices are before this one when heads are to be brought together: 0, do it now;
 * n, wait n times what it takes until all have heard of it. MEMBERS_NONE when they are few
 * enough, or it is no live device, or its chain is too far on. All who hold the same log agree. */
uint32_t members_heads_turn(const struct members_state *s,
                            const uint8_t device[MEMBERS_MSG_KEY_SIZE]);

/** Sign a MERGE: an operation that names up to 32 of the heads as parents and does nothing else.
 * As members_write; WAVU_ERR_LIMIT also behind MEMBERS_HEADS_MERGES_END. `s` is the state of `log`.
 */
WARN_UNUSED int members_heads_merge(struct members *log, struct members_author *author,
                                    const struct members_state *s, const struct members_op **op);

/** Fill in the parents of what a device is to sign: up to 32 of the heads. Borrowed from the log.
 * Without it members_write names none. */
void members_heads_parents(const struct members_state *s, struct members_msg *m);

#endif
