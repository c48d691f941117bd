/* A server and those who ask it: one after another, too much, too slowly, nonsense. */
#include "discovery/kad_serve.h"

#include "base/varint.h"
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"

#define NAME "/wavu/kad/1.0.0"

static struct net_world w;
static struct kad machine;
static struct kad_serve serve;
static struct net_ear ear;
static struct conn *conn;
static size_t asked;
static size_t broken;

static void on_asked(void *context, struct conn *c)
{
    (void)context;
    (void)c;
    asked++;
}

static void on_broke(void *context, const struct peerid *peer)
{
    (void)context;
    assert_true(peerid_is_equal(peer, &w.nodes[1].swarm.self));
    broken++;
}

/* Node 0 answers, node 1 has a stream to it. */
static void start(uint64_t seed)
{
    int err;
    net_world_start(&w, seed, 2);
    struct kad_config config = {.self = w.nodes[0].swarm.self,
                                .k = 4,
                                .paths = 1,
                                .alpha = 3,
                                .beta = 1,
                                .random = &w.nodes[0].port->random};
    struct kad_serve_config serving = {
        .answer = {.swarm = &w.nodes[0].swarm, .kad = &machine, .is_own = true},
        .name = NAME,
        .audience = STREAM_ANY,
        .metrics = &w.nodes[0].metrics,
        .user = {.asked = on_asked, .broke = on_broke}};
    kad_init(&machine, &config, 0);
    kad_serve_init(&serve, &serving);
    kad_serve_set_on(&serve, true);
    asked = 0;
    broken = 0;
    conn = net_world_dial(&w, 1, 0, &err);
    assert_non_null(conn);
    net_ear_init(&ear, NAME);
    net_ear_open(&ear, conn);
}

