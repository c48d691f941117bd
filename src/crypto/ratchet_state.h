/*
 * A ratchet as stored bytes, and back. All of it is secret. Times leave as what remains of them, so
 * that they outlive a clock that begins anew.
 *
 * Source: docs/protocol/session.proto, RatchetState.
 */
#ifndef CRYPTO_RATCHET_STATE_H
#define CRYPTO_RATCHET_STATE_H

#include "base/wr.h"
#include "crypto/ratchet.h"

/** Append the state of `r` at `now`. Over an empty span `w` measures. */
void ratchet_state_save(struct wr *w, const struct ratchet *r, uint64_t now);

/** Fill `r`, which holds nothing yet. WAVU_ERR_CORRUPT when the bytes are not such a state,
 * WAVU_ERR_UNSUPPORTED when they are of a newer format; `r` then holds nothing. */
WARN_UNUSED int ratchet_state_load(struct ratchet *r, struct span bytes, uint64_t now);

#endif
