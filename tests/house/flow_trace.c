/*
 * Two simulated nodes, every function instrumented: prints the calls of one message on a stream,
 * and of one broadcast of the mesh, on their way out and in.
 *
 * Out: "anchor ADDRESS", then "call ADDRESS" lines in order of the calls; flow.sh maps them to
 * names.
 */
#include <stdio.h>

#include "base/check.h"
#include "overlay/overlay.h"
#include "tests/support/overlay_stand.h"

#define FLOW_CALLS_MAX 200000
#define NOT_TRACED __attribute__((no_instrument_function))

static void *flow_calls[FLOW_CALLS_MAX];
static size_t flow_count;
static bool flow_is_recording;
static bool flow_has_arrived;
static size_t flow_received;

void __cyg_profile_func_enter(void *function, void *site);
void __cyg_profile_func_exit(void *function, void *site);

NOT_TRACED void __cyg_profile_func_enter(void *function, void *site)
{
    (void)site;
    if (flow_is_recording && flow_count < FLOW_CALLS_MAX) {
        flow_calls[flow_count++] = function;
    }
}

NOT_TRACED void __cyg_profile_func_exit(void *function, void *site)
{
    (void)function;
    (void)site;
}

static void flow_sink_up(void *service, struct stream *stream, struct stream_event *event)
{
    (void)service;
    (void)stream;
    if (event->kind == STREAM_DATA) {
        flow_received += event->data.len;
        flow_has_arrived = true;
    }
}

static bool flow_is_done(void *context)
{
    (void)context;
    return flow_has_arrived;
}

static struct stream_protocol flow_protocol = {
    .name = "/wavu/flow-test/1", .inbound_max = 1, .up = flow_sink_up};

static void flow_send(struct net_world *w, struct stream *stream, const char *text)
{
    size_t taken = 0;
    flow_has_arrived = false;
    CHECK(stream_send(stream, span_from_text(text), &taken) == 0);
    CHECK(sim_run_until(w->sim, flow_is_done, NULL, 60 * TIMERS_SECOND));
}

static void flow_mesh_up(void *context, const struct mesh_event *event)
{
    (void)context;
    flow_has_arrived = flow_has_arrived || event->kind == MESH_DELIVER;
}

/* Both nodes get a mesh, become neighbours, and the first says something. */
static void flow_broadcast(struct net_world *w)
{
    static struct overlay_stand stands[2];
    struct overlay *overlays[2];
    struct multiaddr address = net_world_address(1);
    const struct peerid *peer = &w->nodes[1].swarm.self;
    for (size_t i = 0; i < 2; i++) {
        overlay_stand_start(&stands[i], &w->nodes[i], NULL);
        struct overlay_config config = overlay_stand_config(&stands[i], &w->nodes[i]);
        config.user = (struct overlay_user){.event = flow_mesh_up};
        CHECK(overlay_new(&config, &overlays[i]) == 0);
    }
    CHECK(peerbook_add_address(&w->nodes[0].swarm.peerbook, peer, &address, PEERBOOK_PERSON, 0) ==
          0);
    CHECK(overlay_meet(overlays[0], peer) == 0);
    sim_run_for(w->sim, 5 * TIMERS_SECOND);
    flow_has_arrived = false;
    flow_is_recording = true;
    CHECK(overlay_broadcast(overlays[0], span_from_text("third"), NULL) == 0);
    CHECK(sim_run_until(w->sim, flow_is_done, NULL, 60 * TIMERS_SECOND));
    flow_is_recording = false;
    for (size_t i = 0; i < 2; i++) {
        overlay_free(overlays[i]);
        overlay_stand_stop(&stands[i]);
    }
}

int main(void)
{
    static struct net_world w;
    struct stream *stream = NULL;
    int err = 0;
    net_world_start(&w, 7, 2);
    sim_settings(w.sim)->split_part = 0; /* whole reads: one message is one walk through the code */
    CHECK(stream_register(&w.nodes[1].swarm, &flow_protocol) == 0);
    struct conn *conn = net_world_dial(&w, 0, 1, &err);
    CHECK(conn != NULL);
    CHECK(stream_open(conn, &flow_protocol, NULL, &stream) == 0);
    flow_send(&w, stream, "first"); /* the choice of the protocol is over */
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    flow_is_recording = true;
    flow_send(&w, stream, "second");
    flow_is_recording = false;
    flow_broadcast(&w);
    CHECK(flow_received == sizeof "first" + sizeof "second" - 2);
    printf("anchor %p\n", (void *)(uintptr_t)&main);
    for (size_t i = 0; i < flow_count; i++) {
        printf("call %p\n", flow_calls[i]);
    }
    net_world_stop(&w);
    return 0;
}
