/*
 * The mesh through the public interface, in the simulator: nodes on a local network find each other
 * without being told, through a seed where there is none, and say truthfully how seeds stand.
 */
#include "wavu/mesh.h"

#include <string.h>

#include "node/wavu_node.h"
#include "overlay/mesh.h"
#include "overlay/phi.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "sim/sim_lan.h"
#include "tests/base/unit.h"

#define NODES 8

static struct sim *sim;
static struct sim_host *hosts[NODES];
static struct wavu_node *nodes[NODES];

/* What a node was told. */
struct told {
    size_t neighbours;
    size_t messages;
    char text[64];
    char word[WAVU_SEED_WORD_MAX];
};

static struct told told[NODES];

static void on_event(void *context, const struct wavu_mesh_event *event)
{
    struct told *t = context;
    t->neighbours += event->kind == WAVU_MESH_NEIGHBOUR ? 1 : 0;
    if (event->kind == WAVU_MESH_MESSAGE) {
        t->messages++;
        assert_true(event->len < sizeof t->text && event->hops >= 1);
        memcpy(t->text, event->data, event->len);
        t->text[event->len] = '\0';
        assert_memory_equal(event->peer, "12D3KooW", 8);
    }
    if (event->kind == WAVU_MESH_CHANGED) { /* links are news, their round trips are not */
        assert_string_not_equal(event->key, "route");
    }
    if (event->kind == WAVU_MESH_SEED) {
        (void)snprintf(t->word, sizeof t->word, "%s", event->word);
    }
}

static void start_node(size_t i, const struct wavu_mesh_config *mesh)
{
    char address[64];
    const struct wavu_config config = {
        .port = sim_host_port(hosts[i]), .is_ephemeral = true, .mesh = mesh};
    told[i] = (struct told){.neighbours = 0};
    assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
    (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
    assert_int_equal(wavu_node_listen(nodes[i], address), 0);
    assert_int_equal(wavu_mesh_listen(nodes[i], on_event, &told[i]), 0);
}

static void make_hosts(uint64_t seed, bool has_lan)
{
    sim = sim_new(seed);
    for (size_t i = 0; i < NODES; i++) {
        char address[64];
        (void)snprintf(address, sizeof address, "10.0.0.%zu", i + 1);
        hosts[i] = sim_host_new(sim, address);
        if (has_lan) {
            sim_lan_plug(hosts[i], 1, NULL);
        }
    }
}

static void stop(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wavu_node_free(nodes[i]);
    }
    sim_free(sim);
}

static void say_from_each(size_t count)
{
    for (size_t from = 0; from < count; from++) {
        char text[32];
        (void)snprintf(text, sizeof text, "from %zu", from);
        assert_int_equal(wavu_broadcast(nodes[from], text, strlen(text)), 0);
        sim_run_for(sim, 10 * TIMERS_SECOND);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(told[i].messages, from + (i <= from ? 0 : 1));
            assert_true(i == from || strcmp(told[i].text, text) == 0);
        }
    }
}

static void neighbours_on_a_lan_need_no_seed(void **state)
{
    (void)state;
    const struct wavu_mesh_config mesh = {.has_discovery = true};
    make_hosts(1, true);
    for (size_t i = 0; i < NODES; i++) {
        start_node(i, &mesh);
    }
    sim_run_for(sim, 20 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        struct wavu_mesh_status status;
        assert_true(wavu_mesh_status(nodes[i], &status));
        assert_true(status.neighbours >= 4);
        assert_int_equal(status.members, NODES);
        assert_false(status.is_offline);
    }
    say_from_each(NODES);
    stop(NODES);
}

struct count {
    size_t members;
    size_t links;
    size_t selves;
};

static void count_member(void *context, const struct wavu_member *member)
{
    struct count *c = context;
    c->selves += member->is_self ? 1 : 0;
    assert_true(c->members > 0 || member->is_self); /* ourselves first */
    c->members++;
    c->links += member->link_count;
}

static void a_seed_is_enough_and_says_how_it_stands(void **state)
{
    (void)state;
    static const char *const seeds[] = {"10.0.0.1:9000"};
    const struct wavu_mesh_config alone = {.has_discovery = false};
    const struct wavu_mesh_config mesh = {.seeds = seeds, .seed_count = 1};
    const char *text = NULL;
    const char *word = NULL;
    make_hosts(2, false);
    start_node(1, &mesh); /* before the seed is there */
    sim_run_for(sim, 5 * TIMERS_SECOND);
    assert_true(wavu_mesh_seed(nodes[1], 0, &text, &word));
    assert_string_equal(text, seeds[0]);
    assert_string_not_equal(word, "connected");
    start_node(0, &alone);
    for (size_t i = 2; i < NODES; i++) {
        start_node(i, &mesh);
    }
    sim_run_for(sim, 60 * TIMERS_SECOND);
    assert_true(wavu_mesh_seed(nodes[1], 0, &text, &word));
    assert_true(told[1].word[0] != '\0');
    say_from_each(NODES);
    for (size_t i = 0; i < NODES; i++) {
        struct count c = {.members = 0};
        wavu_mesh_members(nodes[i], count_member, &c);
        assert_int_equal(c.members, NODES);
        assert_int_equal(c.selves, 1);
        assert_true(c.links >= NODES);
    }
    stop(NODES);
}

