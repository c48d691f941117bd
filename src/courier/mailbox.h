/*
 * What this node holds for others until they come: a machine for one network. From neighbours come
 * offers, envelopes, wishes and tokens; offers, envelopes and tokens for neighbours leave as
 * events, and so does what must be stored. It knows names, heads and sizes; the envelopes lie in
 * the store, under their names, and the owner reads them when they are given away.
 *
 * `now` is the node's lasting time in ns: it goes on over restarts (README.md). The owner commits
 * rows and bodies, and sends what an event says after the commit of the events before it.
 *
 * Parts: mailbox_table (entries, indices, charges), mailbox_offer (who is up and what it is
 * offered), mailbox_row (stored form). Source: docs/protocol/mailbox.md.
 */
#ifndef COURIER_MAILBOX_H
#define COURIER_MAILBOX_H

#include "base/ring.h"
#include "courier/envelope.h"
#include "courier/mailbox_table.h"

#define MAILBOX_OFFER_MAX 64 /* envelopes of one offer */

#define MAILBOX_SWEEP_NS UINT64_C(60000000000) /* between two looks for what is too old */
#define MAILBOX_TAG_NS (30 * SEEN_DAY_NS)      /* a prekey is kept so long after it was replaced */
/* Events that wait. A frame causes 128 at most (64 tokens); should an owner not take them between
 * frames, what is said to neighbours is dropped and comes again. */
#define MAILBOX_NOTES_MAX 4096

struct mailbox_config {
    uint8_t self[ENVELOPE_DEVICE_SIZE];
    const struct random *random; /* borrowed */
    uint64_t bytes;              /* for others, in all; 0: MAILBOX_BYTES */
    /* Whose device that is; false when nobody's. NULL: each is its own. */
    bool (*whose)(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                  uint8_t member[ENVELOPE_DEVICE_SIZE]);
    void *context;
};

enum mailbox_answer {
    MAILBOX_WANT,     /* give it */
    MAILBOX_MINE,     /* give it: it is for this device, which reads it */
    MAILBOX_HAVE,     /* it is here */
    MAILBOX_WAS_READ, /* a MAILBOX_DONE for the one who offers follows */
    MAILBOX_FULL,     /* no room within its quotas */
    MAILBOX_UNKNOWN,  /* for no member */
    MAILBOX_OLD       /* its lifetime is over */
};

enum mailbox_event_kind {
    /* To be stored. */
    MAILBOX_PUT,        /* `name`: mailbox_row_save gives its row */
    MAILBOX_DROP,       /* `name`: as MAILBOX_PUT, and its body goes */
    MAILBOX_DELETE,     /* `name`: row and body go */
    MAILBOX_PUT_TAG,    /* `tag`: mailbox_row_save_tag gives its row */
    MAILBOX_DELETE_TAG, /* `tag` */
    MAILBOX_PUT_DONE,   /* `slot`: of `done`, seen_save gives its row */
    /* To be said to the neighbour `to`. */
    MAILBOX_OFFER, /* `offers`; its answer is mailbox_offer_wanted, also when it wants nothing */
    MAILBOX_GIVE,  /* `name`, with age, hops and copies; then mailbox_offer_taken or _refused */
    MAILBOX_DONE,  /* `token` */
    /* Of what this device wrote itself. */
    MAILBOX_HELD,  /* `to` holds what has `lock` */
    MAILBOX_OPENED /* its reader has shown `token` */
};

struct mailbox_event {
    enum mailbox_event_kind kind;
    uint8_t to[ENVELOPE_DEVICE_SIZE];
    uint8_t name[ENVELOPE_NAME_SIZE];
    uint8_t tag[ENVELOPE_TAG_SIZE];
    uint8_t token[ENVELOPE_TOKEN_SIZE];
    uint8_t lock[ENVELOPE_LOCK_SIZE];
    uint32_t slot;
    uint32_t age_s;
    uint8_t hops;
    uint8_t copies;
    const struct mailbox_offer_item *offers; /* borrowed until the next call */
    size_t offer_count;
};

