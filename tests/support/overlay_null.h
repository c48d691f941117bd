/*
 * Ids of nodes that have no key, for tests of the overlay; swarm/null_sign.h signs as them.
 */
#ifndef TESTS_SUPPORT_OVERLAY_NULL_H
#define TESTS_SUPPORT_OVERLAY_NULL_H

#include "overlay/overlay_id.h"

/** Node `number` as an id, and back. */
struct overlay_id overlay_null_id(size_t number);
size_t overlay_null_number(const struct overlay_id *id);

#endif
