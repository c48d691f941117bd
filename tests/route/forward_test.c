/*
 * Unicast over lines, rings and grids with loss and crashed relays, and against hostile neighbours.
 */
#include "swarm/null_sign.h"
#include "tests/base/unit.h"

#include "tests/support/route_world.h"

#define SECOND UINT64_C(1000000000)

static struct route_world w;

static void lay_line(size_t count, bool is_ring, uint64_t seed)
{
    route_world_init(&w, count, ROUTE_MSG_LIMIT_MAX, seed);
    for (size_t i = 0; i + 1 < count; i++) {
        route_world_link(&w, i, i + 1);
    }
    if (is_ring) {
        route_world_link(&w, count - 1, 0);
    }
    route_world_gossip(&w);
}

static void lay_grid(size_t rows, size_t columns, uint64_t seed)
{
    route_world_init(&w, rows * columns, ROUTE_MSG_LIMIT_MAX, seed);
    for (size_t i = 0; i < rows * columns; i++) {
        if (i % columns + 1 < columns) {
            route_world_link(&w, i, i + 1);
        }
        if (i + columns < rows * columns) {
            route_world_link(&w, i, i + columns);
        }
    }
    route_world_gossip(&w);
}

static int say(size_t from, size_t to)
{
    uint32_t sequence = 0;
    return forward_send(&w.nodes[from], w.now, &w.ids[to], UNIT_TEXT("hello"), &sequence);
}

static void a_line_of_30_delivers_over_29_links(void **state)
{
    (void)state;
    lay_line(30, false, 1);
    assert_int_equal(say(0, 29), 0);
    route_world_run(&w);
    assert_int_equal(w.delivered[29], 1);
    assert_int_equal(w.done_ok, 1);
    assert_int_equal(w.hops, 29);
    assert_int_equal(w.sent, 58); /* there and back, once */
    route_world_clear(&w);
}

static void a_limit_ends_a_packet_and_says_so(void **state)
{
    (void)state;
    lay_line(30, false, 1);
    w.nodes[0].config.hops = FORWARD_HOPS;
    assert_int_equal(say(0, FORWARD_HOPS), 0);
    assert_int_equal(say(0, FORWARD_HOPS + 1), 0);
    route_world_run(&w);
    assert_int_equal(w.delivered[FORWARD_HOPS], 1);
    assert_int_equal(w.delivered[FORWARD_HOPS + 1], 0);
    assert_int_equal(w.done_unreachable, 1);
    route_world_clear(&w);
}

static void a_crashed_relay_is_gone_around(void **state)
{
    (void)state;
    lay_line(30, true, 1);
    w.is_deaf[3] = true; /* nobody noticed yet */
    assert_int_equal(say(0, 7), 0);
    route_world_run(&w);
    assert_int_equal(w.delivered[7], 1);
    assert_int_equal(w.done_ok, 1);
    assert_int_equal(w.hops, 23); /* the other way round */
    assert_true(w.now < 3 * SECOND);
    route_world_clear(&w);
    lay_grid(5, 6, 2);
    w.is_deaf[7] = true;
    w.is_deaf[9] = true;
    for (size_t to = 20; to < 30; to++) {
        assert_int_equal(say(0, to), 0);
    }
    route_world_run(&w);
    assert_int_equal(w.done_ok, 10);
    for (size_t to = 20; to < 30; to++) {
        assert_int_equal(w.delivered[to], 1);
    }
    route_world_clear(&w);
}

static void who_is_cut_off_is_reported(void **state)
{
    (void)state;
    lay_line(30, false, 1);
    w.is_deaf[3] = true;
    assert_int_equal(say(0, 7), 0);
    route_world_run(&w);
    assert_int_equal(w.delivered[7], 0);
    assert_int_equal(w.done_timeout, 1);
    assert_int_equal(w.now, 11 * SECOND);      /* 1 + 2 + 3 + 4 s after the start at 1 s */
    forward_link_down(&w.nodes[2], &w.ids[3]); /* now the relay before it knows: a NACK each */
    uint64_t before = w.now;
    assert_int_equal(say(0, 7), 0);
    route_world_run(&w);
    assert_int_equal(w.done_unreachable, 1);
    assert_true(w.now - before < SECOND);
    struct overlay_id stranger = overlay_null_id(99);
    uint32_t sequence = 0;
    assert_int_equal(forward_send(&w.nodes[0], w.now, &stranger, UNIT_TEXT("x"), &sequence),
                     WAVU_ERR_UNREACHABLE);
    assert_int_equal(forward_send(&w.nodes[0], w.now, &w.ids[0], UNIT_TEXT("x"), &sequence),
                     WAVU_ERR_INVALID);
    route_world_clear(&w);
}

