/*
 * Several networks of one node, each with an overlay of its own: what is said, kept and known in
 * one stays there. And who belongs no more: it is cut in the turn that says so, and nobody dials
 * it.
 */
#include "overlay/overlay.h"

#include "tests/base/unit.h"
#include "tests/support/overlay_stand.h"

#define NODES 6

static struct net_world w;
static const uint8_t keys[2][GATE_KEY_SIZE] = {{1}, {2}};

enum { RED, BLUE, NETWORKS };

/* A node's part in one network. */
struct part {
    struct gate_key key;
    struct overlay *overlay;
    bool is_cut[NODES]; /* by its own log: the node of that number is no member */
    size_t heard;
    uint8_t last;
    size_t refused;
    enum views_refusal refusal;
    size_t neighbours; /* that came */
    size_t parted;     /* and went */
};

struct node {
    struct gate *gate;
    struct overlay_metrics metrics;
    struct part parts[NETWORKS];
};

static struct node nodes[NODES];
static struct overlay_id ids[NODES];

static bool is_member(void *context, const struct overlay_id *device)
{
    struct gate_key *key = context;
    const struct part *p = LIST_OF(key, struct part, key);
    for (size_t i = 0; i < NODES; i++) {
        if (overlay_id_is_equal(&ids[i], device)) {
            return !p->is_cut[i];
        }
    }
    return false;
}

static void on_event(void *context, const struct mesh_event *event)
{
    struct part *p = context;
    if (event->kind == MESH_DELIVER) {
        p->heard++;
        p->last = event->body.ptr[0];
    }
    if (event->kind == MESH_REFUSED) {
        p->refused++;
        p->refusal = event->refusal;
    }
    p->neighbours += event->kind == MESH_NEIGHBOUR && event->is_up ? 1 : 0;
    p->parted += event->kind == MESH_NEIGHBOUR && !event->is_up ? 1 : 0;
}

static void join(size_t i, size_t network)
{
    struct part *p = &nodes[i].parts[network];
    *p = (struct part){.heard = 0};
    gate_key_init(&p->key, keys[network]);
    p->key.network.is_member = is_member;
    assert_int_equal(gate_enter(nodes[i].gate, &p->key.network), 0);
    const struct overlay_config config = {.swarm = &w.nodes[i].swarm,
                                          .ping = &w.nodes[i].ping,
                                          .gate = nodes[i].gate,
                                          .network = &p->key.network,
                                          .scope = span_of(p->key.bytes, GATE_KEY_SIZE),
                                          .mesh = {.generation = 1},
                                          .user = {.event = on_event, .context = p},
                                          .metrics = &nodes[i].metrics};
    assert_int_equal(overlay_new(&config, &p->overlay), 0);
}

static void leave(size_t i, size_t network)
{
    struct part *p = &nodes[i].parts[network];
    if (p->overlay != NULL) {
        overlay_free(p->overlay);
        gate_leave(nodes[i].gate, &p->key.network);
        gate_key_clear(&p->key);
        p->overlay = NULL;
    }
}

static void start(uint64_t seed, size_t count)
{
    net_world_start(&w, seed, count);
    for (size_t i = 0; i < count; i++) {
        nodes[i] = (struct node){.gate = gate_new(&w.nodes[i].swarm, &w.nodes[i].metrics)};
        overlay_metrics_add(&nodes[i].metrics, &w.nodes[i].metrics);
        assert_int_equal(overlay_id_from_peer(&ids[i], &w.nodes[i].swarm.self), 0);
    }
}

static void stop(void)
{
    for (size_t i = 0; i < w.count; i++) {
        leave(i, RED);
        leave(i, BLUE);
        gate_free(nodes[i].gate);
    }
    net_world_stop(&w);
}

/* Node `who` knows where node `other` is. */
static void show(size_t who, size_t other)
{
    struct multiaddr address = net_world_address(other);
    assert_int_equal(peerbook_add_address(&w.nodes[who].swarm.peerbook, &w.nodes[other].swarm.self,
                                          &address, PEERBOOK_PERSON, 0),
                     0);
}

static int meet(size_t who, size_t network, size_t other)
{
    show(who, other);
    return overlay_meet(nodes[who].parts[network].overlay, &w.nodes[other].swarm.self);
}

static void meet_all(size_t network)
{
    for (size_t i = 0; i < w.count; i++) {
        for (size_t other = 0; other < w.count; other++) {
            if (i != other && nodes[i].parts[network].overlay != NULL) {
                assert_int_equal(meet(i, network, other), 0);
            }
        }
    }
}

static const struct mesh *mesh_of(size_t i, size_t network)
{
    return overlay_mesh(nodes[i].parts[network].overlay);
}

static bool is_neighbour(size_t i, size_t network, size_t other)
{
    return views_is_active(&mesh_of(i, network)->views, &ids[other]);
}

static bool is_known(size_t i, size_t network, size_t other)
{
    return views_book_find(&mesh_of(i, network)->views.book, &ids[other]) != NULL;
}

