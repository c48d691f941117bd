/* yamux against peers that break or stretch the rules: dropped with the right error, memory
 * bounded. */
#include "mux/yamux.h"

#include "tests/mux/lone.h"

#define DATA YAMUX_MSG_DATA
#define WINDOW YAMUX_MSG_WINDOW
#define PING YAMUX_MSG_PING
#define SYN YAMUX_MSG_SYN
#define FIN YAMUX_MSG_FIN
#define RST YAMUX_MSG_RST
#define PLENTY (UINT64_C(1) << 30)

static struct lone lone;

/* The machine is dead with `err`, says so again, and its last word is a go-away with `code`. */
static void expect_dead(struct lone *l, int err, uint32_t code)
{
    size_t used;
    struct yamux_event event;
    struct yamux_stream *s = NULL;
    assert_int_equal(l->p.side[0].err, err);
    assert_int_equal(yamux_feed(l->y, l->p.now, UNIT_TEXT("x"), &used, &event), err);
    assert_int_equal(event.kind, YAMUX_NOTHING);
    assert_false(yamux_next_event(l->y, &event));
    assert_int_equal(yamux_open(l->y, l->p.now, &s), WAVU_ERR_CLOSED);
    assert_int_equal(yamux_ping(l->y, l->p.now), WAVU_ERR_CLOSED);
    assert_int_equal(yamux_deadline(l->y), UINT64_MAX);
    assert_true(yamux_has_output(l->y));
    buf_clear(&l->p.side[1].wire);
    yamux_go_away(l->y, YAMUX_GOAWAY_NORMAL); /* comes too late */
    lone_flush(l);
    lone_expect(l, YAMUX_MSG_GOAWAY, 0, 0, code);
    lone_expect_silence(l);
    assert_false(yamux_has_output(l->y));
    lone_clear(l);
}

static void expect_breach(struct lone *l)
{
    expect_dead(l, WAVU_ERR_PROTO, YAMUX_GOAWAY_PROTO);
}

static void test_garbage(void **state)
{
    (void)state;
    lone_init(&lone, true, PLENTY);
    pair_feed(&lone.p, &lone.p.side[0], UNIT_TEXT("GET / HTTP/1.1\r\n"));
    expect_breach(&lone);
    lone_init(&lone, true, PLENTY);
    (void)lone_header(&lone, 4, 0, 0, 0);
    expect_breach(&lone);
}

static void test_ids_that_are_not_the_peers_to_use(void **state)
{
    (void)state;
    const uint32_t bad_for_client[] = {0, 1, 7, UINT32_MAX};
    const uint32_t bad_for_server[] = {0, 2, 8, UINT32_MAX - 1};
    for (size_t i = 0; i < 4; i++) {
        for (unsigned type = DATA; type <= WINDOW; type++) {
            lone_init(&lone, true, PLENTY);
            (void)lone_header(&lone, type, SYN, bad_for_client[i], 0);
            expect_breach(&lone);
            lone_init(&lone, false, PLENTY);
            (void)lone_header(&lone, type, SYN | FIN, bad_for_server[i], 0);
            expect_breach(&lone);
        }
    }
    for (uint32_t again = 4; again <= 8;
         again += 2) { /* reused, or out of order, also when refused */
        lone_init(&lone, true, YAMUX_STREAM_COST);
        assert_int_equal(lone_header(&lone, WINDOW, SYN, 6, 0), 0);
        assert_int_equal(lone_header(&lone, WINDOW, SYN, 8, 0), 0);
        (void)lone_header(&lone, WINDOW, SYN, again, 0);
        expect_breach(&lone);
    }
}

