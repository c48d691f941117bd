/*
 * Peers by wavu/p2p.h: connected to by id, their addresses and protocols, and what they are told.
 */
#include "wavu/p2p.h"

#include <string.h>

#include "base/timers.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

static struct sim *sim;
static struct wavu_node *nodes[2];
static char ids[2][WAVU_PEER_TEXT_MAX];

/* What was told, one behind the other. */
struct told {
    char text[4096];
    int err;
    size_t count;
};

static void start(uint64_t seed)
{
    sim = sim_new(seed);
    for (size_t i = 0; i < 2; i++) {
        struct sim_host *host = sim_host_new(sim, i == 0 ? "10.0.0.1" : "10.0.0.2");
        struct wavu_config config = {.port = sim_host_port(host), .is_ephemeral = true};
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
        wavu_node_id(nodes[i], ids[i]);
    }
    assert_int_equal(wavu_node_listen(nodes[1], "10.0.0.2:4001"), 0);
}

static void stop(void)
{
    wavu_node_free(nodes[0]);
    wavu_node_free(nodes[1]);
    sim_free(sim);
}

static void on_text(void *context, const char *text)
{
    struct told *told = context;
    size_t len = strlen(told->text);
    (void)snprintf(told->text + len, sizeof told->text - len, "%s;", text);
    told->count++;
}

static void on_done(void *context, int err, const char *peer)
{
    struct told *told = context;
    told->err = err;
    told->count++;
    (void)snprintf(told->text, sizeof told->text, "%s", peer);
}

static int reach(const char *peer, const char *address, uint64_t timeout_ms, struct told *told)
{
    struct wavu_op *op = NULL;
    const struct wavu_peer_wish wish = {.peer = peer,
                                        .addresses = &address,
                                        .address_count = address == NULL ? 0 : 1,
                                        .timeout_ms = timeout_ms};
    int rc = wavu_peer_connect(nodes[0], &wish, on_done, told, &op);
    sim_run_for(sim, 10 * TIMERS_SECOND);
    return rc;
}

static void a_peer_is_reached_by_its_id_at_an_address(void **state)
{
    struct told told = {.err = 1};
    (void)state;
    start(1);
    assert_int_equal(reach(ids[1], "/ip4/10.0.0.2/tcp/4001", 0, &told), 0);
    assert_int_equal(told.err, 0);
    assert_string_equal(told.text, ids[1]);
    assert_int_equal(reach(ids[1], NULL, 0, &told), 0); /* it is connected */
    assert_int_equal(told.count, 2);
    assert_int_equal(told.err, 0);
    stop();
}

static void somebody_else_may_not_answer(void **state)
{
    struct told told = {.err = 1};
    char address[WAVU_ADDRESS_TEXT_MAX];
    (void)state;
    start(2);
    static const char other[] = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
    assert_int_equal(reach(other, "/ip4/10.0.0.2/tcp/4001", 0, &told), 0);
    assert_int_equal(told.err, WAVU_ERR_PEER_ID);
    (void)snprintf(address, sizeof address, "/ip4/10.0.0.2/tcp/4001/p2p/%s", other);
    assert_int_equal(reach(ids[1], address, 0, &told), WAVU_ERR_PEER_ID);
    assert_int_equal(wavu_peer_add_address(nodes[0], ids[1], address), WAVU_ERR_PEER_ID);
    stop();
}

static void what_cannot_be_dialled_is_said_at_once(void **state)
{
    struct told told = {.err = 1};
    (void)state;
    start(3);
    assert_int_equal(reach("nobody", NULL, 0, &told), WAVU_ERR_INVALID);
    assert_int_equal(reach(ids[1], "/ip4/10.0.0", 0, &told), WAVU_ERR_INVALID);
    assert_int_equal(reach(ids[1], NULL, 0, &told), WAVU_ERR_NOT_FOUND);
    assert_int_equal(told.count, 0);
    stop();
}

static void patience_ends_when_it_was_told_to(void **state)
{
    struct told told = {.err = 1};
    (void)state;
    start(4);
    assert_int_equal(reach(ids[1], "/ip4/10.0.0.77/tcp/4001", 1000, &told), 0);
    assert_true(told.err == WAVU_ERR_TIMEOUT || told.err == WAVU_ERR_UNREACHABLE);
    stop();
}

static void addresses_and_protocols_are_told(void **state)
{
    struct told addresses = {.count = 0};
    struct told protocols = {.count = 0};
    struct told told = {.err = 1};
    (void)state;
    start(5);
    assert_int_equal(wavu_peer_addresses(nodes[0], "nobody", on_text, &addresses),
                     WAVU_ERR_INVALID);
    assert_int_equal(wavu_peer_addresses(nodes[0], ids[1], on_text, &addresses), 0);
    assert_int_equal(addresses.count, 0);
    assert_int_equal(wavu_peer_add_address(nodes[0], ids[1], "/ip4/10.0.0.2/tcp/4001"), 0);
    assert_int_equal(reach(ids[1], NULL, 0, &told), 0);
    assert_int_equal(wavu_peer_addresses(nodes[0], ids[1], on_text, &addresses), 0);
    assert_string_equal(addresses.text, "/ip4/10.0.0.2/tcp/4001;");
    assert_int_equal(wavu_peer_protocols(nodes[0], ids[1], on_text, &protocols), 0);
    assert_non_null(strstr(protocols.text, "/ipfs/ping/1.0.0;"));
    stop();
}

static void what_is_announced_stands_in_place_of_the_listeners(void **state)
{
    struct told told = {.err = 1};
    struct told addresses = {.count = 0};
    char text[WAVU_ADDRESS_TEXT_MAX];
    static const char *const announced[] = {"/dns4/node.example/tcp/443", "/ip4/192.0.2.7/tcp/9"};
    static const char *const bad[] = {"/ip4/192.0.2.7/tcp/9", "nonsense"};
    (void)state;
    start(6);
    assert_int_equal(wavu_node_announce(nodes[1], announced, 2), 0);
    assert_int_equal(wavu_node_announce(nodes[1], bad, 2), WAVU_ERR_INVALID);
    assert_true(wavu_node_address(nodes[1], 0, text));
    assert_memory_equal(text, announced[0], strlen(announced[0]));
    assert_false(wavu_node_address(nodes[1], 2, text));
    assert_int_equal(reach(ids[1], "/ip4/10.0.0.2/tcp/4001", 0, &told), 0);
    assert_int_equal(wavu_peer_addresses(nodes[0], ids[1], on_text, &addresses), 0);
    assert_non_null(strstr(addresses.text, announced[0]));
    assert_non_null(strstr(addresses.text, announced[1]));
    assert_int_equal(wavu_node_announce(nodes[1], NULL, 0), 0);
    assert_true(wavu_node_address(nodes[1], 0, text));
    assert_memory_equal(text, "/ip4/10.0.0.2/tcp/4001", 22);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_peer_is_reached_by_its_id_at_an_address),
        UNIT(somebody_else_may_not_answer),
        UNIT(what_cannot_be_dialled_is_said_at_once),
        UNIT(patience_ends_when_it_was_told_to),
        UNIT(addresses_and_protocols_are_told),
        UNIT(what_is_announced_stands_in_place_of_the_listeners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
