/*
 * Sockets for datagrams on the loop: struct port_udp, and the interfaces that they can use. Private
 * to os/.
 */
#ifndef OS_UDP_H
#define OS_UDP_H

#include "port/net.h"

#define UDP_READS_MAX                                                                              \
    64 /* datagrams taken from one socket in one iteration: the rest waits in the kernel */

/* The functions of struct port_net. */
WARN_UNUSED int udp_open(struct port *port, const struct multiaddr_ip *at, bool is_shared,
                         const struct port_udp_user *user, void *context, struct port_udp **out);
void udp_address(const struct port_udp *u, struct multiaddr_ip *bound);
WARN_UNUSED int udp_join(struct port_udp *u, const struct multiaddr_ip *group, uint32_t index);
WARN_UNUSED int udp_send(struct port_udp *u, const struct multiaddr_ip *to, struct span bytes);
void udp_close(struct port_udp *u);
size_t udp_interfaces(struct port *port, struct port_interface *out, size_t max);

#endif
