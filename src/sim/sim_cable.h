/*
 * Cables between hosts. Each pair has one, of two wires, one for each direction; a wire follows the
 * default settings until it is given its own.
 */
#ifndef SIM_SIM_CABLE_H
#define SIM_SIM_CABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "wavu/api.h"

#define SIM_CABLE_MTU 1500           /* bytes of an IP packet, unless set otherwise: Ethernet's */
#define SIM_CABLE_MTU_MIN 576        /* every IPv4 host takes as much (RFC 791 3.1) */
#define SIM_CABLE_PACKET_OVERHEAD 40 /* of which headers take: IPv4 and TCP; also for IPv6 */
#define SIM_CABLE_LOOPBACK_NS 10000  /* latency within a host */

struct sim;
struct sim_host;
struct sim_cable; /* owned by the simulator */

/* One direction. */
struct sim_cable_settings {
    uint64_t latency_ns;       /* of every packet, after its serialisation */
    uint64_t jitter_ns;        /* added to it: uniform in [0, jitter_ns]; a stream stays in order,
                                  datagrams overtake one another */
    uint64_t bytes_per_second; /* packets wait for one another; 0: no limit */
    uint32_t loss_part;        /* loss_part of loss_whole packets are lost; all: as if cut */
    uint32_t loss_whole;       /* > 0 */
    uint32_t mtu;              /* bytes of a packet with its headers, >= SIM_CABLE_MTU_MIN */
    uint32_t repeat_part;      /* repeat_part of loss_whole datagrams come twice */
};

/** The cable of a pair. */
struct sim_cable *sim_cable_between(struct sim *sim, struct sim_host *a, struct sim_host *b);

/** What all wires without own settings do from now on. */
void sim_cable_set_default(struct sim *sim, const struct sim_cable_settings *settings);
void sim_cable_get_default(const struct sim *sim, struct sim_cable_settings *settings);

/** Both directions of the cable between `a` and `b`. */
void sim_cable_set(struct sim_host *a, struct sim_host *b,
                   const struct sim_cable_settings *settings);

/** Only what goes from `from` to `to`. */
void sim_cable_set_one_way(struct sim_host *from, struct sim_host *to,
                           const struct sim_cable_settings *settings);

/** Cut or heal both directions: packets vanish where they would arrive. */
void sim_cable_cut(struct sim_host *a, struct sim_host *b, bool is_cut);

/** Cut or heal only what goes from `from` to `to`. */
void sim_cable_cut_one_way(struct sim_host *from, struct sim_host *to, bool is_cut);

/** Partition: hosts of different sides (all are on 0 at first) cannot reach each other. */
void sim_cable_set_side(struct sim_host *host, uint32_t side);

/** Switched off or on again: for sim_host.c. */
void sim_cable_set_silent(struct sim_host *host, bool is_silent);

void sim_cable_free_all(struct sim *sim);

#endif
