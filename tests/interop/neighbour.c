/*
 * A node that looks for neighbours: wavu's side of the tests of discovery on real networks.
 *
 * In: mdns | beacon, then options: --listen ADDR (default 0.0.0.0:0), --key HEX (beacon: a closed
 * network under this discovery key), --quiet (be found, do not dial), --slot N (beacon: a join
 * code with this number is open here), --seek N (beacon: look for who has it). Out: JSON lines,
 * until it is told to end: "listening", "found" for each neighbour once, "inviter" for each that
 * has the code, "connected", "disconnected".
 */
#include "discovery/beacon_service.h"
#include "discovery/mdns_service.h"
#include "net/dial.h"
#include "net/listen.h"
#include "node/wavu_node.h"
#include "wavu/os.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEERS_MAX 64

struct neighbour {
    struct wavu_os *os;
    struct wavu_node *node;
    struct beacon_service beacon;
    struct mdns_service mdns;
    struct observe observe;
    struct peerid found[PEERS_MAX];
    size_t found_count;
    bool is_quiet;
    bool is_closed;
    struct beacon_key key;
    uint16_t slot; /* 0: none, as the next */
    uint16_t seek;
};

static uint64_t started_ns;

static void say(const char *event, const struct peerid *peer)
{
    char text[PEERID_TEXT_MAX];
    peerid_format(peer, text);
    printf("{\"event\":\"%s\",\"peer\":\"%s\",\"ms\":%llu}\n", event, text,
           (unsigned long long)((wavu_os_now_ns() - started_ns) / 1000000));
    (void)fflush(stdout);
}

static void fail(const char *what, int err)
{
    printf("{\"event\":\"error\",\"message\":\"%s: %s\"}\n", what, wavu_err_sentence(err));
    exit(1);
}

static void on_dialled(void *context, int err, struct conn *conn)
{
    (void)context;
    (void)conn;
    if (err < 0) {
        printf("{\"event\":\"error\",\"message\":\"dialling: %s\"}\n", wavu_err_sentence(err));
        (void)fflush(stdout);
    }
}

static void met(struct neighbour *n, const struct peerid *peer)
{
    struct dial *dial = NULL;
    struct dial_user user = {.done = on_dialled, .context = n};
    for (size_t i = 0; i < n->found_count; i++) {
        if (peerid_is_equal(&n->found[i], peer)) {
            return;
        }
    }
    if (n->found_count < PEERS_MAX) {
        n->found[n->found_count++] = *peer;
        say("found", peer);
    }
    if (!n->is_quiet && swarm_conn(&n->node->swarm, peer) == NULL) {
        int rc = dial_start(&n->node->swarm, peer, NULL, 0, user, &dial);
        if (rc < 0) {
            fail("dialling", rc);
        }
    }
}

static void on_beacon(void *context, const struct beacon_found *found)
{
    met(context, &found->peer);
}

static void on_inviter(void *context, uint16_t slot, const struct beacon_found *found)
{
    (void)slot;
    say("inviter", &found->peer);
    met(context, &found->peer);
}

static void on_mdns(void *context, const struct mdns_found *found)
{
    met(context, &found->peer);
}

static void on_up(void *context, struct conn *conn)
{
    (void)context;
    say("connected", conn_peer(conn));
}

static void on_down(void *context, struct conn *conn, int err)
{
    (void)context;
    (void)err;
    say("disconnected", conn_peer(conn));
}

static void on_signal(void *context, int number)
{
    (void)number;
    wavu_os_stop(((struct neighbour *)context)->os);
}

static int start_service(struct neighbour *n, bool is_mdns)
{
    if (is_mdns) {
        struct mdns_service_config config = {.swarm = &n->node->swarm,
                                             .service = MDNS_SERVICE,
                                             .user = {.found = on_mdns, .context = n}};
        return mdns_service_init(&n->mdns, &config);
    }
    struct beacon_service_config config = {
        .swarm = &n->node->swarm,
        .udp_port = BEACON_PORT,
        .is_open = !n->is_closed,
        .user = {.found = on_beacon, .inviter = on_inviter, .context = n}};
    int rc = beacon_service_init(&n->beacon, &config);
    if (rc < 0) {
        return rc;
    }
    beacon_service_set_slot(&n->beacon, n->slot);
    beacon_service_seek(&n->beacon, n->seek);
    return n->is_closed ? beacon_service_set_keys(&n->beacon, &n->key, 1) : 0;
}

static void read_key(struct neighbour *n, const char *digits)
{
    n->is_closed = true;
    n->key.is_current = true;
    for (size_t i = 0; i < sizeof n->key.bytes && digits[2 * i] != '\0'; i++) {
        char two[3] = {digits[2 * i], digits[2 * i + 1], '\0'};
        n->key.bytes[i] = (uint8_t)strtoul(two, NULL, 16);
    }
}

int main(int argc, char **argv)
{
    static struct neighbour n;
    const char *listen = "0.0.0.0:0";
    char address[WAVU_ADDRESS_TEXT_MAX];
    bool is_mdns = argc > 1 && strcmp(argv[1], "mdns") == 0;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--quiet") == 0) {
            n.is_quiet = true;
        } else if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc) {
            listen = argv[++i];
        } else if (strcmp(argv[i], "--key") == 0 && i + 1 < argc) {
            read_key(&n, argv[++i]);
        } else if (strcmp(argv[i], "--slot") == 0 && i + 1 < argc) {
            n.slot = (uint16_t)strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--seek") == 0 && i + 1 < argc) {
            n.seek = (uint16_t)strtoul(argv[++i], NULL, 10);
        }
    }
    n.os = wavu_os_new();
    struct port *port = n.os == NULL ? NULL : wavu_os_port_new(n.os, NULL);
    struct wavu_config config = {.port = port, .is_ephemeral = true};
    int rc = port == NULL ? WAVU_ERR_MEMORY : wavu_node_new(&config, &n.node);
    rc = rc < 0 ? rc : wavu_node_listen(n.node, listen);
    if (rc < 0) {
        fail("listening", rc);
    }
    started_ns = wavu_os_now_ns();
    n.observe = (struct observe){.context = &n, .conn_up = on_up, .conn_down = on_down};
    swarm_observe(&n.node->swarm, &n.observe);
    for (size_t i = 0; wavu_node_address(n.node, i, address); i++) {
        printf("{\"event\":\"listening\",\"addr\":\"%s\"}\n", address);
    }
    say("self", &n.node->swarm.self);
    rc = start_service(&n, is_mdns);
    if (rc < 0) {
        fail("opening the sockets", rc);
    }
    wavu_os_on_signal(n.os, on_signal, &n);
    wavu_os_run(n.os, -1);
    swarm_unobserve(&n.observe);
    if (is_mdns) {
        mdns_service_clear(&n.mdns);
    } else {
        beacon_service_clear(&n.beacon);
    }
    wavu_node_free(n.node);
    wavu_os_on_signal(n.os, NULL, NULL);
    wavu_os_port_free(port);
    wavu_os_free(n.os);
    return 0;
}
