/*
 * Streams with other devices: frames in and out.
 *
 * A part of courier/courier.h.
 */
#ifndef COURIER_COURIER_LINK_H
#define COURIER_COURIER_LINK_H

#include "courier/courier_core.h"

WARN_UNUSED int courier_link_init(struct courier *c);
void courier_link_clear(struct courier *c);

/* Open a stream to the peer when there is a connection; true when there is a stream then. */
bool courier_link_open(struct courier *c, struct courier_peer *p);
void courier_link_end(struct courier_link *l, bool is_in_order);

/* Have `item` said, after what was written before. */
void courier_link_say(struct courier_link *l, struct courier_item item);

/* Send what may leave. True when something did. */
bool courier_link_pump(struct courier_link *l);

/* Look at what was left, of all: the store has room again. */
void courier_link_resume(struct courier *c);

/* Near peers without a stream, idle streams, budgets; and when to look again (boot time). */
void courier_link_tick(struct courier *c);
uint64_t courier_link_deadline(const struct courier *c);

#endif
