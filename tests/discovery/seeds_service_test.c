/* Seeds on real swarms in the simulator: names that move, hosts that come late, wrong networks. */
#include "discovery/seeds_service.h"

#include "sim/sim_name.h"
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

static struct net_world w;
static struct seeds_service s;
static size_t connected; /* how often it was told */
static size_t changes;

static void on_connected(void *context, size_t seed, struct conn *conn)
{
    (void)context;
    (void)seed;
    assert_true(conn_is_open(conn));
    connected++;
}

static void on_changed(void *context, size_t seed)
{
    (void)context;
    (void)seed;
    changes++;
}

/* `count` nodes; node 0 has seeds. */
static void start(uint64_t seed, size_t count)
{
    net_world_start(&w, seed, count);
    connected = 0;
    changes = 0;
    struct seeds_service_config config = {
        .swarm = &w.nodes[0].swarm,
        .base_ns = SEEDS_BASE_NS,
        .retries = SEEDS_RETRIES,
        .user = {.connected = on_connected, .changed = on_changed}};
    seeds_service_init(&s, &config);
}

static void stop(void)
{
    seeds_check(&s.seeds);
    seeds_service_clear(&s);
    net_world_stop(&w);
}

static void add(const char *text)
{
    assert_int_equal(seeds_service_add(&s, span_from_text(text)), 0);
}

static const char *word(size_t i)
{
    struct seeds_view view;
    assert_true(seeds_look(&s.seeds, i, &view));
    return view.sentence;
}

static bool is_word(void *context)
{
    return strcmp(word(0), context) == 0;
}

static bool becomes(const char *sentence, uint64_t within_ns)
{
    static char text[128];
    (void)snprintf(text, sizeof text, "%s", sentence);
    return sim_run_until(w.sim, is_word, text, within_ns);
}

static void test_connects(void **state)
{
    (void)state;
    start(1, 3);
    add("10.0.0.2:4001");
    sim_name_add(w.sim, "third.example.org", "10.0.0.3");
    add("third.example.org:4001");
    assert_string_equal(word(0), "waiting");
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_string_equal(word(0), "connected");
    assert_string_equal(word(1), "connected");
    assert_int_equal(connected, 2);
    struct seeds_view view;
    assert_true(seeds_look(&s.seeds, 1, &view));
    assert_true(peerid_is_equal(&view.peer, &w.nodes[2].swarm.self));
    assert_int_equal(view.next_ns, TIMERS_NEVER);
    stop();
}

/* The seed starts ten minutes late; it is connected soon after. Then it crashes, and comes back. */
static void test_late_and_crashed(void **state)
{
    (void)state;
    start(2, 2);
    net_world_crash(&w, 1, false);
    add("10.0.0.2:4001");
    assert_true(becomes("unreachable: nothing listens there", TIMERS_SECOND));
    sim_run_for(w.sim, 600 * TIMERS_SECOND);
    assert_true(seeds_is_offline(&s.seeds));
    net_world_restart(&w, 1);
    assert_true(becomes("connected", SEEDS_SLOW_NS * 5 / 4 + 10 * TIMERS_SECOND));
    assert_false(seeds_is_offline(&s.seeds));
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    net_world_crash(&w, 1, false);
    assert_true(becomes("connection lost", 10 * TIMERS_SECOND));
    net_world_restart(&w, 1);
    assert_true(becomes("connected", 3 * TIMERS_SECOND));
    stop();
}

/* The name moves to another machine: the next try finds it there. */
static void test_name_moves(void **state)
{
    (void)state;
    start(3, 3);
    net_world_crash(&w, 1, true);
    sim_name_add(w.sim, "mesh.example.org", "10.0.0.2");
    add("mesh.example.org:4001");
    assert_true(becomes("resolving", TIMERS_SECOND));
    assert_true(becomes("dialing", TIMERS_SECOND));
    assert_true(becomes("unreachable", 60 * TIMERS_SECOND));
    sim_name_remove(w.sim, "mesh.example.org");
    assert_true(becomes("unreachable: there is no such name", 60 * TIMERS_SECOND));
    sim_name_add(w.sim, "mesh.example.org", "10.0.0.3");
    assert_true(becomes("connected", 60 * TIMERS_SECOND));
    assert_true(changes >= 8);
    stop();
}

static void test_wrong_ones(void **state)
{
    char text[160];
    char id[PEERID_TEXT_MAX];
    (void)state;
    start(4, 3);
    peerid_format(&w.nodes[2].swarm.self, id);
    (void)snprintf(text, sizeof text, "/ip4/10.0.0.2/tcp/4001/p2p/%s", id);
    add(text);
    add("10.0.0.1:4001"); /* ourselves */
    add("/ip4/10.0.0.2/udp/4001/quic-v1");
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    assert_true(becomes("refused: another peer answers there", 5 * TIMERS_SECOND));
    sim_run_for(w.sim, 100 * TIMERS_SECOND);
    assert_string_equal(word(2), "refused: no common protocol");
    bool is_refused = strcmp(word(1), "refused by this node: its own address, or its policy") == 0;
    assert_true(is_refused || strcmp(word(1), "dialing") == 0);
    assert_int_equal(connected, 0);
    stop();
}

/* A private network on one side only. */
static void test_wrong_network(void **state)
{
    static const uint8_t psk[PNET_KEY_SIZE] = {1};
    (void)state;
    start(5, 2);
    seeds_service_clear(&s);
    net_node_stop(&w.nodes[0]);
    struct net_options options = {.key = 1, .psk = psk};
    net_node_start(&w.nodes[0], sim_host_port(w.hosts[0]), &options);
    struct seeds_service_config config = {
        .swarm = &w.nodes[0].swarm, .base_ns = SEEDS_BASE_NS, .retries = SEEDS_RETRIES};
    seeds_service_init(&s, &config);
    add("10.0.0.2:4001");
    assert_true(becomes("dialing", TIMERS_SECOND));
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    /* Neither side makes sense of the other: what we dial with is garbage to it, longer than a
     * token. */
    assert_string_equal(word(0), "refused: it hung up");
    stop();
}

static void test_told(void **state)
{
    (void)state;
    start(6, 2);
    add("10.0.0.2:4001");
    assert_true(becomes("connected", TIMERS_SECOND));
    seeds_service_told(&s, &w.nodes[1].swarm.self, SEEDS_NOT_INVITED);
    assert_string_equal(word(0), "not invited");
    seeds_service_set_wanted(&s, false);
    sim_run_for(w.sim, 100 * TIMERS_SECOND);
    assert_string_equal(word(0), "not invited");
    seeds_service_set_wanted(&s, true);
    assert_true(becomes("connected", 2 * TIMERS_SECOND));
    stop();
}

/* Everything under way is cancelled. */
static void test_clear_under_way(void **state)
{
    (void)state;
    start(7, 2);
    net_world_crash(&w, 1, true);
    sim_name_add(w.sim, "mesh.example.org", "10.0.0.2");
    add("mesh.example.org:4001");
    add("10.0.0.2:4001");
    seeds_service_set_power(&s, true);
    assert_true(becomes("resolving", TIMERS_SECOND));
    assert_string_equal(word(1), "dialing");
    seeds_service_hurry(&s);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_connects),        UNIT(test_late_and_crashed), UNIT(test_name_moves),
        UNIT(test_wrong_ones),      UNIT(test_wrong_network),    UNIT(test_told),
        UNIT(test_clear_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