static void test_window_overrun(void **state)
{
    (void)state;
    lone_init(&lone, false, PLENTY);
    (void)lone_header(&lone, DATA, SYN, 1, YAMUX_WINDOW_INITIAL + 1);
    assert_int_equal(lone.count, 0);
    expect_breach(&lone);
    lone_init(&lone, false, PLENTY);
    assert_int_equal(lone_header(&lone, DATA, SYN, 1, YAMUX_WINDOW_INITIAL), 0);
    assert_int_equal(lone_payload(&lone, YAMUX_WINDOW_INITIAL), 0);
    (void)lone_header(&lone, DATA, FIN, 1, 1);
    expect_breach(&lone);
}

static void test_credit_overflow(void **state)
{
    (void)state;
    lone_init(&lone, false, PLENTY);
    assert_int_equal(lone_header(&lone, WINDOW, SYN, 1, UINT32_MAX - YAMUX_WINDOW_INITIAL), 0);
    (void)lone_header(&lone, WINDOW, 0, 1, 1);
    expect_breach(&lone);
}

static void test_flood_of_streams(void **state)
{
    (void)state;
    uint32_t id = 1;
    lone_init(&lone, false, PLENTY);
    for (size_t i = 0; i < YAMUX_STREAMS_IN_MAX; i++, id += 2) {
        assert_int_equal(lone_header(&lone, WINDOW, SYN, id, 0), 0);
    }
    assert_int_equal(lone.count, YAMUX_STREAMS_IN_MAX);
    lone_flush(&lone);
    buf_clear(&lone.p.side[1].wire);
    for (size_t i = 0; i < YAMUX_REFUSED_MAX; i++, id += 2) {
        assert_int_equal(lone_header(&lone, DATA, SYN, id, 1), 0);
        assert_int_equal(lone_payload(&lone, 1), 0);
        if (i == 10) {
            lone_flush(&lone);
            lone_expect(&lone, WINDOW, RST, 2 * YAMUX_STREAMS_IN_MAX + 1, 0);
        }
    }
    assert_int_equal(lone.count, YAMUX_STREAMS_IN_MAX);
    (void)lone_header(&lone, WINDOW, SYN, id, 0);
    expect_dead(&lone, WAVU_ERR_LIMIT, YAMUX_GOAWAY_INTERNAL);
}

