/*
 * What is to be said to other devices, until they have it: a machine for one network. Orders come
 * from above; wishes to seal and to offer over a way leave as events, and so do rows to be stored
 * and what is known of each message. Receipts come from sessions, fates from ways.
 *
 * Each message and recipient device has a row, kept by the owner as one value under its number;
 * bodies and sealed envelopes lie in the store, too. `now` is the node's lasting time in ns, which
 * goes on over restarts (README.md). The owner commits rows, bodies and sessions; what leaves,
 * leaves after the commit of the events before it.
 *
 *     queued --> sent --> stored at a member --> delivered --> read
 *        \________\______________\_____________> expired, refused
 *
 * Parts: outbox_turn (whose turn it is, and which way it takes), outbox_row (stored form). Source:
 * docs/protocol/envelope.md, "The outbox".
 */
#ifndef COURIER_OUTBOX_H
#define COURIER_OUTBOX_H

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "base/ring.h"
#include "courier/receipt.h"
#include "courier/way.h"

#define OUTBOX_ROWS_MAX 16384 /* open ones; about 500 bytes each: 8 MB when full */
#define OUTBOX_RETRY_NS UINT64_C(2000000000)
#define OUTBOX_RETRY_NS_MAX UINT64_C(300000000000)
#define OUTBOX_PASSED_MAX 10 /* a class passed over so often goes once between */
#define OUTBOX_RECEIPT_NS UINT64_C(200000000)
#define OUTBOX_LATE_MAX 256 /* events of receipts for rows that ended; more are dropped */

/* In the order of what one of several devices says of its member. */
enum outbox_state {
    OUTBOX_REFUSED,
    OUTBOX_EXPIRED,
    OUTBOX_QUEUED,
    OUTBOX_SENT,
    OUTBOX_STORED,
    OUTBOX_DELIVERED,
    OUTBOX_READ
};

enum outbox_event_kind {
    /* To be stored. */
    OUTBOX_PUT,    /* `row`: outbox_row_save gives its value */
    OUTBOX_DELETE, /* `row` and its sealed envelope go; the body too when `is_last` */
    /* To be done. */
    OUTBOX_SEAL,     /* `row` for at most `room` bytes; then outbox_sealed or outbox_not_sealed */
    OUTBOX_OFFER,    /* `row` over `way`; then outbox_fate */
    OUTBOX_RECEIPTS, /* `receipts` to `device`: to be said in an envelope without receipt */
    OUTBOX_PURGE,    /* the envelope with `token` is not needed any more: tell its holders */
    /* To be told. */
    OUTBOX_STATE, /* of `message` and `member`; `peer` holds it when it is stored */
    OUTBOX_LATE   /* `device` has read `message`, whose row ended */
};

struct outbox_event {
    enum outbox_event_kind kind;
    enum outbox_state state;
    uint64_t row;
    bool is_last;
    uint8_t way;
    size_t room;
    uint8_t device[ENVELOPE_DEVICE_SIZE];
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    uint8_t peer[ENVELOPE_DEVICE_SIZE];
    uint8_t message[ENVELOPE_ID_SIZE];
    uint8_t token[ENVELOPE_TOKEN_SIZE];
    const struct receipt *receipts; /* borrowed until the next call */
    size_t receipt_count;
};

struct outbox_order {
    uint8_t device[ENVELOPE_DEVICE_SIZE];
    uint8_t member[ENVELOPE_DEVICE_SIZE]; /* whose device it is */
    uint8_t message[ENVELOPE_ID_SIZE];    /* the same for all its devices */
    enum envelope_class class_number;
    uint32_t kind;
    uint32_t lifetime_s;
    uint32_t body_len;
    bool is_unanswered; /* nobody gives a receipt for it: it is one */
};

struct outbox_row; /* in outbox_turn.h */

struct outbox_config {
    const struct way_ops *ways; /* borrowed, WAY_MAX at most */
    size_t way_count;
    const struct random *random; /* borrowed */
};

