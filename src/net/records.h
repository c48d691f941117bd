/*
 * What net asks of those above: where is this peer now? Lower folders define the question; who can
 * look it up (the shared state of a mesh, Kademlia) installs the answer. decisions/0023.
 */
#ifndef NET_RECORDS_H
#define NET_RECORDS_H

#include "crypto/peerid.h"
#include "wavu/err.h"

struct records_find; /* of the implementation; gone after `done` */

struct records_user {
    /* Once, never before records_ops.find returned: what was found is in the peerbook (err 0), or
     * nothing was: WAVU_ERR_NOT_FOUND, _LIMIT, _SHUTDOWN. */
    void (*done)(void *context, int err);
    void *context;
};

/* Zeroed: nobody can look anything up. */
struct records {
    void *context;

    /* Look for current addresses of `peer`. WAVU_ERR_LIMIT: too many are under way;
     * WAVU_ERR_NOT_FOUND: there is nobody to ask. */
    int (*find)(void *context, const struct peerid *peer, struct records_user user,
                struct records_find **out);

    /* Give up: `done` does not come. */
    void (*cancel)(struct records_find *find);
};

#endif