static size_t degree(size_t i, size_t network)
{
    return views_active_count(&mesh_of(i, network)->views);
}

/* 0 and 1 are of both, 2 and 3 red, 4 and 5 blue; everybody is shown to everybody. */
static const bool is_in[NODES][NETWORKS] = {{true, true},  {true, true},  {true, false},
                                            {true, false}, {false, true}, {false, true}};

static void begin(uint64_t seed)
{
    start(seed, NODES);
    for (size_t i = 0; i < NODES; i++) {
        for (size_t network = 0; network < NETWORKS; network++) {
            if (is_in[i][network]) {
                join(i, network);
            }
        }
    }
    meet_all(RED);
    meet_all(BLUE);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
}

static void two_networks_of_one_node_stay_apart(void **state)
{
    (void)state;
    struct span value;
    begin(1);
    assert_int_equal(overlay_set(nodes[0].parts[RED].overlay, UNIT_TEXT("nick"), UNIT_TEXT("r")),
                     0);
    assert_int_equal(overlay_set(nodes[1].parts[BLUE].overlay, UNIT_TEXT("nick"), UNIT_TEXT("b")),
                     0);
    assert_int_equal(overlay_broadcast(nodes[0].parts[RED].overlay, UNIT_TEXT("red"), NULL), 0);
    assert_int_equal(overlay_broadcast(nodes[1].parts[BLUE].overlay, UNIT_TEXT("blue"), NULL), 0);
    sim_run_for(w.sim, 30 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        for (size_t network = 0; network < NETWORKS; network++) {
            const struct part *p = &nodes[i].parts[network];
            if (!is_in[i][network]) {
                assert_null(p->overlay);
                continue;
            }
            size_t speaker = network == RED ? 0 : 1;
            assert_int_equal(p->heard, i == speaker ? 0 : 1);
            assert_true(i == speaker || p->last == (network == RED ? 'r' : 'b'));
            for (size_t other = 0; other < NODES; other++) {
                bool is_mate = other != i && is_in[other][network];
                assert_int_equal(is_neighbour(i, network, other), is_mate);
                assert_int_equal(is_known(i, network, other), is_mate);
                int rc =
                    state_get(&mesh_of(i, network)->state, &ids[other], UNIT_TEXT("nick"), &value);
                assert_int_equal(rc == 0, other == speaker);
                assert_true(rc < 0 || value.ptr[0] == (network == RED ? 'r' : 'b'));
            }
            mesh_check(mesh_of(i, network));
        }
    }
    stop();
}

/* Node 1 is of both: it has what node 0 signed in one, and cannot pass it for said in the other. */
static void what_is_said_in_one_cannot_be_said_again_in_the_other(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    const struct span head = UNIT_TEXT("wavu broadcast 1");
    start(6, 2);
    for (size_t i = 0; i < 2; i++) {
        join(i, RED);
        join(i, BLUE);
    }
    const struct overlay_sign *said = mesh_of(0, RED)->config.sign;
    const struct overlay_sign *here = mesh_of(1, RED)->config.sign;
    const struct overlay_sign *there = mesh_of(1, BLUE)->config.sign;
    said->sign(said->context, signature, head, UNIT_TEXT("hello"));
    assert_int_equal(here->verify(here->context, signature, &ids[0], head, UNIT_TEXT("hello")), 0);
    assert_int_equal(there->verify(there->context, signature, &ids[0], head, UNIT_TEXT("hello")),
                     WAVU_ERR_CRYPTO);
    stop();
}

static void who_leaves_one_network_stays_in_the_other(void **state)
{
    (void)state;
    begin(2);
    overlay_quit(nodes[0].parts[RED].overlay);
    sim_run_for(w.sim, TIMERS_SECOND);
    leave(0, RED);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    for (size_t i = 1; i < 4; i++) {
        assert_false(is_neighbour(i, RED, 0));
        assert_int_equal(degree(i, RED), 2);
    }
    assert_int_equal(degree(0, BLUE), 3);
    assert_int_equal(overlay_broadcast(nodes[0].parts[BLUE].overlay, UNIT_TEXT("b"), NULL), 0);
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    assert_int_equal(nodes[1].parts[BLUE].heard, 1);
    join(0, RED);
    assert_int_equal(meet(0, RED, 2), 0);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(degree(0, RED), 3);
    stop();
}

/* Node `i` learns that node `other` belongs no more, or again. */
static void settle(size_t i, size_t other, bool is_cut)
{
    struct part *p = &nodes[i].parts[RED];
    p->is_cut[other] = is_cut;
    gate_recheck(nodes[i].gate, &p->key.network);
    overlay_recheck(p->overlay);
}

static uint64_t dialled(size_t i)
{
    return metric_find(&w.nodes[i].metrics, "conns_opened_total")->value;
}