static void find_member(void *context, const struct wavu_member *member)
{
    struct wavu_member *wanted = context;
    if (strcmp(member->id, wanted->id) == 0) {
        *wanted = *member;
    }
}

static void compare_round_trips(void *context, const struct wavu_peer *peer)
{
    struct wavu_member member = {.is_neighbour = false};
    size_t *neighbours = context;
    (void)snprintf(member.id, sizeof member.id, "%s", peer->id);
    wavu_mesh_members(nodes[0], find_member, &member);
    if (member.is_neighbour && member.rtt_us > 0) {
        assert_int_equal(peer->rtt_us, member.rtt_us);
        ++*neighbours;
    }
}

static void a_neighbour_has_one_round_trip(void **state)
{
    (void)state;
    const struct wavu_mesh_config mesh = {.has_discovery = true};
    size_t neighbours = 0;
    make_hosts(9, true);
    for (size_t i = 0; i < NODES; i++) {
        start_node(i, &mesh);
    }
    sim_run_for(sim, 60 * TIMERS_SECOND);
    wavu_node_peers(nodes[0], compare_round_trips, &neighbours);
    assert_true(neighbours >= 4);
    stop(NODES);
}

struct reached {
    const char *gone; /* ids of those that are, in one text */
    size_t members;
    size_t reached;
};

static void count_reached(void *context, const struct wavu_member *member)
{
    struct reached *r = context;
    r->members++;
    r->reached += member->is_reachable ? 1 : 0;
    assert_int_equal(member->is_reachable, strstr(r->gone, member->id) == NULL);
}

/* A member is not forgotten, but nobody has to take it for one that is there. */
static void who_left_or_crashed_is_out_of_reach(void **state)
{
    (void)state;
    const struct wavu_mesh_config mesh = {.has_discovery = true};
    char gone[2 * WAVU_PEER_TEXT_MAX];
    make_hosts(8, true);
    for (size_t i = 0; i < NODES; i++) {
        start_node(i, &mesh);
    }
    sim_run_for(sim, 20 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        struct reached all = {.gone = ""};
        wavu_mesh_members(nodes[i], count_reached, &all);
        assert_int_equal(all.reached, NODES);
    }
    wavu_node_id(nodes[NODES - 1], gone);
    wavu_node_id(nodes[NODES - 2], gone + strlen(gone));
    wavu_node_free(nodes[NODES - 1]); /* says goodbye */
    sim_host_crash(hosts[NODES - 2], true);
    sim_run_for(sim, 20 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES - 2; i++) {
        struct reached left = {.gone = gone};
        struct wavu_mesh_status status;
        wavu_mesh_members(nodes[i], count_reached, &left);
        assert_true(wavu_mesh_status(nodes[i], &status));
        assert_int_equal(left.members, NODES);
        assert_int_equal(left.reached, NODES - 2);
        assert_int_equal(status.members, NODES);
        assert_int_equal(status.reachable, NODES - 2);
    }
    stop(NODES - 1);
}

