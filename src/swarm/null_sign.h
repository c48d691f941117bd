/*
 * Signatures without cost, of the real ones' size, for bare overlays by the thousand: the signer's
 * key and a checksum. Whoever changes anything is found out; whoever wants to forge can. Exists
 * only here and in tests.
 */
#ifndef SWARM_NULL_SIGN_H
#define SWARM_NULL_SIGN_H

#include "overlay/overlay_sign.h"

/** A provider that signs as `id`, which is borrowed. */
struct overlay_sign null_sign_as(struct overlay_id *id);

#endif
