/* yamux, frame by frame: what each wish writes, what each frame does, time. */
#include "mux/yamux.h"

#include "tests/mux/lone.h"

#define DATA YAMUX_MSG_DATA
#define WINDOW YAMUX_MSG_WINDOW
#define PING YAMUX_MSG_PING
#define GOAWAY YAMUX_MSG_GOAWAY
#define SYN YAMUX_MSG_SYN
#define ACK YAMUX_MSG_ACK
#define FIN YAMUX_MSG_FIN
#define RST YAMUX_MSG_RST
#define PLENTY (UINT64_C(1) << 30)
#define SECOND UINT64_C(1000000000)

static struct lone lone;

static struct yamux_stream *open_one(struct lone *l)
{
    struct yamux_stream *s = NULL;
    assert_int_equal(yamux_open(l->y, l->p.now, &s), 0);
    return s;
}

static int write_text(struct lone *l, struct yamux_stream *s, struct span data, bool fin,
                      size_t *taken)
{
    return yamux_write(l->y, s, data, fin, &l->p.side[0].out, taken);
}

static void test_syn_rides_on_the_first_frame(void **state)
{
    (void)state;
    struct lone *l = &lone;
    size_t taken;
    lone_init(l, true, PLENTY);
    struct yamux_stream *one = open_one(l);
    struct yamux_stream *three = open_one(l);
    struct yamux_stream *five = open_one(l);
    struct yamux_stream *seven = open_one(l);
    assert_int_equal(write_text(l, five, UNIT_TEXT("hello"), true, &taken), 0);
    assert_int_equal(taken, 5);
    assert_int_equal(write_text(l, seven, span_empty(), true, &taken), 0);
    lone_flush(l);
    lone_expect(l, WINDOW, SYN, 1, 0); /* announced first: ids rise on the wire */
    lone_expect(l, WINDOW, SYN, 3, 0);
    lone_expect(l, DATA, SYN | FIN, 5, 5);
    lone_expect(l, DATA, SYN | FIN, 7, 0);
    lone_expect_silence(l);
    assert_int_equal(write_text(l, five, UNIT_TEXT("x"), false, &taken), WAVU_ERR_CLOSED);
    assert_int_equal(write_text(l, one, UNIT_TEXT("x"), false, &taken), 0);
    lone_flush(l);
    lone_expect(l, DATA, 0, 1, 1);
    yamux_reset(l->y, three, 0x1003);
    lone_flush(l);
    lone_expect(l, WINDOW, RST, 3, 0x1003);
    assert_int_equal(write_text(l, three, UNIT_TEXT("x"), false, &taken), WAVU_ERR_RESET);
    lone_expect_silence(l);
    lone_clear(l);
}

static void test_reset_before_syn_says_nothing(void **state)
{
    (void)state;
    struct lone *l = &lone;
    lone_init(l, false, PLENTY);
    struct yamux_stream *s = open_one(l);
    yamux_reset(l->y, s, 0);
    yamux_release(l->y, s);
    assert_int_equal(yamux_stream_count(l->y), 0);
    assert_false(yamux_has_output(l->y));
    (void)open_one(l);
    lone_flush(l);
    lone_expect(l, WINDOW, SYN, 4, 0);
    lone_clear(l);
}

static void test_inbound_in_every_combination_of_flags(void **state)
{
    (void)state;
    struct lone *l = &lone;
    lone_init(l, true, PLENTY);
    assert_int_equal(lone_header(l, WINDOW, SYN, 2, 0), 0);
    lone_event(l, 0, YAMUX_OPEN);
    assert_int_equal(lone_header(l, DATA, SYN | FIN, 4, 3), 0);
    lone_event(l, 1, YAMUX_OPEN);
    assert_int_equal(l->count, 2); /* no end before the payload */
    assert_int_equal(lone_payload(l, 3), 0);
    lone_event(l, 2, YAMUX_DATA);
    lone_event(l, 3, YAMUX_FIN);
    assert_int_equal(lone_header(l, WINDOW, SYN | RST, 6, 0), 0); /* came and went */
    assert_int_equal(lone_header(l, DATA, SYN | RST, 8, 10), 0);
    assert_int_equal(lone_payload(l, 10), 0);
    assert_int_equal(l->count, 4);
    assert_int_equal(lone_header(l, DATA, SYN | FIN, 10, 0), 0);
    lone_event(l, 4, YAMUX_OPEN);
    lone_event(l, 5, YAMUX_FIN);
    assert_int_equal(lone_header(l, WINDOW, FIN, 2, 100), 0);
    assert_ptr_equal(lone_event(l, 6, YAMUX_FIN)->stream, l->events[0].stream);
    assert_int_equal(l->events[0].stream->send_window, YAMUX_WINDOW_INITIAL + 100);
    assert_int_equal(lone_header(l, DATA, FIN | ACK, 2, 0), 0); /* said before */
    assert_int_equal(lone_header(l, DATA, 0, 2, 7), 0);         /* and data behind the end */
    assert_int_equal(lone_payload(l, 7), 0);
    assert_int_equal(l->count, 7);
    assert_int_equal(lone_header(l, WINDOW, RST, 2, 0x1005), 0);
    assert_int_equal(lone_event(l, 7, YAMUX_RESET)->code, 0x1005);
    assert_int_equal(lone_header(l, DATA, RST | FIN, 4, 5), 0);
    assert_int_equal(lone_payload(l, 5), 0);
    assert_int_equal(lone_event(l, 8, YAMUX_RESET)->code, 0);
    assert_int_equal(l->count, 9);
    lone_clear(l);
}

