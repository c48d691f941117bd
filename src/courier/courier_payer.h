/*
 * What the devices of a member may cost this node, together and over all their streams: who ends a
 * stream and begins another one, or comes with another device, finds what is left.
 *
 * A part of courier/courier.h.
 */
#ifndef COURIER_COURIER_PAYER_H
#define COURIER_COURIER_PAYER_H

#include "courier/courier_core.h"

/* The one who pays for `device`; NULL when that is no member's. */
struct courier_payer *courier_payer_get(struct courier *c, const uint8_t *device);

/* The one of `member`, which may be what stands for no member. */
struct courier_payer *courier_payer_of(struct courier *c, const uint8_t *member);
void courier_payer_clear(struct courier *c);

/* Is there enough for one more frame, whatever is in it? */
bool courier_payer_may(const struct courier_payer *p, uint64_t now);

/* It cost so much: what is not there is forgiven. */
void courier_payer_frame(struct courier_payer *p, uint32_t count, uint64_t now);
void courier_payer_tried(struct courier_payer *p, uint32_t count, uint64_t now);

#endif
