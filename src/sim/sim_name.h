/*
 * Names: one table for all hosts, and look-ups in it.
 */
#ifndef SIM_SIM_NAME_H
#define SIM_SIM_NAME_H

#include "port/net.h"

struct sim;

/** Let `name` (a DNS name, any case) have the IP address `address`, beside those that it has. */
void sim_name_add(struct sim *sim, const char *name, const char *address);

/** Forget `name` and all its addresses. */
void sim_name_remove(struct sim *sim, const char *name);

/** Look-ups fail with `err` (WAVU_ERR_TIMEOUT, _IO) from now on; 0: no longer. */
void sim_name_break(struct sim *sim, int err);

/* The functions of struct port_net. */
int sim_name_lookup(struct port *port, const char *name, int family,
                    const struct port_lookup_user *user, void *context, struct port_lookup **out);
void sim_name_cancel(struct port_lookup *lookup);

void sim_name_free_all(struct sim *sim);

#endif