static void test_acceptance_is_acknowledged_at_once(void **state)
{
    (void)state;
    struct lone *l = &lone;
    size_t taken;
    lone_init(l, false, PLENTY);
    assert_int_equal(lone_header(l, WINDOW, SYN, 1, 0), 0);
    assert_int_equal(lone_header(l, WINDOW, SYN, 3, 0), 0);
    assert_int_equal(lone_header(l, WINDOW, SYN, 7, 0), 0);
    struct yamux_stream *three = lone_event(l, 1, YAMUX_OPEN)->stream;
    struct yamux_stream *seven = lone_event(l, 2, YAMUX_OPEN)->stream;
    assert_int_equal(write_text(l, three, UNIT_TEXT("hi"), false, &taken), 0);
    yamux_reset(l->y, seven, 9);
    yamux_release(l->y, seven);
    lone_flush(l);
    lone_expect(l, DATA, ACK, 3, 2);
    lone_expect(l, WINDOW, ACK, 1, 0);
    lone_expect(l, WINDOW, RST, 7, 9);
    lone_expect_silence(l);
    assert_int_equal(yamux_stream_count(l->y), 2);
    lone_clear(l);
}

static void test_late_and_unknown_frames_are_dropped(void **state)
{
    (void)state;
    struct lone *l = &lone;
    lone_init(l, true, PLENTY);
    struct yamux_stream *s = open_one(l);
    lone_flush(l);
    assert_int_equal(lone_header(l, DATA, ACK, 1, 100), 0);
    assert_int_equal(lone_payload(l, 40), 0);
    assert_int_equal(l->data_len, 40);
    yamux_reset(l->y, s, 0); /* in the middle of a frame */
    yamux_release(l->y, s);
    assert_int_equal(lone_payload(l, 60), 0);
    assert_int_equal(lone_header(l, DATA, FIN, 1, 70000), 0); /* before our reset is out */
    assert_int_equal(lone_payload(l, 70000), 0);
    lone_flush(l);
    assert_int_equal(yamux_stream_count(l->y), 0);
    assert_int_equal(lone_header(l, DATA, FIN, 1, 5000000), 0); /* and after */
    assert_int_equal(lone_payload(l, 5000000), 0);
    assert_int_equal(lone_header(l, WINDOW, RST, 1, 0), 0);
    assert_int_equal(lone_header(l, WINDOW, 0, 99, UINT32_MAX), 0);
    assert_int_equal(lone_header(l, DATA, 0, 98, 10), 0);
    assert_int_equal(lone_payload(l, 10), 0);
    assert_int_equal(l->data_len, 40);
    assert_int_equal(lone_header(l, GOAWAY, 0, 0, 0x1006), 0); /* still in step */
    assert_int_equal(lone_event(l, l->count - 1, YAMUX_GOAWAY)->code, 0x1006);
    assert_int_equal(yamux_open(l->y, l->p.now, &s), WAVU_ERR_CLOSED);
    lone_clear(l);
}

