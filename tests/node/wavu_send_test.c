/*
 * Unicast through the public interface, in the simulator: three nodes of which only the middle one
 * can be reached by the others.
 */
#include "node/wavu_send.h"

#include <string.h>

#include "sim/sim.h"
#include "sim/sim_cable.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "wavu/mesh.h"

#define NODES 3

enum { LEFT, MIDDLE, RIGHT };

/* What a node was sent. */
struct had {
    size_t count;
    size_t len;
    uint32_t hops;
    char peer[WAVU_PEER_TEXT_MAX];
    char text[64];
};

/* What became of sends. */
struct verdicts {
    size_t count;
    size_t good;
    int last;
};

static struct sim *sim;
static struct sim_host *hosts[NODES];
static struct wavu_node *nodes[NODES];
static struct had had[NODES];
static char ids[NODES][WAVU_PEER_TEXT_MAX];

static void on_event(void *context, const struct wavu_mesh_event *event)
{
    struct had *h = context;
    if (event->kind == WAVU_MESH_UNICAST) {
        size_t len = event->len < sizeof h->text ? event->len : sizeof h->text - 1;
        h->count++;
        h->len = event->len;
        h->hops = event->hops;
        (void)snprintf(h->peer, sizeof h->peer, "%s", event->peer);
        if (len > 0) {
            memcpy(h->text, event->data, len);
        }
        h->text[len] = '\0';
    }
}

static void on_done(void *context, int err)
{
    struct verdicts *v = context;
    v->count++;
    v->good += err == 0 ? 1 : 0;
    v->last = err;
}

static int say(size_t from, const char *to, const char *text, struct verdicts *v)
{
    return wavu_send(nodes[from], to, text, strlen(text), on_done, v);
}

static void start_node(size_t i)
{
    static const char *const seeds[] = {"10.0.0.2:9000"};
    const struct wavu_mesh_config mesh = {.seeds = seeds, .seed_count = i == MIDDLE ? 0 : 1};
    const struct wavu_config config = {
        .port = sim_host_port(hosts[i]), .is_ephemeral = true, .mesh = &mesh};
    char address[64];
    had[i] = (struct had){.count = 0};
    assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
    (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
    assert_int_equal(wavu_node_listen(nodes[i], address), 0);
    assert_int_equal(wavu_mesh_listen(nodes[i], on_event, &had[i]), 0);
    wavu_node_id(nodes[i], ids[i]);
}

static int start(void **state)
{
    (void)state;
    sim = sim_new(1);
    for (size_t i = 0; i < NODES; i++) {
        char address[64];
        (void)snprintf(address, sizeof address, "10.0.0.%zu", i + 1);
        hosts[i] = sim_host_new(sim, address);
    }
    sim_cable_cut(hosts[LEFT], hosts[RIGHT], true);
    for (size_t i = 0; i < NODES; i++) {
        start_node(i);
    }
    sim_run_for(sim, 30 * TIMERS_SECOND);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < NODES; i++) {
        wavu_node_free(nodes[i]);
        nodes[i] = NULL;
    }
    sim_free(sim);
    return 0;
}

static void a_text_goes_through_the_middle(void **state)
{
    struct verdicts v = {.count = 0};
    struct wavu_mesh_status status;
    (void)state;
    assert_true(wavu_mesh_status(nodes[LEFT], &status));
    assert_int_equal(status.neighbours, 1);
    assert_int_equal(say(LEFT, ids[RIGHT], "over here", &v), 0);
    assert_int_equal(v.count, 0); /* never before return */
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(v.count, 1);
    assert_int_equal(v.last, 0);
    assert_int_equal(had[RIGHT].count, 1);
    assert_int_equal(had[RIGHT].hops, 2);
    assert_string_equal(had[RIGHT].text, "over here");
    assert_string_equal(had[RIGHT].peer, ids[LEFT]);
    assert_int_equal(say(RIGHT, ids[LEFT], "and back", &v), 0);
    assert_int_equal(wavu_send(nodes[LEFT], ids[MIDDLE], "x", 1, NULL, NULL), 0);
    sim_run_for(sim, 20 * TIMERS_SECOND);
    assert_int_equal(v.good, 2);
    assert_string_equal(had[LEFT].text, "and back");
    assert_int_equal(had[MIDDLE].count, 1); /* and nothing that was for others */
    assert_int_equal(had[MIDDLE].hops, 1);
    assert_int_equal(had[RIGHT].count, 1);
}

static void nothing_said_is_acknowledged_and_told_to_nobody(void **state)
{
    struct verdicts v = {.count = 0};
    (void)state;
    assert_int_equal(say(LEFT, ids[RIGHT], "", &v), 0);
    sim_run_for(sim, 2 * TIMERS_SECOND);
    assert_int_equal(v.good, 1);
    assert_int_equal(had[RIGHT].count, 0);
}

