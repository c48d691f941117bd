/*
 * Door 2: bytes between peers, ordered, secured, named.
 *
 * A service registers a `struct stream_protocol`; events about its streams, opened by either side,
 * go up through stream_up to the protocol's `up`. The service sends with stream_send.
 *
 * A handler may queue, write or close; nothing is freed before the turn's end. After STREAM_CLOSED,
 * and after the service itself called stream_close or stream_reset, the pointer must not be used
 * any more and no event comes.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/list.h"
#include "base/span.h"
#include "crypto/peerid.h"
#include "wavu/err.h"

#define STREAM_NAME_MAX 128    /* characters of a protocol's name with NUL */
#define STREAM_NAMES_MAX 16    /* asked for on one stream: a responder of ours hears no more */
#define STREAM_PREFACE_MAX 160 /* bytes of what a stream begins with: proofs of four keys */
#define STREAM_NEGOTIATE_NS                                                                        \
    (UINT64_C(15) * 1000000000) /* as go: no agreement by then resets the stream */

/* Who may use a protocol, least first. A peer's standing comes from net/policy.h. */
enum stream_audience {
    STREAM_ANY,   /* whoever authenticated */
    STREAM_GUEST, /* may pair, may be told "not invited" */
    STREAM_MEMBER /* of a network */
};

struct stream; /* opaque; owned by its connection */
struct conn;   /* net/conn.h */
struct swarm;  /* net/swarm.h */

enum stream_event_kind {
    STREAM_OPENED, /* the protocol is agreed; the first event of an inbound stream */
    STREAM_DATA, /* `data` came; set `taken` to what was consumed, the rest is kept (back-pressure)
                  */
    STREAM_WRITABLE, /* stream_send took less than given; now it takes more */
    STREAM_FIN,      /* the peer will send no more; our direction stays open */
    STREAM_CLOSED /* over: err is WAVU_ERR_CLOSED when both sides ended in order, else why it broke
                   */
};

struct stream_event {
    enum stream_event_kind kind;
    struct span data; /* borrowed until return */
    size_t taken;     /* in: data.len; out: what the service consumed. Less stops delivery until
                         stream_resume */
    int err; /* STREAM_CLOSED: WAVU_ERR_CLOSED, _RESET, _UNSUPPORTED (not spoken there), _TIMEOUT,
                _LIMIT, ... */
    size_t index; /* STREAM_OPENED after stream_open_first: which name the peer took */
};

/* A protocol, registered once; the struct must outlive the swarm. */
struct stream_protocol {
    const char *name;              /* "/ipfs/ping/1.0.0" */
    enum stream_audience audience; /* who may open it at us */
    uint16_t inbound_max;          /* open inbound streams of one peer; more are reset */
    void (*up)(void *service, struct stream *stream, struct stream_event *event);
    void *service;
    struct list link; /* private: in the swarm's list */
};

/** Offer `protocol` to peers of its audience. WAVU_ERR_EXISTS when the name is taken. */
WARN_UNUSED int stream_register(struct swarm *swarm, struct stream_protocol *protocol);

/** Withdraw it: its open streams are aborted, and the service hears STREAM_CLOSED of each. */
void stream_unregister(struct swarm *swarm, struct stream_protocol *protocol);

/** Open a stream to the peer of `conn`. Lazy: stream_send is allowed at once; STREAM_OPENED follows
 * when the peer agreed, STREAM_CLOSED with WAVU_ERR_UNSUPPORTED when it did not. `protocol` need
 * not be registered. Errors: WAVU_ERR_LIMIT, _CLOSED, _EXHAUSTED. */
WARN_UNUSED int stream_open(struct conn *conn, const struct stream_protocol *protocol, void *user,
                            struct stream **out);

/** As stream_open, with bytes (STREAM_PREFACE_MAX at most, copied) that go before all else. */
WARN_UNUSED int stream_open_with(struct conn *conn, const struct stream_protocol *protocol,
                                 struct span preface, void *user, struct stream **out);

/** As stream_open by the first of `names` that the peer speaks, asked for one after the other.
 * `names` has STREAM_NAMES_MAX at most, ends with NULL, and is borrowed until STREAM_OPENED or
 * STREAM_CLOSED; `protocol` is who hears, whatever the name. Not lazy: until STREAM_OPENED, which
 * says which one it is, stream_send takes nothing. */
WARN_UNUSED int stream_open_first(struct conn *conn, const struct stream_protocol *protocol,
                                  const char *const *names, void *user, struct stream **out);

/** For a service that stands before others: the stream is that of `protocol` from now on, which
 * hears no STREAM_OPENED by itself. WAVU_ERR_LIMIT: the peer has inbound_max of them open; nothing
 * changed then. */
WARN_UNUSED int stream_hand_over(struct stream *stream, const struct stream_protocol *protocol);

/** Abort it with WAVU_ERR_TIMEOUT, `ns` from now, unless it is handed over before. */
void stream_expect(struct stream *stream, uint64_t ns);

/** Abort all streams of `protocol` on `conn`; the service hears STREAM_CLOSED with `err` of each.
 * `conn` may be closed by who hears that. */
void stream_abort_of(struct conn *conn, const struct stream_protocol *protocol, int err);

/** Hand an event to the stream's service (net's side). */
void stream_up(struct stream *stream, struct stream_event *event);

/** Send; copies what it takes. `*taken` less than data.len: STREAM_WRITABLE follows. 0 also when
 * nothing fits now. WAVU_ERR_CLOSED after stream_finish, _RESET when it is over. */
WARN_UNUSED int stream_send(struct stream *stream, struct span data, size_t *taken);

/** End our direction in order once all that was taken is sent. */
void stream_finish(struct stream *stream);

/** Deliver again what the service left, and go on: after back-pressure. Delivery starts in a later
 * phase or turn. */
void stream_resume(struct stream *stream);

/** End both directions in order: what was taken is still sent, what comes is dropped. */
void stream_close(struct stream *stream);

/** Abort both directions. `code`: 0 or libp2p's stream error code. */
void stream_reset(struct stream *stream, uint32_t code);

void stream_set_user(struct stream *stream, void *user);
void *stream_user(const struct stream *stream);
struct conn *stream_conn(const struct stream *stream);
const struct peerid *stream_peer(const struct stream *stream);
const struct stream_protocol *stream_protocol_of(const struct stream *stream);
bool stream_is_inbound(const struct stream *stream);

#endif
