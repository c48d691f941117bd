/*
 * Who belongs, as the membership log says it, and what is known of each device: sets of devices
 * shared by all changes that were made under them, and a table of leaf keys.
 */
#ifndef GROUP_EPOCH_VIEW_H
#define GROUP_EPOCH_VIEW_H

#include "base/buf.h"
#include "base/list.h"
#include "group/epoch_msg.h"

#define EPOCH_VIEW_DEVICES_MAX 2048 /* of one group, ever: 1,000 members with two devices each */
/* Of the view of now. More than a change can name (EPOCH_MSG_LOG_HEADS_MAX), so that who belongs no
 * more is known also while a member forks the log. */
#define EPOCH_VIEW_LOG_HEADS_MAX 1024

/* One member device. Keys are borrowed. */
struct epoch_member {
    uint8_t device[32];
    const uint8_t *leaf;  /* X25519, 32 bytes, signed by the device in the log; NULL: none known */
    const uint8_t *mlkem; /* 1,184 bytes; NULL: none */
};

/* What the membership log gives for a set of its operations. Borrowed. */
struct epoch_view {
    struct epoch_msg_ids log_heads;     /* ascending */
    const struct epoch_member *members; /* ascending by device */
    size_t count;
};

/* A device that was ever seen in a view; its place in the table is its slot. */
struct epoch_device {
    uint8_t id[32];
    bool has_leaf;
    uint8_t leaf[32];
    uint8_t *mlkem;          /* owned; NULL: none */
    uint64_t leaf_sequence;  /* of the change that brought the leaf; 0: the log's */
    uint64_t mlkem_sequence; /* of the full change that brought the ML-KEM key */
    uint64_t forgotten;      /* of its changes, the highest that was forgotten here */
    struct buf said;         /* the first as a message, for those who come later; */
    struct buf said_full;    /* and the second, when it is another */
};

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
    size_t device_count;
    size_t device_cap;
};

void epoch_view_init(struct epoch_views *v);
void epoch_view_clear(struct epoch_views *v);

/** The slot of a device, or -1. */
int epoch_view_slot(const struct epoch_views *v, const uint8_t device[32]);
/** The same, entering it when it is new; -1 when the table is full. */
int epoch_view_enter(struct epoch_views *v, const uint8_t device[32]);

/** The set of `view`, entered when it is new, referenced once more, in `*out`. WAVU_ERR_INVALID
 * when its members do not ascend or it contradicts what the same log heads gave before,
 * WAVU_ERR_LIMIT.
 */
WARN_UNUSED int epoch_view_take(struct epoch_views *v, const struct epoch_view *view,
                                struct epoch_members **out);
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

/** A leaf that a device published in its change `sequence`, with the change's message. Older ones
 * change nothing. */
void epoch_view_set_leaf(struct epoch_device *d, const struct epoch_msg_change *c,
                         struct span message);

#endif
