/*
 * echo: sends back what comes, half-close honoured. A diagnostic service over door 2, off by
 * default.
 */
#ifndef NET_ECHO_H
#define NET_ECHO_H

#include "net/swarm.h"

#define ECHO_NAME "/wavu/echo/1"
#define ECHO_INBOUND_MAX 512

struct echo {
    struct swarm *swarm;
    struct stream_protocol protocol;
};

WARN_UNUSED int echo_init(struct echo *e, struct swarm *swarm);
void echo_clear(struct echo *e);

#endif
