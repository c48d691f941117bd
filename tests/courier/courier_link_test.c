/*
 * Streams of couriers: frames in any pieces, frames that break the rules, streams that cross, that
 * nobody needs, that come again.
 */
#include "courier/courier_link.h"

#include "tests/base/unit.h"
#include "tests/support/courier_net.h"

static struct courier_net net;

/* A peer that says bytes of its own: a gate protocol in place of node 1's courier. */
static struct {
    struct gate_protocol protocol;
    struct stream *stream;
    size_t heard; /* bytes */
    bool is_over;
    bool is_deaf;
} foe;

static void foe_up(void *service, struct stream *stream, struct stream_event *event)
{
    (void)service;
    if (event->kind == STREAM_OPENED && stream_is_inbound(stream)) {
        stream_reset(stream, 0);
    } else if (event->kind == STREAM_DATA && stream == foe.stream) {
        foe.heard += event->data.len;
        event->taken = foe.is_deaf ? 0 : event->data.len;
    } else if (event->kind == STREAM_CLOSED && stream == foe.stream) {
        foe.is_over = true;
        foe.stream = NULL;
    }
}

static void foe_start(uint64_t seed)
{
    courier_net_start(&net, seed, 2);
    memset(&foe, 0, sizeof(foe));
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, TIMERS_SECOND);
    swarm_unobserve(&net.nodes[1].observe);
    courier_free(net.nodes[1].courier);
    net.nodes[1].courier = NULL;
    foe.protocol.stream = (struct stream_protocol){
        .name = COURIER_NAME, .audience = STREAM_MEMBER, .inbound_max = 2, .up = foe_up};
    assert_int_equal(gate_register(net.nodes[1].gate, &net.nodes[1].network, &foe.protocol), 0);
    courier_net_run(&net, TIMERS_SECOND);
}

static void foe_open(void)
{
    struct conn *conn = swarm_conn(&net.world.nodes[1].swarm, &net.world.nodes[0].swarm.self);
    assert_non_null(conn);
    foe.is_over = false;
    assert_int_equal(gate_open(net.nodes[1].gate, &foe.protocol, conn, NULL, &foe.stream), 0);
}

static void foe_stop(void)
{
    gate_unregister(net.nodes[1].gate, &foe.protocol);
    gate_leave(net.nodes[1].gate, &net.nodes[1].network);
    gate_free(net.nodes[1].gate);
    store_free(net.nodes[1].store);
    courier_net_stop(&net);
}

/* Say `bytes` and see whether the stream stands afterwards. */
static bool stands_after(struct span bytes)
{
    size_t taken = 0;
    foe_open();
    assert_int_equal(stream_send(foe.stream, bytes, &taken), 0);
    assert_int_equal(taken, bytes.len);
    courier_net_run(&net, TIMERS_SECOND);
    const bool stands = !foe.is_over;
    if (stands) {
        stream_reset(foe.stream, 0);
    }
    courier_net_run(&net, 100 * TIMERS_MS);
    return stands;
}

static void test_frames_that_break_the_rules(void **state)
{
    (void)state;
    foe_start(30);
    assert_true(stands_after(UNIT_TEXT("\x02\x63x")));         /* a kind of later */
    assert_true(stands_after(UNIT_TEXT("\x05\x02\x0a")));      /* not all there */
    assert_false(stands_after(UNIT_TEXT("\x00")));             /* nothing */
    assert_false(stands_after(UNIT_TEXT("\xff\xff\xff\x7f"))); /* too long */
    assert_false(stands_after(UNIT_TEXT("\x01\x03")));         /* an answer to nothing */
    assert_false(stands_after(UNIT_TEXT("\x03\x04zz")));       /* no envelope */
    assert_false(stands_after(UNIT_TEXT("\x03\x02zz")));       /* no offer */
    assert_false(stands_after(UNIT_TEXT("\x03\x05zz")));       /* no names */
    assert_int_equal(net.nodes[0].metrics.cut.value, 6);
    foe_stop();
}

/* Good frames one behind the other, in every two pieces: none takes bytes of the next. */
static void test_frames_in_one_piece(void **state)
{
    (void)state;
    static const uint8_t frames[] = "\x02\x63x\x02\x63y\x03\x63zz\x01\x63\x02\x63x";
    const size_t len = sizeof frames - 1;
    foe_start(33);
    for (size_t at = 0; at < len; at++) {
        size_t taken = 0;
        foe_open();
        assert_int_equal(stream_send(foe.stream, span_of(frames, at), &taken), 0);
        courier_net_run(&net, 100 * TIMERS_MS);
        assert_int_equal(stream_send(foe.stream, span_of(frames + at, len - at), &taken), 0);
        courier_net_run(&net, 200 * TIMERS_MS);
        assert_false(foe.is_over);
        stream_reset(foe.stream, 0);
        courier_net_run(&net, 100 * TIMERS_MS);
    }
    assert_int_equal(net.nodes[0].metrics.cut.value, 0);
    foe_stop();
}

