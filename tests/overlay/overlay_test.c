/*
 * The mesh over real streams, in the simulator: nodes that know one other become a mesh, say things
 * to all, notice who is gone, and go down in order.
 */
#include "overlay/overlay.h"

#include "tests/base/unit.h"
#include "tests/support/overlay_stand.h"

#define NODES 12

static struct net_world w;

/* A node's overlay, and what it heard. */
struct member {
    struct overlay_stand stand;
    const struct overlay_id *unwanted; /* by its network; NULL: nobody */
    struct overlay *overlay;
    size_t heard; /* broadcasts */
    uint8_t last; /* first byte of the last one */
    size_t downs;
    size_t changes;
    size_t refused;
    enum views_refusal refusal; /* of the last refusal */
    size_t frames;              /* for a service above */
    size_t barred;
    uint64_t barred_ns; /* the last one */
    struct overlay_id from;
};

static struct member members[NODES];

/* The network's context is its key, which lies in the member's stand. */
static bool is_member(void *context, const struct overlay_id *device)
{
    struct gate_key *key = context;
    const struct member *m = LIST_OF(key, struct member, stand.key);
    return m->unwanted == NULL || !overlay_id_is_equal(m->unwanted, device);
}

static void on_event(void *context, const struct mesh_event *event)
{
    struct member *m = context;
    if (event->kind == MESH_DELIVER) {
        m->heard++;
        m->last = event->body.ptr[0];
    }
    if (event->kind == MESH_REFUSED) {
        m->refused++;
        m->refusal = event->refusal;
    }
    m->downs += event->kind == MESH_DOWN ? 1 : 0;
    if (event->kind == MESH_FRAME) {
        m->frames +=
            event->frame == OVERLAY_ROUTE && event->body.len == 5 && event->body.ptr[4] == 'o';
        m->from = event->id;
    }
    m->changes += event->kind == MESH_CHANGED ? 1 : 0;
}

static void on_barred(void *context, const struct overlay_id *id, uint64_t ns)
{
    struct member *m = context;
    m->barred++;
    m->barred_ns = ns;
    m->from = *id;
}

/* Member `i` of the network of `key` (NULL: the open one), which does not want `unwanted`. */
static void start_member_in(size_t i, const uint8_t *key, const struct overlay_id *unwanted)
{
    struct member *m = &members[i];
    *m = (struct member){.unwanted = unwanted};
    overlay_stand_start(&m->stand, &w.nodes[i], key);
    if (unwanted != NULL) {
        m->stand.key.network.is_member = is_member;
    }
    struct overlay_config config = overlay_stand_config(&m->stand, &w.nodes[i]);
    config.mesh.generation = 1 + sim_now(w.sim);
    config.user = (struct overlay_user){.event = on_event, .barred = on_barred, .context = m};
    assert_int_equal(overlay_new(&config, &m->overlay), 0);
}

static void start_member(size_t i)
{
    start_member_in(i, NULL, NULL);
}

static void stop_member(size_t i)
{
    overlay_free(members[i].overlay);
    overlay_stand_stop(&members[i].stand);
    members[i].overlay = NULL;
}

/* Tell node `who` that node `other` is to be had. */
static void tell(size_t who, size_t other)
{
    struct multiaddr address = net_world_address(other);
    const struct peerid *peer = &w.nodes[other].swarm.self;
    assert_int_equal(
        peerbook_add_address(&w.nodes[who].swarm.peerbook, peer, &address, PEERBOOK_PERSON, 0), 0);
    assert_int_equal(overlay_meet(members[who].overlay, peer), 0);
}

static void start(uint64_t seed, size_t count)
{
    net_world_start(&w, seed, count);
    for (size_t i = 0; i < count; i++) {
        start_member(i);
    }
    for (size_t i = 1; i < count; i++) {
        tell(i, 0);
    }
}

static void stop(void)
{
    for (size_t i = 0; i < w.count; i++) {
        if (members[i].overlay != NULL) {
            stop_member(i);
        }
    }
    net_world_stop(&w);
}

