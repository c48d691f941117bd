/*
 * The handshake of a TCP connection, from the dial to both ends being open or one being told why
 * not.
 */
#ifndef SIM_SIM_SHAKE_H
#define SIM_SIM_SHAKE_H

#include "sim/sim_tcp.h"

/** tcp_dial of struct port_net. */
int sim_shake_dial(struct port *port, const struct multiaddr_ip *to,
                   const struct port_tcp_user *user, void *context, struct port_tcp **out);

/** The last packet has come to who accepts; nothing happens when it had come before. */
void sim_shake_complete(struct sim_conn *conn);

/** The accepting end, which has left the backlog, is handed to `life`. */
struct port_tcp *sim_shake_accept(struct sim_conn *conn, struct sim_life *life);

/** Break a connection that has left the backlog because its listener is gone. */
void sim_shake_refuse(struct sim_conn *conn);

/** Who dialled does not want it any more. */
void sim_shake_abandon(struct sim_conn *conn);

#endif
