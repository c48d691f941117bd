/*
 * Messages of a pairing on one stream: each has its length before it, as a varint. Bytes of the
 * stream come in, whole messages leave, and what is to be said waits until the stream takes it.
 *
 * Source: docs/protocol/pairing.md.
 */
#ifndef GROUP_PAIR_WIRE_H
#define GROUP_PAIR_WIRE_H

#include "base/buf.h"
#include "net/stream.h"

struct pair_wire {
    struct stream *stream; /* NULL: none, or over */
    struct buf in;
    struct buf out;
    bool is_ending; /* closed once `out` is sent */
};

void pair_wire_open(struct pair_wire *w, struct stream *stream);

/** End the stream, in order or not, and wipe what waits. */
void pair_wire_close(struct pair_wire *w, bool in_order);

/** Send what waits. True when there is no stream (any more). */
bool pair_wire_flush(struct pair_wire *w);

/** Queue a message. When too much waits already, the stream ends instead. */
void pair_wire_say(struct pair_wire *w, struct span message);

/** The first message in w->in, borrowed: drop `*used` bytes when it is done with. WAVU_ERR_AGAIN
 * when it is not whole, WAVU_ERR_PROTO when none will be. */
WARN_UNUSED int pair_wire_message(const struct pair_wire *w, struct span *message, size_t *used);

#endif