/* Over cables that drop, what is said to be delivered is, and nothing comes twice. */
static void loss_is_survived_or_reported(void **state)
{
    (void)state;
    for (uint32_t loss = 0; loss <= 10; loss += 5) {
        size_t acknowledged = 0;
        for (uint64_t seed = 1; seed <= 10; seed++) {
            lay_grid(5, 6, seed);
            w.loss_percent = loss;
            for (size_t to = 1; to < 30; to++) {
                assert_int_equal(say(0, to), 0);
            }
            route_world_run(&w);
            size_t got = 0;
            for (size_t to = 1; to < 30; to++) {
                assert_true(w.delivered[to] <= 1);
                got += w.delivered[to];
            }
            assert_int_equal(w.done_ok + w.done_timeout + w.done_unreachable, 29);
            assert_true(w.done_ok <= got);
            acknowledged += w.done_ok;
            route_world_clear(&w);
        }
        print_message("%u %% loss: %zu of 290 acknowledged\n", loss, acknowledged);
        assert_true(acknowledged >= (loss == 0 ? 290u : loss == 5 ? 261u : 203u));
    }
}

/* ---- Hostile neighbours ---- */

/* A signed DATA of whoever has the number `origin`, a node or not, for node `target`. */
static struct route_msg made_of(size_t origin, size_t target, uint32_t sequence,
                                struct span payload, uint8_t signature[OVERLAY_SIGN_SIZE])
{
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    struct wr wr;
    struct overlay_id id = overlay_null_id(origin);
    struct overlay_sign sign = null_sign_as(&id);
    struct route_msg m = {.kind = ROUTE_MSG_DATA,
                          .origin = id,
                          .target = w.ids[target],
                          .generation = 5,
                          .sequence = sequence,
                          .attempt = 1,
                          .limit = 8,
                          .hops = 1,
                          .payload = payload};
    wr_init(&wr, span_mut_of(head, sizeof head));
    route_msg_signed_head(&wr, &m);
    sign.sign(sign.context, signature, wr_span(&wr), m.payload);
    m.signature = span_of(signature, OVERLAY_SIGN_SIZE);
    return m;
}

static struct route_msg made(size_t origin, size_t target, uint32_t sequence,
                             uint8_t signature[OVERLAY_SIGN_SIZE])
{
    return made_of(origin, target, sequence, UNIT_TEXT("hello"), signature);
}

static int feed(size_t at, size_t from, const struct route_msg *m)
{
    int rc = forward_feed(&w.nodes[at], w.now, &w.ids[from], m);
    forward_check(&w.nodes[at]);
    return rc;
}

/* Events of `at` of that kind, until there are none. */
static size_t events(size_t at, enum forward_event_kind kind, enum route_msg_kind msg)
{
    struct forward_event e;
    size_t count = 0;
    while (forward_next_event(&w.nodes[at], w.now, &e)) {
        count += e.kind == kind && (kind == FORWARD_DONE || e.msg.kind == msg);
    }
    return count;
}

static void a_forged_origin_ends_at_the_first_node(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    lay_line(4, false, 1);
    struct route_msg m = made(0, 3, 1, signature);
    m.payload = UNIT_TEXT("hellO");
    assert_int_equal(feed(1, 0, &m), WAVU_ERR_CRYPTO);
    m.payload = UNIT_TEXT("hello");
    m.target = w.ids[2];
    assert_int_equal(feed(1, 0, &m), WAVU_ERR_CRYPTO);
    m.target = w.ids[3];
    m.limit = 32;
    assert_int_equal(feed(1, 0, &m), WAVU_ERR_CRYPTO);
    m.limit = 8;
    m.hops = 9;
    assert_int_equal(feed(1, 0, &m), WAVU_ERR_PROTO);
    assert_int_equal(events(1, FORWARD_SEND, ROUTE_MSG_DATA), 0);
    m.hops = 1;
    assert_int_equal(feed(3, 0, &m), WAVU_ERR_NOT_FOUND); /* no neighbour */
    assert_int_equal(feed(1, 0, &m), 0);
    assert_int_equal(events(1, FORWARD_SEND, ROUTE_MSG_DATA), 1);
    route_world_clear(&w);
}

