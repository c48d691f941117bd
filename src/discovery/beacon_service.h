/*
 * The LAN beacon on its sockets: UDP port BEACON_PORT, IPv4 broadcast on every interface and within
 * the machine, IPv6 multicast. Calls and answers leave from a port of our own, so that answers find
 * the node that asked and not another that shares the host.
 *
 * What is found goes to the peerbook and, as an event, to the owner, who decides whom to dial.
 */
#ifndef DISCOVERY_BEACON_SERVICE_H
#define DISCOVERY_BEACON_SERVICE_H

#include "discovery/beacon.h"
#include "discovery/lan.h"
#include "net/swarm.h"

#define BEACON_SERVICE_SLACK_NS (UINT64_C(20) * 1000000) /* a call may wait so long for company */
#define BEACON_SERVICE_LOOK_NS                                                                     \
    (UINT64_C(5) * 1000000000) /* interfaces are looked at so often; at each call on low power */

struct beacon_service_user {
    /* A neighbour: dial it at found->candidates.addresses (the peerbook has them) when you want it.
     */
    void (*found)(void *context, const struct beacon_found *found);
    /* It says that it has the code open that is sought: pair with it (the peerbook has its
     * addresses); only that shows whether it is the one that is meant. */
    void (*inviter)(void *context, uint16_t slot, const struct beacon_found *found);
    void *context;
};

struct beacon_service_config {
    struct swarm *swarm; /* borrowed */
    uint16_t udp_port;   /* BEACON_PORT; 0: one is picked, for tests */
    bool is_open;        /* as struct beacon_config, as the next two */
    struct span open_tag;
    bool is_low_power;
    struct beacon_service_user user;
    struct metric_set *metrics; /* borrowed; or NULL */
};

struct beacon_service_metrics {
    struct metric sent;    /* datagrams */
    struct metric heard;   /* beacons of our networks */
    struct metric dropped; /* foreign, malformed or too many */
};

struct beacon_service {
    struct beacon_service_config config;
    struct beacon beacon;
    struct lan lan;
    struct timer timer;
    uint64_t look_ns; /* when the interfaces are looked at next */
    struct beacon_service_metrics metrics;
};

/** Open the sockets and begin to call. Errors as port_net.udp_open: a beacon that cannot be is no
 * reason not to start. Discovery that is switched off is a service that is not made. */
WARN_UNUSED int beacon_service_init(struct beacon_service *s,
                                    const struct beacon_service_config *config);
void beacon_service_clear(struct beacon_service *s);

/** As beacon_set_keys; and call at once under the new ones. */
WARN_UNUSED int beacon_service_set_keys(struct beacon_service *s, const struct beacon_key *keys,
                                        size_t count);
void beacon_service_set_power(struct beacon_service *s, bool is_low);

/** As beacon_set_slot: a join code is open here, from now on or (0) no longer. */
void beacon_service_set_slot(struct beacon_service *s, uint16_t slot);

/** As beacon_seek: look for who has code `slot` open; 0: no more. */
void beacon_service_seek(struct beacon_service *s, uint16_t slot);

/** Our addresses changed, or neighbours are wanted: call as at the start. */
void beacon_service_hurry(struct beacon_service *s);

#endif
