/*
 * Which connections stay when there are too many.
 */
#include "wavu/p2p.h"

#include "base/timers.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define PEERS 6

static struct sim *sim;
static struct wavu_node *hub;
static struct wavu_node *peers[PEERS];
static char ids[PEERS][WAVU_PEER_TEXT_MAX];

static void on_done(void *context, int err, const char *peer)
{
    (void)context;
    (void)peer;
    assert_int_equal(err, 0);
}

static struct wavu_node *node_on(const char *address)
{
    struct wavu_node *node = NULL;
    struct wavu_config config = {.port = sim_host_port(sim_host_new(sim, address)),
                                 .is_ephemeral = true};
    assert_int_equal(wavu_node_new(&config, &node), 0);
    return node;
}

static void start(uint64_t seed)
{
    sim = sim_new(seed);
    hub = node_on("10.0.0.100");
    assert_int_equal(wavu_node_listen(hub, "10.0.0.100:4001"), 0);
    for (size_t i = 0; i < PEERS; i++) {
        char address[32];
        (void)snprintf(address, sizeof address, "10.0.0.%zu", i + 1);
        peers[i] = node_on(address);
        wavu_node_id(peers[i], ids[i]);
    }
}

/* One peer after the other, a second apart. */
static void connect_all(void)
{
    for (size_t i = 0; i < PEERS; i++) {
        struct wavu_op *op = NULL;
        assert_int_equal(wavu_connect(peers[i], "10.0.0.100:4001", on_done, NULL, &op), 0);
        sim_run_for(sim, TIMERS_SECOND);
    }
}

static void stop(void)
{
    for (size_t i = 0; i < PEERS; i++) {
        wavu_node_free(peers[i]);
    }
    wavu_node_free(hub);
    sim_free(sim);
}

static void on_peer(void *context, const struct wavu_peer *peer)
{
    bool *is_there = context;
    for (size_t i = 0; i < PEERS; i++) {
        is_there[i] = is_there[i] || strcmp(ids[i], peer->id) == 0;
    }
}

/* Who is connected, as letters of a word: "a" is the first. */
static void check_connected(const char *wanted)
{
    bool is_there[PEERS] = {false};
    char word[PEERS + 1] = "";
    size_t len = 0;
    wavu_node_peers(hub, on_peer, is_there);
    for (size_t i = 0; i < PEERS; i++) {
        if (is_there[i]) {
            word[len++] = (char)('a' + i);
        }
    }
    assert_string_equal(word, wanted);
}

static void weights_add_up(void **state)
{
    (void)state;
    start(1);
    assert_int_equal(wavu_peer_weight(hub, ids[0]), 0);
    assert_int_equal(wavu_peer_tag(hub, ids[0], "relay", 5), 0);
    assert_int_equal(wavu_peer_tag(hub, ids[0], "friend", 10), 0);
    assert_int_equal(wavu_peer_tag(hub, ids[0], "friend", 20), 0);
    assert_int_equal(wavu_peer_weight(hub, ids[0]), 25);
    assert_int_equal(wavu_peer_tag(hub, ids[0], "huge", INT64_MAX), 0);
    assert_int_equal(wavu_peer_weight(hub, ids[0]), INT64_MAX);
    assert_int_equal(wavu_peer_untag(hub, ids[0], "huge"), 0);
    assert_int_equal(wavu_peer_untag(hub, ids[0], "relay"), 0);
    assert_int_equal(wavu_peer_untag(hub, ids[0], "relay"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_peer_untag(hub, ids[0], "friend"), 0);
    assert_int_equal(wavu_peer_weight(hub, ids[0]), 0);
    assert_int_equal(wavu_peer_tag(hub, ids[0], "", 1), WAVU_ERR_INVALID);
    assert_int_equal(wavu_peer_tag(hub, "nobody", "x", 1), WAVU_ERR_INVALID);
    stop();
}

static void tags_are_bounded(void **state)
{
    char tag[WAVU_PEER_TAG_MAX];
    (void)state;
    start(2);
    for (size_t i = 0; i < WAVU_PEER_TAGS_MAX; i++) {
        (void)snprintf(tag, sizeof tag, "tag %zu", i);
        assert_int_equal(wavu_peer_tag(hub, ids[0], tag, 1), 0);
    }
    assert_int_equal(wavu_peer_tag(hub, ids[0], "one more", 1), WAVU_ERR_LIMIT);
    assert_int_equal(wavu_peer_weight(hub, ids[0]), WAVU_PEER_TAGS_MAX);
    stop();
}

static void the_least_tagged_and_oldest_go(void **state)
{
    (void)state;
    start(3);
    assert_int_equal(wavu_peers_limit(hub, 3, 5, 0), 0);
    assert_int_equal(wavu_peer_tag(hub, ids[0], "friend", 1), 0);
    assert_int_equal(wavu_peer_tag(hub, ids[5], "nuisance", -1), 0);
    connect_all();
    sim_run_for(sim, 10 * TIMERS_SECOND);
    check_connected("ade");
    stop();
}

static void the_young_are_spared_until_they_are_not(void **state)
{
    (void)state;
    start(4);
    assert_int_equal(wavu_peers_limit(hub, 2, 4, 60 * 1000), 0);
    connect_all();
    sim_run_for(sim, 30 * TIMERS_SECOND);
    check_connected("abcdef");
    sim_run_for(sim, 60 * TIMERS_SECOND);
    check_connected("cdef"); /* as many as are allowed: a trim begins above that */
    stop();
}

static void a_trim_goes_down_to_the_low_mark(void **state)
{
    (void)state;
    start(5);
    connect_all();
    wavu_peers_trim(hub); /* no limits */
    sim_run_for(sim, 5 * TIMERS_SECOND);
    check_connected("abcdef");
    assert_int_equal(wavu_peers_limit(hub, 9, 8, 0), WAVU_ERR_INVALID);
    assert_int_equal(wavu_peers_limit(hub, 4, 8, 0), 0);
    sim_run_for(sim, 5 * TIMERS_SECOND);
    check_connected("abcdef");
    wavu_peers_trim(hub);
    sim_run_for(sim, 5 * TIMERS_SECOND);
    check_connected("cdef");
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(weights_add_up),
        UNIT(tags_are_bounded),
        UNIT(the_least_tagged_and_oldest_go),
        UNIT(the_young_are_spared_until_they_are_not),
        UNIT(a_trim_goes_down_to_the_low_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