/* Bytes of chance, in pieces of chance: nothing but the stream goes. */
static void test_bytes_of_chance(void **state)
{
    (void)state;
    struct random_seeded seeded;
    uint8_t bytes[600];
    size_t cut = 0;
    foe_start(31);
    random_seeded_init(&seeded, 31);
    const struct random random = random_from_seeded(&seeded);
    for (size_t round = 0; round < 60; round++) {
        size_t at = 0;
        random_fill(&random, bytes, sizeof(bytes));
        bytes[0] = (uint8_t)(1 + random_below(&random, 120)); /* often a whole frame */
        bytes[1] = (uint8_t)(2 + random_below(&random, 6));
        foe_open();
        while (at < sizeof(bytes) && !foe.is_over) {
            size_t taken = 0;
            const size_t len = 1 + random_below(&random, 200);
            const struct span piece = span_slice(span_of(bytes, sizeof(bytes)), at, at + len);
            assert_int_equal(stream_send(foe.stream, piece, &taken), 0);
            at += len;
            courier_net_run(&net, 100 * TIMERS_MS);
        }
        cut += foe.is_over ? 1 : 0;
        if (!foe.is_over) {
            stream_reset(foe.stream, 0);
        }
        courier_net_run(&net, 100 * TIMERS_MS);
    }
    assert_true(cut > 30);
    assert_int_equal(net.nodes[0].failed, 0);
    foe_stop();
}

/* An offer of what is for node 0, framed. */
static struct span foe_offer(uint8_t *space, size_t size)
{
    struct courier_msg m = {.kind = COURIER_MSG_OFFER, .count = MAILBOX_OFFER_MAX};
    const struct courier_net_node *n = &net.nodes[0];
    struct envelope_head head = {.format = ENVELOPE_FORMAT,
                                 .class_number = ENVELOPE_CHAT,
                                 .form = ENVELOPE_SESSION,
                                 .lifetime_s = 1000};
    uint8_t network[ENVELOPE_NETWORK_SIZE] = "the network of these tests";
    struct prekeys_msg bundle;
    struct wr len;
    struct wr w;
    assert_int_equal(
        prekeys_msg_decode(&bundle, PREKEYS_MSG_BUNDLE, span_of(n->bundle, n->bundle_len)), 0);
    const struct envelope_recipient r = {network, courier_net_device(&net, 0), bundle.x25519.ptr,
                                         bundle.number};
    envelope_tag(head.tag, &r);
    for (size_t i = 0; i < m.count; i++) {
        m.items[i].name[0] = (uint8_t)i;
        m.items[i].size = 1000;
        envelope_head_encode(m.items[i].head, &head);
    }
    wr_init(&len, span_mut_of(NULL, 0));
    courier_msg_encode(&len, &m);
    wr_init(&w, span_mut_of(space, size));
    wr_varint(&w, len.len);
    courier_msg_encode(&w, &m);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

/* A peer that offers and never listens is cut off before it fills memory. */
static void test_a_peer_that_does_not_listen(void **state)
{
    (void)state;
    static uint8_t space[3 + COURIER_MSG_SIZE_MAX];
    uint32_t most = 0;
    size_t offers = 0;
    foe_start(32);
    const struct span offer = foe_offer(space, sizeof(space));
    foe_open();
    courier_net_run(&net, TIMERS_SECOND);
    foe.is_deaf = true;
    while (!foe.is_over && offers < 5000) {
        size_t taken = 0;
        assert_int_equal(stream_send(foe.stream, offer, &taken), 0);
        assert_int_equal(taken, offer.len);
        courier_net_run(&net, 10 * TIMERS_MS);
        const uint32_t items = courier_net_look(&net, 0).items;
        most = items > most ? items : most;
        courier_check(net.nodes[0].courier); /* what waits is not lost sight of */
        offers++;
    }
    assert_true(foe.is_over && offers > 100); /* its window took some */
    assert_true(most <= 2);
    foe_stop();
}

/* Both open at once: one stream stays, and it works. */
static void test_streams_that_cross(void **state)
{
    (void)state;
    courier_net_start(&net, 33, 3);
    courier_net_link(&net, 0, 1);
    courier_net_link(&net, 2, 0);
    courier_net_link(&net, 1, 2);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(courier_net_look(&net, i).links, 2);
        courier_check(net.nodes[i].courier);
        assert_true(list_is_empty(&net.nodes[i].courier->saying)); /* no link is looked at */
    }
    courier_net_stop(&net);
}

/* A stream that ends while both are neighbours comes again; one to nobody near ends when idle. */
static void test_streams_come_and_go(void **state)
{
    (void)state;
    courier_net_start(&net, 34, 2);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 0).links, 1);
    gate_recheck(net.nodes[0].gate, &net.nodes[0].network); /* nobody went: nothing happens */
    net.nodes[1].is_live = false;
    gate_recheck(net.nodes[0].gate, &net.nodes[0].network);
    courier_net_run(&net, TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 0).links, 0);
    net.nodes[1].is_live = true; /* a slip: it is one all the same */
    courier_net_run(&net, 15 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 0).links, 1);
    courier_far(net.nodes[0].courier, courier_net_device(&net, 1));
    courier_far(net.nodes[1].courier, courier_net_device(&net, 0));
    courier_net_run(&net, 2 * COURIER_IDLE_NS);
    assert_int_equal(courier_net_look(&net, 0).links, 0);
    assert_int_equal(courier_net_look(&net, 1).links, 0);
    courier_net_say(&net, 0, 1, 1); /* over the connection that is still there */
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 1, 0, 1));
    assert_true(list_is_empty(&net.nodes[0].courier->saying));
    courier_net_stop(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_frames_that_break_the_rules),
        UNIT(test_frames_in_one_piece),
        UNIT(test_bytes_of_chance),
        UNIT(test_a_peer_that_does_not_listen),
        UNIT(test_streams_that_cross),
        UNIT(test_streams_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
