/*
 * Local networks: which hosts hear each other's broadcasts and groups. A host is on none until a
 * scenario plugs it in; what is sent to all crosses the cables between the hosts, one copy each,
 * with their loss, delay and cuts.
 */
#ifndef SIM_SIM_LAN_H
#define SIM_SIM_LAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/multiaddr.h"
#include "wavu/api.h"

#define SIM_LAN_LOOPBACK 1  /* index of the interface that every host has */
#define SIM_LAN_FIRST 2     /* index of the first network that a host is plugged in to */
#define SIM_LAN_UPLINK 1000 /* index for addresses on no network: no broadcast, no groups */

struct sim;
struct sim_host;
struct port;
struct port_interface;

/* What a host did with datagrams, over all its lives. */
struct sim_lan_traffic {
    uint64_t sent;        /* calls that sent one, whoever it reached */
    uint64_t sent_bytes;  /* of their contents */
    uint64_t copies;      /* that crossed a cable or stayed within the host */
    uint64_t heard;       /* told to a socket's user */
    uint64_t heard_bytes; /* of their contents */
    uint64_t dropped;     /* came while a socket's room was full */
};

/* A host's place on a network, by one of its addresses. Owned by the host. */
struct sim_plug {
    struct list link; /* in host->plugs */
    uint32_t lan;
    uint32_t index; /* of the interface; the same for all addresses on one network */
    struct multiaddr_ip ip;
};

/** Plug `host` in to the network numbered `lan` by its address `address`; NULL: the first. IPv4
 * networks are /24. */
void sim_lan_plug(struct sim_host *host, uint32_t lan, const char *address);

/** Pull it out of `lan`. Its other ways to be reached stay. */
void sim_lan_unplug(struct sim_host *host, uint32_t lan);

const struct sim_lan_traffic *sim_lan_traffic_of(const struct sim_host *host);

/* For sim_udp.c and sim_host.c. */

/** The host's first plug with an address of `ip_len` bytes on interface `index` (0: any), or NULL.
 */
const struct sim_plug *sim_lan_find(const struct sim_host *host, uint32_t index, uint8_t ip_len);

/** The host's plug whose network has the broadcast address `ip`, or NULL. */
const struct sim_plug *sim_lan_of_broadcast(const struct sim_host *host,
                                            const struct multiaddr_ip *ip);

/** The host's plug in to network `lan`, or NULL. */
const struct sim_plug *sim_lan_in(const struct sim_host *host, uint32_t lan);

/** Leave all networks. */
void sim_lan_leave(struct sim_host *host);

/** The function of struct port_net. */
size_t sim_lan_interfaces(struct port *port, struct port_interface *out, size_t max);

#endif
