/*
 * Signatures without cost for tests of the overlay, of the real ones' size: the signer's key and a
 * checksum. Whoever changes anything is found out; whoever wants to forge can.
 */
#ifndef TESTS_SUPPORT_OVERLAY_NULL_H
#define TESTS_SUPPORT_OVERLAY_NULL_H

#include "overlay/overlay_sign.h"

/** Node `number` as an id, and back. */
struct overlay_id overlay_null_id(size_t number);
size_t overlay_null_number(const struct overlay_id *id);

/** A provider that signs as `id`, which is borrowed. */
struct overlay_sign overlay_null_sign(struct overlay_id *id);

#endif
