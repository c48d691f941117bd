/*
 * Dialling: from a peer or an address to an open connection. Names are looked up, addresses raced
 * the happy- eyeballs way (RFC 8305: IPv6 first, the next address 250 ms later or at once when one
 * fails), the first link that is up is upgraded; when that fails the rest is tried.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/multiaddr.h"
#include "crypto/peerid.h"
#include "wavu/err.h"

#define DIAL_STAGGER_NS (UINT64_C(250) * 1000000) /* RFC 8305 section 5 */
#define DIAL_ATTEMPT_NS                                                                            \
    (UINT64_C(5) * 1000000000) /* one address, until its link is up; setting connect_timeout */
#define DIAL_TOTAL_NS                                                                              \
    (UINT64_C(30) * 1000000000) /* the whole dial, or one attempt and its handshake if longer */
#define DIAL_ADDRESSES_MAX 24   /* tried in one dial, after look-ups */
#define DIAL_PARALLEL_MAX 4     /* links opening at once in one dial */
#define DIAL_DIALS_MAX 256      /* dials under way in one node */

struct conn;
struct swarm;
struct dial; /* opaque; owned by the swarm */

struct dial_user {
    /* Once: err 0 and an open connection; or why not (the most telling of the attempts' errors).
     * The dial is over. */
    void (*done)(void *context, int err, struct conn *conn);
    void *context;
};

/** Dial `peer` (NULL: whoever answers) at `addresses`, each with or without a trailing /p2p/<id>
 * (which then must agree), and at what the peerbook knows of it; when that is nothing, at what
 * swarm->records finds. When the peer is connected already, `done` still comes, in a later phase.
 * Dials to one peer under way are not merged.
 * WAVU_ERR_INVALID when there is nothing to dial, _LIMIT, _PEER_ID when ids disagree. */
WARN_UNUSED int dial_start(struct swarm *swarm, const struct peerid *peer,
                           const struct multiaddr *addresses, size_t count, struct dial_user user,
                           struct dial **out);

/** As dial_start to a peer with known addresses (nobody is asked for others); an open connection
 * counts only when we dialled it: for who wants to know whether the peer can be reached there. */
WARN_UNUSED int dial_start_own(struct swarm *swarm, const struct peerid *peer,
                               struct dial_user user, struct dial **out);

/** As dial_start for a connection of kind PACKETS to a peer with known addresses; an open one of
 * kind STREAMS does not count. */
WARN_UNUSED int dial_start_packets(struct swarm *swarm, const struct peerid *peer,
                                   struct dial_user user, struct dial **out);

/** Give up: `done` does not come. */
void dial_cancel(struct dial *d);

/* From swarm.c: news of connections that dials made. */
struct conn;
void dial_conn_opened(struct swarm *swarm, struct conn *conn);
void dial_conn_closed(struct swarm *swarm, struct conn *conn, int err);

/** Cancel all dials with `done(WAVU_ERR_SHUTDOWN)`. */
void dial_shut(struct swarm *swarm);

#endif
