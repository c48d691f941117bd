/*
 * multistream-select 1.0.0: agree on a protocol at the start of a byte stream.
 *
 * A machine without buffers of its own beyond the one token being read (taken from the heap only
 * while it is incomplete). It never reads past its last token: what follows belongs to the next
 * layer. Initiator: proposes its list in order, the first lazily (header, proposal and the
 * application's first bytes may go in one write). Responder: is asked about each proposal through
 * an event. Source: multiformats/multistream-select.
 */
#ifndef MUX_MULTISTREAM_H
#define MUX_MULTISTREAM_H

#include "base/buf.h"
#include "wavu/api.h"

#define MULTISTREAM_TOKEN_MAX 1024 /* bytes of one message with its newline, as go and js allow */
#define MULTISTREAM_TRIES_MAX                                                                      \
    16 /* proposals (and "ls") in one negotiation: who tries more is closed */

enum multistream_state {
    MULTISTREAM_WAIT_HEADER,   /* nothing came yet */
    MULTISTREAM_WAIT_PROPOSAL, /* responder: header seen */
    MULTISTREAM_WAIT_ANSWER,   /* initiator: header seen, echo or na expected */
    MULTISTREAM_ASKING,        /* responder: owner must accept or refuse */
    MULTISTREAM_DONE,
    MULTISTREAM_DEAD
};

struct multistream {
    enum multistream_state state;
    bool is_initiator;
    bool is_token_whole; /* `token` was lent out with PROPOSED: dropped by the next feed */
    uint8_t tries;
    struct buf token;             /* incomplete token; empty otherwise */
    struct buf out;               /* bytes for below not yet pulled */
    const char *const *proposals; /* initiator: NULL-terminated, borrowed */
    size_t proposal;              /* index of the one awaiting an answer */
    uint8_t carried; /* further tokens of ours behind that proposal, not yet answered */
    bool is_refused; /* that proposal was, and answers to `carried` are awaited */
};

/** Initiator: queue header and the first proposal. `proposals` must outlive the negotiation. */
void multistream_init_initiator(struct multistream *m, const char *const *proposals);

/** Initiator: the layer above sends `count` tokens of its own behind the first proposal. Who
 * accepts that reads them as the protocol's first bytes; who refuses it refuses each of them, too,
 * and only then the next proposal follows. False, and nothing may be sent, once it was refused. */
WARN_UNUSED bool multistream_carry(struct multistream *m, uint8_t count);

/** Responder: queue the header at once (eager). */
void multistream_init_responder(struct multistream *m);

/** Give all memory back; output not pulled is lost. */
void multistream_clear(struct multistream *m);

enum multistream_event_kind {
    MULTISTREAM_NOTHING,
    MULTISTREAM_REFUSED,  /* initiator: proposals[index - 1] was refused, [index] is proposed */
    MULTISTREAM_PROPOSED, /* responder: `name` is proposed; answer with multistream_accept or
                             _refuse */
    MULTISTREAM_AGREED,   /* initiator: proposals[index] was accepted */
    MULTISTREAM_NO_MORE   /* initiator: every proposal was refused */
};

struct multistream_event {
    enum multistream_event_kind kind;
    struct span name; /* PROPOSED: borrowed until the next feed */
    size_t index;     /* AGREED, REFUSED */
};

/** Give bytes; stops behind the token that makes an event. `*used` says how many were read: what
 * follows the last token belongs to the next layer (after DONE nothing is read). One event at most;
 * PROPOSED must be answered before the next feed. WAVU_ERR_PROTO (garbage, no header, an answer
 * that is neither echo nor "na") or WAVU_ERR_LIMIT (token too long, too many tries) kill it. "ls"
 * is answered "na". */
WARN_UNUSED int multistream_feed(struct multistream *m, struct span in, size_t *used,
                                 struct multistream_event *event);

/** Responder's answers to PROPOSED. `name` must be what was proposed. */
void multistream_accept(struct multistream *m, struct span name);
void multistream_refuse(struct multistream *m);

/** Copy up to out.len bytes for below; returns how many. */
size_t multistream_pull(struct multistream *m, struct span_mut out);
bool multistream_has_output(const struct multistream *m);

#endif