static void the_way_is_told_link_by_link(void **state)
{
    struct wavu_hop way[WAVU_WAY_MAX];
    size_t count = 0;
    (void)state;
    assert_int_equal(wavu_mesh_way(nodes[LEFT], ids[RIGHT], way, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(way[0].id, ids[MIDDLE]);
    assert_string_equal(way[1].id, ids[RIGHT]);
    assert_true(way[0].cost_us > 0 && way[1].cost_us > 0);
    assert_int_equal(wavu_mesh_way(nodes[LEFT], ids[MIDDLE], way, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(wavu_mesh_way(nodes[LEFT], "nobody", way, &count), WAVU_ERR_INVALID);
    assert_int_equal(wavu_mesh_way(nodes[LEFT], ids[LEFT], way, &count), WAVU_ERR_UNREACHABLE);
    wavu_node_free(nodes[MIDDLE]);
    nodes[MIDDLE] = NULL;
    sim_run_for(sim, 60 * TIMERS_SECOND);
    assert_int_equal(wavu_mesh_way(nodes[LEFT], ids[RIGHT], way, &count), WAVU_ERR_UNREACHABLE);
    assert_int_equal(count, 0);
}

/* Round trips to a member. */
struct trips {
    size_t count;
    uint64_t rtt_ns;
    uint32_t hops;
    int err;
};

static void on_trip(void *context, const struct wavu_ping_event *event)
{
    struct trips *t = context;
    assert_int_equal(t->err, 0); /* nothing comes behind the end */
    t->err = event->err;
    t->count += event->err == 0 ? 1 : 0;
    t->rtt_ns = event->err == 0 ? event->rtt_ns : t->rtt_ns;
    t->hops = event->err == 0 ? event->hops : t->hops;
}

static void a_member_is_pinged_through_the_middle(void **state)
{
    const struct wavu_ping_wish wish = {.member = ids[RIGHT], .count = 3, .interval_ms = 500};
    const struct wavu_ping_wish self = {.member = ids[LEFT], .count = 1};
    struct trips t = {.count = 0};
    struct wavu_op *op = NULL;
    (void)state;
    assert_int_equal(wavu_ping(nodes[LEFT], &wish, on_trip, &t, &op), 0);
    sim_run_for(sim, 100 * TIMERS_MS);
    assert_int_equal(t.count, 1);
    sim_run_for(sim, 5 * TIMERS_SECOND);
    assert_int_equal(t.count, 3);
    assert_int_equal(t.err, WAVU_ERR_CLOSED);
    assert_int_equal(t.hops, 2);
    assert_true(t.rtt_ns > 0 && t.rtt_ns < TIMERS_SECOND);
    assert_int_equal(had[RIGHT].count, 0);
    assert_int_equal(wavu_ping(nodes[LEFT], &self, on_trip, &t, &op), WAVU_ERR_INVALID);
}

static void a_ping_of_a_member_ends_when_told_and_with_the_node(void **state)
{
    const struct wavu_ping_wish wish = {.member = ids[RIGHT], .interval_ms = 200};
    struct trips t[3] = {{.count = 0}, {.count = 0}, {.count = 0}};
    struct wavu_op *ops[3];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(wavu_ping(nodes[LEFT], &wish, on_trip, &t[i], &ops[i]), 0);
    }
    wavu_op_cancel(ops[0]); /* its first one is on its way */
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(t[0].count, 0);
    assert_true(t[1].count > 2);
    wavu_op_cancel(ops[1]);
    sim_cable_cut(hosts[MIDDLE], hosts[RIGHT], true);
    sim_run_for(sim, 20 * TIMERS_SECOND);
    assert_int_equal(t[1].err, 0);
    assert_true(t[2].err == WAVU_ERR_TIMEOUT || t[2].err == WAVU_ERR_UNREACHABLE);
    t[1] = (struct trips){.count = 0};
    const struct wavu_ping_wish near = {.member = ids[MIDDLE], .interval_ms = 200};
    assert_int_equal(wavu_ping(nodes[LEFT], &near, on_trip, &t[1], &ops[1]), 0);
    wavu_node_shut(nodes[LEFT]);
    assert_int_equal(t[1].err, WAVU_ERR_SHUTDOWN);
}

static void what_cannot_be_sent_is_refused_at_once(void **state)
{
    static const char big[WAVU_SEND_MAX + 1] = "";
    struct verdicts v = {.count = 0};
    (void)state;
    assert_int_equal(say(LEFT, "no peer", "x", &v), WAVU_ERR_INVALID);
    assert_int_equal(say(LEFT, ids[LEFT], "x", &v), WAVU_ERR_INVALID);
    assert_int_equal(say(LEFT, "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", "x", &v),
                     WAVU_ERR_UNSUPPORTED);
    assert_int_equal(say(LEFT, "12D3KooWRH71QRJe5vrMp6zZXoH4K7z5MDSWwTXXPriG9dK8HQXk", "x", &v),
                     WAVU_ERR_UNREACHABLE);
    assert_int_equal(wavu_send(nodes[LEFT], ids[RIGHT], big, sizeof big, on_done, &v),
                     WAVU_ERR_LIMIT);
    assert_int_equal(wavu_send(nodes[LEFT], ids[RIGHT], big, WAVU_SEND_MAX, on_done, &v), 0);
    sim_run_for(sim, 20 * TIMERS_SECOND);
    assert_int_equal(v.count, 1);
    assert_int_equal(v.good, 1);
    assert_int_equal(had[RIGHT].len, WAVU_SEND_MAX);
}

static void without_a_mesh_there_is_no_way(void **state)
{
    struct verdicts v = {.count = 0};
    (void)state;
    wavu_node_free(nodes[LEFT]);
    const struct wavu_config config = {.port = sim_host_port(hosts[LEFT]), .is_ephemeral = true};
    assert_int_equal(wavu_node_new(&config, &nodes[LEFT]), 0);
    assert_int_equal(say(LEFT, ids[RIGHT], "x", &v), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(v.count, 0);
}

static void a_silent_target_gets_an_honest_verdict(void **state)
{
    struct verdicts v = {.count = 0};
    (void)state;
    sim_host_crash(hosts[RIGHT], true);
    assert_int_equal(say(LEFT, ids[RIGHT], "anyone", &v), 0);
    sim_run_for(sim, (WAVU_SEND_SECONDS + 1) * TIMERS_SECOND);
    assert_int_equal(v.count, 1);
    assert_true(v.last == WAVU_ERR_TIMEOUT || v.last == WAVU_ERR_UNREACHABLE);
    sim_run_for(sim, 120 * TIMERS_SECOND);
    assert_int_equal(say(LEFT, ids[RIGHT], "anyone", &v), WAVU_ERR_UNREACHABLE); /* known dead */
    assert_int_equal(v.count, 1);
}

static void those_who_wait_are_told_when_the_node_goes(void **state)
{
    struct verdicts v = {.count = 0};
    (void)state;
    assert_int_equal(say(LEFT, ids[RIGHT], "one", &v), 0);
    assert_int_equal(say(LEFT, ids[MIDDLE], "two", &v), 0);
    wavu_node_shut(nodes[LEFT]);
    assert_int_equal(v.count, 2);
    assert_int_equal(v.last, WAVU_ERR_SHUTDOWN);
    assert_int_equal(say(LEFT, ids[RIGHT], "late", &v), WAVU_ERR_SHUTDOWN);
    sim_run_for(sim, 20 * TIMERS_SECOND);
    wavu_node_free(nodes[LEFT]);
    nodes[LEFT] = NULL;
    assert_int_equal(v.count, 2); /* once each */
    assert_int_equal(say(RIGHT, ids[MIDDLE], "three", &v), 0);
    wavu_node_free(nodes[RIGHT]); /* not shut before */
    nodes[RIGHT] = NULL;
    assert_int_equal(v.count, 3);
    assert_int_equal(v.last, WAVU_ERR_SHUTDOWN);
}

static void too_many_a_second_are_held_back(void **state)
{
    struct verdicts v = {.count = 0};
    (void)state;
    for (size_t i = 0; i < WAVU_SEND_BURST; i++) {
        assert_int_equal(say(LEFT, ids[RIGHT], "again", &v), 0);
    }
    assert_int_equal(say(LEFT, ids[RIGHT], "again", &v), WAVU_ERR_AGAIN);
    sim_run_for(sim, TIMERS_SECOND);
    for (size_t i = 0; i < WAVU_SEND_RATE; i++) {
        assert_int_equal(say(LEFT, ids[RIGHT], "again", &v), 0);
    }
    assert_int_equal(say(LEFT, ids[RIGHT], "again", &v), WAVU_ERR_AGAIN);
    sim_run_for(sim, 20 * TIMERS_SECOND);
    assert_int_equal(v.good, WAVU_SEND_BURST + WAVU_SEND_RATE);
    assert_int_equal(v.count, v.good);
    assert_int_equal(had[RIGHT].count, v.good);
}

/* Large ones use up what may be sent sooner than their number does. */
static void bytes_are_held_back(void **state)
{
    static const uint8_t large[WAVU_SEND_MAX];
    const size_t most = WAVU_SEND_BYTES_BURST / WAVU_SEND_MAX;
    (void)state;
    assert_true(most < WAVU_SEND_BURST);
    for (size_t i = 0; i <= most; i++) {
        assert_int_equal(wavu_send(nodes[LEFT], ids[RIGHT], large, sizeof large, NULL, NULL),
                         i < most ? 0 : WAVU_ERR_AGAIN);
    }
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(wavu_send(nodes[LEFT], ids[RIGHT], large, sizeof large, NULL, NULL), 0);
    sim_run_for(sim, 20 * TIMERS_SECOND);
}

#define MESH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH(a_text_goes_through_the_middle),
        MESH(nothing_said_is_acknowledged_and_told_to_nobody),
        MESH(the_way_is_told_link_by_link),
        MESH(a_member_is_pinged_through_the_middle),
        MESH(a_ping_of_a_member_ends_when_told_and_with_the_node),
        MESH(what_cannot_be_sent_is_refused_at_once),
        MESH(without_a_mesh_there_is_no_way),
        MESH(a_silent_target_gets_an_honest_verdict),
        MESH(those_who_wait_are_told_when_the_node_goes),
        MESH(too_many_a_second_are_held_back),
        MESH(bytes_are_held_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