static void a_replay_is_delivered_once_and_passed_on_once(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    lay_line(4, false, 1);
    struct route_msg m = made(0, 3, 1, signature);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(feed(1, 0, &m), 0);
        assert_int_equal(events(1, FORWARD_SEND, ROUTE_MSG_DATA), i == 0);
        assert_int_equal(feed(3, 2, &m), 0);
        assert_int_equal(events(3, FORWARD_DELIVER, ROUTE_MSG_DATA), i == 0);
    }
    m.hops = 2; /* as if it came round, over another neighbour */
    assert_int_equal(feed(1, 2, &m), 0);
    assert_int_equal(events(1, FORWARD_SEND, ROUTE_MSG_NACK), 1);
    assert_int_equal(w.nodes[1].relayed, 1);
    route_world_clear(&w);
}

static void the_window_takes_disorder_but_nothing_old(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    static const struct {
        uint32_t sequence;
        size_t delivered;
    } steps[] = {
        {1000, 1}, {990, 1},  {990, 0}, {1000 - FORWARD_WINDOW + 1, 1}, {1000 - FORWARD_WINDOW, 0},
        {3000, 1}, {1000, 0}, {2999, 1}};
    lay_line(2, false, 1);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct route_msg m = made(0, 1, steps[i].sequence, signature);
        assert_int_equal(feed(1, 0, &m), 0);
        assert_int_equal(events(1, FORWARD_DELIVER, ROUTE_MSG_DATA), steps[i].delivered);
    }
    route_world_clear(&w);
}

static void a_flood_is_shed(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    size_t delivered = 0;
    size_t shed = 0;
    lay_line(2, false, 1);
    for (uint32_t i = 1; i <= 1000; i++) {
        struct route_msg m = made(0, 1, i, signature);
        shed += feed(1, 0, &m) == WAVU_ERR_LIMIT;
        delivered += events(1, FORWARD_DELIVER, ROUTE_MSG_DATA);
    }
    assert_int_equal(delivered, FORWARD_ORIGIN_BURST);
    assert_int_equal(shed, 1000 - FORWARD_ORIGIN_BURST);
    assert_int_equal(w.nodes[1].shed, shed);
    route_world_clear(&w);
}

/* A neighbour is read up to its rate, before anything is verified. */
static void a_neighbour_is_heard_up_to_a_rate(void **state)
{
    (void)state;
    static const uint8_t wrong[OVERLAY_SIGN_SIZE] = {1};
    uint8_t signature[OVERLAY_SIGN_SIZE];
    lay_line(3, false, 1);
    struct route_msg m = made(0, 1, 1, signature);
    m.kind = ROUTE_MSG_ACK; /* of a packet that nobody sent */
    m.payload = span_empty();
    m.signature = span_of(wrong, sizeof wrong);
    for (size_t second = 0; second < 3; second++) {
        size_t due = second == 0 ? FORWARD_LINK_BURST : FORWARD_LINK_RATE;
        for (size_t i = 0; i < due; i++) {
            assert_int_equal(feed(1, 0, &m), 0);
        }
        assert_int_equal(feed(1, 0, &m), WAVU_ERR_LIMIT);
        assert_int_equal(w.nodes[1].shed, second + 1);
        assert_int_equal(feed(1, 2, &m), 0); /* another one is heard */
        w.now += SECOND;
    }
    route_world_clear(&w);
}

