/*
 * Names to addresses, by the system's resolver on threads of its own. Private to os/.
 */
#ifndef OS_LOOKUP_H
#define OS_LOOKUP_H

#include "port/net.h"

#define LOOKUP_THREADS_MAX                                                                         \
    8 /* look-ups under way at once in a loop; further ones wait their turn */
#define LOOKUP_NAME_MAX                                                                            \
    253 /* characters of a name: RFC 1035 2.3.4, as text without the root's dot */
#define LOOKUP_STACK_KIB 512 /* of such a thread: the resolver keeps answers of 64 KiB on it */

struct loop;
struct lookup_pool; /* a loop's look-ups; opaque */

/** As port_net.lookup. WAVU_ERR_INVALID when the name is too long, _LIMIT when no thread can be
 * had. */
WARN_UNUSED int lookup_start(struct port *port, const char *name, int family,
                             const struct port_lookup_user *user, void *context,
                             struct port_lookup **out);
void lookup_cancel(struct port_lookup *lookup);

/** The loop ends: forget what is under way. A thread that waits for a name server ends by itself,
 * later; nobody waits for it. NULL is fine. */
void lookup_stop(struct lookup_pool *pool);

/** The addresses of this machine's interfaces that are up; returns how many. */
size_t lookup_interfaces(struct port *port, struct multiaddr_ip *out, size_t max);

#endif