static void test_a_stream_that_ended_both_ways_makes_no_event(void **state)
{
    (void)state;
    struct lone *l = &lone;
    size_t taken;
    lone_init(l, true, PLENTY);
    struct yamux_stream *s = open_one(l);
    assert_int_equal(write_text(l, s, UNIT_TEXT("bye"), true, &taken), 0);
    lone_flush(l);
    assert_int_equal(lone_header(l, DATA, ACK | FIN, 1, 0), 0);
    lone_event(l, 0, YAMUX_FIN);
    yamux_reset(l->y, s, 1); /* nothing is left to reset */
    assert_false(yamux_has_output(l->y));
    assert_int_equal(lone_header(l, WINDOW, RST, 1, 4), 0);
    assert_int_equal(l->count, 1);
    yamux_release(l->y, s);
    assert_int_equal(yamux_stream_count(l->y), 0);
    lone_clear(l);
}

static void test_window_is_given_back_by_halves_and_grows(void **state)
{
    (void)state;
    struct lone *l = &lone;
    lone_init(l, false, PLENTY);
    assert_int_equal(lone_header(l, DATA, SYN, 1, YAMUX_WINDOW_INITIAL), 0);
    assert_int_equal(lone_payload(l, YAMUX_WINDOW_INITIAL), 0);
    struct yamux_stream *s = l->events[0].stream;
    lone_flush(l);
    buf_clear(&l->p.side[1].wire);
    l->p.now += SECOND; /* slow: no growth */
    yamux_consume(l->y, s, l->p.now, YAMUX_WINDOW_INITIAL / 2 - 1);
    assert_false(yamux_has_output(l->y));
    yamux_consume(l->y, s, l->p.now, 1);
    lone_flush(l);
    lone_expect(l, WINDOW, 0, 1, YAMUX_WINDOW_INITIAL / 2);
    l->p.now += YAMUX_RTT_MIN_NS; /* fast */
    yamux_consume(l->y, s, l->p.now, YAMUX_WINDOW_INITIAL / 2);
    lone_flush(l);
    lone_expect(l, WINDOW, 0, 1, YAMUX_WINDOW_INITIAL / 2 + YAMUX_WINDOW_INITIAL);
    assert_int_equal(s->window, 2 * YAMUX_WINDOW_INITIAL);
    assert_int_equal(l->p.side[0].budget.used, YAMUX_STREAM_COST + YAMUX_WINDOW_INITIAL);
    uint32_t window = s->window;
    for (int i = 0; i < 20; i++) { /* up to the top and no further */
        assert_int_equal(lone_header(l, DATA, 0, 1, s->receive_window), 0);
        uint32_t len = s->window - s->receive_window - s->unreported;
        assert_int_equal(lone_payload(l, len), 0);
        yamux_consume(l->y, s, l->p.now, len);
        lone_flush(l);
        assert_true(s->window == window || s->window == 2 * window);
        assert_int_equal(s->receive_window, s->window);
        window = s->window;
    }
    assert_int_equal(window, YAMUX_WINDOW_MAX);
    yamux_reset(l->y, s, 0);
    yamux_release(l->y, s);
    lone_flush(l);
    assert_int_equal(l->p.side[0].budget.used, 0);
    lone_clear(l);
}

/* Many streams in full flow: their windows together grow by so much and no more. */
static void test_growth_of_all_windows_is_bounded(void **state)
{
    (void)state;
    struct lone *l = &lone;
    uint64_t extra = 0;
    lone_init(l, false, PLENTY);
    for (uint32_t id = 1; id < 2 * (YAMUX_WINDOWS_EXTRA_MAX / YAMUX_WINDOW_MAX + 3); id += 2) {
        l->count = 0;
        assert_int_equal(lone_header(l, WINDOW, SYN, id, 0), 0);
        struct yamux_stream *s = l->events[0].stream;
        for (int i = 0; i < 12; i++) {
            uint32_t len = s->receive_window;
            assert_int_equal(lone_header(l, DATA, 0, id, len), 0);
            assert_int_equal(lone_payload(l, len), 0);
            yamux_consume(l->y, s, l->p.now, len);
            lone_flush(l);
            buf_clear(&l->p.side[1].wire);
        }
        extra += s->window - YAMUX_WINDOW_INITIAL;
        assert_true(extra <= YAMUX_WINDOWS_EXTRA_MAX);
        yamux_check(l->y);
    }
    assert_true(extra > YAMUX_WINDOWS_EXTRA_MAX - YAMUX_WINDOW_MAX);
    lone_clear(l);
}

