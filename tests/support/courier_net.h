/*
 * Nodes with couriers for scenarios: swarm, gate, store on a simulated disk and courier on each
 * simulated host, one network, members with devices. What is shown, and what became of messages, is
 * written to the store by who is "above", in the courier's commits.
 */
#ifndef TESTS_SUPPORT_COURIER_NET_H
#define TESTS_SUPPORT_COURIER_NET_H

#include "courier/courier.h"
#include "sim/sim_files.h"
#include "tests/support/net_world.h"

#define COURIER_NET_NODES 4
#define COURIER_NET_HOPS 64
#define COURIER_NET_GUESTS 40

struct courier_net;

struct courier_net_node {
    struct courier_net *net;
    size_t number;
    struct store *store;
    struct gate *gate;
    struct gate_network network;
    struct courier *courier; /* NULL: down */
    struct courier_metrics metrics;
    struct observe observe;
    uint8_t bundle[PREKEYS_MSG_BUNDLE_MAX]; /* in the shared state */
    size_t bundle_len;
    size_t publishes;
    size_t shown;    /* messages that were taken in this life */
    size_t refusals; /* to be refused by `take` from now on */
    int refuses;     /* and why; 0: AGAIN */
    size_t connects; /* wishes */
    size_t reads;    /* that were told late */
    size_t events[SESSION_EVENT_COUNT];
    size_t twins;
    int failed;
    bool is_live; /* its device is a member's */
    uint8_t owner;
};

/* A device without a node (tests/support/courier_guests.h). */
struct courier_net_guest {
    uint8_t device[ENVELOPE_DEVICE_SIZE];
    struct span bundle;
    uint8_t owner;
};

struct courier_net {
    struct net_world world;
    struct courier_net_guest guests[COURIER_NET_GUESTS];
    size_t guest_count;
    struct courier_net_node nodes[COURIER_NET_NODES];
    size_t count;
    bool may_dial; /* wishes to be connected are heard */
    bool has_hops; /* there is a way of several hops */
    bool is_far;   /* whose envelopes get lost */
    struct courier_net_hop {
        size_t from;
        size_t to;
        uint64_t ticket;
        uint8_t bytes[COURIER_HOP_FRAME];
        size_t len;
    } hops[COURIER_NET_HOPS];
    size_t hop_count;
    size_t hops_done;
    int expected; /* of a start */
    enum store_kind kind;
};

void courier_net_start(struct courier_net *net, uint64_t seed, size_t count);
void courier_net_stop(struct courier_net *net);

/** Dial and be neighbours, or not any more. */
void courier_net_link(struct courier_net *net, size_t a, size_t b);
void courier_net_cut(struct courier_net *net, size_t a, size_t b);

/** Let time go by; the shared state goes around every 100 ms. */
void courier_net_run(struct courier_net *net, uint64_t ns);

/** The power goes; it comes back, with links to nobody. */
void courier_net_crash(struct courier_net *net, size_t i);
void courier_net_restart(struct courier_net *net, size_t i);

/** The machine is switched off after what it wrote was committed, and later on again. */
void courier_net_off(struct courier_net *net, size_t i);

const uint8_t *courier_net_device(const struct courier_net *net, size_t i);
const uint8_t *courier_net_member(const struct courier_net *net, size_t owner);

/** `from` says message number `id`, `len` bytes, to the member `owner`. */
WARN_UNUSED int courier_net_try(struct courier_net *net, size_t from, size_t owner, uint32_t id,
                                size_t len);
void courier_net_say(struct courier_net *net, size_t from, size_t owner, uint32_t id);

/** What `from` knows of it; and whether node `at` has shown it, whole. */
enum outbox_state courier_net_state(const struct courier_net *net, size_t from, uint32_t id);
bool courier_net_has(const struct courier_net *net, size_t at, size_t from, uint32_t id);

struct courier_status courier_net_look(const struct courier_net *net, size_t i);

#endif
