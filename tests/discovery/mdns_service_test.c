/* Nodes find each other by multicast DNS: scenarios on the virtual clock. */
#include "discovery/mdns_service.h"

#include "sim/sim_lan.h"
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

#define NODES_MAX 24

struct node {
    struct sim_host *host;
    struct net_node net;
    struct mdns_service mdns;
    bool has_found[NODES_MAX];
    size_t found_count;
    struct conn *conn;
    struct dial *dial;
    bool dials;
};

static struct sim *sim;
static struct node nodes[NODES_MAX];
static size_t count;

static void on_dialled(void *context, int err, struct conn *conn)
{
    assert_int_equal(err, 0);
    ((struct node *)context)->conn = conn;
}

static void on_found(void *context, const struct mdns_found *found)
{
    struct node *n = context;
    for (size_t i = 0; i < count; i++) {
        if (peerid_is_equal(&nodes[i].net.swarm.self, &found->peer)) {
            n->found_count += n->has_found[i] ? 0 : 1;
            n->has_found[i] = true;
        }
    }
    if (n->dials && n->dial == NULL) {
        struct dial_user user = {.done = on_dialled, .context = n};
        assert_int_equal(dial_start(&n->net.swarm, &found->peer, NULL, 0, user, &n->dial), 0);
    }
}

static struct node *add(const char *service)
{
    struct node *n = &nodes[count];
    struct net_options options = {.key = count + 1};
    char address[32];
    memset(n, 0, sizeof *n);
    (void)snprintf(address, sizeof address, "10.0.0.%zu", count + 1);
    n->host = sim_host_new(sim, address);
    (void)snprintf(address, sizeof address, "fd00::%zu", count + 1);
    sim_host_add_address(n->host, address);
    sim_lan_plug(n->host, 1, NULL);
    sim_lan_plug(n->host, 1, address);
    net_node_start(&n->net, sim_host_port(n->host), &options);
    net_node_listen(&n->net, "0.0.0.0:9000");
    count++;
    struct mdns_service_config config = {.swarm = &n->net.swarm,
                                         .service = service,
                                         .user = {.found = on_found, .context = n},
                                         .metrics = &n->net.metrics};
    assert_int_equal(mdns_service_init(&n->mdns, &config), 0);
    return n;
}

static void start(uint64_t seed)
{
    sim = sim_new(seed);
    count = 0;
}

static void stop(void)
{
    for (size_t i = 0; i < count; i++) {
        mdns_check(&nodes[i].mdns.mdns);
        mdns_service_clear(&nodes[i].mdns);
        net_node_stop(&nodes[i].net);
    }
    sim_free(sim);
}

static bool all_found(void *context)
{
    (void)context;
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].found_count < count - 1) {
            return false;
        }
    }
    return true;
}

static bool is_connected(void *context)
{
    return ((struct node *)context)->conn != NULL;
}

static void test_two_meet(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        start(seed);
        struct node *a = add(MDNS_SERVICE);
        (void)add(MDNS_SERVICE);
        a->dials = true;
        assert_true(sim_run_until(sim, all_found, NULL, 2 * TIMERS_SECOND));
        assert_true(sim_run_until(sim, is_connected, a, TIMERS_SECOND));
        stop();
    }
}

/* Twenty: all are found, and they do not talk all the time. */
static void test_twenty(void **state)
{
    uint64_t sent = 0;
    (void)state;
    start(3);
    for (int i = 0; i < 20; i++) {
        (void)add(MDNS_SERVICE);
    }
    assert_true(sim_run_until(sim, all_found, NULL, 4 * TIMERS_SECOND));
    sim_run_for(sim, 200 * TIMERS_SECOND);
    for (size_t i = 0; i < count; i++) {
        sent -= sim_lan_traffic_of(nodes[i].host)->sent;
    }
    sim_run_for(sim, 600 * TIMERS_SECOND);
    for (size_t i = 0; i < count; i++) {
        sent += sim_lan_traffic_of(nodes[i].host)->sent;
    }
    print_message("20 nodes: %llu datagrams a minute in all, two families each\n",
                  (unsigned long long)sent / 10);
    /* about one question a minute serves all; each answers it, in two families */
    assert_in_range(sent / 10, 40, 40 * 3);
    stop();
}

/* Another service's name is another network. */
static void test_services_apart(void **state)
{
    (void)state;
    start(4);
    struct node *a = add(MDNS_SERVICE);
    struct node *b = add("_p2p-0123456789abcdef._udp.local");
    struct node *c = add("_p2p-0123456789abcdef._udp.local");
    sim_run_for(sim, 100 * TIMERS_SECOND);
    assert_int_equal(a->found_count, 0);
    assert_true(b->has_found[2] && c->has_found[1]);
    assert_int_equal(b->found_count + c->found_count, 2);
    stop();
}

/* Moving to another network is noticed, and asked about at once. */
static void test_moves(void **state)
{
    (void)state;
    start(5);
    struct node *a = add(MDNS_SERVICE);
    sim_lan_unplug(a->host, 1);
    mdns_service_set_power(&a->mdns, true);
    (void)add(MDNS_SERVICE);
    sim_run_for(sim, 60 * TIMERS_SECOND);
    assert_int_equal(a->found_count, 0);
    mdns_service_set_power(&a->mdns, false);
    sim_lan_plug(a->host, 1, NULL);
    assert_true(sim_run_until(sim, all_found, NULL, 2 * MDNS_ASK_NS));
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_two_meet),
        UNIT(test_twenty),
        UNIT(test_services_apart),
        UNIT(test_moves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
