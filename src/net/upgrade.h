/*
 * What a connection needs only until it is open: choosing the security protocol, its
 * handshake (Noise or TLS), choosing the muxer. On the heap, freed when the connection opens.
 *
 * conn.c feeds the link's bytes to upgrade_feed until the channel is secured, then plaintext to
 * upgrade_select_feed until the muxer is chosen. Costly steps run as a job of class
 * TURN_JOB_HANDSHAKE; what comes meanwhile waits in `early`, charged to the swarm's handshake
 * budget.
 */
#ifndef NET_UPGRADE_H
#define NET_UPGRADE_H

#include "base/buf.h"
#include "base/turn.h"
#include "crypto/noise.h"
#include "crypto/tls.h"
#include "mux/multistream.h"
#include "net/conn.h"

#define UPGRADE_OUT_MAX                                                                            \
    8192 /* raw handshake bytes not yet sent: two Noise messages and four multistream tokens */

struct upgrade {
    struct conn *conn;         /* owner */
    struct multistream select; /* security, later muxer */
    struct noise *noise;       /* one of these two, or neither: plaintext */
    struct tls *tls;
    struct buf early;     /* came while noise_work waits its turn */
    struct buf key_share; /* as it comes in tokens: net/key_share_msg.h */
    struct buf exchange;  /* plaintext: the peer's, as it comes */
    size_t proposal;      /* dialler: index of what is proposed */
    struct buf out;       /* for the bare link */
    struct turn_job job;
    struct peerid expected; /* len 0: anyone */
    struct peerid peer;     /* authenticated, once secured */
    bool has_select;        /* `select` is in use */
    bool is_hybrid;         /* what `noise` speaks */
    bool is_carrying;       /* the first message travels in tokens, and is not through yet */
    bool is_paused;         /* the link waits, because of `early` */
    bool is_plaintext;      /* a test's: no handshake */
    bool is_exchanged;      /* ... the peer's Exchange is whole */
    bool is_said;           /* ... ours is on its way */
    bool has_output;        /* something was queued since the last upgrade_pull */
};

/** Begin: as initiator when the link was dialled. Queues the first output. */
WARN_UNUSED struct upgrade *upgrade_new(struct conn *c, const struct peerid *expected);

/** Wipe and free; gives the early bytes' budget back. NULL is fine. */
void upgrade_free(struct upgrade *u);

/** Bytes from the bare link, until the channel is secured. An error closes the connection with it.
 */
WARN_UNUSED int upgrade_feed(struct upgrade *u, struct span in);

/** The kind of connection that the muxer `name` makes. WAVU_ERR_UNSUPPORTED when it is none of
 * ours. */
WARN_UNUSED int upgrade_kind_of(struct span name, enum conn_kind *kind);

/** Begin to choose the muxer inside the secured channel. */
void upgrade_select_start(struct upgrade *u);

/** Plaintext while choosing the muxer; `*used` says how much was read. `*done` when one was agreed:
 * conn->kind. */
WARN_UNUSED int upgrade_select_feed(struct upgrade *u, struct span in, size_t *used, bool *done);

/** Bring queued handshake output into u->out (bare link) or, when secured, into the connection's
 * frames. */
void upgrade_pull(struct upgrade *u);

#endif