static void stop(void)
{
    struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    sim_run_for(w.sim, 15 * TIMERS_SECOND);
    if (ear.stream != NULL) {
        stream_reset(ear.stream, 0);
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_true(list_is_empty(&serve.talks));
    assert_true(peer == NULL || peer->budget.used == 0);
    kad_serve_clear(&serve);
    kad_clear(&machine);
    net_world_stop(&w);
}

static void say(struct span bytes)
{
    size_t taken = 0;
    if (ear.stream != NULL) {
        (void)!stream_send(ear.stream, bytes, &taken);
    }
}

/* A request with its length before it. */
static struct span request(enum kad_msg_type type, struct span key)
{
    static uint8_t framed[512];
    uint8_t bytes[256];
    struct wr m;
    struct wr w2;
    wr_init(&m, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&m, type, key);
    wr_init(&w2, span_mut_of(framed, sizeof framed));
    wr_prefixed(&w2, wr_span(&m));
    assert_int_equal(wr_finish(&w2), 0);
    return wr_span(&w2);
}

static void ask(enum kad_msg_type type)
{
    say(request(type, UNIT_TEXT("key")));
}

/* Whole answers in what came. */
static size_t answers(void)
{
    struct rd r;
    struct kad_msg m;
    size_t count = 0;
    rd_init(&r, span_of(ear.bytes, ear.received));
    while (rd_left(&r) > 0) {
        struct span one = rd_prefixed(&r, KAD_MSG_SIZE_MAX);
        assert_false(r.failed);
        assert_int_equal(kad_msg_decode(&m, one), 0);
        count++;
    }
    return count;
}

static void sixteen_are_answered_on_one_stream(void **state)
{
    (void)state;
    start(1);
    for (size_t i = 0; i < KAD_SERVE_REQUESTS_MAX; i++) {
        ask(i % 2 == 0 ? KAD_MSG_FIND_NODE : KAD_MSG_PING);
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(answers(), KAD_SERVE_REQUESTS_MAX);
    assert_int_equal(asked, KAD_SERVE_REQUESTS_MAX);
    assert_int_equal(ear.closed, 0);
    ask(KAD_MSG_PING); /* the 17th */
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(answers(), KAD_SERVE_REQUESTS_MAX);
    assert_int_equal(ear.err, WAVU_ERR_RESET);
    stop();
}

/* Nothing is answered before its last byte; a byte at a time is a request, too. */
static void a_request_in_pieces_is_one(void **state)
{
    (void)state;
    start(2);
    struct span whole = request(KAD_MSG_FIND_NODE, UNIT_TEXT("key"));
    for (size_t i = 0; i < whole.len; i++) {
        assert_int_equal(answers(), 0);
        say(span_slice(whole, i, 1));
        sim_run_for(w.sim, 100 * TIMERS_MS);
    }
    assert_int_equal(answers(), 1);
    stop();
}

static void silence_ends_a_stream_in_order(void **state)
{
    (void)state;
    start(3);
    ask(KAD_MSG_PING);
    sim_run_for(w.sim, 9 * TIMERS_SECOND);
    assert_int_equal(ear.closed, 0);
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    assert_int_equal(ear.fins, 1);
    assert_int_equal(broken, 0);
    stop();
}

/* Trickling bytes keep nothing open. */
static void a_slow_request_is_cut(void **state)
{
    static const uint8_t head[] = {0x80, 0x08};
    (void)state;
    start(4);
    say(span_of(head, sizeof head));
    for (size_t i = 0; i < 12; i++) {
        say(UNIT_TEXT("\x08"));
        sim_run_for(w.sim, TIMERS_SECOND);
    }
    assert_int_equal(ear.err, WAVU_ERR_RESET);
    assert_int_equal(answers(), 0);
    stop();
}

static void cut_off(struct span bytes)
{
    say(bytes);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(ear.closed, 1);
    assert_int_equal(ear.err, WAVU_ERR_RESET);
    assert_int_equal(answers(), 0);
    assert_int_equal(broken, 1);
    assert_true(conn_is_open(conn));
    stop();
}

static void nonsense_is_reset(void **state)
{
    static const uint8_t longer[] = {0x81, 0x80, 0x04, 0x08, 0x04};
    (void)state;
    start(5);
    cut_off(UNIT_TEXT("\x03zzz"));
    start(6);
    cut_off(span_of(longer, sizeof longer)); /* a byte more than a message has */
    start(7);
    cut_off(UNIT_TEXT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80")); /* no length */
    start(8);
    cut_off(request((enum kad_msg_type)6, UNIT_TEXT("key")));
    start(9);
    cut_off(request(KAD_MSG_FIND_NODE, span_empty()));
}

static void a_key_too_long_is_reset(void **state)
{
    static const uint8_t key[KAD_MSG_KEY_MAX + 1];
    (void)state;
    start(10);
    cut_off(request(KAD_MSG_FIND_NODE, span_of(key, sizeof key)));
}

/* A whole burst, on as many streams as it takes; then no more, until time passes. */
static void a_flood_is_refused(void **state)
{
    size_t total = 0;
    (void)state;
    start(11);
    for (size_t i = 0; i < 12; i++) {
        for (size_t j = 0; j < KAD_SERVE_REQUESTS_MAX; j++) {
            ask(KAD_MSG_FIND_NODE);
        }
        sim_run_for(w.sim, 10 * TIMERS_MS);
        total += answers();
        if (ear.stream != NULL) {
            stream_reset(ear.stream, 0);
        }
        net_ear_init(&ear, NAME);
        net_ear_open(&ear, conn);
    }
    assert_in_range(total, KAD_SERVE_GET_BURST, KAD_SERVE_GET_BURST + 20);
    assert_int_equal(broken, 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    ask(KAD_MSG_FIND_NODE);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(answers(), 1);
    stop();
}

static void streams_of_one_peer_are_bounded(void **state)
{
    static struct net_ear more[KAD_SERVE_STREAMS_MAX + 3];
    size_t closed = 0;
    (void)state;
    start(12);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        net_ear_init(&more[i], NAME);
        net_ear_open(&more[i], conn);
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        closed += more[i].closed;
    }
    assert_int_equal(closed, 4);
    assert_int_equal(list_count(&serve.talks), KAD_SERVE_STREAMS_MAX);
    sim_run_for(w.sim, 15 * TIMERS_SECOND);
    assert_true(list_is_empty(&serve.talks)); /* nobody said anything */
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        if (more[i].stream != NULL) {
            stream_reset(more[i].stream, 0);
        }
    }
    stop();
}

/* Who reads no answers is answered no further, and holds little. */
static void who_does_not_read_is_cut(void **state)
{
    (void)state;
    start(13);
    ear.take_max = 0;
    for (size_t i = 0; i < KAD_SERVE_REQUESTS_MAX; i++) {
        ask(KAD_MSG_FIND_NODE);
    }
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    assert_true(peer->budget.used < 2 * KAD_MSG_SIZE_MAX);
    stop();
}

static void who_is_off_answers_nothing(void **state)
{
    (void)state;
    start(14);
    ask(KAD_MSG_PING);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(answers(), 1);
    kad_serve_set_on(&serve, false);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(ear.closed, 1);
    net_ear_init(&ear, NAME);
    net_ear_open(&ear, conn);
    ask(KAD_MSG_PING);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(ear.err, WAVU_ERR_UNSUPPORTED);
    kad_serve_set_on(&serve, true);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(sixteen_are_answered_on_one_stream),
        UNIT(a_request_in_pieces_is_one),
        UNIT(silence_ends_a_stream_in_order),
        UNIT(a_slow_request_is_cut),
        UNIT(nonsense_is_reset),
        UNIT(a_key_too_long_is_reset),
        UNIT(a_flood_is_refused),
        UNIT(streams_of_one_peer_are_bounded),
        UNIT(who_does_not_read_is_cut),
        UNIT(who_is_off_answers_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
