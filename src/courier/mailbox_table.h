/*
 * The mailbox's entries: found by name and by lock, in one list a recipient and class, charged to
 * who gave them and for whom they are. An array that grows by doubling, with indices for pointers:
 * 248 bytes an entry.
 *
 * A part of courier/mailbox.h; owned by it.
 */
#ifndef COURIER_MAILBOX_TABLE_H
#define COURIER_MAILBOX_TABLE_H

#include "courier/envelope.h"
#include "courier/seen.h"

#define MAILBOX_BYTES ((uint64_t)64 * 1024 * 1024)
#define MAILBOX_BYTES_LOW ((uint64_t)8 * 1024 * 1024)
#define MAILBOX_UNIT 1024           /* the least that an envelope counts for: 65,536 of them */
#define MAILBOX_RECIPIENT_SHARE 16  /* of all, for one device */
#define MAILBOX_GIVER_SHARE 8       /* of all, from one that hands over */
#define MAILBOX_PAIR_SHARE 4        /* of a recipient's, from one that hands over */
#define MAILBOX_OWN_MAX 16384       /* written here: what the outbox has open */
#define MAILBOX_RECIPIENTS_MAX 4096 /* devices that tags are known of */
#define MAILBOX_TAGS_MAX 8          /* of one device: as many as it keeps prekeys */
#define MAILBOX_UPS_MAX 64          /* neighbours: four times what the mesh has at most */
#define MAILBOX_GIVEN_MAX 4         /* 16 copies are halved four times */
#define MAILBOX_NONE UINT32_MAX

enum mailbox_state {
    MAILBOX_FREE = 0,
    MAILBOX_LIVE,
    MAILBOX_READ, /* opened: here until all who must hear of it have */
    MAILBOX_GONE  /* until the owner has heard of it */
};

/* Two neighbours in a list, by index. */
struct mailbox_link {
    uint32_t next;
    uint32_t prev;
};

struct mailbox_list {
    uint32_t first;
    uint32_t last;
};

/* What the devices of one member have given for one recipient. */
struct mailbox_share {
    struct mailbox_device *payer;
    uint64_t used;
    uint64_t bulk; /* of that in class bulk */
};

/* A device: recipient, giver, holder; or a member, who pays for what its devices give. Lives while
 * anything refers to it. */
struct mailbox_device {
    uint8_t id[ENVELOPE_DEVICE_SIZE];
    uint32_t refs;
    uint32_t tag_count;
    struct mailbox_tag *tags[MAILBOX_TAGS_MAX]; /* the oldest first, the newest last */
    struct mailbox_list held[ENVELOPE_CLASSES]; /* for it, by class, the oldest first */
    struct mailbox_share *shares;               /* owned: of what is held for it */
    size_t share_count;
    size_t share_cap;
    uint64_t used_for; /* charged to it as recipient */
    uint64_t bulk_for;
    uint64_t used_by; /* charged to it as payer */
    uint64_t bulk_by;
};

struct mailbox_tag {
    uint8_t tag[ENVELOPE_TAG_SIZE];
    struct mailbox_device *device;
    uint64_t ends; /* ns; UINT64_MAX: the newest of its device */
};

struct mailbox_given {
    struct mailbox_device *to;
    uint8_t share;
    bool is_taken; /* it says that it holds it: until then it is offered the same share again */
    bool is_told;  /* that it was read */
};

struct mailbox_entry {
    uint8_t name[ENVELOPE_NAME_SIZE];
    uint8_t head[ENVELOPE_HEAD_SIZE];
    uint8_t state; /* enum mailbox_state */
    uint8_t class_number;
    uint8_t copies;
    uint8_t hops;
    uint8_t given_count;
    bool is_own;
    bool is_dirty;                      /* in the list of what the owner must hear of */
    bool is_spraying;                   /* in the list of what may be given to anybody */
    bool is_giver_told;                 /* that it was read */
    uint8_t token[ENVELOPE_TOKEN_SIZE]; /* of what was read */
    uint32_t size;
    uint32_t age_s; /* when it came */
    uint32_t lifetime_s;
    uint64_t came_ns;
    struct mailbox_device *recipient;
    struct mailbox_device *giver; /* NULL: own */
    struct mailbox_device *payer; /* who is charged: the giver's member; NULL: own */
    struct mailbox_given given[MAILBOX_GIVEN_MAX];
    uint32_t name_chain; /* next of this bucket; also of the free ones */
    uint32_t lock_chain;
    uint32_t dirty_next;
    struct mailbox_link held;  /* in the recipient's list */
    struct mailbox_link spray; /* in spray[class], or in `read` */
};