static size_t degree(size_t i)
{
    return views_active_count(&overlay_mesh(members[i].overlay)->views);
}

static void everybody_hears_a_broadcast_once(void **state)
{
    (void)state;
    uint32_t sequence = 0;
    start(1, NODES);
    sim_run_for(w.sim, 20 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        assert_true(degree(i) >= 1);
        mesh_check(overlay_mesh(members[i].overlay));
    }
    for (size_t from = 0; from < NODES; from++) {
        uint8_t payload[2000] = {(uint8_t)(from + 1)};
        assert_int_equal(
            overlay_broadcast(members[from].overlay, span_of(payload, sizeof payload), &sequence),
            0);
        sim_run_for(w.sim, 10 * TIMERS_SECOND);
        for (size_t i = 0; i < NODES; i++) {
            assert_int_equal(members[i].heard, from + (i <= from ? 0 : 1));
            assert_true(i == from || members[i].last == from + 1);
        }
    }
    stop();
}

static void state_reaches_everybody(void **state)
{
    (void)state;
    struct span value;
    start(2, NODES);
    for (size_t i = 0; i < NODES; i++) {
        assert_int_equal(overlay_set(members[i].overlay, UNIT_TEXT("nick"), UNIT_TEXT("x")), 0);
    }
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        const struct mesh *mesh = overlay_mesh(members[i].overlay);
        assert_int_equal(state_hash(&mesh->state),
                         state_hash(&overlay_mesh(members[0].overlay)->state));
        for (size_t other = 0; other < NODES; other++) {
            struct overlay_id id;
            assert_int_equal(overlay_id_from_peer(&id, &w.nodes[other].swarm.self), 0);
            assert_int_equal(state_get(&mesh->state, &id, UNIT_TEXT("nick"), &value), 0);
        }
    }
    stop();
}

/* A silent crash: its neighbours give a verdict, and the rest stays one mesh. */
static void who_crashes_is_noticed_and_comes_back(void **state)
{
    (void)state;
    uint32_t sequence = 0;
    size_t downs = 0;
    start(3, NODES);
    sim_run_for(w.sim, 30 * TIMERS_SECOND);
    sim_host_crash(w.hosts[0], true);
    stop_member(0);
    net_node_stop(&w.nodes[0]);
    sim_run_for(w.sim, 30 * TIMERS_SECOND);
    for (size_t i = 1; i < NODES; i++) {
        downs += members[i].downs;
        assert_true(degree(i) >= 1);
    }
    assert_true(downs >= 1);
    assert_int_equal(overlay_broadcast(members[1].overlay, UNIT_TEXT("!"), &sequence), 0);
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    for (size_t i = 2; i < NODES; i++) {
        assert_int_equal(members[i].heard, 1);
    }
    net_world_restart(&w, 0);
    start_member(0);
    tell(0, 5);
    sim_run_for(w.sim, 30 * TIMERS_SECOND);
    assert_true(degree(0) >= 1);
    assert_int_equal(overlay_broadcast(members[1].overlay, UNIT_TEXT("?"), &sequence), 0);
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    assert_int_equal(members[0].last, '?');
    stop();
}

/* Two nodes that dial each other at once have one link, not two and not none. */
static void both_may_call_at_once(void **state)
{
    (void)state;
    for (uint64_t seed = 10; seed < 30; seed++) {
        net_world_start(&w, seed, 2);
        start_member(0);
        start_member(1);
        tell(0, 1);
        tell(1, 0);
        sim_run_for(w.sim, 20 * TIMERS_SECOND);
        assert_int_equal(degree(0), 1);
        assert_int_equal(degree(1), 1);
        stop();
    }
}

static void leaving_in_order_is_no_verdict(void **state)
{
    (void)state;
    start(4, 6);
    sim_run_for(w.sim, 20 * TIMERS_SECOND);
    overlay_quit(members[3].overlay);
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    assert_int_equal(degree(3), 0);
    sim_run_for(w.sim, 20 * TIMERS_SECOND);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(members[i].downs, 0);
    }
    stop();
}

