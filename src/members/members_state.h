/*
 * Who belongs: the state that a membership log comes to. Goes up to group/ (who gets keys), to the
 * connection gate (is this device a member's?) and to people.
 *
 * Source: docs/protocol/members.md, "The state".
 */
#ifndef MEMBERS_MEMBERS_STATE_H
#define MEMBERS_MEMBERS_STATE_H

#include "members/members_eval.h"

enum members_state_status {
    MEMBERS_STATE_VOID,    /* its invitation does not count */
    MEMBERS_STATE_INVITED, /* and has not joined */
    MEMBERS_STATE_BELONGS,
    MEMBERS_STATE_LOST, /* two roots claim to follow the last: it has none */
    MEMBERS_STATE_REVOKED,
    MEMBERS_STATE_LEFT /* by itself */
};

struct members_state_member {
    enum members_state_status status;
    uint32_t root;   /* seat of the root now, or MEMBERS_NONE */
    bool has_joined; /* a JOIN of it counts, whatever came later */
};

enum members_state_device {
    MEMBERS_STATE_NO_DEVICE, /* never made one that counts */
    MEMBERS_STATE_LIVE,
    MEMBERS_STATE_FORKED,  /* shut out: it signed two operations of one sequence */
    MEMBERS_STATE_CLAIMED, /* shut out: two persons have it as theirs */
    MEMBERS_STATE_SURPLUS, /* shut out: its member's root forked, and made too many */
    MEMBERS_STATE_REMOVED, /* by its root */
    MEMBERS_STATE_ORPHAN   /* its member does not belong */
};

struct members_state {
    struct members_eval eval;
    const struct members *log;            /* borrowed from members_state_run on */
    struct members_state_member *members; /* owned; by place in the log */
    uint8_t *devices;                     /* owned; enum members_state_device by seat */
    uint32_t *leaves; /* owned; DEVICE operation that brings the leaf, by seat, or MEMBERS_NONE */
    uint32_t *lasts;  /* owned; the last operation that counts, by seat, or MEMBERS_NONE */
    uint32_t *by_key; /* owned; seats by ascending key */
    uint32_t member_count;
    uint32_t seat_count;
    bool is_frozen; /* an operation that counts needs a newer program: "update needed" */
};

void members_state_init(struct members_state *s);
void members_state_clear(struct members_state *s);

/** Evaluate the log, which must outlive what is asked below. Operations that come in later are not
 * seen until the next run. */
void members_state_run(struct members_state *s, const struct members *log);

/** May this node sign an operation of that kind now? While the network is frozen only what can thaw
 * it. */
bool members_state_may_write(const struct members_state *s, enum members_msg_kind kind);

/** The member (place in the log) that this key is a live device of, or MEMBERS_NONE. */
uint32_t members_state_member_of(const struct members_state *s,
                                 const uint8_t device[MEMBERS_MSG_KEY_SIZE]);

/** How the key stands as a device: that of a live one, or the reason why it is none. */
enum members_state_device members_state_device(const struct members_state *s,
                                               const uint8_t device[MEMBERS_MSG_KEY_SIZE]);

/** Did a root remove it, as a device of whichever member? That person has no use for it any more,
 * as another member either. */
bool members_state_was_removed(const struct members_state *s,
                               const uint8_t device[MEMBERS_MSG_KEY_SIZE]);

/* A live device. Borrowed from the log. */
struct members_state_view {
    const uint8_t *device;
    uint32_t member;
    const uint8_t *leaf; /* its first agreement key, or NULL: it has none in the log */
};

/** The next live device by ascending key, each key once; false behind the last. `*at` is 0 at the
 * beginning, and the walk's. */
WARN_UNUSED bool members_state_next_device(const struct members_state *s, uint32_t *at,
                                           struct members_state_view *view);

/** The member's root now, or NULL when it has none. */
const uint8_t *members_state_root(const struct members_state *s, uint32_t member);

/** Is a revocation that stands for this chain? */
bool members_state_is_cut(const struct members_state *s, uint32_t seat);

/** Is it live for nobody, and for any chain of it, of whichever member, a revocation that stands?
 * What it signs otherwise (entries of rooms) then counts only in the past of somebody who is not
 * revoked. So who was put out, came back and left is put out still. */
bool members_state_is_device_cut(const struct members_state *s,
                                 const uint8_t device[MEMBERS_MSG_KEY_SIZE]);

/** The last operation of a chain that counts, or MEMBERS_NONE: of the highest sequence, of two the
 * lower id. */
uint32_t members_state_last(const struct members_state *s, uint32_t seat);

/** Fill the cuts of a REVOKE of `member` (and by `is_subtree` of those under it) with the last
 * operation that counts of each chain, as this node knows them: of a chain that forks on the branch
 * that came here first, and before what freezes the network. Borrowed from the log. Returns how
 * many chains were left out, of which nothing will count then: those on which the least rests, when
 * there are more than MEMBERS_MSG_CUTS_MAX. The revocation can be signed nevertheless: nobody
 * escapes it by many devices. */
WARN_UNUSED size_t members_state_cuts(const struct members_state *s, uint32_t member,
                                      bool is_subtree, struct members_msg *m);

/** The same for a LEAVE of `member` by its root, of whose own chain no cut is named; what freezes
 * the network is honoured. */
WARN_UNUSED size_t members_state_leave_cuts(const struct members_state *s, uint32_t member,
                                            uint32_t root, struct members_msg *m);

/** The same for a REMOVE of one chain: at most one cut. */
void members_state_cut(const struct members_state *s, uint32_t seat, struct members_msg *m);

/** The hash of the state: of all members that are not void, their status, root and live devices. */
void members_state_hash(const struct members_state *s, uint8_t out[HASH_SHA256_SIZE]);

#endif
