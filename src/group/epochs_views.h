/*
 * Who belongs now, and who belonged at other heads of the log, told to the machine: a part of
 * group/epochs.h. Source: docs/protocol/epoch.md, "How the membership log plugs in".
 */
#ifndef GROUP_EPOCHS_VIEWS_H
#define GROUP_EPOCHS_VIEWS_H

#include "group/epoch.h"
#include "group/network.h"

#define EPOCHS_VIEWS_MAX 16 /* log heads that were asked about and are not here yet */

/* Log heads that the machine wants to know about. */
struct epochs_views_wanted {
    size_t len; /* 0: a free place */
    uint8_t heads[EPOCH_MSG_LOG_HEADS_MAX * MEMBERS_MSG_ID_SIZE];
};

/* All zeros at first. */
struct epochs_views {
    struct epochs_views_wanted wanted[EPOCHS_VIEWS_MAX];
    size_t at; /* the place for the next */
};

/** Who belongs now, as of the last network_settle. What is not taken leaves the machine unsure. */
void epochs_views_now(struct epoch *e, const struct network *n, uint64_t now);

/** Who belonged at `heads` (32 bytes each): now when the log has them, else when it has grown;
 * EPOCHS_VIEWS_MAX are remembered, of more the oldest goes. What is refused is as if unknown. */
void epochs_views_then(struct epochs_views *v, struct epoch *e, const struct network *n,
                       uint64_t now, struct span heads);

/** The log has grown: what is remembered is looked for again. */
void epochs_views_grown(struct epochs_views *v, struct epoch *e, const struct network *n,
                        uint64_t now);

#endif