/* A peer that speaks garbage on its stream loses the link; the node stays as it is. */
static void garbage_ends_the_link(void **state)
{
    (void)state;
    static const char *const garbage[] = {"\x01\x63", "\x80\x80\x80\x80", "\x03\x01\xff\xff",
                                          "\x03\x03\xff\xff", "\x03\x04\xff\xff"};
    static struct net_ear liar;
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        int err = 0;
        net_world_start(&w, 40 + i, 2);
        start_member(0);
        members[1].overlay = NULL;
        struct conn *c = net_world_dial(&w, 1, 0, &err);
        assert_non_null(c);
        net_ear_init(&liar, OVERLAY_NAME);
        overlay_stand_open_ear(&liar, c);
        sim_run_for(w.sim, TIMERS_SECOND);
        net_ear_say(&liar, garbage[i]);
        sim_run_for(w.sim, 2 * TIMERS_SECOND);         /* sooner than an idle link ends */
        assert_int_equal(liar.closed, i == 0 ? 0 : 1); /* a frame of an unknown kind is skipped */
        assert_int_equal(metric_find(&w.nodes[0].metrics, "overlay_links_broken_total")->value,
                         i == 0 ? 0 : 1);
        mesh_check(overlay_mesh(members[0].overlay));
        stop();
    }
}

/* One second of a liar's efforts: a stream, and garbage on it when it is taken. */
static void lie(struct net_ear *liar, struct conn *c)
{
    net_ear_init(liar, OVERLAY_NAME);
    overlay_stand_open_ear(liar, c);
    sim_run_for(w.sim, TIMERS_SECOND / 2);
    if (liar->closed == 0) {
        net_ear_say(liar, "\x03\x01\xff\xff");
    }
    sim_run_for(w.sim, TIMERS_SECOND / 2);
    assert_int_equal(liar->closed, 1);
}

static uint64_t dialled(size_t i)
{
    return metric_find(&w.nodes[i].metrics, "conns_opened_total")->value;
}

static void who_breaks_the_rules_is_barred(void **state)
{
    (void)state;
    static struct net_ear liar;
    const uint64_t lengths[] = {60, 120, 240};
    int err = 0;
    net_world_start(&w, 47, 2);
    start_member(0);
    members[1].overlay = NULL;
    struct overlay_id id;
    assert_int_equal(overlay_id_from_peer(&id, &w.nodes[1].swarm.self), 0);
    struct conn *c = net_world_dial(&w, 1, 0, &err);
    assert_non_null(c);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        lie(&liar, c);
        assert_int_equal(members[0].barred, i + 1);
        assert_int_equal(members[0].barred_ns, lengths[i] * TIMERS_SECOND);
        assert_int_equal(overlay_bar_count(overlay_barred(members[0].overlay), sim_now(w.sim)), 1);
        for (uint64_t s = 2; s < lengths[i]; s++) { /* straight back */
            lie(&liar, c);
        }
        assert_int_equal(metric_find(&w.nodes[0].metrics, "overlay_links_broken_total")->value,
                         i + 1);
        sim_run_for(w.sim, 2 * TIMERS_SECOND);
    }
    lie(&liar, c);
    assert_int_equal(members[0].barred, 4);
    /* Nor does it dial: neither because somebody speaks of it, nor as a seed. */
    uint64_t conns = dialled(0);
    conn_close(c, 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    tell(0, 1);
    sim_run_for(w.sim, 120 * TIMERS_SECOND);
    assert_int_equal(dialled(0), conns);
    c = net_world_dial(&w, 0, 1, &err);
    assert_non_null(c); /* a person's wish */
    assert_int_equal(overlay_greet(members[0].overlay, c), WAVU_ERR_DENIED);
    sim_run_for(w.sim, 400 * TIMERS_SECOND);
    c = net_world_dial(&w, 0, 1, &err);
    assert_non_null(c);
    assert_int_equal(overlay_greet(members[0].overlay, c), 0);
    mesh_check(overlay_mesh(members[0].overlay));
    stop();
}