static void an_origin_is_passed_on_up_to_a_rate(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint32_t sequence = 0;
    lay_line(3, false, 1);
    for (size_t second = 0; second < 3; second++) {
        size_t due = second == 0 ? FORWARD_ORIGIN_BURST : FORWARD_ORIGIN_RATE;
        for (size_t i = 0; i <= due; i++) {
            struct route_msg m = made(0, 2, ++sequence, signature);
            assert_int_equal(feed(1, 0, &m), i < due ? 0 : WAVU_ERR_LIMIT);
            assert_int_equal(events(1, FORWARD_SEND, ROUTE_MSG_DATA), i < due);
        }
        w.now += SECOND;
    }
    route_world_clear(&w);
}

/* Large ones are dear: for an origin, and for the neighbour that brings those of many origins. */
static void bytes_are_paid_for(void **state)
{
    (void)state;
    static uint8_t payload[ROUTE_MSG_PAYLOAD_MAX];
    const struct span large = span_of(payload, sizeof payload);
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint64_t passed = 0;
    uint32_t sequence = 0;
    lay_line(3, false, 1);
    for (size_t second = 0; second < 10; second++) {
        for (size_t i = 0; i < FORWARD_ORIGIN_RATE; i++) {
            struct route_msg m = made_of(0, 2, ++sequence, large, signature);
            (void)!feed(1, 0, &m);
            passed += events(1, FORWARD_SEND, ROUTE_MSG_DATA) * large.len;
        }
        w.now += SECOND;
    }
    assert_true(passed <= FORWARD_ORIGIN_BYTES_BURST + 10 * FORWARD_ORIGIN_BYTES_RATE);
    assert_true(passed > FORWARD_ORIGIN_BYTES_BURST);
    passed = 0;
    for (size_t origin = 20; origin < 80; origin++) {
        for (size_t i = 0; i < 5; i++) {
            struct route_msg m = made_of(origin, 2, ++sequence, large, signature);
            (void)!feed(1, 0, &m);
            passed += events(1, FORWARD_SEND, ROUTE_MSG_DATA) * large.len;
        }
    }
    assert_true(passed <= FORWARD_LINK_BYTES_BURST);
    assert_true(passed > FORWARD_LINK_BYTES_BURST / 2);
    route_world_clear(&w);
}

static void more_neighbours_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    lay_line(2, false, 1); /* each has one neighbour already */
    for (size_t i = 1; i < FORWARD_LINKS_MAX; i++) {
        struct overlay_id id = overlay_null_id(100 + i);
        assert_int_equal(forward_link_up(&w.nodes[0], w.now, &id), 0);
    }
    struct overlay_id more = overlay_null_id(99);
    assert_int_equal(forward_link_up(&w.nodes[0], w.now, &more), WAVU_ERR_LIMIT);
    forward_check(&w.nodes[0]);
    forward_link_down(&w.nodes[0], &w.ids[1]);
    assert_int_equal(forward_link_up(&w.nodes[0], w.now, &more), 0);
    route_world_clear(&w);
}

/* Whose events nobody takes delivers no more than it can hold, and says so. */
static void what_is_not_taken_is_shed_and_may_come_again(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    size_t taken = 0;
    lay_line(2, false, 1);
    for (uint32_t i = 1; i <= FORWARD_OUT_MAX; i++) {
        struct route_msg m = made(0, 1, i, signature);
        taken += feed(1, 0, &m) == 0;
        assert_true(w.nodes[1].out_count <= FORWARD_OUT_MAX);
    }
    assert_int_equal(taken, FORWARD_OUT_MAX / 2); /* each is delivered and acknowledged */
    assert_int_equal(w.nodes[1].shed, FORWARD_OUT_MAX - taken);
    assert_int_equal(events(1, FORWARD_DELIVER, ROUTE_MSG_DATA), taken);
    struct route_msg m = made(0, 1, FORWARD_OUT_MAX, signature);
    assert_int_equal(feed(1, 0, &m), 0); /* it had not come */
    assert_int_equal(events(1, FORWARD_DELIVER, ROUTE_MSG_DATA), 1);
    route_world_clear(&w);
}

