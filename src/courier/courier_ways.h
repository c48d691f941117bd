/*
 * The ways, and what frames of neighbours mean.
 *
 * A part of courier/courier.h.
 */
#ifndef COURIER_COURIER_WAYS_H
#define COURIER_COURIER_WAYS_H

#include "courier/courier_core.h"

void courier_ways_init(struct courier *c);
void courier_ways_clear(struct courier *c);

/* As courier_hopped, courier_hop. */
void courier_ways_hopped(struct courier *c, uint64_t ticket, int err);
WARN_UNUSED int courier_ways_hop(struct courier *c, const uint8_t *device, struct span frame);

/* Do what events say. */
void courier_ways_offer(struct courier *c, const struct outbox_event *e);
void courier_ways_mail(struct courier *c, const struct mailbox_event *e);

/* A frame of the peer. A negative error: it broke the rules. */
WARN_UNUSED int courier_ways_frame(struct courier_link *l, const struct courier_msg *m);

/* The stream has the envelope of `row`. */
void courier_ways_sent(struct courier_link *l, uint64_t row);

/* The envelope of a row, or that is held, as it leaves now, into `out`. */
WARN_UNUSED int courier_ways_envelope(struct courier_link *l, const struct courier_item *item,
                                      struct buf *out);

/* The sealed envelope of `row`, as old as its message is; its bytes lie in `value`. */
WARN_UNUSED int courier_ways_sealed(struct courier *c, uint64_t row, struct buf *value,
                                    struct envelope *e);

/* Append it as it leaves. */
WARN_UNUSED int courier_ways_encode(const struct envelope *e, struct buf *out);

/* Send what may leave over several hops. True when something did. */
WARN_UNUSED bool courier_ways_pump(struct courier *c);

/* The link is over: its flights failed. */
void courier_ways_lost(struct courier_link *l);

/* Ask the peer what waits for that, when it has answered. */
void courier_ways_ask(struct courier_link *l);

#endif
