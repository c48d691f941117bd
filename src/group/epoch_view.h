/*
 * Who belongs, as the membership log says it, and what is known of each device: sets of devices
 * shared by all changes that were made under them, and a table of leaf keys.
 */
#ifndef GROUP_EPOCH_VIEW_H
#define GROUP_EPOCH_VIEW_H

#include "base/buf.h"
#include "base/list.h"
#include "group/epoch_msg.h"

/* Of one group at a time: 750 members with two devices each, and those that OTHERS counts. */
#define EPOCH_VIEW_DEVICES_MAX 2048
/* Of them outside the view of now, when a view of other log heads brings new ones. */
#define EPOCH_VIEW_OTHERS_MAX 512
/* Of the view of now. More than a change can name (EPOCH_MSG_LOG_HEADS_MAX), so that who belongs no
 * more is known also while a member forks the log. */
#define EPOCH_VIEW_LOG_HEADS_MAX 1024

/* One member device. Keys are borrowed. */
struct epoch_member {
    uint8_t device[32];
    const uint8_t *leaf;  /* X25519, 32 bytes, signed by the device in the log; NULL: none known */
    const uint8_t *mlkem; /* 1,184 bytes; NULL: none */
    const uint8_t *owner; /* the member whose device it is, 32 bytes; NULL: known, or itself */
};

/* What the membership log gives for a set of its operations. Borrowed. */
struct epoch_view {
    struct epoch_msg_ids log_heads;     /* ascending */
    const struct epoch_member *members; /* ascending by device */
    size_t count;
};

/* A device of a view in use; its place in the table is its slot. */
struct epoch_device {
    uint8_t id[32];
    bool is_used; /* false: a free place */
    bool is_worn; /* what was forgotten of its changes had used keys of our own: it keeps its place
                   */
    bool has_leaf;
    uint8_t leaf[32];
    uint8_t *mlkem;          /* owned; NULL: none */
    uint64_t leaf_sequence;  /* of the change that brought the leaf; 0: the log's */
    uint64_t mlkem_sequence; /* of the full change that brought the ML-KEM key */
    uint64_t forgotten;      /* of its changes, the highest that was forgotten here */
    uint64_t answered;       /* of its asks, the highest number that was answered here */
    uint64_t owner;          /* equal for all devices of a member */
    uint64_t asks_since;     /* ns; when the first of `asks` was, */
    uint32_t asks;           /* views asked for on its owner's word */
    uint64_t bad_since;      /* ns; when the first of `bad` was, */
    uint32_t bad;            /* wraps of its owner's that opened with nothing */
    struct buf said;         /* the first as a message, for those who come later; */
    struct buf said_full;    /* and the second, when it is another, or a statement of both */
};

/* Views that are asked for on one member's word: what a half that was away brings, and no more. */
#define EPOCH_VIEW_ASKS_MAX 32
#define EPOCH_VIEW_ASKS_NS (UINT64_C(60) * 1000000000)

/* A set of devices; one for each set of log heads that changes in use name. */
struct epoch_members {
    struct list link;
    size_t refs;
    uint8_t log_key[32]; /* SHA-256 of the log heads */
    uint8_t *log_heads;  /* owned */
    size_t log_head_count;
    uint8_t hash[32];
    size_t count;
    uint16_t *slots; /* owned; ascending by device id */
    uint8_t bits[EPOCH_VIEW_DEVICES_MAX / 8];
};

struct epoch_views {
    struct list sets;
    struct epoch_device *devices; /* owned */
    size_t device_count;          /* places, free ones among them */
    size_t device_cap;
    size_t used;
    uint16_t by_id[EPOCH_VIEW_DEVICES_MAX]; /* slots in use, ascending by id */
    size_t free_from;                       /* earlier places are not tried */
};

void epoch_view_init(struct epoch_views *v);
void epoch_view_clear(struct epoch_views *v);

/** The slot of a device, or -1. */
int epoch_view_slot(const struct epoch_views *v, const uint8_t device[32]);
/** The same, entering it when it is new; -1 when the table is full. */
int epoch_view_enter(struct epoch_views *v, const uint8_t device[32]);
/** Put a free place at the end, as a saved table has it. False when it is full. */
WARN_UNUSED bool epoch_view_skip(struct epoch_views *v);
/** Free the places of all devices whose bit is not set in `kept`. */
void epoch_view_sweep(struct epoch_views *v, const uint8_t kept[EPOCH_VIEW_DEVICES_MAX / 8]);
/** The first device of the member that has `slot`: what is counted by member is counted there. */
int epoch_view_first(const struct epoch_views *v, int slot);
/** How many devices of `view` have no place yet. */
size_t epoch_view_fresh(const struct epoch_views *v, const struct epoch_view *view);

/** The set of `view`, entered when it is new, referenced once more, in `*out`. WAVU_ERR_INVALID
 * when its members do not ascend or it contradicts what the same log heads gave before,
 * WAVU_ERR_LIMIT.
 */
WARN_UNUSED int epoch_view_take(struct epoch_views *v, const struct epoch_view *view,
                                struct epoch_members **out);
/** What names those log heads in a set. */
void epoch_view_key(uint8_t key[32], struct epoch_msg_ids log_heads);
/** The set that those log heads gave, or NULL. */
struct epoch_members *epoch_view_find(const struct epoch_views *v, struct epoch_msg_ids log_heads);
struct epoch_members *epoch_view_ref(struct epoch_members *m);
/** Give back a reference; NULL is fine. */
void epoch_view_drop(struct epoch_members *m);

bool epoch_view_has(const struct epoch_members *m, int slot);
/** The place of `slot` in m->slots, or -1. */
int epoch_view_index(const struct epoch_members *m, int slot);

/** Those in all `count` > 0 sets, into `slots` (room for the first set's count). Returns how many.
 */
size_t epoch_view_common(uint16_t *slots, struct epoch_members *const *sets, size_t count);

/** id("wavu epoch members 1", the devices). */
void epoch_view_hash(uint8_t hash[32], const struct epoch_views *v, const uint16_t *slots,
                     size_t count);

/** The first leaf of a device, as it states it in `message`. */
void epoch_view_state_leaf(struct epoch_device *d, const struct epoch_msg_leaf *leaf,
                           struct span message);

/** A leaf that a device published in its change `sequence`, with the change's message. Older ones
 * change nothing. */
void epoch_view_set_leaf(struct epoch_device *d, const struct epoch_msg_change *c,
                         struct span message);

#endif
