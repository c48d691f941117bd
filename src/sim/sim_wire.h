/*
 * One direction of a cable: who may send when, and how long it takes.
 *
 * Packets of all pipes over a wire take turns, one each (fair queueing). Datagrams have a
 * serialiser of their own (sim_udp.c).
 */
#ifndef SIM_SIM_WIRE_H
#define SIM_SIM_WIRE_H

#include "sim/sim_core.h"

struct sim_wire {
    struct list link; /* in from->wires */
    struct sim_cable *cable;
    struct sim_host *from;
    struct sim_host *to;
    struct sim_wire *back; /* the other direction */
    struct sim_cable_settings own;
    bool has_own;
    bool is_cut;
    bool was_open;         /* what sim_wire_is_open said when the pipes were last told */
    uint64_t shut_ns;      /* since when it is not open */
    struct list pipes;     /* that send over it */
    struct list waiting;   /* of these, who has a packet for the serialiser */
    struct sim_event sent; /* the serialiser is done; waiting while it is busy */
    uint64_t datagrams_ns; /* when the datagrams that wait for their own serialiser are through */
};

struct sim_cable {
    uint32_t key[2]; /* numbers of the hosts, smaller first: its key in sim->cables */
    struct sim_wire wires[2];
};

void sim_wire_init(struct sim_wire *w, struct sim_cable *cable, struct sim_host *from,
                   struct sim_host *to);

/** The wire from `from` to `to`; within a host the first of two. */
struct sim_wire *sim_wire_between(struct sim_host *from, struct sim_host *to);

const struct sim_cable_settings *sim_wire_settings(const struct sim_wire *w);

/** False while nothing gets through: cut, parted, switched off, or all is lost. */
bool sim_wire_is_open(const struct sim_wire *w);

/** Tell the pipes when it opened or shut. Call after any change that may have done so. */
void sim_wire_update(struct sim_wire *w);

/** Latency with a draw of jitter. */
uint64_t sim_wire_delay(const struct sim_wire *w, struct sim_draw *draw);

/** One draw: is a packet lost? */
bool sim_wire_loses(const struct sim_wire *w, struct sim_draw *draw);

/** How long a packet of `bytes` keeps the serialiser busy. */
uint64_t sim_wire_serialise_ns(const struct sim_wire *w, uint64_t bytes);

/** How long a sender waits for an acknowledgement at first (RFC 6298's floor in Linux, and a trip).
 */
uint64_t sim_wire_rto_ns(const struct sim_wire *w);

#endif