static void test_growth_stops_at_the_budget(void **state)
{
    (void)state;
    struct lone *l = &lone;
    lone_init(l, false, YAMUX_STREAM_COST + YAMUX_WINDOW_INITIAL);
    assert_int_equal(lone_header(l, WINDOW, SYN, 1, 0), 0);
    struct yamux_stream *s = l->events[0].stream;
    for (int i = 0; i < 5; i++) {
        uint32_t len = s->receive_window;
        assert_int_equal(lone_header(l, DATA, 0, 1, len), 0);
        assert_int_equal(lone_payload(l, len), 0);
        yamux_consume(l->y, s, l->p.now, len);
        lone_flush(l);
    }
    assert_int_equal(s->window, 2 * YAMUX_WINDOW_INITIAL);
    lone_clear(l);
}

static void test_no_credit_after_the_peers_end(void **state)
{
    (void)state;
    struct lone *l = &lone;
    lone_init(l, false, PLENTY);
    assert_int_equal(lone_header(l, DATA, SYN | FIN, 1, YAMUX_WINDOW_INITIAL), 0);
    assert_int_equal(lone_payload(l, YAMUX_WINDOW_INITIAL), 0);
    lone_event(l, l->count - 1, YAMUX_FIN);
    lone_flush(l);
    yamux_consume(l->y, l->events[0].stream, l->p.now, YAMUX_WINDOW_INITIAL);
    assert_false(yamux_has_output(l->y));
    lone_clear(l);
}

static void test_write_stops_at_window_and_queue(void **state)
{
    (void)state;
    static uint8_t data[600000];
    struct lone *l = &lone;
    struct frame_queue *out = &l->p.side[0].out;
    size_t taken;
    lone_init(l, true, PLENTY);
    struct yamux_stream *s = open_one(l);
    assert_int_equal(write_text(l, s, span_of(data, sizeof data), true, &taken), 0);
    assert_int_equal(taken, YAMUX_WINDOW_INITIAL);
    assert_int_equal(write_text(l, s, span_of(data, 1), false, &taken), WAVU_ERR_AGAIN);
    assert_false(yamux_has_event(l->y));
    assert_int_equal(lone_header(l, WINDOW, ACK, 1, 1000000), 0);
    assert_int_equal(l->count, 0); /* window, but the queue is full */
    assert_true(frame_queue_bytes(out) >= YAMUX_QUEUE_MAX);
    assert_int_equal(write_text(l, s, span_of(data, 1), false, &taken), WAVU_ERR_AGAIN);
    lone_flush(l);
    pair_events(&l->p.side[0]);
    assert_ptr_equal(lone_event(l, 0, YAMUX_WRITABLE)->stream, s);
    assert_false(yamux_has_event(l->y));
    assert_int_equal(write_text(l, s, span_of(data, sizeof data), false, &taken), 0);
    assert_in_range(taken, YAMUX_QUEUE_MAX - 100, YAMUX_QUEUE_MAX + YAMUX_DATA_MAX);
    assert_int_equal(write_text(l, s, span_empty(), true, &taken), 0); /* the end needs no room */
    lone_flush(l);
    struct yamux_msg msg = {0};
    while (lone_next(l, &msg)) {
        assert_true(msg.length <= YAMUX_DATA_MAX);
    }
    assert_int_equal(msg.flags, FIN);
    lone_clear(l);
}

static void test_waiting_streams_take_turns(void **state)
{
    (void)state;
    enum { STREAMS = 100 };
    static uint8_t data[200000];
    struct yamux_stream *streams[STREAMS];
    size_t written[STREAMS] = {0};
    struct lone *l = &lone;
    size_t taken;
    lone_init(l, true, PLENTY);
    l->p.side[0].on_event = NULL;
    for (size_t i = 0; i < STREAMS; i++) {
        streams[i] = open_one(l);
        streams[i]->user = &written[i];
        streams[i]->send_window = UINT32_MAX;
        (void)write_text(l, streams[i], span_of(data, sizeof data), false, &taken);
        written[i] += taken;
    }
    for (int turn = 0; turn < 200; turn++) {
        lone_flush(l);
        buf_clear(&l->p.side[1].wire);
        struct yamux_event event;
        while (yamux_next_event(l->y, &event)) {
            assert_int_equal(event.kind, YAMUX_WRITABLE);
            (void)write_text(l, event.stream, span_of(data, sizeof data), false, &taken);
            *(size_t *)event.stream->user += taken;
        }
    }
    size_t least = SIZE_MAX;
    size_t most = 0;
    for (size_t i = 2; i < STREAMS; i++) { /* the first two found nobody waiting */
        least = written[i] < least ? written[i] : least;
        most = written[i] > most ? written[i] : most;
    }
    assert_true(least > 5 * YAMUX_DATA_MAX);
    assert_true(most - least <= YAMUX_DATA_MAX);
    lone_clear(l);
}

