/*
 * Addresses as the system has them and as the house has them: the one place that knows sockaddr of
 * IPv4 and IPv6.
 */
#ifndef OS_SYS_IP_H
#define OS_SYS_IP_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/multiaddr.h"
#include "wavu/api.h"

union sys_ip {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
    struct sockaddr_storage room;
};

/** Write `ip` with its port and zone; returns how many bytes of `*out` count. */
socklen_t sys_ip_write(union sys_ip *out, const struct multiaddr_ip *ip);

/** Read an address of any alignment. False, and `*out` empty, for NULL and for a family that is
 * none of ours. */
bool sys_ip_read(struct multiaddr_ip *out, const struct sockaddr *from);

/** The same, and 0.0.0.0 where that is false: what a socket that is gone has. */
void sys_ip_read_or_any(struct multiaddr_ip *out, const union sys_ip *from);

#endif
