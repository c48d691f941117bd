/*
 * The public interface on simulated ports: identity, listening, status, going down.
 */
#include "node/wavu_node.h"
#include "sim/sim.h"
#include "sim/sim_files.h"
#include "sim/sim_host.h"
#include "store/keyfile.h"
#include "tests/base/unit.h"
#include "wavu/node.h"
#include "wavu/version.h"

static struct sim *sim;
static struct sim_host *host;

static void start(void)
{
    sim = sim_new(1);
    host = sim_host_new(sim, "10.0.0.1");
}

static struct wavu_node *node_on(struct sim_host *h)
{
    struct wavu_node *node = NULL;
    struct wavu_config config = {.port = sim_host_port(h)};
    assert_int_equal(wavu_node_new(&config, &node), 0);
    return node;
}

static void the_identity_is_kept_in_the_home(void **state)
{
    (void)state;
    char first[WAVU_PEER_TEXT_MAX];
    char again[WAVU_PEER_TEXT_MAX];
    start();
    struct wavu_node *node = node_on(host);
    wavu_node_id(node, first);
    assert_memory_equal(first, "12D3KooW", 8);
    sim_host_crash(host, false);
    wavu_node_free(node);
    (void)sim_host_restart(host);
    node = node_on(host);
    wavu_node_id(node, again);
    assert_string_equal(first, again);
    wavu_node_free(node);
    sim_free(sim);
}

static void an_ephemeral_node_leaves_no_trace(void **state)
{
    (void)state;
    struct wavu_node *node = NULL;
    struct buf file;
    start();
    struct port *port = sim_host_port(host);
    struct wavu_config config = {.port = port, .is_ephemeral = true};
    assert_int_equal(wavu_node_new(&config, &node), 0);
    buf_init(&file, 100);
    assert_int_equal(port->files->read(port, KEYFILE_DEVICE, &file), WAVU_ERR_NOT_FOUND);
    wavu_node_free(node);
    sim_free(sim);
}

static void what_is_wrong_at_the_start_is_said(void **state)
{
    (void)state;
    struct wavu_node *node = NULL;
    static const uint8_t no_key[] = "this is no key";
    start();
    struct wavu_config config = {.port = sim_host_port(host)};
    config.psk_file = no_key;
    config.psk_file_len = sizeof no_key - 1;
    assert_int_equal(wavu_node_new(&config, &node), WAVU_ERR_INVALID);
    config.psk_file = NULL;
    sim_files_put(host, KEYFILE_DEVICE, UNIT_TEXT("damaged"));
    assert_int_equal(wavu_node_new(&config, &node), WAVU_ERR_CORRUPT);
    sim_files_set_fault(host, SIM_DISK_DENIED);
    assert_int_equal(wavu_node_new(&config, &node), WAVU_ERR_DENIED);
    sim_free(sim);
}

static void addresses_carry_the_peer_id(void **state)
{
    (void)state;
    char id[WAVU_PEER_TEXT_MAX];
    char address[WAVU_ADDRESS_TEXT_MAX];
    char expected[WAVU_ADDRESS_TEXT_MAX];
    start();
    struct wavu_node *node = node_on(host);
    assert_false(wavu_node_address(node, 0, address));
    assert_int_equal(wavu_node_listen(node, "10.0.0.1:4001"), 0);
    assert_int_equal(wavu_node_listen(node, "not an address"), WAVU_ERR_INVALID);
    assert_true(wavu_node_address(node, 0, address));
    assert_false(wavu_node_address(node, 1, address + 0));
    wavu_node_id(node, id);
    (void)snprintf(expected, sizeof expected, "/ip4/10.0.0.1/tcp/4001/p2p/%s", id);
    assert_true(wavu_node_address(node, 0, address));
    assert_string_equal(address, expected);
    wavu_node_free(node);
    sim_free(sim);
}

