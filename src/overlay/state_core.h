/*
 * What the files of the state machine share: neighbours, and events that wait to be taken. Private
 * to state.c, state_out.c, state_round.c and state_apply.c.
 */
#ifndef OVERLAY_STATE_CORE_H
#define OVERLAY_STATE_CORE_H

#include "base/timers.h"
#include "overlay/state.h"

#define STATE_NOBODY 255 /* a slot of no link */

struct state_link {
    struct overlay_id id;
    bool is_used;
    bool is_new; /* no round with it yet */
    struct budget_bucket messages;
    struct budget_bucket verify;
    struct budget_bucket wishes;
};

enum state_out_kind { STATE_OUT_NOTHING, STATE_OUT_SEND, STATE_OUT_CHANGED, STATE_OUT_FORGOT };

/* An event that waits. What it shows of the table stays until the queue is empty
 * (state_table_bury). */
struct state_out {
    enum state_out_kind kind;
    uint8_t slot;
    bool is_gone;                    /* CHANGED: without a value from now on */
    const struct state_owner *owner; /* CHANGED, FORGOT */
    const struct state_entry *entry; /* CHANGED */
    struct state_msg msg;            /* SEND: its list is `list` */
    uint8_t *list;                   /* owned */
};

/* state.c */

/** Does the owner belong, as far as is known? */
WARN_UNUSED bool state_belongs(const struct state *s, const struct overlay_id *owner);

/** Is there a place for an owner that is not here: a free one, of those for strangers where it is
 * one, or one that state_make_room makes? */
WARN_UNUSED bool state_has_place(const struct state *s, const struct overlay_id *owner,
                                 bool is_silent);

/** Take out who has to go first for a member's namespace: the stranger that was heard of least
 * lately, and then, unless it is silent itself, the silent one. False: there is none. */
WARN_UNUSED bool state_make_room(struct state *s, bool is_silent);

/* state_out.c */

/** Before a call changes anything: what no event shows any more is freed. */
void state_out_begin(struct state *s);

void state_out_changed(struct state *s, const struct state_owner *owner,
                       const struct state_entry *entry, bool is_gone);
void state_out_forgot(struct state *s, const struct state_owner *owner);

/** Send `m`, whose one list is `list` (copied; may be empty). */
void state_out_send(struct state *s, uint8_t slot, const struct state_msg *m, struct span list);

void state_out_forget_slot(struct state *s, uint8_t slot);
void state_out_clear(struct state *s);

/** state_next_event. */
WARN_UNUSED bool state_out_next(struct state *s, struct state_event *event);

/* state_round.c */

/** Begin a round with the neighbour in `slot`. */
void state_round_begin(struct state *s, uint8_t slot);

/** Take a HASH, BUCKETS or DIGEST. */
void state_round_hash(struct state *s, uint8_t slot, const struct state_msg *m);
void state_round_buckets(struct state *s, uint8_t slot, const struct state_msg *m);
void state_round_digest(struct state *s, uint64_t now, uint8_t slot, const struct state_msg *m);
void state_round_request(struct state *s, uint64_t now, uint8_t slot, const struct state_msg *m);

/* state_apply.c */

/** Take a DELTA. `link` pays for signatures; NULL: nobody does (a load). WAVU_ERR_CRYPTO for a
 * forged entry, WAVU_ERR_LIMIT beyond the link's rate. */
WARN_UNUSED int state_apply_delta(struct state *s, uint64_t now, struct state_link *link,
                                  const struct state_msg *m);

/** Write an entry of our own with the next version. WAVU_ERR_LIMIT for want of room. */
WARN_UNUSED int state_apply_own(struct state *s, uint64_t now, struct span key, struct span value,
                                bool is_deleted);

/** Go on in a generation of our own above `generation`: what lives is signed anew. */
void state_apply_rebirth(struct state *s, uint64_t now, uint64_t generation);

/** Take our own namespace as it was saved. WAVU_ERR_CRYPTO or WAVU_ERR_CORRUPT: then nothing of it;
 * WAVU_ERR_EXISTS when there is one already. */
WARN_UNUSED int state_apply_load(struct state *s, uint64_t now,
                                 const struct state_msg_block *block);

/** Our own namespace. */
struct state_owner *state_apply_self(const struct state *s);

#endif