/* A neighbour, and where it stands in each list that concerns it: MAILBOX_NONE behind the end. */
struct mailbox_up {
    struct mailbox_device *device;
    uint32_t held[ENVELOPE_CLASSES]; /* of what is for it */
    uint32_t spray[ENVELOPE_CLASSES];
    uint32_t read;
    bool is_asked; /* it has an offer to answer */
};

struct mailbox_table {
    uint64_t bytes; /* the most that may be charged */
    uint64_t used;
    uint64_t bulk;
    struct mailbox_entry *entries; /* owned */
    uint32_t *by_name;             /* owned: buckets, as many as cap */
    uint32_t *by_lock;
    uint32_t cap;   /* a power of two, or 0 */
    uint32_t count; /* live and read ones */
    uint32_t own_count;
    uint32_t free;
    struct mailbox_list spray[ENVELOPE_CLASSES];
    struct mailbox_list read;
    struct mailbox_up ups[MAILBOX_UPS_MAX];
    uint32_t up_count;
    uint32_t dirty_first;
    uint32_t dirty_last;
    struct map devices;
    struct map tags;
    uint32_t recipient_count; /* devices with tags */
};

void mailbox_table_init(struct mailbox_table *t, const struct random *random, uint64_t bytes);
void mailbox_table_clear(struct mailbox_table *t);

/** The entry called `name`, live or read; or NULL. Pointers hold until the next one is added. */
struct mailbox_entry *mailbox_table_find(const struct mailbox_table *t,
                                         const uint8_t name[ENVELOPE_NAME_SIZE]);

/** The next entry with `lock` behind `after` (NULL: the first one). */
struct mailbox_entry *mailbox_table_locked(const struct mailbox_table *t,
                                           const struct mailbox_entry *after,
                                           const uint8_t lock[ENVELOPE_LOCK_SIZE]);

uint32_t mailbox_table_index(const struct mailbox_table *t, const struct mailbox_entry *e);

/** The entry's lock. */
const uint8_t *mailbox_table_lock(const struct mailbox_entry *e);

/** Age in seconds. */
uint64_t mailbox_table_age(const struct mailbox_entry *e, uint64_t now);
bool mailbox_table_is_old(const struct mailbox_entry *e, uint64_t now);

/** True when there is room for one of `class_number` and `size` from `giver`, also by displacing
 * what it may; with `is_for_real` that is displaced. */
bool mailbox_table_has_room(struct mailbox_table *t, struct mailbox_entry *e, bool is_for_real);

/** Add a copy of `e`, whose name, head, size, copies and so on stand; it is charged (to its giver
 * itself when it has no payer), put into its lists and dirty. There is room for it. */
struct mailbox_entry *mailbox_table_add(struct mailbox_table *t, const struct mailbox_entry *e);

/** The owner must hear of `e`. */
void mailbox_table_touch(struct mailbox_table *t, struct mailbox_entry *e);

/** The next of what the owner must hear of, or NULL: a live or read one to be written, or a gone
 * one, which is freed by the next call of mailbox_table_free. */
struct mailbox_entry *mailbox_table_dirty(struct mailbox_table *t);
void mailbox_table_free(struct mailbox_table *t, struct mailbox_entry *e);

/** Take `e` out of everything; it is gone, and dirty. */
void mailbox_table_remove(struct mailbox_table *t, struct mailbox_entry *e);

/** `e` was read: it is charged for its row alone, and waits in `read`. */
void mailbox_table_read(struct mailbox_table *t, struct mailbox_entry *e);

/** Put the live entries' lists in the order in which they came. */
void mailbox_table_sort(struct mailbox_table *t);

/** Copies, hops or what was given of `e` changed: put it into the list of what may be given to
 * anybody, or out of it. */
void mailbox_table_spray(struct mailbox_table *t, struct mailbox_entry *e);

/** The device `id`, which is made when there is none; to be let go again. */
struct mailbox_device *mailbox_table_device(struct mailbox_table *t,
                                            const uint8_t id[ENVELOPE_DEVICE_SIZE]);
struct mailbox_device *mailbox_table_find_device(const struct mailbox_table *t,
                                                 const uint8_t id[ENVELOPE_DEVICE_SIZE]);
void mailbox_table_let_go(struct mailbox_table *t, struct mailbox_device *device);

/** The recipient of `tag` at `now`; or NULL. */
struct mailbox_device *mailbox_table_recipient(const struct mailbox_table *t, uint64_t now,
                                               const uint8_t tag[ENVELOPE_TAG_SIZE]);

void mailbox_table_check(const struct mailbox_table *t);

#endif
