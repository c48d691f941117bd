/*
 * News of peers and links for services that keep something per peer. Called in the turn; the
 * observer may open streams but not close the connection that is reported.
 */
#ifndef NET_OBSERVE_H
#define NET_OBSERVE_H

#include "base/list.h"

struct conn;

struct observe {
    struct list link; /* private: in the swarm's list */
    void *context;
    void (*conn_up)(void *context,
                    struct conn *conn); /* authenticated and multiplexed; may be NULL */
    void (*conn_down)(void *context, struct conn *conn,
                      int err); /* its streams are already closed; may be NULL */
    void (*identified)(void *context, struct conn *conn); /* the peer told what it speaks: the
                                                             peerbook has it; may be NULL */
};

#endif