/* One accepted stream makes good for refused ones; but answers owed and never read stay bounded. */
static void test_flood_of_streams_that_reads_nothing(void **state)
{
    (void)state;
    uint32_t id = 1;
    int rc = 0;
    lone_init(&lone, false, YAMUX_STREAM_COST);
    for (size_t i = 0; i < 3 * YAMUX_REFUSED_MAX && rc == 0; i++, id += 2) {
        rc = lone_header(&lone, WINDOW, SYN, id, 0);
        if (i % 900 == 0) { /* a reset makes room for the next one */
            rc = rc == 0 ? lone_header(&lone, WINDOW, RST, id, 0) : rc;
            yamux_release(lone.y, lone.events[lone.count - 1].stream);
        }
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    assert_true(id / 2 <= 900 + YAMUX_REFUSED_MAX);
    expect_dead(&lone, WAVU_ERR_LIMIT, YAMUX_GOAWAY_INTERNAL);
}

/* One that is accepted now and then shows a peer that is only eager: it is not dropped. */
static void test_refusals_are_forgiven_by_an_acceptance(void **state)
{
    (void)state;
    uint32_t id = 1;
    lone_init(&lone, false, 0);
    for (size_t round = 1; round <= 3; round++) {
        lone.p.side[0].budget.max = round * YAMUX_STREAM_COST; /* room for one more */
        for (size_t i = 0; i < YAMUX_REFUSED_MAX; i++, id += 2) {
            assert_int_equal(lone_header(&lone, WINDOW, SYN, id, 0), 0);
        }
        assert_int_equal(lone.count, round);
        lone_flush(&lone);
        buf_clear(&lone.p.side[1].wire);
    }
    lone_clear(&lone);
}

static void test_flood_of_pings(void **state)
{
    (void)state;
    lone_init(&lone, true, PLENTY);
    for (uint32_t i = 0; i < YAMUX_PINGS_QUEUED_MAX; i++) {
        assert_int_equal(lone_header(&lone, PING, SYN, 0, i), 0);
    }
    lone_flush(&lone);
    for (uint32_t i = 0; i < YAMUX_PINGS_QUEUED_MAX; i++) {
        lone_expect(&lone, PING, YAMUX_MSG_ACK, 0, i);
        assert_int_equal(lone_header(&lone, PING, SYN, 0, i), 0);
    }
    (void)lone_header(&lone, PING, SYN, 0, 99);
    expect_dead(&lone, WAVU_ERR_LIMIT, YAMUX_GOAWAY_INTERNAL);
}

static void test_giant_frames_are_never_gathered(void **state)
{
    (void)state;
    enum { GIANT = 16 << 20 };
    lone_init(&lone, true, PLENTY);
    assert_int_equal(lone_header(&lone, DATA, 0, 4242, UINT32_MAX), 0); /* of no stream */
    size_t live = mem_live_count();
    assert_int_equal(lone_payload(&lone, UINT32_MAX), 0);
    assert_int_equal(lone.count, 0);
    assert_int_equal(mem_live_count(), live);
    assert_int_equal(lone_header(&lone, WINDOW, SYN, 2, 0), 0);
    struct yamux_stream *s = lone_event(&lone, 0, YAMUX_OPEN)->stream;
    s->window = YAMUX_WINDOW_MAX; /* as if it had grown */
    s->receive_window = YAMUX_WINDOW_MAX;
    assert_int_equal(lone_header(&lone, DATA, FIN, 2, GIANT), 0);
    live = mem_live_count();
    assert_int_equal(lone_payload(&lone, GIANT), 0);
    assert_int_equal(mem_live_count(), live);
    assert_int_equal(lone.data_len, GIANT);
    lone_event(&lone, lone.count - 1, YAMUX_FIN);
    s->window = YAMUX_WINDOW_INITIAL;
    s->receive_window = 0;
    lone_clear(&lone);
}

/* Streams come, are answered and reset, and the peer reads nothing: the queue stops growing. */
static void test_peer_that_never_reads(void **state)
{
    (void)state;
    static uint8_t data[4096];
    struct frame_queue *out = &lone.p.side[0].out;
    uint32_t id = 1;
    int rc = 0;
    lone_init(&lone, false, PLENTY);
    lone.p.side[0].on_event = NULL;
    for (size_t round = 0; round < 200000 && rc == 0; round++, id += 2) {
        rc = lone_header(&lone, WINDOW, SYN, id, 0);
        size_t at = 0;
        struct yamux_stream *s = yamux_next_stream(lone.y, &at);
        if (rc == 0 && s != NULL) {
            size_t taken;
            bool is_last = round % 2 == 0;
            int err = yamux_write(lone.y, s, span_of(data, sizeof data), is_last, out, &taken);
            assert_true(err == 0 || err == WAVU_ERR_AGAIN);
            yamux_reset(lone.y, s, 7);
            yamux_release(lone.y, s);
        }
        if (rc == 0) {
            yamux_pull(lone.y, out);
        }
        assert_true(frame_queue_bytes(out) < YAMUX_CONTROL_MAX + 16384);
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    frame_queue_clear(out);
    expect_dead(&lone, WAVU_ERR_LIMIT, YAMUX_GOAWAY_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_garbage),
        UNIT(test_ids_that_are_not_the_peers_to_use),
        UNIT(test_window_overrun),
        UNIT(test_credit_overflow),
        UNIT(test_flood_of_streams),
        UNIT(test_flood_of_streams_that_reads_nothing),
        UNIT(test_refusals_are_forgiven_by_an_acceptance),
        UNIT(test_flood_of_pings),
        UNIT(test_giant_frames_are_never_gathered),
        UNIT(test_peer_that_never_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
