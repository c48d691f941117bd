/*
 * The system's interfaces, looked at once.
 */
#include "apps/talk/talk_online.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>

bool talk_online_is_any(void)
{
    struct ifaddrs *all = NULL;
    bool is_any = false;
    if (getifaddrs(&all) != 0) {
        return true;
    }
    for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        const bool is_up = (i->ifa_flags & IFF_UP) != 0 && (i->ifa_flags & IFF_RUNNING) != 0;
        const bool is_ip = i->ifa_addr != NULL && (i->ifa_addr->sa_family == AF_INET ||
                                                   i->ifa_addr->sa_family == AF_INET6);
        is_any = is_any || (is_up && is_ip && (i->ifa_flags & IFF_LOOPBACK) == 0);
    }
    freeifaddrs(all);
    return is_any;
}
