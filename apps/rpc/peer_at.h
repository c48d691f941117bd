/*
 * Whom and where to connect to, as a person types it: HOST, HOST:PORT or a multiaddr, and before
 * the first two PEER@, who has to answer there. Pure.
 */
#ifndef RPC_PEER_AT_H
#define RPC_PEER_AT_H

#include "wavu/node.h"

#define PEER_AT_PORT 9000 /* of HOST alone: where nodes listen when nothing else is said */
#define PEER_AT_PART_MIN                                                                           \
    6 /* characters of an id, its first or last ones; of the first 8 all are alike */

struct peer_at {
    char address[WAVU_ADDRESS_TEXT_MAX]; /* a multiaddr; a whole id stands in it */
    char part[WAVU_PEER_TEXT_MAX];       /* of the id that has to answer; "": whoever does */
};

/** WAVU_ERR_INVALID: what stands there is no address; WAVU_ERR_PEER_ID: what stands before @ is
 * neither a peer id nor a part of one. `out` is empty then. */
WARN_UNUSED int peer_at_parse(const char *text, struct peer_at *out);

/** Is `part` the beginning or the end of `id`? An empty one is. */
bool peer_at_fits(const char *id, const char *part);

#endif
