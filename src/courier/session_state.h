/*
 * A session with a peer as stored bytes, and back. All of it is secret; the store encrypts.
 *
 * Source: docs/protocol/session.proto, SessionState.
 */
#ifndef COURIER_SESSION_STATE_H
#define COURIER_SESSION_STATE_H

#include "base/wr.h"
#include "courier/session.h"

/* A state has at most four ratchets of 1,024 skipped keys and a bundle. */
#define SESSION_STATE_MAX ((size_t)256 * 1024)

/** Append the state of `s`. Over an empty span `w` measures. Ends are stored in lasting time, the
 * `now` of all calls (courier/lasting.h): they come however often the machine starts anew. */
void session_state_save(struct wr *w, const struct session *s, uint64_t now);

/** Fill `s`, which holds nothing yet. What would end later than what began at `now` is brought
 * back to that. WAVU_ERR_CORRUPT when the bytes are not such a state or of
 * another peer, WAVU_ERR_UNSUPPORTED when they are of a newer format; `s` then holds nothing. */
WARN_UNUSED int session_state_load(struct session *s, const struct session_config *config,
                                   struct span bytes, uint64_t now);

#endif
