/*
 * Listeners of a host: who is there for a connection that comes in, and who waits to be accepted.
 */
#ifndef SIM_SIM_LISTENER_H
#define SIM_SIM_LISTENER_H

#include "sim/sim_tcp.h"

struct port_listener {
    struct sim_handle handle;
    struct list host_link; /* in host->listeners, until closed or crashed */
    struct multiaddr_ip at;
    const struct port_listener_user *user;
    void *context;
    struct list half_open; /* connections that shake hands */
    struct list ready;     /* connections to accept */
    uint32_t waiting;      /* in both */
};

/* The functions of struct port_net. */
int sim_listener_open(struct port *port, const struct multiaddr_ip *at,
                      const struct port_listener_user *user, void *context,
                      struct port_listener **out);
void sim_listener_address(const struct port_listener *l, struct multiaddr_ip *bound);
void sim_listener_close(struct port_listener *l);

/** Who listens on `host` for connections to `to`; an exact address before "any". NULL: nobody. */
struct port_listener *sim_listener_find(struct sim_host *host, const struct multiaddr_ip *to);

/** A SYN came: `conn` enters the backlog. WAVU_ERR_LIMIT when that is full. */
WARN_UNUSED int sim_listener_enter(struct port_listener *l, struct sim_conn *conn);

/** The handshake is over: have it accepted. */
void sim_listener_ready(struct sim_conn *conn);

/** `conn` leaves the backlog, if it is in one. */
void sim_listener_leave(struct sim_conn *conn);

/** A port of `host` that nobody listens on; the next one each time. */
uint16_t sim_listener_pick_port(struct sim_host *host);

#endif
