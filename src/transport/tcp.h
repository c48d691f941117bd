/*
 * Links over TCP: /ip4|ip6/<address>/tcp/<port>.
 */
#ifndef TRANSPORT_TCP_H
#define TRANSPORT_TCP_H

#include "port/net.h"
#include "transport/transport.h"

struct tcp {
    struct transport transport; /* first: handed to net as such */
    struct port *port;          /* borrowed */
};

/** Make the transport over `port`'s sockets. No resources of its own. */
void tcp_init(struct tcp *t, struct port *port);

#endif
