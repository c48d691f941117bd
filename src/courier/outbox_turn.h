/*
 * Rows of the outbox and where each stands: waiting for its turn, resting because no way takes it,
 * or flying. Whose turn it is next, and which way it takes.
 *
 * A part of courier/outbox.h.
 */
#ifndef COURIER_OUTBOX_TURN_H
#define COURIER_OUTBOX_TURN_H

#include "courier/outbox.h"

enum outbox_place {
    OUTBOX_WAITING, /* for its turn */
    OUTBOX_RESTING, /* until the device is reachable, or is tried again */
    OUTBOX_FLYING,  /* being sealed, offered, or waiting for a receipt */
    OUTBOX_ENDED
};

/* What the owner has yet to hear of a row. */
enum outbox_news {
    NEWS_PUT = 1,
    NEWS_STATE = 2,
    NEWS_PURGE = 4,
    NEWS_PURGE_EARLIER = 8,
    NEWS_DELETE = 16
};

struct outbox_device {
    uint8_t id[ENVELOPE_DEVICE_SIZE];
    uint32_t refs; /* rows, and one while receipts are due */
    struct list waiting[ENVELOPE_CLASSES];
    struct list resting[ENVELOPE_CLASSES];
    struct list flying;
    struct list ready[ENVELOPE_CLASSES]; /* links in the outbox' lists */
    struct heap_node rest;
    uint8_t rests; /* how often nothing was found, since it was reachable */
    bool wants_bundle;
    struct receipt *receipts; /* owned: RECEIPT_MAX; NULL: none are due */
    size_t receipt_count;
    struct heap_node receipts_due;
};

/* A message, while it has rows. */
struct outbox_message {
    uint8_t id[ENVELOPE_ID_SIZE];
    uint8_t class_number;
    uint32_t kind;
    uint32_t lifetime_s;
    uint32_t body_len;
    bool is_unanswered;
    struct list rows;
};

struct outbox_row {
    uint64_t number;
    struct outbox_device *device;
    struct outbox_message *message;
    struct list of_message;
    struct list of_device; /* in the list that its place says */
    struct list dirty;
    struct heap_node due;
    struct heap_node end;
    uint64_t came_ns;
    uint64_t offered_ns;
    uint32_t size;   /* of the sealed envelope, encoded */
    uint8_t state;   /* enum outbox_state */
    uint8_t best;    /* the highest it had: what was told of a member does not go back */
    uint8_t place;   /* enum outbox_place */
    uint8_t news;    /* enum outbox_news, by bit */
    uint8_t tries;   /* offers without receipt since the device was reachable */
    uint8_t way;     /* the last one */
    uint8_t failed;  /* ways, by bit, since all were tried */
    uint8_t held;    /* ways that go on by themselves */
    bool may_repeat; /* it waited: ways that failed may be taken again */
    bool is_sealed;
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    uint8_t peer[ENVELOPE_DEVICE_SIZE]; /* that holds it */
    uint8_t token[ENVELOPE_TOKEN_SIZE];
    uint8_t lock[ENVELOPE_LOCK_SIZE];
    /* Of the envelope before, when it was sealed anew: it may still be read. */
    bool has_earlier;
    uint8_t earlier[ENVELOPE_TOKEN_SIZE];
    uint8_t earlier_lock[ENVELOPE_LOCK_SIZE];
};

/** Put `row` in its place: at the end of the line, at its front, to rest, flying until `due`
 * (TIMERS_NEVER: until something is heard), or nowhere because it ended. */
void outbox_turn_wait(struct outbox *o, struct outbox_row *row);
void outbox_turn_first(struct outbox *o, struct outbox_row *row);
void outbox_turn_fly(struct outbox *o, struct outbox_row *row, uint64_t due);
void outbox_turn_end(struct outbox *o, struct outbox_row *row);

/** All that rests goes to the line again. */
void outbox_turn_wake(struct outbox *o, struct outbox_device *device);

/** Nothing of the device has a turn while it wants a bundle. */
void outbox_turn_hold(struct outbox *o, struct outbox_device *device, bool wants_bundle);

/** How long to wait for a receipt after so many tries. */
uint64_t outbox_turn_pause(struct outbox *o, uint8_t tries);

/** The next row to be sealed or offered. */
bool outbox_turn_next(struct outbox *o, uint64_t now, struct outbox_event *event);

/** What waited long enough: rows for a receipt, devices for a way. */
void outbox_turn_tick(struct outbox *o, uint64_t now);

#endif
