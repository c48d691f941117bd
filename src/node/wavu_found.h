/*
 * Who was found while an inviter or an open network is sought, and who of them is tried next.
 * Anybody can say that it is the one, under as many ids as it likes: so places and turns are by
 * source, an IPv4 address or an IPv6 /64, and the source with the fewest turns is next, of these
 * the one that was found first. With n other sources found before it, whoever is meant is tried
 * as the (n + 1)th at the latest. A machine without deadlines. Private to node/.
 *
 * Source: docs/protocol/pairing.md, "Finding the one".
 */
#ifndef NODE_WAVU_FOUND_H
#define NODE_WAVU_FOUND_H

#include "base/multiaddr.h"
#include "base/random.h"
#include "crypto/peerid.h"

#define WAVU_FOUND_SOURCES_MAX 64
#define WAVU_FOUND_EACH_MAX 4 /* peers of one source; of these drawn by chance */

struct wavu_found_peer {
    struct peerid id;
    bool is_waiting; /* heard since its last turn */
    bool is_done;    /* it answered: not tried again */
    bool is_settled; /* nobody draws lots for its place */
    uint32_t turns;
};

struct wavu_found_source {
    uint8_t source[MULTIADDR_SOURCE_SIZE];
    uint64_t number; /* in the order in which they were found */
    uint32_t turns;
    bool is_settled; /* nobody draws lots for its place */
    uint64_t lot[2]; /* for the place that the last turn has left; drawn anew with each */
    size_t count;
    struct wavu_found_peer peers[WAVU_FOUND_EACH_MAX];
};

struct wavu_found {
    const struct random *random; /* borrowed */
    uint64_t numbers;
    uint64_t lot[2]; /* the same among sources, once all places are taken */
    size_t count;
    struct wavu_found_source sources[WAVU_FOUND_SOURCES_MAX];
};

/** Nobody was found yet. */
void wavu_found_init(struct wavu_found *f, const struct random *random);

/** `peer` says at `address` (NULL: nobody knows where) that it is the one. What has no place is
 * passed over: it says it again. */
void wavu_found_add(struct wavu_found *f, const struct peerid *peer,
                    const struct multiaddr *address);

/** Whose turn is it? It is counted: `*turns` it had before. False: nobody waits. */
WARN_UNUSED bool wavu_found_next(struct wavu_found *f, struct peerid *peer, uint32_t *turns);

/** `peer` answered and is not to be tried again, wherever it says it is. */
void wavu_found_done(struct wavu_found *f, const struct peerid *peer);

/** Does somebody wait, at a source that had no turn yet, or (not `is_new`) at any? */
WARN_UNUSED bool wavu_found_waits(const struct wavu_found *f, bool is_new);

/** Walk the invariants. */
void wavu_found_check(const struct wavu_found *f);

#endif
