/*
 * Nodes of net/ for scenarios: a swarm with TCP and all services on a port, real or simulated.
 */
#ifndef TESTS_SUPPORT_NET_WORLD_H
#define TESTS_SUPPORT_NET_WORLD_H

#include "net/datagram.h"
#include "net/dial.h"
#include "net/echo.h"
#include "net/identify.h"
#include "net/listen.h"
#include "net/perf.h"
#include "net/ping.h"
#include "net/swarm.h"
#include "sim/sim.h"
#include "sim/sim_cable.h"
#include "sim/sim_host.h"
#include "transport/tcp.h"

#define NET_WORLD_NODES_MAX 16

struct net_node {
    struct port *port;
    struct log log;
    struct metric_set metrics;
    struct ed25519_pair key;
    struct tcp tcp;
    struct swarm swarm;
    struct identify identify;
    struct ping ping;
    struct perf perf;
    struct echo echo;
    struct datagram *datagram;
    bool is_up;
};

struct net_options {
    uint64_t key;                  /* number from which the key is made */
    struct identity_key *host_key; /* or NULL: that one; one more owner */
    const uint8_t *psk;            /* or NULL */
    unsigned security;             /* swarm_config.security */
    uint64_t idle_ns;              /* 0: CONN_IDLE_NS */
    uint64_t attempt_ns;           /* 0: DIAL_ATTEMPT_NS */
    uint32_t conns_max;            /* 0: default */
};

/** Build a node on `port`. */
void net_node_start(struct net_node *n, struct port *port, const struct net_options *options);

/** Take it down at once. */
void net_node_stop(struct net_node *n);

/** Listen on `address` ("10.0.0.1:4001"); fails the test program when that fails. */
void net_node_listen(struct net_node *n, const char *address);

/* A simulator with nodes 10.0.0.1, 10.0.0.2, ... that listen on port 4001. */
struct net_world {
    struct sim *sim;
    struct sim_host *hosts[NET_WORLD_NODES_MAX];
    struct net_node nodes[NET_WORLD_NODES_MAX];
    struct net_options options[NET_WORLD_NODES_MAX]; /* change, then crash and restart the node */
    size_t count;
};

void net_world_start(struct net_world *w, uint64_t seed, size_t count);
void net_world_stop(struct net_world *w);

/** Crash and restart node `i`, with the same key, listening again. */
void net_world_crash(struct net_world *w, size_t i, bool is_silent);
void net_world_restart(struct net_world *w, size_t i);

/** The address of node `i`, without peer id. */
struct multiaddr net_world_address(size_t i);

/** Dial node `to` from node `from` and wait for the end; the connection, or NULL with `*err`. */
struct conn *net_world_dial(struct net_world *w, size_t from, size_t to, int *err);

/** As net_world_dial for any peer (NULL: whoever answers) at any address. */
struct conn *net_world_dial_at(struct net_world *w, size_t from, const struct peerid *peer,
                               const struct multiaddr *address, int *err);

#endif
