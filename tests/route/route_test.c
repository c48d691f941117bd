/*
 * Unicast over real streams in the simulator: twelve nodes of a mesh where most are no neighbours.
 */
#include "route/route.h"

#include <string.h>

#include "tests/base/unit.h"
#include "tests/support/overlay_stand.h"

#define NODES 12

static struct net_world w;

struct member {
    struct overlay_stand stand;
    struct overlay *overlay;
    struct route *route;
    size_t heard;
    struct overlay_id origin;
    size_t done;
    int err;
    uint32_t hops;
};

static struct member members[NODES];

static void on_event(void *context, const struct mesh_event *event)
{
    struct member *m = context;
    if (m->route != NULL) {
        route_event(m->route, event);
    }
}

static void on_deliver(void *context, const struct overlay_id *origin, struct span payload,
                       uint32_t hops)
{
    struct member *m = context;
    (void)hops;
    assert_true(span_is_equal(payload, UNIT_TEXT("hello")));
    m->heard++;
    m->origin = *origin;
}

static void on_done(void *context, uint32_t sequence, const struct overlay_id *target, int err,
                    uint32_t hops)
{
    struct member *m = context;
    (void)sequence;
    (void)target;
    m->done++;
    m->err = err;
    m->hops = hops > m->hops ? hops : m->hops;
}

/* Nodes that know the first one; no time has passed yet. */
static void begin(uint64_t seed)
{
    net_world_start(&w, seed, NODES);
    for (size_t i = 0; i < NODES; i++) {
        struct member *m = &members[i];
        struct swarm *swarm = &w.nodes[i].swarm;
        *m = (struct member){.heard = 0};
        overlay_stand_start(&m->stand, &w.nodes[i], NULL);
        struct overlay_config overlay = overlay_stand_config(&m->stand, &w.nodes[i]);
        overlay.user = (struct overlay_user){.event = on_event, .context = m};
        assert_int_equal(overlay_new(&overlay, &m->overlay), 0);
        const struct route_config route = {
            .overlay = m->overlay,
            .turn = swarm->turn,
            .random = &swarm->port->random,
            .generation = 1,
            .user = {.deliver = on_deliver, .done = on_done, .context = m}};
        m->route = route_new(&route);
    }
    for (size_t i = 1; i < NODES; i++) {
        struct multiaddr address = net_world_address(0);
        const struct peerid *peer = &w.nodes[0].swarm.self;
        assert_int_equal(
            peerbook_add_address(&w.nodes[i].swarm.peerbook, peer, &address, PEERBOOK_PERSON, 0),
            0);
        assert_int_equal(overlay_meet(members[i].overlay, peer), 0);
    }
}

static void start(uint64_t seed)
{
    begin(seed);
    sim_run_for(w.sim, 30 * TIMERS_SECOND);
}

static void stop(void)
{
    for (size_t i = 0; i < NODES; i++) {
        overlay_free(members[i].overlay);
        route_free(members[i].route);
        overlay_stand_stop(&members[i].stand);
    }
    net_world_stop(&w);
}

static const struct overlay_id *id_of(size_t i)
{
    return &overlay_mesh(members[i].overlay)->config.self;
}

static void everybody_reaches_everybody(void **state)
{
    (void)state;
    uint32_t sequence = 0;
    start(3);
    for (size_t i = 0; i < NODES; i++) {
        for (size_t k = 0; k < NODES; k++) {
            int rc = route_send(members[i].route, id_of(k), UNIT_TEXT("hello"), &sequence);
            assert_int_equal(rc, i == k ? WAVU_ERR_INVALID : 0);
        }
    }
    uint32_t hops = 0;
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        assert_int_equal(members[i].done, NODES - 1);
        assert_int_equal(members[i].err, 0);
        assert_int_equal(members[i].heard, NODES - 1);
        hops = members[i].hops > hops ? members[i].hops : hops;
    }
    assert_true(hops >= 2); /* not all are neighbours */
    stop();
}

