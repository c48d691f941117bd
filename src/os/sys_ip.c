/*
 * sockaddr to multiaddr_ip and back.
 */
#include "os/sys_ip.h"

#include <string.h>

socklen_t sys_ip_write(union sys_ip *out, const struct multiaddr_ip *ip)
{
    memset(out, 0, sizeof *out);
    if (ip->ip_len == 4) {
        out->ip4.sin_family = AF_INET;
        out->ip4.sin_port = htons(ip->port);
        memcpy(&out->ip4.sin_addr, ip->ip, 4);
        return sizeof out->ip4;
    }
    out->ip6.sin6_family = AF_INET6;
    out->ip6.sin6_port = htons(ip->port);
    out->ip6.sin6_scope_id = ip->zone;
    memcpy(&out->ip6.sin6_addr, ip->ip, 16);
    return sizeof out->ip6;
}

bool sys_ip_read(struct multiaddr_ip *out, const struct sockaddr *from)
{
    union sys_ip name;
    sa_family_t family = AF_UNSPEC;
    *out = (struct multiaddr_ip){.ip_len = 0};
    if (from != NULL) {
        memcpy(&family, (const char *)from + offsetof(struct sockaddr, sa_family), sizeof family);
    }
    if (family == AF_INET) {
        memcpy(&name.ip4, from, sizeof name.ip4);
        out->ip_len = 4;
        out->port = ntohs(name.ip4.sin_port);
        memcpy(out->ip, &name.ip4.sin_addr, 4);
        return true;
    }
    if (family == AF_INET6) {
        memcpy(&name.ip6, from, sizeof name.ip6);
        out->ip_len = 16;
        out->port = ntohs(name.ip6.sin6_port);
        out->zone = name.ip6.sin6_scope_id;
        memcpy(out->ip, &name.ip6.sin6_addr, 16);
        return true;
    }
    return false;
}

void sys_ip_read_or_any(struct multiaddr_ip *out, const union sys_ip *from)
{
    if (!sys_ip_read(out, &from->any)) {
        *out = (struct multiaddr_ip){.ip_len = 4};
    }
}