static void endless_origins_and_packets_stay_bounded(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    lay_line(3, false, 1);
    size_t refused = 0;
    for (size_t i = 0; i < 2 * FORWARD_ORIGINS_MAX; i++) {
        struct route_msg m = made(1000 + i, 2, 1, signature);
        refused += feed(1, 0, &m) == WAVU_ERR_LIMIT;
        (void)events(1, FORWARD_SEND, ROUTE_MSG_DATA);
        w.now += SECOND / 100;
    }
    assert_int_equal(refused, 0); /* nothing of them was for this node: the oldest make room */
    assert_int_equal(w.nodes[1].origins.count, FORWARD_ORIGINS_MAX);
    assert_int_equal(w.nodes[1].passed.count, FORWARD_PASSED_MAX);
    route_world_clear(&w);
}

/* Fresh keys that one neighbour brings, as many as it likes, keep out nobody whom others bring. */
static void one_neighbour_brings_its_share_of_origins(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    lay_line(3, false, 1);
    size_t delivered = 0;
    for (size_t i = 0; i < 2 * FORWARD_ORIGINS_MAX; i++) {
        struct route_msg m = made(1000 + i, 1, 1, signature);
        (void)!feed(1, 0, &m);
        delivered += events(1, FORWARD_DELIVER, ROUTE_MSG_DATA);
        w.now += SECOND / 100;
        forward_check(&w.nodes[1]);
    }
    assert_int_equal(delivered, FORWARD_ORIGINS_MAX / FORWARD_ORIGINS_SHARE);
    struct route_msg m = made(500, 1, 1, signature);
    assert_int_equal(feed(1, 2, &m), 0);
    assert_int_equal(events(1, FORWARD_DELIVER, ROUTE_MSG_DATA), 1);
    m = made(1000, 1, 1, signature); /* and no old packet is new again */
    assert_int_equal(feed(1, 0, &m), 0);
    assert_int_equal(events(1, FORWARD_DELIVER, ROUTE_MSG_DATA), 0);
    w.now += FORWARD_ORIGIN_IDLE_NS;
    m = made(501, 1, 1, signature);
    assert_int_equal(feed(1, 0, &m), 0);
    assert_int_equal(events(1, FORWARD_DELIVER, ROUTE_MSG_DATA), 1);
    route_world_clear(&w);
}

/* Who saw an origin's packets sends them again and again, by way of a relay and to their target:
 * the origin can say no less for it. */
static void a_replay_is_not_charged_to_its_origin(void **state)
{
    (void)state;
    uint8_t signatures[FORWARD_ORIGIN_BURST][OVERLAY_SIGN_SIZE];
    struct route_msg seen[FORWARD_ORIGIN_BURST];
    uint8_t signature[OVERLAY_SIGN_SIZE];
    lay_line(4, false, 1);
    for (size_t target = 2; target <= 3; target++) { /* node 2 is the target, then a relay */
        uint32_t first = (uint32_t)(1000 * target);
        w.now += 10 * SECOND;
        for (size_t i = 0; i < FORWARD_ORIGIN_BURST; i++) {
            seen[i] = made(0, target, first + (uint32_t)i, signatures[i]);
            assert_int_equal(feed(2, 1, &seen[i]), 0);
            (void)events(2, FORWARD_SEND, ROUTE_MSG_DATA);
        }
        for (size_t i = 0; i < 2 * FORWARD_PASSED_MAX; i++) { /* what passed is forgotten */
            struct route_msg other = made(1000 + i, 3, 1, signature);
            assert_int_equal(feed(2, 1, &other), 0);
            (void)events(2, FORWARD_SEND, ROUTE_MSG_DATA);
            w.now += SECOND / 100;
        }
        for (size_t i = 0; i < 40 * FORWARD_ORIGIN_BURST; i++) {
            (void)!feed(2, 1, &seen[i % FORWARD_ORIGIN_BURST]);
            assert_int_equal(events(2, FORWARD_DELIVER, ROUTE_MSG_DATA), 0);
            w.now += SECOND / 200;
        }
        struct route_msg m = made(0, target, first + 100, signature);
        assert_int_equal(feed(2, 1, &m), 0);
        assert_true(events(2, target == 2 ? FORWARD_DELIVER : FORWARD_SEND, ROUTE_MSG_DATA) == 1);
    }
    route_world_clear(&w);
}