static const uint8_t red[GATE_KEY_SIZE] = {1};
static const uint8_t blue[GATE_KEY_SIZE] = {2};

/* Everybody knows everybody: each network is one mesh, and no neighbour, peer or key of the state
 * is of another. */
static void networks_on_one_wire_stay_apart(void **state)
{
    (void)state;
    const uint8_t *const keys[] = {red, blue, NULL};
    net_world_start(&w, 50, NODES);
    for (size_t i = 0; i < NODES; i++) {
        start_member_in(i, keys[i % 3], NULL);
    }
    for (size_t i = 0; i < NODES; i++) {
        for (size_t other = 0; other < NODES; other++) {
            if (i != other) {
                tell(i, other);
            }
        }
    }
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        const struct mesh *mesh = overlay_mesh(members[i].overlay);
        assert_int_equal(degree(i), NODES / 3 - 1);
        assert_true(members[i].refused > 0);
        assert_int_equal(members[i].refusal, VIEWS_WRONG_NETWORK);
        for (size_t other = 0; other < NODES; other++) {
            struct overlay_id id;
            assert_int_equal(overlay_id_from_peer(&id, &w.nodes[other].swarm.self), 0);
            bool is_mate = other != i && other % 3 == i % 3;
            assert_int_equal(views_is_active(&mesh->views, &id), is_mate);
            assert_int_equal(views_book_find(&mesh->views.book, &id) != NULL, is_mate);
        }
    }
    uint32_t sequence = 0;
    assert_int_equal(overlay_broadcast(members[0].overlay, UNIT_TEXT("red"), &sequence), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    for (size_t i = 1; i < NODES; i++) {
        assert_int_equal(members[i].heard, i % 3 == 0 ? 1 : 0);
    }
    stop();
}

/* The key alone is not enough where somebody knows who belongs. */
static void who_is_not_invited_is_told_so(void **state)
{
    (void)state;
    struct overlay_id unwanted;
    net_world_start(&w, 51, 3);
    assert_int_equal(overlay_id_from_peer(&unwanted, &w.nodes[2].swarm.self), 0);
    start_member_in(0, red, &unwanted);
    start_member_in(1, red, &unwanted);
    start_member_in(2, red, NULL);
    tell(1, 0);
    tell(2, 0);
    sim_run_for(w.sim, 20 * TIMERS_SECOND);
    assert_int_equal(degree(0), 1);
    assert_int_equal(degree(1), 1);
    assert_int_equal(degree(2), 0);
    assert_true(members[2].refused > 0);
    assert_int_equal(members[2].refusal, VIEWS_NOT_INVITED);
    assert_int_equal(members[0].refused, 0); /* it was the gate that turned it away */
    assert_int_equal(metric_find(&w.nodes[0].metrics, "gate_not_invited_total")->value,
                     members[2].refused);
    stop();
}

static bool lie_at_the_gate(void *context, const struct gate_link *link,
                            uint8_t (*tags)[GATE_TAG_SIZE], size_t count)
{
    (void)context;
    (void)link;
    (void)tags;
    (void)count;
    return true;
}

/* Who is dialled and welcomes everybody hears nothing of a network whose key it has not: neither
 * with a proof of another one, nor with other frames instead. */
static void who_welcomes_without_the_key_hears_nothing(void **state)
{
    (void)state;
    const struct overlay_id nobody = {{1}};
    for (size_t is_other = 0; is_other < 2; is_other++) {
        net_world_start(&w, 52 + is_other, 2);
        start_member_in(0, red, NULL);
        start_member_in(1, blue, is_other != 0 ? &nobody : NULL); /* then it shows nothing */
        members[1].stand.key.network.recognise = lie_at_the_gate;
        tell(0, 1);
        sim_run_for(w.sim, 60 * TIMERS_SECOND);
        assert_int_equal(degree(0), 0);
        assert_int_equal(metric_find(&w.nodes[0].metrics, "overlay_frames_out_total")->value, 0);
        assert_int_equal(metric_find(&w.nodes[1].metrics, "gate_wrong_network_total")->value, 0);
        assert_true(members[0].refused > 0);
        assert_int_equal(members[0].refusal, VIEWS_WRONG_NETWORK);
        stop();
    }
}