static void test_pings_and_round_trip(void **state)
{
    (void)state;
    struct lone *l = &lone;
    struct yamux_msg msg = {0};
    lone_init(l, true, PLENTY);
    assert_int_equal(lone_header(l, PING, SYN, 0, 0xdeadbeef), 0);
    assert_int_equal(lone_header(l, PING, ACK, 0, 1), 0); /* nobody asked */
    lone_flush(l);
    lone_expect(l, PING, ACK, 0, 0xdeadbeef);
    assert_int_equal(l->count, 0);
    assert_int_equal(yamux_ping(l->y, l->p.now), 0);
    assert_int_equal(yamux_ping(l->y, l->p.now), WAVU_ERR_AGAIN);
    lone_flush(l);
    assert_true(lone_next(l, &msg));
    assert_int_equal(msg.type, PING);
    assert_int_equal(msg.flags, SYN);
    l->p.now += 5000;
    assert_int_equal(lone_header(l, PING, ACK, 0, msg.length + 1), 0);
    assert_int_equal(l->count, 0);
    assert_int_equal(lone_header(l, PING, ACK, 0, msg.length), 0);
    assert_int_equal(lone_event(l, 0, YAMUX_PONG)->rtt_ns, 5000);
    assert_int_equal(yamux_rtt_ns(l->y), 5000);
    lone_clear(l);
}

static void test_first_data_measures_the_round_trip(void **state)
{
    (void)state;
    struct lone *l = &lone;
    struct yamux_msg msg = {0};
    lone_init(l, true, PLENTY);
    assert_int_equal(lone_header(l, DATA, SYN, 2, 1), 0);
    assert_int_equal(lone_payload(l, 1), 0);
    lone_flush(l);
    assert_true(lone_next(l, &msg));
    assert_int_equal(msg.type, PING);
    l->p.now += 70000000;
    assert_int_equal(lone_header(l, PING, ACK, 0, msg.length), 0);
    assert_int_equal(yamux_rtt_ns(l->y), 70000000);
    lone_clear(l);
}

static void test_keepalive(void **state)
{
    (void)state;
    struct lone *l = &lone;
    struct yamux_msg msg = {0};
    lone_init(l, true, PLENTY);
    assert_int_equal(yamux_deadline(l->y), l->p.now + YAMUX_KEEPALIVE_NS);
    assert_int_equal(yamux_tick(l->y, l->p.now + YAMUX_KEEPALIVE_NS - 1), 0);
    assert_false(yamux_has_output(l->y));
    l->p.now += YAMUX_KEEPALIVE_NS;
    assert_int_equal(yamux_tick(l->y, l->p.now), 0);
    lone_flush(l);
    assert_true(lone_next(l, &msg));
    assert_int_equal(msg.type, PING);
    assert_int_equal(lone_header(l, PING, ACK, 0, msg.length), 0);
    assert_int_equal(yamux_deadline(l->y), l->p.now + YAMUX_KEEPALIVE_NS);

    l->p.now += YAMUX_KEEPALIVE_NS;
    assert_int_equal(yamux_tick(l->y, l->p.now), 0);
    l->p.now += YAMUX_PING_TIMEOUT_NS - 1;
    assert_int_equal(yamux_tick(l->y, l->p.now), 0);
    assert_int_equal(lone_header(l, WINDOW, 0, 99, 0), 0); /* anything heard puts it off */
    l->p.now += 1;
    assert_int_equal(yamux_tick(l->y, l->p.now), 0);
    l->p.now += YAMUX_PING_TIMEOUT_NS;
    assert_int_equal(yamux_tick(l->y, l->p.now), WAVU_ERR_TIMEOUT);
    l->p.now += 3600 * SECOND; /* the machine slept: the peer gets another chance */
    assert_int_equal(yamux_tick(l->y, l->p.now), 0);
    assert_int_equal(yamux_deadline(l->y), l->p.now + YAMUX_PING_TIMEOUT_NS);
    lone_clear(l);
}

