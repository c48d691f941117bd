/*
 * Hosts: machines with addresses, a disk, clocks, and one process at a time, whose port a node
 * stands on.
 */
#ifndef SIM_SIM_HOST_H
#define SIM_SIM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"

struct sim;
struct sim_host; /* owned by the simulator */
struct port;

/** A running host with the IPv4 or IPv6 address `address`, or 10.x.y.z by its number when NULL. */
struct sim_host *sim_host_new(struct sim *sim, const char *address);

/** Give it one more address. Each address belongs to one host. */
void sim_host_add_address(struct sim_host *host, const char *address);

/** The port of the process that runs, or that crashed last. Valid until sim_host_restart. */
struct port *sim_host_port(struct sim_host *host);

/**
 * End the process, or with `is_silent` the machine: no callback comes any more, timers stop,
 * sockets vanish. Peers are reset; those of a silent host hear nothing and time out. Owners still
 * close their handles on the old port, before sim_host_restart. Not from a callback of this host.
 */
void sim_host_crash(struct sim_host *host, bool is_silent);

/** Start again after a crash: a fresh port, whose clock starts over, on the same disk and
 * addresses.
 */
struct port *sim_host_restart(struct sim_host *host);

bool sim_host_is_up(const struct sim_host *host);

/** Set its wall clock `skew_ms` ahead (negative: behind). */
void sim_host_set_skew(struct sim_host *host, int64_t skew_ms);

/** Its boot clock leaps ahead: the machine was suspended. */
void sim_host_jump(struct sim_host *host, uint64_t leap_ns);

/** Each of its turns takes so long from now on (0: none). */
void sim_host_set_turn_cost(struct sim_host *host, uint64_t cost_ns);

/** It stands still for `duration_ns` from now on, like a process that is stopped: what comes waits,
 * as far as its sockets have room, and no timer is looked at. A
 * restart ends it. */
void sim_host_stall(struct sim_host *host, uint64_t duration_ns);

/** While `is_hidden` nobody else can dial it over TCP, as behind a router that translates
 * addresses: nothing answers. Its own dials, open connections and datagrams are as before. */
void sim_host_set_hidden(struct sim_host *host, bool is_hidden);

/** Sockets, listeners and look-ups that their owners have not closed. */
size_t sim_host_open_sockets(const struct sim_host *host);

/** Free all hosts: for sim_free. */
void sim_host_free_all(struct sim *sim);

#endif
