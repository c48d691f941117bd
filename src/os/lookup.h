/*
 * Looking names up on libuv's thread pool. Private to os/.
 */
#ifndef OS_LOOKUP_H
#define OS_LOOKUP_H

#include "port/net.h"

WARN_UNUSED int lookup_start(struct port *port, const char *name, int family,
                             const struct port_lookup_user *user, void *context,
                             struct port_lookup **out);
void lookup_cancel(struct port_lookup *lookup);

/** The addresses of this machine's interfaces that are up. */
size_t lookup_interfaces(struct port *port, struct multiaddr_ip *out, size_t max);

#endif
