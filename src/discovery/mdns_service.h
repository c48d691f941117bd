/*
 * Multicast DNS on its sockets: 224.0.0.251 and ff02::fb, port 5353, shared with whatever else on
 * the machine speaks it. Off in closed networks: names go out in clear.
 */
#ifndef DISCOVERY_MDNS_SERVICE_H
#define DISCOVERY_MDNS_SERVICE_H

#include "discovery/lan.h"
#include "discovery/mdns.h"
#include "net/swarm.h"

#define MDNS_SERVICE_SLACK_NS                                                                      \
    (UINT64_C(20) * 1000000) /* a message may wait so long for company                             \
                              */
#define MDNS_SERVICE_LOOK_NS                                                                       \
    (UINT64_C(15) * 1000000000) /* interfaces and addresses are looked at, at most so often */

struct mdns_service_user {
    /* A peer on the network: the peerbook has its addresses. */
    void (*found)(void *context, const struct mdns_found *found);
    void *context;
};

struct mdns_service_config {
    struct swarm *swarm; /* borrowed */
    const char *service; /* MDNS_SERVICE, or a private network's; copied */
    bool is_low_power;
    struct mdns_service_user user;
    struct metric_set *metrics; /* borrowed; or NULL */
};

struct mdns_service_metrics {
    struct metric sent;
    struct metric found;
    struct metric dropped; /* malformed or too many */
};

struct mdns_service {
    struct mdns_service_config config;
    struct mdns mdns;
    struct lan lan;
    struct timer timer;
    uint64_t look_ns;
    struct mdns_service_metrics metrics;
};

/** Open the sockets and begin to ask. Errors as port_net.udp_open. */
WARN_UNUSED int mdns_service_init(struct mdns_service *s, const struct mdns_service_config *config);

/** Say farewell and close. */
void mdns_service_clear(struct mdns_service *s);

void mdns_service_set_power(struct mdns_service *s, bool is_low);

#endif
