/* Kademlia of whole nodes on simulated ports: who takes part, how others are found, what closes it.
 */
#include "node/wavu_kad.h"

#include "node/wavu_node.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "wavu/mesh.h"

#define NODES 6

static struct sim *sim;
static struct wavu_node *nodes[NODES];
static char ids[NODES][WAVU_PEER_TEXT_MAX];

static void start(size_t count, const struct wavu_config *like, unsigned net)
{
    sim = sim_new(5);
    for (size_t i = 0; i < count; i++) {
        char at[64];
        struct wavu_config config = *like;
        /* Each in another /16. */
        (void)snprintf(at, sizeof at, "%u.%u.0.1", net, (unsigned)(i + 1));
        config.port = sim_host_port(sim_host_new(sim, at));
        config.is_ephemeral = true;
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
        wavu_node_id(nodes[i], ids[i]);
        (void)snprintf(at + strlen(at), sizeof at - strlen(at), ":4001");
        assert_int_equal(wavu_node_listen(nodes[i], at), 0);
    }
}

static void stop(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wavu_node_free(nodes[i]);
    }
    sim_free(sim);
}

static void on_connected(void *context, int err, const char *peer)
{
    (void)peer;
    *(int *)context = err;
}

static int connect_at(size_t from, const char *address)
{
    static int err;
    struct wavu_op *op;
    err = 1;
    int rc = wavu_connect(nodes[from], address, on_connected, &err, &op);
    sim_run_for(sim, 20 * TIMERS_SECOND);
    return rc < 0 ? rc : err;
}

/* All come to the first. */
static void gather(size_t count)
{
    char address[WAVU_ADDRESS_TEXT_MAX];
    assert_true(wavu_node_address(nodes[0], 0, address));
    for (size_t i = 1; i < count; i++) {
        assert_int_equal(connect_at(i, address), 0);
    }
}

struct heard {
    size_t times;
    int err;
    size_t count;
};

static void on_found(void *context, int err, const char *const *addresses, size_t count)
{
    struct heard *h = context;
    h->times++;
    h->err = err;
    h->count = count;
    assert_true(count == 0 || strncmp(addresses[0], "/ip4/", 5) == 0);
}

static struct wavu_kad_status look(size_t i)
{
    struct wavu_kad_status status;
    wavu_kad_status(nodes[i], &status);
    return status;
}

static const struct wavu_kad_config server = {.role = WAVU_KAD_SERVER};

static void peers_are_found_by_their_ids(void **state)
{
    struct wavu_config like = {.kad = &server};
    struct heard h = {.times = 0};
    struct wavu_kad_find *find;
    char at[WAVU_PEER_TEXT_MAX + 8];
    (void)state;
    start(NODES, &like, 10);
    gather(NODES);
    assert_true(look(3).is_on && look(3).is_server);
    assert_int_equal(look(3).peers, NODES - 1);
    assert_int_equal(wavu_kad_find(nodes[3], ids[4], on_found, &h, &find), 0);
    assert_int_equal(h.times, 0);
    sim_run_for(sim, 5 * TIMERS_SECOND);
    assert_int_equal(h.times, 1);
    assert_int_equal(h.err, 0);
    assert_true(h.count > 0);
    /* A connection to an id alone is one to wherever it is. */
    (void)snprintf(at, sizeof at, "/p2p/%s", ids[2]);
    assert_int_equal(wavu_address_check(at), 0);
    assert_int_equal(connect_at(5, at), 0);
    assert_int_equal(wavu_kad_find(nodes[3], ids[5], on_found, &h, &find), 0);
    wavu_kad_cancel(find);
    sim_run_for(sim, 5 * TIMERS_SECOND);
    assert_int_equal(h.times, 1);
    assert_int_equal(wavu_kad_find(nodes[3], ids[3], on_found, &h, &find), WAVU_ERR_INVALID);
    assert_int_equal(wavu_kad_find(nodes[3], "nobody", on_found, &h, &find), WAVU_ERR_INVALID);
    /* What is under way when the node ends is told. */
    assert_int_equal(wavu_kad_find(nodes[3], ids[5], on_found, &h, &find), 0);
    wavu_node_shut(nodes[3]);
    assert_int_equal(h.times, 2);
    assert_int_equal(h.err, WAVU_ERR_SHUTDOWN);
    stop(NODES);
}

/* A node that never met the one it looks for, and whom that one does not know. */
static void a_stranger_of_both_is_found(void **state)
{
    struct wavu_config like = {.kad = &server};
    char at[WAVU_PEER_TEXT_MAX + 8];
    char address[WAVU_ADDRESS_TEXT_MAX];
    struct wavu_kad_config client = {.role = WAVU_KAD_CLIENT};
    (void)state;
    start(3, &like, 10);
    gather(3);
    struct wavu_config last = {.port = sim_host_port(sim_host_new(sim, "10.99.0.1")),
                               .is_ephemeral = true,
                               .kad = &client};
    assert_int_equal(wavu_node_new(&last, &nodes[3]), 0);
    (void)snprintf(at, sizeof at, "/p2p/%s", ids[2]);
    assert_int_equal(connect_at(3, at), WAVU_ERR_INVALID); /* it knows nobody to ask */
    assert_true(wavu_node_address(nodes[0], 0, address));
    assert_int_equal(connect_at(3, address), 0);
    assert_int_equal(connect_at(3, at), 0);
    assert_false(look(3).is_server);
    stop(4);
}