static void who_is_not_there_is_unreachable(void **state)
{
    (void)state;
    const struct overlay_id stranger = {{7}};
    uint32_t sequence = 0;
    start(4);
    assert_int_equal(route_send(members[1].route, &stranger, UNIT_TEXT("hello"), &sequence),
                     WAVU_ERR_UNREACHABLE);
    stop();
}

/* A node that has lost all its links knows it at once, whatever it has told of them. */
static void who_has_no_links_reaches_nobody(void **state)
{
    (void)state;
    const struct mesh *mesh;
    const struct overlay_id *id;
    size_t at = 0;
    start(7);
    mesh = overlay_mesh(members[0].overlay);
    for (size_t i = 1; i < NODES; i++) {
        assert_true(route_is_reached(members[0].route, id_of(i)));
    }
    while ((id = views_next_active(&mesh->views, &at)) != NULL) {
        struct overlay_id gone = *id;
        overlay_expel(members[0].overlay, &gone);
        at = 0;
    }
    for (size_t i = 1; i < NODES; i++) {
        assert_false(route_is_reached(members[0].route, id_of(i)));
    }
    stop();
}

/* Every word of links goes to everybody: those that change again and again are told with pauses. */
static void links_are_told_at_once_and_then_with_pauses(void **state)
{
    (void)state;
    uint8_t value[NODES][PATHS_VALUE_MAX];
    size_t len[NODES] = {0};
    uint64_t told_ns[NODES] = {0};
    size_t again = 0;
    begin(6);
    for (int step = 0; step < 300; step++) {
        size_t at = 0;
        const struct overlay *first = members[0].overlay;
        if (step >= 50 && step < 150 && step % 10 == 0) {
            const struct overlay_id *one = views_next_active(&overlay_mesh(first)->views, &at);
            struct overlay_id gone;
            if (one != NULL) { /* each once: who was expelled is barred for a while */
                gone = *one;
                overlay_expel(members[0].overlay, &gone);
            }
        }
        sim_run_for(w.sim, TIMERS_SECOND / 10);
        for (size_t i = 0; i < NODES; i++) {
            struct span now = span_empty();
            const struct mesh *mesh = overlay_mesh(members[i].overlay);
            if (state_get(&mesh->state, id_of(i), span_from_text(ROUTE_KEY), &now) < 0 ||
                span_is_equal(now, span_of(value[i], len[i]))) {
                continue;
            }
            assert_true(len[i] <= 1 || /* without links: at once */
                        sim_now(w.sim) - told_ns[i] >= ROUTE_PAUSE_NS - TIMERS_SECOND / 5);
            again += len[i] > 0;
            assert_true(now.len <= sizeof value[i]);
            memcpy(value[i], now.ptr, now.len);
            len[i] = now.len;
            told_ns[i] = sim_now(w.sim);
        }
        for (size_t i = 0; step == 10 && i < NODES; i++) {
            assert_true(len[i] > 0); /* the first word does not wait */
        }
    }
    assert_true(again >= 4);
    stop();
}

static void junk_costs_the_link(void **state)
{
    (void)state;
    const struct overlay_id *neighbour = NULL;
    size_t at = 0;
    size_t i = 1;
    start(5);
    neighbour = views_next_active(&overlay_mesh(members[0].overlay)->views, &at);
    assert_non_null(neighbour);
    while (!overlay_id_is_equal(neighbour, id_of(i))) {
        i++;
    }
    assert_int_equal(
        overlay_send(members[0].overlay, id_of(i), OVERLAY_ROUTE, UNIT_TEXT("\x08\x01")), 0);
    sim_run_for(w.sim, TIMERS_SECOND / 10);
    assert_false(views_is_active(&overlay_mesh(members[i].overlay)->views, id_of(0)));
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(everybody_reaches_everybody),
        UNIT(who_is_not_there_is_unreachable),
        UNIT(who_has_no_links_reaches_nobody),
        UNIT(links_are_told_at_once_and_then_with_pauses),
        UNIT(junk_costs_the_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
