/*
 * All local networks of this machine as one thing to send to: a socket for each family that hears
 * what is sent to everybody on a port, and ways out over every interface.
 *
 * Arrives: datagrams from the port. Leaves: the same through `received`, with nothing filtered but
 * what did not come from a neighbour (lan_is_near).
 */
#ifndef DISCOVERY_LAN_H
#define DISCOVERY_LAN_H

#include "port/net.h"

#define LAN_WAYS_MAX 32 /* addresses of interfaces that are used; a laptop has 4 to 8 */

struct lan_config {
    struct port *port;          /* borrowed */
    uint16_t udp_port;          /* to send to and hear on; 0: one is picked, for tests */
    struct multiaddr_ip group4; /* ip_len 0: IPv4 by broadcast, loopback's included */
    struct multiaddr_ip group6; /* link-local group; ip_len 0: no IPv6 */
    bool has_own_port;          /* send from a port of our own, to which answers come as well */
    void (*received)(void *context, const struct port_datagram *);
    void *context;
};

/* An address of an interface. */
struct lan_way {
    struct port_interface interface;
    bool is_joined; /* its group is */
};

struct lan {
    struct lan_config config;
    struct port_udp *hearing[2]; /* IPv4, IPv6; NULL where there is no such family */
    struct port_udp *sending[2]; /* the same, or ours alone */
    struct lan_way ways[LAN_WAYS_MAX];
    size_t way_count;
};

/** Open the sockets and join the groups. Fails as port_net.udp_open when no family can be had. */
WARN_UNUSED int lan_init(struct lan *l, const struct lan_config *config);
void lan_clear(struct lan *l);

/** Look at the interfaces again. True when one has come. */
bool lan_refresh(struct lan *l);

/** Send to everybody, over every way. Returns how many datagrams went out. */
size_t lan_send_all(struct lan *l, struct span bytes);

/** Send to one neighbour. Errors as port_net.udp_send. */
WARN_UNUSED int lan_send_to(struct lan *l, const struct multiaddr_ip *to, struct span bytes);

/** Is `ip` on a network of ours, link-local, or this machine? */
bool lan_is_near(const struct lan *l, const struct multiaddr_ip *ip);

#endif
