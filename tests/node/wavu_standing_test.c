/*
 * Who is told what by identify, and may open what: strangers to a closed node, and its own.
 */
#include "node/wavu_standing.h"

#include <string.h>

#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "wavu/mesh.h"

#define NODES 3

static struct sim *sim;
static struct wavu_node *nodes[NODES];

/* Node 0 listens at two addresses; the others have the first one as their seed. */
static void start(uint64_t seed, const char *const names[NODES])
{
    static const char *const seeds[] = {"10.0.0.1:9000"};

    sim = sim_new(seed);
    for (size_t i = 0; i < NODES; i++) {
        char address[64];
        (void)snprintf(address, sizeof address, "10.0.0.%zu", i + 1);
        const struct wavu_mesh_config mesh = {
            .network = names[i], .seeds = seeds, .seed_count = i == 0 ? 0 : 1};
        const struct wavu_config config = {
            .port = sim_host_port(sim_host_new(sim, address)), .is_ephemeral = true, .mesh = &mesh};
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
        (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
        assert_int_equal(wavu_node_listen(nodes[i], address), 0);
        if (i == 0) {
            assert_int_equal(wavu_node_listen(nodes[i], "10.0.0.1:9001"), 0);
        }
    }
    sim_run_for(sim, 10 * TIMERS_SECOND);
}

static void stop(void)
{
    for (size_t i = 0; i < NODES; i++) {
        wavu_node_free(nodes[i]);
    }
    sim_free(sim);
}

/* How many addresses of node 0 node `i` knows. */
static size_t addresses_of(size_t i)
{
    struct peerbook_address found[PEERBOOK_ADDRESSES_MAX];

    return peerbook_addresses(&nodes[i]->swarm.peerbook, &nodes[0]->swarm.self, found,
                              PEERBOOK_ADDRESSES_MAX);
}

static bool speaks(size_t i, const char *name)
{
    return peerbook_speaks(&nodes[i]->swarm.peerbook, &nodes[0]->swarm.self, name);
}

static void strangers_are_told_no_addresses(void **state)
{
    static const char *const names[] = {"harbour", "mountain", "harbour"};

    (void)state;
    start(1, names);
    assert_int_equal(addresses_of(1), 1); /* the one that it had itself */
    assert_true(speaks(1, PING_NAME));
    assert_false(speaks(1, PERF_NAME));
    assert_int_equal(addresses_of(2), 2);
    stop();
}

static void an_open_node_tells_all(void **state)
{
    static const char *const names[] = {NULL, "mountain", NULL};

    (void)state;
    start(2, names);
    assert_int_equal(addresses_of(1), 2);
    assert_true(speaks(1, PERF_NAME));
    assert_int_equal(addresses_of(2), 2);
    stop();
}

/* Who knows the name may open all, once it has shown that. */
static void who_knows_the_name_is_a_member(void **state)
{
    static const char *const names[] = {"harbour", "mountain", "harbour"};

    (void)state;
    start(3, names);
    const struct policy *policy = &nodes[0]->swarm.policy;
    assert_int_equal(policy->standing(policy->context, &nodes[1]->swarm.self), STREAM_GUEST);
    assert_int_equal(policy->standing(policy->context, &nodes[2]->swarm.self), STREAM_MEMBER);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(strangers_are_told_no_addresses),
        UNIT(an_open_node_tells_all),
        UNIT(who_knows_the_name_is_a_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