/* Packets to ever other targets make a relay search the graph no more often than it can bear. */
static void searches_for_a_neighbour_are_bounded(void **state)
{
    (void)state;
    uint8_t signature[OVERLAY_SIGN_SIZE];
    lay_line(30, false, 1);
    uint64_t before = w.paths[2].searches;
    size_t sent = 0;
    for (size_t i = 0; i < 2000; i++) { /* ten seconds of what a neighbour may send */
        struct route_msg m = made(1000 + i, 4 + i % 25, 1, signature);
        (void)!feed(2, 1, &m);
        sent += events(2, FORWARD_SEND, ROUTE_MSG_DATA);
        w.now += SECOND / 200;
    }
    assert_in_range(w.paths[2].searches - before, FORWARD_SEARCH_BURST,
                    FORWARD_SEARCH_BURST + 10 * FORWARD_SEARCH_RATE);
    assert_true(sent >= w.paths[2].searches - before);
    struct route_msg m = made(20, 1, 1, signature); /* others have their own */
    assert_int_equal(feed(2, 3, &m), 0);
    assert_int_equal(events(2, FORWARD_SEND, ROUTE_MSG_DATA), 1);
    m = made(20, 0, 2, signature);
    assert_int_equal(feed(2, 3, &m), 0);
    assert_int_equal(events(2, FORWARD_SEND, ROUTE_MSG_DATA), 1);
    route_world_clear(&w);
}

static void a_false_answer_changes_nothing(void **state)
{
    (void)state;
    static const uint8_t wrong[OVERLAY_SIGN_SIZE] = {1};
    struct forward_event e;
    lay_line(3, true, 1);
    assert_int_equal(say(0, 1), 0);
    assert_true(forward_next_event(&w.nodes[0], w.now, &e));
    assert_int_equal(overlay_null_number(&e.id), 1); /* to the neighbour itself */
    struct route_msg m = e.msg;
    m.payload = span_empty();
    m.kind = ROUTE_MSG_ACK;
    m.signature = span_of(wrong, sizeof wrong);
    assert_int_equal(feed(0, 2, &m), 0);
    assert_int_equal(feed(0, 1, &m), 0);
    m.kind = ROUTE_MSG_NACK;
    assert_int_equal(feed(0, 2, &m), 0); /* it was not given to 2 */
    assert_int_equal(w.nodes[0].pending_count, 1);
    assert_true(forward_deadline(&w.nodes[0]) == w.now + FORWARD_WAIT_NS);
    assert_int_equal(events(0, FORWARD_DONE, ROUTE_MSG_NONE), 0);
    route_world_clear(&w);
}

static void own_payloads_are_bounded(void **state)
{
    (void)state;
    static const uint8_t big[ROUTE_MSG_PAYLOAD_MAX + 1];
    uint32_t sequence = 0;
    lay_line(2, false, 1);
    assert_int_equal(
        forward_send(&w.nodes[0], w.now, &w.ids[1], span_of(big, sizeof big), &sequence),
        WAVU_ERR_LIMIT);
    for (size_t i = 0; i < FORWARD_PENDING_MAX; i++) {
        assert_int_equal(say(0, 1), 0);
    }
    assert_int_equal(say(0, 1), WAVU_ERR_AGAIN);
    route_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_neighbour_is_heard_up_to_a_rate),
        UNIT(an_origin_is_passed_on_up_to_a_rate),
        UNIT(more_neighbours_than_there_is_room_for_are_refused),
        UNIT(what_is_not_taken_is_shed_and_may_come_again),
        UNIT(a_line_of_30_delivers_over_29_links),
        UNIT(a_limit_ends_a_packet_and_says_so),
        UNIT(a_crashed_relay_is_gone_around),
        UNIT(who_is_cut_off_is_reported),
        UNIT(loss_is_survived_or_reported),
        UNIT(a_forged_origin_ends_at_the_first_node),
        UNIT(a_replay_is_delivered_once_and_passed_on_once),
        UNIT(the_window_takes_disorder_but_nothing_old),
        UNIT(a_flood_is_shed),
        UNIT(bytes_are_paid_for),
        UNIT(endless_origins_and_packets_stay_bounded),
        UNIT(one_neighbour_brings_its_share_of_origins),
        UNIT(a_replay_is_not_charged_to_its_origin),
        UNIT(searches_for_a_neighbour_are_bounded),
        UNIT(a_false_answer_changes_nothing),
        UNIT(own_payloads_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
