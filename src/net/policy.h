/*
 * What net asks of those above: may this peer do this? Lower folders define the question with a
 * working default; node/ installs the answer.
 */
#ifndef NET_POLICY_H
#define NET_POLICY_H

#include "base/multiaddr.h"
#include "crypto/peerid.h"
#include "net/stream.h"

struct policy {
    void *context;

    /* May a link from `remote` be upgraded at all? Asked before any byte is read. */
    bool (*may_accept)(void *context, const struct multiaddr *remote);

    /* May we dial `remote`? Asked for each address. */
    bool (*may_dial)(void *context, const struct multiaddr *remote);

    /* May this authenticated peer stay connected? */
    bool (*may_connect)(void *context, const struct peerid *peer, bool is_dialled);

    /* What the peer may open at us. */
    enum stream_audience (*standing)(void *context, const struct peerid *peer);
};

/** The policy of an open node: everyone may connect and counts as a member. */
void policy_init_open(struct policy *p);

#endif
