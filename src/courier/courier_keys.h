/*
 * Own prekeys, and bundles: ours and of others.
 *
 * A part of courier/courier.h.
 */
#ifndef COURIER_COURIER_KEYS_H
#define COURIER_COURIER_KEYS_H

#include "courier/courier_core.h"

uint32_t courier_keys_day(const struct courier *c);

/* The prekeys are another value: store, learn our tag, publish after the commit. */
void courier_keys_changed(struct courier *c);

/* A bundle under our own name. */
void courier_keys_met(struct courier *c, struct span bundle);

/* Learn a bundle of `p`; 0, or why not. */
WARN_UNUSED int courier_keys_learn(struct courier *c, struct courier_peer *p, struct span bundle);

/* As courier_bundle, courier_publish, courier_restored. */
void courier_keys_bundle(struct courier *c, const uint8_t *device, struct span bundle);
void courier_keys_begin(struct courier *c, struct span found);
void courier_keys_restored(struct courier *c);

/* No session of before is written with. */
void courier_keys_retire(struct courier *c);

/* Learn some of the bundles that came while the store was behind. */
void courier_keys_catch_up(struct courier *c);

void courier_keys_tick(struct courier *c);
void courier_keys_publish(struct courier *c);

#endif
