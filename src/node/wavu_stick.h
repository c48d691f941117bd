/*
 * Files of sticks on a node: one that is being written, one that is being read. Private to node/.
 */
#ifndef NODE_WAVU_STICK_H
#define NODE_WAVU_STICK_H

#include "wavu/stick.h"

struct wavu_stick; /* opaque */

/** Forget both. NULL is fine. */
void wavu_stick_free(struct wavu_stick *s);

#endif
