/*
 * Nodes for scenarios.
 */
#include "tests/support/net_world.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"

void net_node_start(struct net_node *n, struct port *port, const struct net_options *options)
{
    uint8_t seed[ED25519_SEED_SIZE] = {0x77};
    memset(n, 0, sizeof *n);
    memcpy(seed + 1, &options->key, sizeof options->key);
    CHECK(secret_start() == 0);
    n->port = port;
    log_init(&n->log, LOG_ERROR, &port->random);
    ed25519_from_seed(&n->key, seed);
    struct swarm_config config = {
        .port = port,
        .key = &n->key,
        .host_key = options->host_key,
        .psk = options->psk,
        .security = options->security,
        .log = &n->log,
        .metrics = &n->metrics,
        .idle_ns = options->idle_ns > 0 ? options->idle_ns : CONN_IDLE_NS,
        .attempt_ns = options->attempt_ns,
        .conns_max = options->conns_max,
    };
    CHECK(swarm_init(&n->swarm, &config) == 0);
    tcp_init(&n->tcp, port);
    swarm_add_transport(&n->swarm, &n->tcp.transport);
    CHECK(identify_init(&n->identify, &n->swarm, "wavu/test", &n->metrics) == 0);
    CHECK(ping_init(&n->ping, &n->swarm) == 0);
    CHECK(perf_init(&n->perf, &n->swarm) == 0);
    CHECK(echo_init(&n->echo, &n->swarm) == 0);
    n->datagram = datagram_new(&n->swarm, &n->metrics);
    n->is_up = true;
}

void net_node_stop(struct net_node *n)
{
    if (!n->is_up) {
        return;
    }
    n->is_up = false;
    datagram_free(n->datagram);
    echo_clear(&n->echo);
    perf_clear(&n->perf);
    ping_clear(&n->ping);
    identify_clear(&n->identify);
    swarm_clear(&n->swarm);
}

void net_node_listen(struct net_node *n, const char *address)
{
    struct multiaddr parsed;
    CHECK(multiaddr_parse_any(&parsed, span_from_text(address)) == 0);
    CHECK(listen_start(&n->swarm, &parsed) == 0);
}

static void net_world_host_text(size_t i, char *out, size_t size, const char *behind)
{
    (void)snprintf(out, size, "10.0.%zu.%zu%s", i / 6, i + 1, behind); /* six in a /24 */
}

static void net_world_start_node(struct net_world *w, size_t i)
{
    char address[64];
    w->options[i].key = i + 1;
    net_node_start(&w->nodes[i], sim_host_port(w->hosts[i]), &w->options[i]);
    net_world_host_text(i, address, sizeof address, ":4001");
    net_node_listen(&w->nodes[i], address);
}

void net_world_start(struct net_world *w, uint64_t seed, size_t count)
{
    char address[64];
    memset(w, 0, sizeof *w);
    CHECK(count <= NET_WORLD_NODES_MAX);
    w->sim = sim_new(seed);
    w->count = count;
    for (size_t i = 0; i < count; i++) {
        net_world_host_text(i, address, sizeof address, "");
        w->hosts[i] = sim_host_new(w->sim, address);
        net_world_start_node(w, i);
    }
}

void net_world_stop(struct net_world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        net_node_stop(&w->nodes[i]);
    }
    sim_free(w->sim);
}

void net_world_crash(struct net_world *w, size_t i, bool is_silent)
{
    sim_host_crash(w->hosts[i], is_silent);
    net_node_stop(&w->nodes[i]);
}

void net_world_restart(struct net_world *w, size_t i)
{
    (void)sim_host_restart(w->hosts[i]);
    net_world_start_node(w, i);
}

struct multiaddr net_world_address(size_t i)
{
    char text[64];
    struct multiaddr out;
    net_world_host_text(i, text, sizeof text, ":4001");
    CHECK(multiaddr_parse_any(&out, span_from_text(text)) == 0);
    return out;
}

struct net_world_dialled {
    bool is_done;
    int err;
    struct conn *conn;
};

static void net_world_on_dialled(void *context, int err, struct conn *conn)
{
    struct net_world_dialled *d = context;
    d->is_done = true;
    d->err = err;
    d->conn = conn;
}

static bool net_world_is_dialled(void *context)
{
    return ((struct net_world_dialled *)context)->is_done;
}

struct conn *net_world_dial_at(struct net_world *w, size_t from, const struct peerid *peer,
                               const struct multiaddr *address, int *err)
{
    struct net_world_dialled d = {.is_done = false};
    struct dial *dial = NULL;
    struct dial_user user = {.done = net_world_on_dialled, .context = &d};
    *err = dial_start(&w->nodes[from].swarm, peer, address, 1, user, &dial);
    if (*err < 0) {
        return NULL;
    }
    CHECK(sim_run_until(w->sim, net_world_is_dialled, &d, 60 * TIMERS_SECOND));
    *err = d.err;
    return d.conn;
}

struct conn *net_world_dial(struct net_world *w, size_t from, size_t to, int *err)
{
    struct multiaddr address = net_world_address(to);
    return net_world_dial_at(w, from, &w->nodes[to].swarm.self, &address, err);
}