static void a_revocation_cuts_the_link_in_the_same_turn(void **state)
{
    (void)state;
    start(3, 3);
    for (size_t i = 0; i < 3; i++) {
        join(i, RED);
    }
    join(0, BLUE);
    join(2, BLUE);
    meet_all(RED);
    assert_int_equal(meet(0, BLUE, 2), 0);
    sim_run_for(w.sim, 30 * TIMERS_SECOND);
    assert_true(is_neighbour(0, RED, 2) && is_neighbour(2, RED, 0));
    size_t parted = nodes[0].parts[RED].parted;
    settle(0, 2, true);
    assert_false(is_neighbour(0, RED, 2) || is_known(0, RED, 2)); /* no time has passed */
    assert_int_equal(nodes[0].parts[RED].parted, parted + 1);     /* those above know */
    assert_int_equal(detector_rtt_ns(&mesh_of(0, RED)->detector, &ids[2]), 0);
    mesh_check(mesh_of(0, RED));
    assert_int_equal(nodes[0].parts[RED].refused, 1);
    assert_int_equal(nodes[0].parts[RED].refusal, VIEWS_NOT_INVITED);
    assert_true(is_neighbour(0, BLUE, 2)); /* it was red's log that said so */
    assert_int_equal(overlay_bar_count(overlay_barred(nodes[0].parts[RED].overlay), sim_now(w.sim)),
                     0); /* it broke no rule */
    /* Node 1 knows nothing of it, and names node 2 in its shuffles; node 2 tries to come back. */
    size_t came = nodes[0].parts[RED].neighbours;
    sim_run_for(w.sim, 300 * TIMERS_SECOND);
    assert_true(is_neighbour(1, RED, 2));
    assert_false(is_neighbour(0, RED, 2) || is_known(0, RED, 2));
    assert_int_equal(nodes[0].parts[RED].neighbours, came);
    assert_true(nodes[2].parts[RED].refused > 0);
    assert_int_equal(nodes[2].parts[RED].refusal, VIEWS_NOT_INVITED);
    settle(1, 2, true);
    assert_int_equal(degree(1, RED), 1);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(degree(2, RED), 0);
    assert_int_equal(degree(2, BLUE), 1);
    stop();
}

static void nobody_dials_who_belongs_no_more(void **state)
{
    (void)state;
    start(4, 3);
    for (size_t i = 0; i < 3; i++) {
        join(i, RED);
    }
    meet_all(RED);
    sim_run_for(w.sim, 30 * TIMERS_SECOND);
    settle(0, 2, true);
    settle(1, 2, true);
    leave(2, RED); /* it does not even try; its connections end */
    for (size_t i = 0; i < 2; i++) {
        struct conn *c = swarm_conn(&w.nodes[i].swarm, &w.nodes[2].swarm.self);
        if (c != NULL) {
            conn_close(c, WAVU_ERR_CLOSED);
        }
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    uint64_t before[2] = {dialled(0), dialled(1)};
    assert_int_equal(meet(0, RED, 2), WAVU_ERR_DENIED); /* a beacon was heard */
    assert_int_equal(overlay_recall(nodes[1].parts[RED].overlay, &ids[2], UNIT_TEXT(""), true), 0);
    assert_false(is_known(1, RED, 2));
    sim_run_for(w.sim, 600 * TIMERS_SECOND);
    assert_int_equal(dialled(0) + dialled(1), before[0] + before[1]);
    assert_int_equal(degree(0, RED), 1);
    /* And back, once both know. */
    join(2, RED);
    settle(0, 2, false);
    settle(1, 2, false);
    assert_int_equal(meet(0, RED, 2), 0);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(degree(2, RED), 2);
    stop();
}

/* Lost peers, dials under way and seeds: all that is left of it goes. */
static void whatever_it_was_it_is_forgotten(void **state)
{
    (void)state;
    int err = 0;
    start(5, 3);
    join(0, RED);
    show(0, 1);
    assert_int_equal(overlay_recall(nodes[0].parts[RED].overlay, &ids[2], UNIT_TEXT(""), true), 0);
    assert_int_equal(meet(0, RED, 1), 0);
    sim_run_for(w.sim, TIMERS_MS); /* the dial has begun, no answer is here */
    assert_true(is_known(0, RED, 1) && is_known(0, RED, 2));
    settle(0, 1, true);
    settle(0, 2, true);
    assert_false(is_known(0, RED, 1) || is_known(0, RED, 2));
    assert_int_equal(nodes[0].parts[RED].refused, 2);
    join(1, RED);
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(degree(0, RED), 0);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_non_null(c);
    assert_int_equal(overlay_greet(nodes[0].parts[RED].overlay, c), 0); /* a seed: told at once */
    assert_int_equal(nodes[0].parts[RED].refused, 3);
    assert_int_equal(nodes[0].parts[RED].refusal, VIEWS_NOT_INVITED);
    assert_int_equal(nodes[1].parts[RED].refused, 0); /* not a word to it */
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(two_networks_of_one_node_stay_apart),
        UNIT(what_is_said_in_one_cannot_be_said_again_in_the_other),
        UNIT(who_leaves_one_network_stays_in_the_other),
        UNIT(a_revocation_cuts_the_link_in_the_same_turn),
        UNIT(nobody_dials_who_belongs_no_more),
        UNIT(whatever_it_was_it_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