/* What is said of an envelope before it is given. */
struct mailbox_offer_item {
    uint8_t name[ENVELOPE_NAME_SIZE];
    uint8_t head[ENVELOPE_HEAD_SIZE]; /* the first so many bytes of a newer one */
    uint32_t size;                    /* of all of it, encoded */
    uint32_t age_s;
};

struct mailbox {
    struct mailbox_config config;
    struct mailbox_table table;
    struct seen done; /* locks that were opened: the first half of the lock, and the token */
    size_t up_next;   /* whose turn it is to be offered something */
    struct ring notes;
    struct mailbox_offer_item *items; /* owned: of the offer that was taken last */
    uint64_t sweep_ns;                /* when to look next for what is too old */
    uint64_t swept_ns;                /* when that was done last */
};

void mailbox_init(struct mailbox *m, const struct mailbox_config *config);
void mailbox_clear(struct mailbox *m);

/** A bundle of the member's device `device` has this tag, which is its newest from now on; those
 * before end after MAILBOX_TAG_NS. WAVU_ERR_LIMIT beyond MAILBOX_RECIPIENTS_MAX devices. */
WARN_UNUSED int mailbox_learn(struct mailbox *m, uint64_t now,
                              const uint8_t device[ENVELOPE_DEVICE_SIZE],
                              const uint8_t tag[ENVELOPE_TAG_SIZE]);

/** The device is no member's any more: what is held for it goes, and it is no neighbour. */
void mailbox_forget(struct mailbox *m, uint64_t now, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** What to say to a neighbour's offer. */
enum mailbox_answer mailbox_offered(struct mailbox *m, uint64_t now,
                                    const uint8_t from[ENVELOPE_DEVICE_SIZE],
                                    const struct mailbox_offer_item *item);

/** Hold `e`, of `size` bytes encoded, for its recipient; `from` gives it, which is config.self for
 * what this device wrote itself. With MAILBOX_WANT it is held: after the MAILBOX_PUT that follows
 * the owner stores it under `name`, and says so to the giver when that is committed. With
 * MAILBOX_HAVE the same may be said at once. With any other answer it is not held. */
enum mailbox_answer mailbox_take(struct mailbox *m, uint64_t now,
                                 const uint8_t from[ENVELOPE_DEVICE_SIZE], const struct envelope *e,
                                 size_t size, uint8_t name[ENVELOPE_NAME_SIZE]);

/** Somebody showed `token`; `from` is NULL when that is this device, as author or reader. What it
 * opens is dropped, the lock remembered, and the token passed on to all whom it was got from and
 * given to. Nothing happens when it opens nothing here. */
void mailbox_done(struct mailbox *m, uint64_t now, const uint8_t *from,
                  const uint8_t token[ENVELOPE_TOKEN_SIZE]);

/** Who is charged for what `device` hands over: its member, or itself when it is nobody's. */
void mailbox_payer(const struct mailbox *m, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                   uint8_t payer[ENVELOPE_DEVICE_SIZE]);

/** This device has read, and committed, an envelope with `token` that `from` gave: remember it, and
 * tell `from`. */
void mailbox_was_read(struct mailbox *m, uint64_t now, const uint8_t from[ENVELOPE_DEVICE_SIZE],
                      const uint8_t token[ENVELOPE_TOKEN_SIZE]);

/** The next event, to be taken after every call until false. */
WARN_UNUSED bool mailbox_next_event(struct mailbox *m, uint64_t now, struct mailbox_event *event);

/** When to tick next; TIMERS_NEVER: not before another call. */
uint64_t mailbox_deadline(const struct mailbox *m);
void mailbox_tick(struct mailbox *m, uint64_t now);

void mailbox_check(const struct mailbox *m);

#endif
