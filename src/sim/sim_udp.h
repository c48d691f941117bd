/*
 * Datagrams of the simulator: sockets of a host, and what is under way between hosts.
 */
#ifndef SIM_SIM_UDP_H
#define SIM_SIM_UDP_H

#include "sim/sim_handle.h"

#define SIM_UDP_ROOM                                                                               \
    212992                    /* bytes that wait for a socket's user: Linux' default for receiving \
                               */
#define SIM_UDP_OVERHEAD 28   /* headers of a packet: IPv4 and UDP; also for IPv6 */
#define SIM_UDP_GROUPS_MAX 20 /* memberships of a socket: Linux' igmp_max_memberships */
#define SIM_UDP_QUEUE_NS                                                                           \
    (100 * TIMERS_MS) /* a datagram that would wait longer for a slow cable is dropped */

/* The functions of struct port_net. */
int sim_udp_open(struct port *port, const struct multiaddr_ip *at, bool is_shared,
                 const struct port_udp_user *user, void *context, struct port_udp **out);
void sim_udp_address(const struct port_udp *u, struct multiaddr_ip *bound);
int sim_udp_join(struct port_udp *u, const struct multiaddr_ip *group, uint32_t index);
int sim_udp_send(struct port_udp *u, const struct multiaddr_ip *to, struct span bytes);
void sim_udp_close(struct port_udp *u);

/** Drop what is under way: for sim_free. */
void sim_udp_free_all(struct sim *sim);

#endif