static void a_node_without_a_mesh_says_so(void **state)
{
    (void)state;
    struct wavu_mesh_status status;
    const char *text = NULL;
    const char *word = NULL;
    make_hosts(3, false);
    const struct wavu_config config = {.port = sim_host_port(hosts[0]), .is_ephemeral = true};
    assert_int_equal(wavu_node_new(&config, &nodes[0]), 0);
    assert_int_equal(wavu_broadcast(nodes[0], "x", 1), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(wavu_mesh_set(nodes[0], "k", "v", 1), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(wavu_mesh_listen(nodes[0], on_event, NULL), WAVU_ERR_UNSUPPORTED);
    assert_false(wavu_mesh_status(nodes[0], &status));
    assert_false(wavu_mesh_seed(nodes[0], 0, &text, &word));
    const struct wavu_mesh_config any = {.phi_threshold = 8};
    assert_int_equal(wavu_mesh_tune(nodes[0], &any), WAVU_ERR_UNSUPPORTED);
    stop(1);
}

static void a_root_seed_makes_the_same_device_each_time(void **state)
{
    (void)state;
    static const uint8_t root[WAVU_SEED_SIZE] = {1, 2, 3};
    char first[WAVU_PEER_TEXT_MAX];
    char second[WAVU_PEER_TEXT_MAX];
    char direct[WAVU_PEER_TEXT_MAX];
    char *const out[] = {first, second, direct};
    make_hosts(4, false);
    for (size_t i = 0; i < 3; i++) {
        const struct wavu_config config = {.port = sim_host_port(hosts[0]),
                                           .root_seed = i < 2 ? root : NULL,
                                           .seed = i == 2 ? root : NULL};
        assert_int_equal(wavu_node_new(&config, &nodes[0]), 0);
        wavu_node_id(nodes[0], out[i]);
        wavu_node_free(nodes[0]);
    }
    assert_string_equal(first, second);
    assert_string_not_equal(first, direct); /* derived, not the root itself */
    sim_free(sim);
}

/* Every number of the configuration is where it works, and no other. */
static void what_is_configured_is_what_works(void **state)
{
    (void)state;
    const struct wavu_mesh_config mesh = {.min_degree = 2,
                                          .max_degree = 9,
                                          .gossip_interval_ms = 1100,
                                          .heartbeat_interval_ms = 1200,
                                          .phi_threshold = 5.5,
                                          .rebalance_interval_ms = 1300,
                                          .ihave_timeout_ms = 1400,
                                          .connect_timeout_ms = 1500};
    struct wavu_mesh_config wan = mesh;
    const struct wavu_mesh_config none = {.min_degree = 0};
    const struct wavu_mesh_config far = {.is_wan = true};
    const struct wavu_mesh_config *configs[] = {&mesh, &wan, &none, &far};
    make_hosts(7, false);
    wan.is_wan = true;
    for (size_t i = 0; i < 4; i++) {
        start_node(i, configs[i]);
        const struct mesh *m = wavu_mesh_inside(nodes[i]);
        uint64_t ms = TIMERS_MS * (configs[i]->is_wan ? 3 : 1);
        bool is_set = i < 2;
        assert_int_equal(m->views.config.active_min, is_set ? 2 : 4);
        assert_int_equal(m->views.config.active_max, is_set ? 9 : 6);
        assert_int_equal(m->views.config.rebalance_ns, (is_set ? 1300 : 5000) * ms);
        assert_int_equal(m->views.config.connect_ns, (is_set ? 1500 : 5000) * ms);
        assert_int_equal(m->detector.config.interval_ns, (is_set ? 1200 : 500) * ms);
        assert_true(m->detector.config.threshold == (is_set ? 5.5 : 8.0));
        assert_true(m->detector.point == phi_point(is_set ? 5.5 : 8.0));
        assert_int_equal(m->state.config.interval_ns, (is_set ? 1100 : 1000) * ms);
        assert_int_equal(m->plumtree.config.ihave_timeout_ns, (is_set ? 1400 : 500) * ms);
    }
    assert_int_equal(wavu_mesh_set(nodes[0], "route", "x", 1), WAVU_ERR_INVALID); /* its own */
    assert_int_equal(wavu_mesh_set(nodes[0], "routes", "x", 1), 0);
    stop(4);
}

/* What can change in a running mesh does, by the same factors; the rest stays. */
static void a_running_mesh_is_tuned(void **state)
{
    (void)state;
    static const char *const seeds[] = {"10.0.0.1:9000"};
    static const char *const bad[] = {"no address", "10.0.0.1:9000"};
    const struct wavu_mesh_config before = {.is_wan = true};
    struct wavu_mesh_config after = {.is_wan = true,
                                     .max_degree = 9,
                                     .gossip_interval_ms = 2000,
                                     .phi_threshold = 5.5,
                                     .rebalance_interval_ms = 7000,
                                     .seeds = seeds,
                                     .seed_count = 1};
    const char *text = NULL;
    const char *word = NULL;
    make_hosts(9, false);
    start_node(0, &before);
    start_node(1, &before);
    sim_run_for(sim, 10 * TIMERS_SECOND);
    assert_int_equal(told[1].neighbours, 0); /* nobody has said where */
    assert_int_equal(wavu_mesh_tune(nodes[1], &after), 0);
    assert_int_equal(wavu_mesh_tune(nodes[1], &after), 0); /* it is a seed already */
    const struct mesh *m = wavu_mesh_inside(nodes[1]);
    mesh_check(m);
    assert_int_equal(m->state.config.interval_ns, 3 * 2000 * TIMERS_MS);
    assert_int_equal(m->views.config.rebalance_ns, 3 * 7000 * TIMERS_MS);
    assert_true(m->detector.point == phi_point(5.5));
    assert_int_equal(m->views.config.active_max, 6);
    assert_false(wavu_mesh_seed(nodes[1], 1, &text, &word));
    after.seeds = bad;
    after.seed_count = 2;
    assert_int_equal(wavu_mesh_tune(nodes[1], &after), WAVU_ERR_INVALID);
    sim_run_for(sim, 30 * TIMERS_SECOND);
    assert_int_equal(told[1].neighbours, 1);
    say_from_each(2);
    stop(2);
}

/* How often a seed is tried, and how soon again: nobody listens where it points to. */
static void a_seed_is_tried_as_often_and_as_soon_as_configured(void **state)
{
    (void)state;
    static const char *const seeds[] = {"10.0.0.8:9000"};
    const struct wavu_mesh_config few = {
        .seeds = seeds, .seed_count = 1, .max_discovery_retries = 2, .recovery_base_delay_ms = 200};
    struct wavu_mesh_config many = few;
    struct wavu_mesh_config slow = few;
    const struct wavu_mesh_config *configs[] = {&few, &many, &slow};
    many.max_discovery_retries = 0;
    slow.recovery_base_delay_ms = 20000;
    make_hosts(8, false);
    for (size_t i = 0; i < 3; i++) {
        start_node(i, configs[i]);
    }
    sim_run_for(sim, 5 * TIMERS_SECOND);
    for (size_t i = 0; i < 3; i++) {
        struct wavu_mesh_status status;
        assert_true(wavu_mesh_status(nodes[i], &status));
        assert_int_equal(status.is_offline, i == 0);
    }
    stop(3);
}

static void a_bad_seed_is_refused_at_the_start(void **state)
{
    (void)state;
    static const char *const seeds[] = {"no address"};
    const struct wavu_mesh_config mesh = {.seeds = seeds, .seed_count = 1};
    make_hosts(5, false);
    const struct wavu_config config = {
        .port = sim_host_port(hosts[0]), .is_ephemeral = true, .mesh = &mesh};
    assert_int_equal(wavu_node_new(&config, &nodes[0]), WAVU_ERR_INVALID);
    sim_free(sim);
}

/* Networks of different names, and the open one, on one wire and told of each other. */
static void a_seed_of_another_network_is_called_that(void **state)
{
    (void)state;
    static const char *const names[] = {"harbour", "harbour", "mountain", NULL};
    static const char *const seeds[] = {"10.0.0.1:9000"};
    struct wavu_mesh_status status;
    const char *text = NULL;
    const char *word = NULL;
    make_hosts(6, true);
    for (size_t i = 0; i < 4; i++) {
        const struct wavu_mesh_config mesh = {.has_discovery = true,
                                              .has_mdns = true,
                                              .network = names[i],
                                              .seeds = seeds,
                                              .seed_count = i == 0 ? 0 : 1};
        start_node(i, &mesh);
    }
    sim_run_for(sim, 20 * TIMERS_SECOND);
    for (size_t i = 0; i < 4; i++) {
        assert_true(wavu_mesh_status(nodes[i], &status));
        assert_int_equal(status.neighbours, i < 2 ? 1 : 0);
        assert_int_equal(status.members, i < 2 ? 2 : 1);
        assert_string_equal(status.network, names[i] != NULL ? names[i] : "");
        assert_int_equal(wavu_mesh_seed(nodes[i], 0, &text, &word), i > 0);
        if (i >= 2) {
            assert_string_equal(word, "refused: wrong network");
            assert_string_equal(told[i].word, "refused: wrong network");
        }
    }
    assert_string_equal(told[1].word, "connected");
    for (size_t i = 2; i < 4; i++) { /* a try leaves no connection behind */
        struct wavu_status now;
        wavu_node_status(nodes[i], &now);
        assert_true(now.conns <= 1);
    }
    stop(4);
}

static void a_bad_name_of_a_network_is_refused(void **state)
{
    (void)state;
    const struct wavu_mesh_config mesh = {.network = "Two Words"};
    make_hosts(7, false);
    const struct wavu_config config = {
        .port = sim_host_port(hosts[0]), .is_ephemeral = true, .mesh = &mesh};
    assert_int_equal(wavu_node_new(&config, &nodes[0]), WAVU_ERR_INVALID);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(neighbours_on_a_lan_need_no_seed),
        UNIT(a_seed_is_enough_and_says_how_it_stands),
        UNIT(a_node_without_a_mesh_says_so),
        UNIT(a_root_seed_makes_the_same_device_each_time),
        UNIT(what_is_configured_is_what_works),
        UNIT(a_running_mesh_is_tuned),
        UNIT(a_seed_is_tried_as_often_and_as_soon_as_configured),
        UNIT(a_bad_seed_is_refused_at_the_start),
        UNIT(a_seed_of_another_network_is_called_that),
        UNIT(a_bad_name_of_a_network_is_refused),
        UNIT(who_left_or_crashed_is_out_of_reach),
        UNIT(a_neighbour_has_one_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
