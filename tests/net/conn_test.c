/*
 * Connections between simulated nodes: opening, streams both ways, ends of every kind.
 */
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

#define PAYLOAD (4u * 1024u * 1024u)

/* Someone who sends `total` numbered bytes to echo and checks what comes back. */
struct talk {
    struct stream *stream;
    uint64_t sent;
    uint64_t received;
    uint64_t total;
    bool is_over;
    int err;
};

static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

static void talk_send(struct talk *t)
{
    uint8_t block[8192];
    while (t->sent < t->total) {
        size_t taken = 0;
        uint64_t left = t->total - t->sent;
        size_t len = left < sizeof block ? (size_t)left : sizeof block;
        for (size_t i = 0; i < len; i++) {
            block[i] = byte_at(t->sent + i);
        }
        assert_int_equal(stream_send(t->stream, span_of(block, len), &taken), 0);
        t->sent += taken;
        if (taken < len) {
            return;
        }
    }
    stream_finish(t->stream);
}

static void talk_up(void *service, struct stream *stream, struct stream_event *event)
{
    (void)service;
    struct talk *t = stream_user(stream);
    switch (event->kind) {
    case STREAM_OPENED:
        return;
    case STREAM_WRITABLE:
        talk_send(t);
        return;
    case STREAM_DATA:
        for (size_t i = 0; i < event->data.len; i++) {
            assert_int_equal(event->data.ptr[i], byte_at(t->received + i));
        }
        t->received += event->data.len;
        return;
    case STREAM_FIN:
        return;
    case STREAM_CLOSED:
        t->is_over = true;
        t->err = event->err;
        return;
    }
}

static const struct stream_protocol talk_protocol = {.name = ECHO_NAME, .up = talk_up};

static bool talk_is_over(void *context)
{
    return ((struct talk *)context)->is_over;
}

static void two_nodes_meet_and_echo_in_order(void **state)
{
    (void)state;
    struct net_world w;
    struct talk t = {.total = PAYLOAD};
    int err = 0;
    net_world_start(&w, 1, 2);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_int_equal(err, 0);
    assert_non_null(c);
    assert_true(peerid_is_equal(conn_peer(c), &w.nodes[1].swarm.self));
    assert_int_equal(stream_open(c, &talk_protocol, &t, &t.stream), 0);
    talk_send(&t);
    assert_true(sim_run_until(w.sim, talk_is_over, &t, 600 * TIMERS_SECOND));
    assert_int_equal(t.err, WAVU_ERR_CLOSED);
    assert_int_equal(t.received, PAYLOAD);
    net_world_stop(&w);
}

static void both_learn_each_other_by_identify(void **state)
{
    (void)state;
    struct net_world w;
    int err = 0;
    net_world_start(&w, 2, 2);
    assert_non_null(net_world_dial(&w, 0, 1, &err));
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    for (size_t i = 0; i < 2; i++) {
        struct peerbook *book = &w.nodes[i].swarm.peerbook;
        const struct peerid *other = &w.nodes[1 - i].swarm.self;
        assert_string_equal(peerbook_agent(book, other), "wavu/test");
        assert_true(peerbook_speaks(book, other, PING_NAME));
        struct peerbook_address known[PEERBOOK_ADDRESSES_MAX];
        assert_true(peerbook_addresses(book, other, known, PEERBOOK_ADDRESSES_MAX) > 0);
        struct multiaddr expected = net_world_address(1 - i);
        assert_true(multiaddr_is_equal(&known[0].address, &expected));
        assert_int_equal(w.nodes[i].identify.received.value, 1);
        assert_int_equal(w.nodes[i].identify.bad.value, 0);
    }
    net_world_stop(&w);
}

static void another_peer_than_the_one_dialled_is_refused(void **state)
{
    (void)state;
    struct net_world w;
    struct multiaddr address = net_world_address(1);
    int err = 0;
    net_world_start(&w, 3, 3);
    assert_null(net_world_dial_at(&w, 0, &w.nodes[2].swarm.self, &address, &err));
    assert_int_equal(err, WAVU_ERR_PEER_ID);
    net_world_stop(&w);
}

static void nobody_listening_is_refused(void **state)
{
    (void)state;
    struct net_world w;
    int err = 0;
    net_world_start(&w, 4, 2);
    listen_stop(&w.nodes[1].swarm);
    assert_null(net_world_dial(&w, 0, 1, &err));
    assert_int_equal(err, WAVU_ERR_REFUSED);
    net_world_stop(&w);
}

static void a_crash_ends_the_other_sides_streams_with_an_error(void **state)
{
    (void)state;
    struct net_world w;
    struct talk t = {.total = UINT64_C(1) << 40};
    int err = 0;
    net_world_start(&w, 5, 2);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_int_equal(stream_open(c, &talk_protocol, &t, &t.stream), 0);
    talk_send(&t);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_false(t.is_over);
    net_world_crash(&w, 1, false);
    assert_true(sim_run_until(w.sim, talk_is_over, &t, 60 * TIMERS_SECOND));
    assert_int_not_equal(t.err, WAVU_ERR_CLOSED);
    assert_null(swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self));
    net_world_restart(&w, 1);
    assert_non_null(net_world_dial(&w, 0, 1, &err));
    net_world_stop(&w);
}

/* Counts connections; closes each of the dialler's as soon as it is open. */
struct hasty {
    struct observe observe;
    size_t up;
    size_t down;
    int err;
    bool closes;
};

static void hasty_up(void *context, struct conn *c)
{
    struct hasty *h = context;
    h->up++;
    if (h->closes) {
        conn_close(c, WAVU_ERR_CLOSED);
    }
}

static void hasty_down(void *context, struct conn *c, int err)
{
    struct hasty *h = context;
    (void)c;
    h->down++;
    h->err = err;
}

static void hasty_watch(struct hasty *h, struct net_world *w, size_t node)
{
    h->observe = (struct observe){.context = h, .conn_up = hasty_up, .conn_down = hasty_down};
    swarm_observe(&w->nodes[node].swarm, &h->observe);
}

/* The handshake's last message and the go-away leave before the close. */
static void closing_at_once_still_opens_the_other_side(void **state)
{
    (void)state;
    struct net_world w;
    struct hasty dialler = {.closes = true};
    struct hasty listener = {.closes = false};
    int err = 0;
    net_world_start(&w, 6, 2);
    hasty_watch(&dialler, &w, 0);
    hasty_watch(&listener, &w, 1);
    (void)net_world_dial(&w, 0, 1, &err);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(dialler.up, 1);
    assert_int_equal(dialler.down, 1);
    assert_int_equal(listener.up, 1);
    assert_int_equal(listener.down, 1);
    assert_int_equal(listener.err, WAVU_ERR_CLOSED);
    assert_int_equal(w.nodes[1].swarm.metrics.handshakes_failed.value, 0);
    swarm_unobserve(&dialler.observe);
    swarm_unobserve(&listener.observe);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(two_nodes_meet_and_echo_in_order),
        UNIT(both_learn_each_other_by_identify),
        UNIT(another_peer_than_the_one_dialled_is_refused),
        UNIT(nobody_listening_is_refused),
        UNIT(a_crash_ends_the_other_sides_streams_with_an_error),
        UNIT(closing_at_once_still_opens_the_other_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
