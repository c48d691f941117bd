/*
 * A ratchet as stored bytes, and back. All of it is secret. Times leave as they are, in the
 * lasting time of the node: they go on over restarts.
 *
 * Source: docs/protocol/session.proto, RatchetState.
 */
#ifndef CRYPTO_RATCHET_STATE_H
#define CRYPTO_RATCHET_STATE_H

#include "base/wr.h"
#include "crypto/ratchet.h"

/** Append the state of `r`. Over an empty span `w` measures. */
void ratchet_state_save(struct wr *w, const struct ratchet *r);

/** Fill `r`, which holds nothing yet. What would end later than what began at `now` is brought
 * back to that: a clock that lost its place keeps nothing for ever. WAVU_ERR_CORRUPT when the bytes
 * are not such a state, WAVU_ERR_UNSUPPORTED when they are of a newer format; `r` then holds
 * nothing. */
WARN_UNUSED int ratchet_state_load(struct ratchet *r, struct span bytes, uint64_t now);

#endif
