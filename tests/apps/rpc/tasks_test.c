/*
 * Tasks: numbers, what comes of them, ends by the client and by the node, and more than there is
 * room for.
 */
#include "apps/rpc/tasks.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/rpc/jsonrpc.h"
#include "tests/base/unit.h"
#include "wavu/os.h"

#define NOBODY "12D3KooWRH71QRJe5vrMp6zZXoH4K7z5MDSWwTXXPriG9dK8HQXk"
#define WAIT_MS 20
#define TRIES 1000

static struct wavu_os *os;
static struct port *ports[2];
static struct wavu_node *nodes[2];
static char ids[2][WAVU_PEER_TEXT_MAX];
static struct peer_at there; /* where the second node is */
static struct tasks tasks;
static size_t told;

static void on_told(void *context)
{
    ++*(size_t *)context;
}

static int start(void **state)
{
    char address[WAVU_ADDRESS_TEXT_MAX];
    const struct wavu_mesh_config mesh = {.seeds = NULL};
    (void)state;
    jsonrpc_start();
    memset(&tasks, 0, sizeof tasks);
    told = 0;
    tasks.told = on_told;
    tasks.told_context = &told;
    os = wavu_os_new();
    for (size_t i = 0; i < 2; i++) {
        ports[i] = wavu_os_port_new(os, NULL);
        const struct wavu_config config = {.port = ports[i], .is_ephemeral = true, .mesh = &mesh};
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
        assert_int_equal(wavu_node_listen(nodes[i], "127.0.0.1:0"), 0);
        assert_true(wavu_node_address(nodes[i], 0, address));
        wavu_node_id(nodes[i], ids[i]);
    }
    assert_int_equal(peer_at_parse(address, &there), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        wavu_node_free(nodes[i]);
        nodes[i] = NULL;
        wavu_os_port_free(ports[i]);
    }
    wavu_os_free(os);
    return 0;
}

/* Run until it is over. */
static const struct tasks_one *done(uint64_t number)
{
    const struct tasks_one *one = tasks_find(&tasks, number);
    assert_non_null(one);
    for (size_t i = 0; i < TRIES && !one->is_done; i++) {
        wavu_os_run(os, WAIT_MS);
    }
    assert_true(one->is_done);
    return one;
}

static void connect_them(void)
{
    uint64_t number = 0;
    assert_int_equal(tasks_connect(&tasks, nodes[0], &there, &number), 0);
    assert_int_equal(done(number)->err, 0);
    for (size_t i = 0; i < TRIES; i++) { /* until there is a way over the mesh */
        struct wavu_hop way[WAVU_WAY_MAX];
        size_t count = 0;
        if (wavu_mesh_way(nodes[0], ids[1], way, &count) == 0) {
            return;
        }
        wavu_os_run(os, WAIT_MS);
    }
    fail_msg("no neighbours");
}

static void connecting_names_the_peer_and_makes_a_seed(void **state)
{
    const char *seed = NULL;
    const char *word = NULL;
    uint64_t number = 0;
    (void)state;
    assert_int_equal(tasks_connect(&tasks, nodes[0], &there, &number), 0);
    assert_int_equal(number, 1);
    assert_false(tasks_find(&tasks, 1)->is_done); /* never before return */
    assert_string_equal(done(number)->peer, ids[1]);
    assert_true(told > 0);
    assert_true(wavu_mesh_seed(nodes[0], 0, &seed, &word));
    assert_non_null(strstr(seed, ids[1]));
    assert_null(tasks_find(&tasks, 0));
    assert_null(tasks_find(&tasks, 2));
    assert_null(tasks_find(&tasks, 1 + TASKS_MAX));
}

static void another_than_the_one_insisted_on_is_let_go(void **state)
{
    struct peer_at where = there;
    struct wavu_status status = {.peers = 1};
    uint64_t number = 0;
    const char *seed = NULL;
    const char *word = NULL;
    (void)state;
    *strstr(where.address, "/p2p/") = '\0';
    (void)snprintf(where.part, sizeof where.part, "%s", "xxxxxx");
    assert_int_equal(tasks_connect(&tasks, nodes[0], &where, &number), 0);
    assert_int_equal(done(number)->err, WAVU_ERR_PEER_ID);
    assert_string_equal(tasks_find(&tasks, number)->peer, "");
    for (size_t i = 0; i < TRIES && status.peers > 0; i++) {
        wavu_os_run(os, 1);
        wavu_node_status(nodes[0], &status);
    }
    assert_int_equal(status.peers, 0);
    assert_false(wavu_mesh_seed(nodes[0], 0, &seed, &word));
    (void)snprintf(where.part, sizeof where.part, "%s", ids[1] + 40);
    assert_int_equal(tasks_connect(&tasks, nodes[0], &where, &number), 0);
    assert_int_equal(done(number)->err, 0);
    assert_true(wavu_mesh_seed(nodes[0], 0, &seed, &word));
    assert_non_null(strstr(seed, ids[1])); /* from now on nobody else will do */
}