struct outbox {
    struct outbox_config config;
    struct map rows;     /* by number */
    struct map locks;    /* sealed rows by lock */
    struct map messages; /* by id */
    struct map devices;
    struct list dirty;                   /* rows of which the owner must hear */
    struct list ready[ENVELOPE_CLASSES]; /* devices with rows of a class that wait for their turn */
    uint32_t passed[ENVELOPE_CLASSES];   /* how often a class was passed over */
    struct heap due;                     /* rows: offered, or too young for the way that is left */
    struct heap rests;                   /* devices whose rows found no way */
    struct heap ends;                    /* rows by the end of their lifetime */
    struct heap receipts;                /* devices by when their receipts leave */
    struct ring late;
    uint64_t number;       /* of the next row */
    uint32_t open;         /* rows that did not end */
    struct receipt *taken; /* owned: of the event that was taken last */
};

void outbox_init(struct outbox *o, const struct outbox_config *config);
void outbox_clear(struct outbox *o);

/** Take an order; its row is `*row`. The owner stores the body in the same commit. WAVU_ERR_LIMIT
 * beyond OUTBOX_ROWS_MAX; WAVU_ERR_EXISTS when the device has a row of this message;
 * WAVU_ERR_INVALID when the message is known with another kind, class or lifetime. */
WARN_UNUSED int outbox_add(struct outbox *o, uint64_t now, const struct outbox_order *order,
                           uint64_t *row);

/** What is to be sealed for `row`; WAVU_ERR_NOT_FOUND when it ended. */
WARN_UNUSED int outbox_order_of(const struct outbox *o, uint64_t row, struct outbox_order *order);

/** It is sealed under `token`, in `size` bytes encoded. */
void outbox_sealed(struct outbox *o, uint64_t now, uint64_t row,
                   const uint8_t token[ENVELOPE_TOKEN_SIZE], size_t size);

/** It could not be: WAVU_ERR_AGAIN and WAVU_ERR_CRYPTO wait for outbox_bundle, others take another
 * way. */
void outbox_not_sealed(struct outbox *o, uint64_t now, uint64_t row, int err);

/** What became of the offer of `row` over `way`. */
void outbox_fate(struct outbox *o, uint64_t now, uint64_t row, uint8_t way, enum way_fate fate);

/** The device is a neighbour now, or otherwise reachable. */
void outbox_reachable(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** A way has room for the device again: what was not offered to any yet has its turn. */
void outbox_room(struct outbox *o, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** There is a (new) bundle of the device. */
void outbox_bundle(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** The sessions with the device are retired: what has no receipt is sealed anew. */
void outbox_retired(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** The device is no member's any more: all its rows are refused. */
void outbox_forget(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** `peer` says that it holds the envelope with `lock`. */
void outbox_stored(struct outbox *o, uint64_t now, const uint8_t lock[ENVELOPE_LOCK_SIZE],
                   const uint8_t peer[ENVELOPE_DEVICE_SIZE]);

/** Receipts that came in the session with `device`. Those of others are passed over. */
void outbox_receipts(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                     const struct receipt *receipts, size_t count);

/** Somebody showed `token`. When a row's envelope holds it, its reader has opened that. */
void outbox_done(struct outbox *o, uint64_t now, const uint8_t token[ENVELOPE_TOKEN_SIZE]);

/** This device has committed, or shown to its owner, a message of `device`: a receipt is due. */
void outbox_received(struct outbox *o, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                     const struct receipt *receipt);

/** What is known of `message` at a member; WAVU_ERR_NOT_FOUND when it has no row any more. */
WARN_UNUSED int outbox_state_of(const struct outbox *o, const uint8_t message[ENVELOPE_ID_SIZE],
                                const uint8_t member[ENVELOPE_DEVICE_SIZE],
                                enum outbox_state *state);

/** The next event, to be taken after every call until false; an owner that has enough to do may
 * stop, and go on later. */
WARN_UNUSED bool outbox_next_event(struct outbox *o, uint64_t now, struct outbox_event *event);

/** When to tick next; TIMERS_NEVER: not before another call. */
uint64_t outbox_deadline(const struct outbox *o);
void outbox_tick(struct outbox *o, uint64_t now);

void outbox_check(const struct outbox *o);

#endif
