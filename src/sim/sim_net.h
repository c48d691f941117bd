/*
 * port/net.h for the simulator.
 */
#ifndef SIM_SIM_NET_H
#define SIM_SIM_NET_H

#include "port/net.h"

extern const struct port_net sim_net_ops;

#endif