static void addresses_are_checked(void **state)
{
    (void)state;
    assert_int_equal(wavu_address_check("192.0.2.7:9000"), 0);
    assert_int_equal(wavu_address_check("[2001:db8::1]:9000"), 0);
    assert_int_equal(wavu_address_check("some.host:9000"), 0);
    assert_int_equal(wavu_address_check("/dns4/some.host/tcp/1"), 0);
    assert_int_equal(wavu_address_check("192.0.2.7"), WAVU_ERR_INVALID);
    assert_int_equal(wavu_address_check("/ip4/192.0.2.7/udp/1/quic-v1"), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(wavu_address_check("/ip4/192.0.2.7/tcp/1/ws"), WAVU_ERR_UNSUPPORTED);
    assert_string_equal(wavu_version(), WAVU_VERSION_TEXT);
}

struct seen {
    size_t peers;
    size_t metrics;
    size_t hybrid;
    char agent[64];
    uint64_t received;
    uint64_t sent;
};

static void see_peer(void *context, const struct wavu_peer *peer)
{
    struct seen *s = context;
    s->peers++;
    s->hybrid += peer->is_hybrid ? 1 : 0;
    (void)snprintf(s->agent, sizeof s->agent, "%s", peer->agent);
    assert_int_equal(peer->conns, 1);
    assert_memory_equal(peer->address, "/ip4/10.0.0.", 12);
}

static void see_metric(void *context, const char *name, uint64_t value)
{
    struct seen *s = context;
    if (strcmp(name, "net_received_bytes_total") == 0) {
        s->received = value;
    } else if (strcmp(name, "net_sent_bytes_total") == 0) {
        s->sent = value;
    }
    s->metrics++;
    assert_true(strlen(name) > 3);
}

static void on_connected(void *context, int err, const char *peer)
{
    (void)peer;
    *(int *)context = err == 0 ? 1 : err;
}

static bool is_set(void *context)
{
    return *(int *)context != 0;
}

/* Two nodes that meet, the second as it is or speaking plain Noise alone. Whether each says of the
 * other that it is secured by the hybrid. */
static void meet(bool is_classic, bool *first_says, bool *second_says)
{
    struct seen seen[2] = {{.peers = 0}};
    struct wavu_op *op = NULL;
    int result = 0;
    start();
    struct wavu_node *a = node_on(host);
    struct wavu_node *b = node_on(sim_host_new(sim, "10.0.0.2"));
    b->swarm.is_classic = is_classic;
    assert_int_equal(wavu_node_listen(b, "10.0.0.2:4001"), 0);
    assert_int_equal(wavu_connect(a, "10.0.0.2:4001", on_connected, &result, &op), 0);
    assert_true(sim_run_until(sim, is_set, &result, 30 * TIMERS_SECOND));
    sim_run_for(sim, 5 * TIMERS_SECOND);
    wavu_node_peers(a, see_peer, &seen[0]);
    wavu_node_peers(b, see_peer, &seen[1]);
    assert_int_equal(seen[0].peers + seen[1].peers, 2);
    *first_says = seen[0].hybrid == 1;
    *second_says = seen[1].hybrid == 1;
    wavu_node_free(a);
    wavu_node_free(b);
    sim_free(sim);
}

static void peers_tell_how_they_are_secured(void **state)
{
    (void)state;
    for (int is_classic = 0; is_classic < 2; is_classic++) {
        bool first = false;
        bool second = false;
        meet(is_classic == 1, &first, &second);
        assert_int_equal(first, is_classic == 0);
        assert_int_equal(second, is_classic == 0);
    }
}

static void status_and_peers_tell_what_is_so(void **state)
{
    (void)state;
    struct wavu_status status;
    struct seen seen = {.peers = 0};
    struct wavu_op *op = NULL;
    int result = 0;
    start();
    struct sim_host *other = sim_host_new(sim, "10.0.0.2");
    struct wavu_node *a = node_on(host);
    struct wavu_node *b = node_on(other);
    assert_int_equal(wavu_node_listen(b, "10.0.0.2:4001"), 0);
    assert_int_equal(wavu_connect(a, "10.0.0.2:4001", on_connected, &result, &op), 0);
    assert_true(sim_run_until(sim, is_set, &result, 30 * TIMERS_SECOND));
    assert_int_equal(result, 1);
    sim_run_for(sim, 5 * TIMERS_SECOND);
    wavu_node_status(b, &status);
    assert_int_equal(status.peers, 1);
    assert_int_equal(status.conns, 1);
    assert_int_equal(status.handshakes, 0);
    assert_true(status.bytes_received > 100 && status.uptime_ms >= 5000);
    assert_false(status.is_private);
    wavu_node_peers(b, see_peer, &seen);
    wavu_node_metrics(b, see_metric, &seen);
    assert_int_equal(seen.peers, 1);
    assert_string_equal(seen.agent, "wavu/" WAVU_VERSION_TEXT);
    assert_true(seen.metrics > 10);
    assert_int_equal(seen.received, status.bytes_received);
    assert_int_equal(seen.sent, status.bytes_sent);
    assert_true(seen.received > 0 && seen.sent > 0 && seen.received != seen.sent);
    wavu_node_shut(a);
    sim_run_for(sim, TIMERS_SECOND);
    assert_true(wavu_node_is_quiet(a));
    assert_true(wavu_node_is_quiet(b));
    wavu_node_free(a);
    wavu_node_free(b);
    sim_free(sim);
}

struct stubborn {
    struct wavu_node *node;
    size_t tries;
    int at_once; /* what trying again was answered */
    int err;
};

static void try_again(void *context, int err, const char *peer)
{
    struct stubborn *s = context;
    struct wavu_op *op = NULL;
    (void)peer;
    s->err = err;
    s->tries++;
    assert_true(s->tries < 10);
    s->at_once = wavu_connect(s->node, "10.0.0.9:4001", try_again, s, &op);
}

/* Who answers the end of an operation with the next does not keep the node from going down. */
static void a_callback_that_tries_again_does_not_hold_the_node_up(void **state)
{
    (void)state;
    start();
    struct stubborn s = {.node = node_on(host)};
    struct wavu_op *op = NULL;
    assert_int_equal(wavu_connect(s.node, "10.0.0.9:4001", try_again, &s, &op), 0);
    sim_run_for(sim, TIMERS_MS);
    assert_false(wavu_node_is_quiet(s.node)); /* it is dialling */
    wavu_node_shut(s.node);
    assert_int_equal(s.err, WAVU_ERR_SHUTDOWN);
    assert_int_equal(s.tries, 1);
    assert_int_equal(s.at_once, WAVU_ERR_SHUTDOWN);
    assert_true(wavu_node_is_quiet(s.node));
    wavu_node_free(s.node);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_identity_is_kept_in_the_home),
        UNIT(an_ephemeral_node_leaves_no_trace),
        UNIT(what_is_wrong_at_the_start_is_said),
        UNIT(addresses_carry_the_peer_id),
        UNIT(addresses_are_checked),
        UNIT(status_and_peers_tell_what_is_so),
        UNIT(peers_tell_how_they_are_secured),
        UNIT(a_callback_that_tries_again_does_not_hold_the_node_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