/* Without it, and with a pre-shared key, there is nothing. */
static void who_takes_no_part(void **state)
{
    static const char psk[] = "/key/swarm/psk/1.0.0/\n/base16/\n"
                              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";
    struct wavu_config none = {.kad = NULL};
    struct wavu_config closed = {
        .kad = &server, .psk_file = (const uint8_t *)psk, .psk_file_len = sizeof psk - 1};
    struct heard h = {.times = 0};
    struct wavu_kad_find *find;
    (void)state;
    start(2, &none, 10);
    assert_false(look(0).is_on);
    assert_int_equal(wavu_kad_find(nodes[0], ids[1], on_found, &h, &find), WAVU_ERR_UNSUPPORTED);
    stop(2);
    start(2, &closed, 10);
    gather(2);
    assert_false(look(0).is_on);
    stop(2);
}

/* kad = auto: whom two groups of addresses reached from outside answers, for an hour. */
static void who_is_reached_from_outside_becomes_a_server(void **state)
{
    struct wavu_kad_config config = {.role = WAVU_KAD_AUTO};
    struct wavu_config like = {.kad = &config};
    (void)state;
    start(4, &like, 8);
    gather(2);
    assert_false(look(0).is_server);
    char address[WAVU_ADDRESS_TEXT_MAX];
    assert_true(wavu_node_address(nodes[0], 0, address));
    assert_int_equal(connect_at(2, address), 0);
    assert_true(look(0).is_server);
    assert_false(look(1).is_server);
    assert_int_equal(look(1).peers, 1); /* it was told by a push */
    assert_int_equal(look(0).peers, 0);
    sim_run_for(sim, 3700 * TIMERS_SECOND);
    assert_true(look(0).is_server); /* they are still there, or come again and again */
    wavu_node_shut(nodes[1]);
    wavu_node_shut(nodes[2]);
    sim_run_for(sim, 3700 * TIMERS_SECOND);
    assert_false(look(0).is_server);
    stop(4);
    start(4, &like, 10); /* on a local network nobody comes from outside */
    gather(4);
    assert_false(look(0).is_server);
    stop(4);
}

/* A node of a closed mesh shows strangers nothing of it: neither by identify nor by answers. */
static void a_closed_mesh_is_not_shown(void **state)
{
    struct wavu_mesh_config named = {.network = "harbour"};
    struct wavu_config like = {.kad = &server, .mesh = &named};
    char address[WAVU_ADDRESS_TEXT_MAX];
    (void)state;
    start(2, &like, 10);
    assert_true(wavu_node_address(nodes[0], 0, address));
    assert_int_equal(wavu_mesh_add_seed(nodes[1], address), 0);
    sim_run_for(sim, 20 * TIMERS_SECOND);
    assert_int_equal(look(0).peers, 1); /* they are of one mesh */
    struct wavu_kad_config any = {.role = WAVU_KAD_SERVER, .is_open = true};
    struct wavu_config stranger = {
        .port = sim_host_port(sim_host_new(sim, "10.99.0.1")), .is_ephemeral = true, .kad = &any};
    assert_int_equal(wavu_node_new(&stranger, &nodes[2]), 0);
    assert_int_equal(connect_at(2, address), 0);
    assert_int_equal(look(2).peers, 0);
    assert_int_equal(look(0).peers, 1);
    stop(3);
}

static void count_kad(void *context, const char *name, uint64_t value)
{
    (void)value;
    *(size_t *)context += strncmp(name, "kad_", 4) == 0;
}

static void its_counters_outlive_its_end(void **state)
{
    (void)state;
    struct wavu_kad_config kad = {.role = WAVU_KAD_SERVER};
    struct wavu_config config = {.kad = &kad};
    struct wavu_kad_status status;
    struct wavu_kad_find *find = NULL;
    size_t before = 0;
    size_t after = 0;
    start(2, &config, 10);
    wavu_node_metrics(nodes[0], count_kad, &before);
    assert_true(before > 0);
    wavu_node_shut(nodes[0]);
    wavu_node_metrics(nodes[0], count_kad, &after); /* a page of them may be asked for until then */
    assert_int_equal(after, before);
    wavu_kad_status(nodes[0], &status);
    assert_false(status.is_on);
    assert_int_equal(wavu_kad_find(nodes[0], ids[1], on_found, NULL, &find), WAVU_ERR_UNSUPPORTED);
    stop(2);
}

static void what_is_wrong_with_the_wish_is_said(void **state)
{
    struct wavu_kad_config bad = {.prefix = "ipfs"};
    struct wavu_node *node = NULL;
    (void)state;
    sim = sim_new(1);
    struct wavu_config config = {
        .port = sim_host_port(sim_host_new(sim, "10.0.0.1")), .is_ephemeral = true, .kad = &bad};
    assert_int_equal(wavu_node_new(&config, &node), WAVU_ERR_INVALID);
    bad = (struct wavu_kad_config){.puzzle = WAVU_KAD_PUZZLE_MAX + 1};
    assert_int_equal(wavu_node_new(&config, &node), WAVU_ERR_INVALID);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(peers_are_found_by_their_ids),
        UNIT(a_stranger_of_both_is_found),
        UNIT(who_takes_no_part),
        UNIT(who_is_reached_from_outside_becomes_a_server),
        UNIT(a_closed_mesh_is_not_shown),
        UNIT(its_counters_outlive_its_end),
        UNIT(what_is_wrong_with_the_wish_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