static void test_a_peer_that_never_answers_pings(void **state)
{
    (void)state;
    struct lone *l = &lone;
    lone_init(l, true, PLENTY);
    assert_int_equal(yamux_ping(l->y, l->p.now), 0);
    int rc = 0;
    uint64_t since = l->p.now;
    while (rc == 0) {
        assert_int_equal(lone_header(l, WINDOW, 0, 99, 0), 0);
        l->p.now += SECOND;
        rc = yamux_tick(l->y, l->p.now);
    }
    assert_int_equal(rc, WAVU_ERR_TIMEOUT);
    assert_int_equal(l->p.now - since, 4 * YAMUX_PING_TIMEOUT_NS);
    lone_clear(l);
}

static void test_go_away(void **state)
{
    (void)state;
    struct lone *l = &lone;
    struct yamux_stream *s = NULL;
    lone_init(l, false, PLENTY);
    struct yamux_stream *old = open_one(l);
    lone_flush(l);
    lone_expect(l, WINDOW, SYN, 2, 0);
    yamux_go_away(l->y, YAMUX_GOAWAY_NORMAL);
    yamux_go_away(l->y, YAMUX_GOAWAY_INTERNAL);
    assert_int_equal(yamux_open(l->y, l->p.now, &s), WAVU_ERR_CLOSED);
    assert_int_equal(lone_header(l, WINDOW, SYN, 1, 0), 0);
    assert_int_equal(l->count, 0);
    lone_flush(l);
    lone_expect(l, GOAWAY, 0, 0, YAMUX_GOAWAY_NORMAL);
    lone_expect(l, WINDOW, RST, 1, 0);
    size_t taken;
    assert_int_equal(write_text(l, old, UNIT_TEXT("still"), true, &taken), 0);
    lone_flush(l);
    lone_expect(l, DATA, FIN, 2, 5);
    lone_expect_silence(l);
    lone_clear(l);
}

static void test_limits_of_opening(void **state)
{
    (void)state;
    struct lone *l = &lone;
    struct yamux_stream *s = NULL;
    lone_init(l, true, PLENTY);
    for (uint32_t i = 0; i < YAMUX_UNACKED_MAX; i++) {
        (void)open_one(l);
    }
    assert_int_equal(yamux_open(l->y, l->p.now, &s), WAVU_ERR_LIMIT);
    lone_flush(l);
    assert_int_equal(lone_header(l, WINDOW, ACK, 1, 0), 0);
    (void)open_one(l);
    assert_int_equal(yamux_open(l->y, l->p.now, &s), WAVU_ERR_LIMIT);
    uint32_t id = 3;
    while (yamux_stream_count(l->y) < YAMUX_STREAMS_OUT_MAX) {
        lone_flush(l);
        assert_int_equal(lone_header(l, WINDOW, ACK, id, 0), 0);
        id += 2;
        (void)open_one(l);
    }
    lone_flush(l);
    assert_int_equal(lone_header(l, WINDOW, ACK, id, 0), 0);
    assert_int_equal(yamux_open(l->y, l->p.now, &s), WAVU_ERR_LIMIT);
    size_t at = 0;
    size_t count = 0;
    while (yamux_next_stream(l->y, &at) != NULL) {
        count++;
    }
    assert_int_equal(count, YAMUX_STREAMS_OUT_MAX);
    lone_clear(l);
    lone_init(l, true, YAMUX_STREAM_COST);
    (void)open_one(l);
    assert_int_equal(yamux_open(l->y, l->p.now, &s), WAVU_ERR_LIMIT); /* the budget */
    lone_clear(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_syn_rides_on_the_first_frame),
        UNIT(test_reset_before_syn_says_nothing),
        UNIT(test_inbound_in_every_combination_of_flags),
        UNIT(test_acceptance_is_acknowledged_at_once),
        UNIT(test_late_and_unknown_frames_are_dropped),
        UNIT(test_a_stream_that_ended_both_ways_makes_no_event),
        UNIT(test_window_is_given_back_by_halves_and_grows),
        UNIT(test_growth_of_all_windows_is_bounded),
        UNIT(test_growth_stops_at_the_budget),
        UNIT(test_no_credit_after_the_peers_end),
        UNIT(test_write_stops_at_window_and_queue),
        UNIT(test_waiting_streams_take_turns),
        UNIT(test_pings_and_round_trip),
        UNIT(test_first_data_measures_the_round_trip),
        UNIT(test_keepalive),
        UNIT(test_a_peer_that_never_answers_pings),
        UNIT(test_go_away),
        UNIT(test_limits_of_opening),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
