/*
 * libp2p's TLS 1.3 handshake, and the channel behind it: a machine over OpenSSL's memory BIOs.
 * Source: libp2p tls specification; RFC 8446; docs/protocol/tls.md.
 *
 * Bytes from the link come in through tls_feed, bytes for it leave through tls_pull. Each costly
 * step is tls_work, which the owner runs in the turn's work phase while tls_wants_work says so.
 * Then tls_read and tls_write. After an error the machine is dead.
 */
#ifndef CRYPTO_TLS_H
#define CRYPTO_TLS_H

#include "base/budget.h"
#include "crypto/tls_cert.h"

#define TLS_PROTOCOL "/tls/1.0.0"
#define TLS_ALPN "libp2p" /* and no multiplexer agreed early */
#define TLS_MUXER_MAX 32  /* characters of a muxer's name with NUL */
#define TLS_BINDING_SIZE 32
#define TLS_RECORD_MAX 16384    /* plaintext of one record (RFC 8446 5.1) */
#define TLS_OVERHEAD_MAX 22     /* a record's head, kind and tag */
#define TLS_HANDSHAKE_MAX 16384 /* what a peer may send before it is done; go's takes 900 bytes */
#define TLS_ALPN_MAX 256        /* bytes of the names that a client offers */
#define TLS_FEED_MAX 65536      /* bytes kept of what came and was not read yet */

/* Messages of the handshake's kind that a peer may send behind it (new keys, tickets): as the
 * hybrid's offers of new keys. */
#define TLS_LATE_RATE 1 /* a second */
#define TLS_LATE_BURST 16

/* The certificate, its key and our settings: made once a node, and shared by its connections. */
struct tls_identity;

WARN_UNUSED int tls_identity_new(struct tls_identity **identity, const struct identity_key *key,
                                 const struct random *random);
void tls_identity_free(struct tls_identity *identity);

struct tls_config {
    bool is_client;
    struct tls_identity *identity; /* borrowed for the machine's life, as all here but `expected` */
    const char *const *muxers;     /* by preference, NULL at the end */
    const char *const *security;   /* protocols we speak, as muxers, TLS_PROTOCOL among them */
    const struct peerid *expected; /* client: the peer dialled, or NULL for anyone; copied */
    uint64_t wall_s;               /* the time (Unix), 0: unknown */
    uint64_t now;                  /* the turn's, in nanoseconds */
};

struct tls_result {
    uint8_t binding[TLS_BINDING_SIZE]; /* exported (RFC 9266): names this channel and no other */
    struct tls_cert_peer peer;
    char muxer[TLS_MUXER_MAX]; /* agreed early, or "": negotiate in the channel */
};

/* Opaque: about 20 KiB in OpenSSL while it shakes hands, 6 behind that. */
struct tls;

/** WAVU_ERR_CRYPTO when the library fails. */
WARN_UNUSED int tls_new(struct tls **t, const struct tls_config *config);

/** Wipe and free; NULL is fine. */
void tls_free(struct tls *t);

/** Give bytes from the link; `*used` says how many were taken (fewer than given when TLS_FEED_MAX
 * wait to be read, or the handshake is not done: then give the rest after tls_work).
 * WAVU_ERR_LIMIT: TLS_HANDSHAKE_MAX were taken, and it is still not done. */
WARN_UNUSED int tls_feed(struct tls *t, struct span in, size_t *used);

/** True when tls_work has something to do: at a client's beginning, and with each bytes that came
 * before the handshake is done. */
bool tls_wants_work(const struct tls *t);

/** Compute the next step. WAVU_ERR_PROTO, _CRYPTO, _TIMEOUT, _UNSUPPORTED as tls_cert_check,
 * _PEER_ID, _UNSUPPORTED (no common ALPN) or _DOWNGRADE (the client speaks what we like better,
 * too) kill the machine. */
WARN_UNUSED int tls_work(struct tls *t);

/** Copy up to out.len bytes for the link; returns how many. */
size_t tls_pull(struct tls *t, struct span_mut out);

/** Bytes that tls_pull would give. */
size_t tls_pending(const struct tls *t);

bool tls_is_done(const struct tls *t);

/** Who the peer is, once tls_is_done. */
void tls_result(const struct tls *t, struct tls_result *result);

/** Read up to out.len bytes of plaintext; `*len` is 0 when more must be fed first, and at the end.
 * WAVU_ERR_CRYPTO, _PROTO, or _LIMIT (too many messages that are no data) kill the machine. */
WARN_UNUSED int tls_read(struct tls *t, uint64_t now, struct span_mut out, size_t *len);

/** Seal `plain` into the output; all of it. */
WARN_UNUSED int tls_write(struct tls *t, struct span plain);

/** New keys for both directions, with the next bytes written (RFC 8446 4.6.3). */
WARN_UNUSED int tls_renew(struct tls *t);

/** The peer said that no more will come (close_notify). Without it the end of the link is a cut. */
bool tls_is_ended(const struct tls *t);

/** Say the same; nothing is written behind it. */
void tls_end(struct tls *t);

#endif