/* Nor is a connection held for one that welcomes and then says nothing at all. */
static void who_welcomes_and_keeps_silent_is_left(void **state)
{
    (void)state;
    static struct net_ear mute;
    struct gate_protocol protocol = {.network = NULL};
    struct overlay_stand stand;
    int err = 0;
    net_world_start(&w, 54, 2);
    start_member_in(0, red, NULL);
    members[1].overlay = NULL;
    overlay_stand_start(&stand, &w.nodes[1], red);
    net_ear_init(&mute, OVERLAY_NAME);
    protocol.stream = mute.protocol;
    assert_int_equal(gate_register(stand.gate, &stand.key.network, &protocol), 0);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_non_null(c);
    assert_int_equal(overlay_greet(members[0].overlay, c), 0); /* as a seed */
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(mute.opened, 1);
    assert_int_equal(mute.closed, 0);
    sim_run_for(w.sim, GATE_NS);
    assert_int_equal(mute.closed, 1);
    assert_int_equal(mute.received, 0);
    gate_unregister(stand.gate, &protocol);
    overlay_stand_stop(&stand);
    stop();
}

/* Nobody else gets it, and a link that takes nothing is spared, not cut. */
static void frames_of_services_above_reach_the_neighbour(void **state)
{
    (void)state;
    static const uint8_t big[OVERLAY_FRAME_BODY_MAX + 1];
    size_t sent = 0;
    int rc = 0;
    start(7, 3);
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    const struct overlay_id zero = overlay_mesh(members[0].overlay)->config.self;
    const struct overlay_id one = overlay_mesh(members[1].overlay)->config.self;
    const struct overlay_id nobody = {{1}};
    struct overlay *o = members[0].overlay;
    assert_int_equal(overlay_send(o, &one, OVERLAY_ROUTE, UNIT_TEXT("hello")), 0);
    assert_int_equal(overlay_send(o, &nobody, OVERLAY_ROUTE, UNIT_TEXT("hello")),
                     WAVU_ERR_NOT_FOUND);
    assert_int_equal(overlay_send(o, &one, OVERLAY_ROUTE, span_of(big, sizeof big)),
                     WAVU_ERR_LIMIT);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(members[1].frames, 1);
    assert_true(overlay_id_is_equal(&members[1].from, &zero));
    assert_int_equal(members[2].frames, 0);
    while (rc == 0 && sent < 100) { /* at once, more than a stream takes */
        rc = overlay_send(o, &one, OVERLAY_ROUTE, span_of(big, OVERLAY_FRAME_BODY_MAX));
        sent++;
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_true(views_is_active(&overlay_mesh(o)->views, &one));
    assert_int_equal(overlay_send(o, &one, OVERLAY_ROUTE, UNIT_TEXT("hello")), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(members[1].frames, 2);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(everybody_hears_a_broadcast_once),
        UNIT(state_reaches_everybody),
        UNIT(who_crashes_is_noticed_and_comes_back),
        UNIT(both_may_call_at_once),
        UNIT(leaving_in_order_is_no_verdict),
        UNIT(garbage_ends_the_link),
        UNIT(who_breaks_the_rules_is_barred),
        UNIT(networks_on_one_wire_stay_apart),
        UNIT(who_is_not_invited_is_told_so),
        UNIT(who_welcomes_without_the_key_hears_nothing),
        UNIT(who_welcomes_and_keeps_silent_is_left),
        UNIT(frames_of_services_above_reach_the_neighbour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