static void one_that_was_connected_before_stays_so(void **state)
{
    struct peer_at where = there;
    struct wavu_status status;
    const char *seed = NULL;
    const char *word = NULL;
    uint64_t number = 0;
    (void)state;
    connect_them();
    *strstr(where.address, "/p2p/") = '\0';
    (void)snprintf(where.part, sizeof where.part, "%s", "xxxxxx");
    assert_int_equal(tasks_connect(&tasks, nodes[0], &where, &number), 0);
    assert_int_equal(done(number)->err, WAVU_ERR_PEER_ID);
    for (size_t i = 0; i < 10; i++) {
        wavu_os_run(os, WAIT_MS);
    }
    wavu_node_status(nodes[0], &status);
    assert_int_equal(status.peers, 1);
    assert_true(wavu_mesh_seed(nodes[0], 0, &seed, &word));
    assert_string_equal(word, "connected");
    assert_false(wavu_mesh_seed(nodes[0], 1, &seed, &word));
}

static void round_trips_come_one_by_one(void **state)
{
    uint64_t number = 0;
    const struct tasks_wish near = {.peer = ids[1], .count = 3, .interval_ms = 100};
    const struct tasks_wish over = {
        .peer = ids[1], .is_mesh = true, .count = 2, .interval_ms = 100};
    (void)state;
    connect_them();
    assert_int_equal(tasks_ping(&tasks, nodes[0], &near, &number), 0);
    const struct tasks_one *one = done(number);
    assert_int_equal(one->err, 0);
    assert_int_equal(one->step_count, 3);
    json_t *shown = tasks_show(one, 1);
    assert_int_equal(json_array_size(json_object_get(shown, "steps")), 2);
    assert_int_equal(json_integer_value(json_object_get(shown, "next")), 3);
    assert_true(json_is_null(json_object_get(shown, "error")));
    assert_string_equal(json_string_value(json_object_get(shown, "over")), "connection");
    json_decref(shown);
    assert_int_equal(tasks_ping(&tasks, nodes[0], &over, &number), 0);
    one = done(number);
    assert_int_equal(one->err, 0);
    assert_int_equal(one->step_count, 2);
    assert_int_equal(one->steps[1].hops, 1);
    assert_true(one->steps[1].rtt_ns > 0);
}

static void a_way_is_asked_hop_by_hop(void **state)
{
    uint64_t number = 0;
    (void)state;
    connect_them();
    assert_int_equal(tasks_trace(&tasks, nodes[0], NOBODY, &number), WAVU_ERR_UNREACHABLE);
    assert_int_equal(tasks_trace(&tasks, nodes[0], ids[1], &number), 0);
    const struct tasks_one *one = done(number);
    assert_int_equal(one->err, 0);
    assert_int_equal(one->way_count, 1);
    assert_int_equal(one->step_count, 1);
    json_t *shown = tasks_show(one, 0);
    const json_t *step = json_array_get(json_object_get(shown, "steps"), 0);
    const json_t *hop = json_array_get(json_object_get(shown, "way"), 0);
    assert_string_equal(json_string_value(json_object_get(step, "peerId")), ids[1]);
    assert_string_equal(json_string_value(json_object_get(hop, "peerId")), ids[1]);
    assert_true(json_real_value(json_object_get(step, "rttMs")) > 0);
    assert_true(json_real_value(json_object_get(hop, "costMs")) > 0);
    json_decref(shown);
}

static void ends_are_told(void **state)
{
    uint64_t numbers[2] = {0, 0};
    const struct tasks_wish wish = {.peer = ids[1], .count = TASKS_STEPS_MAX, .interval_ms = 1000};
    (void)state;
    connect_them();
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(tasks_ping(&tasks, nodes[0], &wish, &numbers[i]), 0);
    }
    told = 0;
    assert_true(tasks_end(&tasks, numbers[0]));
    assert_true(tasks_end(&tasks, numbers[0])); /* once more is no matter */
    assert_int_equal(told, 1);
    assert_false(tasks_end(&tasks, 99));
    assert_int_equal(tasks_find(&tasks, numbers[0])->err, WAVU_ERR_CLOSED);
    wavu_node_free(nodes[0]);
    nodes[0] = NULL;
    assert_int_equal(tasks_find(&tasks, numbers[1])->err, WAVU_ERR_SHUTDOWN);
    json_t *shown = tasks_show(tasks_find(&tasks, numbers[1]), 0);
    assert_true(json_string_length(json_object_get(shown, "problem")) > 0);
    json_decref(shown);
}

static void there_is_room_for_so_many(void **state)
{
    uint64_t number = 0;
    const struct tasks_wish wish = {.peer = ids[1], .count = TASKS_STEPS_MAX, .interval_ms = 60000};
    (void)state;
    connect_them();
    for (size_t i = 0; i < TASKS_MAX; i++) {
        assert_int_equal(tasks_ping(&tasks, nodes[0], &wish, &number), 0);
    }
    assert_int_equal(tasks_ping(&tasks, nodes[0], &wish, &number), WAVU_ERR_AGAIN);
    uint64_t last = number;
    assert_true(
        tasks_end(&tasks, last - 5)); /* that room is taken next, whatever comes in between */
    assert_int_equal(tasks_connect(&tasks, nodes[0], &there, &number), 0);
    assert_true(number > last);
    assert_null(tasks_find(&tasks, last - 5));
    assert_non_null(tasks_find(&tasks, last - 4));
    assert_int_equal(tasks_connect(&tasks, nodes[0], &there, &number), WAVU_ERR_AGAIN);
}

#define NODES(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODES(connecting_names_the_peer_and_makes_a_seed),
        NODES(another_than_the_one_insisted_on_is_let_go),
        NODES(one_that_was_connected_before_stays_so),
        NODES(round_trips_come_one_by_one),
        NODES(a_way_is_asked_hop_by_hop),
        NODES(ends_are_told),
        NODES(there_is_room_for_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
