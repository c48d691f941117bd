/*
 * Listening on several addresses, and the addresses that others can be told.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "base/multiaddr.h"
#include "wavu/err.h"

#define LISTEN_ADDRESSES_MAX 16 /* listeners of one node */

struct swarm;

/** Listen on `address` (IP, TCP port; port 0 picks one). WAVU_ERR_PEER_ID when it names another
 * peer than this node; its own id may stand there. Names are refused with WAVU_ERR_UNSUPPORTED.
 * Other errors as transport_ops.listen; WAVU_ERR_LIMIT beyond LISTEN_ADDRESSES_MAX. */
WARN_UNUSED int listen_start(struct swarm *swarm, const struct multiaddr *address);

/** Stop all listeners. */
void listen_stop(struct swarm *swarm);

/** Tell others these (without peer id, LISTEN_ADDRESSES_MAX at most, copied) in place of what the
 * listeners have; a count of 0: no more. */
void listen_announce(struct swarm *swarm, const struct multiaddr *addresses, size_t count);

/** Addresses that others can dial: what is announced, or listeners' real ones, "any" expanded to
 * the interfaces' addresses (never 0.0.0.0 or ::), without peer id. Returns how many. */
size_t listen_addresses(struct swarm *swarm, struct multiaddr *out, size_t max);

#endif
