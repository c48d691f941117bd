/*
 * An envelope into a session and out of it: the one place where content, session and head meet.
 * Owns nothing. What comes from above is a body with a kind; what leaves is an envelope to be
 * stored, whose session's new state must be stored in the same commit (docs/protocol/envelope.md,
 * "Sealing").
 */
#ifndef COURIER_ENVELOPE_SEAL_H
#define COURIER_ENVELOPE_SEAL_H

#include "base/buf.h"
#include "courier/envelope.h"
#include "courier/session.h"

struct envelope_order {
    enum envelope_class class_number;
    uint32_t lifetime_s;
    struct envelope_recipient recipient;
    struct envelope_content content; /* token and message are the caller's, body is borrowed */
    size_t room;                     /* bytes that the envelope may have */
};

/** Append to `out` a new envelope of age 0 with all copies and hops. WAVU_ERR_AGAIN when the
 * session wants the recipient's bundle first; WAVU_ERR_LIMIT when it does not fit `room`;
 * WAVU_ERR_CRYPTO as session_seal. `out` is then as before. */
WARN_UNUSED int envelope_seal_make(struct session *session, uint64_t now,
                                   const struct envelope_order *order, struct buf *out);

/** Open what `e` has sealed, after copying it to `out`, which is emptied first, holds the content
 * then, and is the caller's to wipe. WAVU_ERR_CRYPTO, _UNSUPPORTED and _LIMIT as session_open;
 * WAVU_ERR_UNSUPPORTED also for another form or a newer format. */
WARN_UNUSED int envelope_seal_open(struct session *session, uint64_t now, const struct envelope *e,
                                   struct buf *out, struct envelope_content *content);

#endif
