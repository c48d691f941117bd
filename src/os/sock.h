/*
 * TCP sockets on the loop: struct port_tcp and struct port_listener. Private to os/.
 */
#ifndef OS_SOCK_H
#define OS_SOCK_H

#include "port/net.h"

#define SOCK_ACCEPTS_MAX 64      /* connections accepted from one listener in one iteration */
#define SOCK_PIECES_MAX 64       /* of one sendmsg */
#define SOCK_DRAINS_MAX 16       /* reads of PORT_NET_READ_MAX bytes before a close in good order */
#define SOCK_ACCEPT_PAUSE_MS 100 /* after running out of descriptors */
#define SOCK_ADMIT_PAUSE_MS 10   /* after as many newcomers as a busy node takes */

WARN_UNUSED int sock_listen(struct port *port, const struct multiaddr_ip *at,
                            const struct port_listener_user *user, void *context,
                            struct port_listener **out);
void sock_listener_address(const struct port_listener *l, struct multiaddr_ip *bound);
void sock_listener_close(struct port_listener *l);
WARN_UNUSED int sock_dial(struct port *port, const struct multiaddr_ip *to,
                          const struct port_tcp_user *user, void *context, struct port_tcp **out);
void sock_attach(struct port_tcp *t, const struct port_tcp_user *user, void *context);
WARN_UNUSED int sock_send(struct port_tcp *t, const struct span *pieces, size_t count,
                          size_t *taken);
void sock_pause(struct port_tcp *t, bool pause);
void sock_addresses(const struct port_tcp *t, struct multiaddr_ip *local,
                    struct multiaddr_ip *remote);
void sock_close(struct port_tcp *t, bool abort);

#endif
