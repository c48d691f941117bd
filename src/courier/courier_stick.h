/*
 * The way over a stick: what waits for members is written to files that somebody carries, and what
 * was carried here is read, or held, like what a neighbour brings. Files are
 * courier/stick_msg.h's; who is above carries their bytes.
 *
 * A part of courier/courier.h, for who is above, too. Source: docs/protocol/stick.md.
 */
#ifndef COURIER_COURIER_STICK_H
#define COURIER_COURIER_STICK_H

#include "base/buf.h"
#include "courier/courier.h"

#define COURIER_STICK_WAIT_NS UINT64_C(5000000000)   /* for what is not sealed yet, at most */
#define COURIER_STICK_IDLE_NS UINT64_C(600000000000) /* until nobody is thought to go on */
#define COURIER_STICK_WRONG_MAX 256 /* trials of one file that came to nothing, then no more */

/* What became of an envelope of a stick. */
enum courier_stick_what {
    COURIER_STICK_READ,   /* it was for us, and is new */
    COURIER_STICK_HELD,   /* it is held for its reader */
    COURIER_STICK_KNOWN,  /* it was here, or was read before */
    COURIER_STICK_OLD,    /* its lifetime is over */
    COURIER_STICK_LATER,  /* it was for us, and is not taken now: it is to come again */
    COURIER_STICK_FULL,   /* no more is held for others now */
    COURIER_STICK_NOBODYS /* for nobody of this network, or nothing that we can read */
};

/** What is for `member` (NULL: for all) shall be written: what waits is sealed now. Another call
 * begins anew. */
void courier_stick_open(struct courier *c, const uint8_t *member);

/** The next file of it, into `out`, which is emptied; `*count` envelopes are in it. WAVU_ERR_AGAIN:
 * what is to be in it is not on the disk yet; WAVU_ERR_NOT_FOUND: that was all; WAVU_ERR_TIMEOUT:
 * nobody asked for COURIER_STICK_IDLE_NS, begin anew. */
WARN_UNUSED int courier_stick_next(struct courier *c, struct buf *out, size_t *count);

/** How many messages for that member wait for keys of their reader, and so are in no file. */
size_t courier_stick_unsealed(const struct courier *c);

/** No more is written. */
void courier_stick_close(struct courier *c);

/** It was begun, and nobody has gone on with it for long: it is closed. */
void courier_stick_idle(struct courier *c);

/** Another file is read from now on: what comes is at the expense of that. */
void courier_stick_begin(struct courier *c);

/** An envelope of a stick. WAVU_ERR_AGAIN: not so many at once, or the store is behind; _PROTO: it
 * is none. */
WARN_UNUSED int courier_stick_take(struct courier *c, struct span envelope,
                                   enum courier_stick_what *what);

/** Is all that was taken on the disk? */
bool courier_stick_is_kept(const struct courier *c);

void courier_stick_init(struct courier *c);
void courier_stick_clear(struct courier *c);

/** Who belongs has changed: what was judged is tried once more. */
void courier_stick_members(struct courier *c);

/** Its credit, as a way: while a list is being made. */
size_t courier_stick_credit(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

#endif
