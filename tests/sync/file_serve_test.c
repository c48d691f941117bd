/*
 * Who asks for pieces: in what order, how many, how fast; and who asks as nobody may.
 */
#include "sync/file_serve.h"

#include "tests/base/unit.h"
#include "tests/support/file_world.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define NOBODY SIZE_MAX
#define PATH "/srv/anna/trip.ogg"
#define SIZE (20 * MIB)
#define STREAMS 9

/* Node 1 without the service: what it says is the test's. */
struct asker {
    struct gate_protocol protocol;
    struct stream *streams[STREAMS];
    size_t received;
    size_t closed;
    size_t resets;
    size_t take_max; /* bytes taken of what comes */
};

static struct file_world w;
static struct asker asker;

static void asker_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct asker *a = service;

    (void)stream;
    if (event->kind == STREAM_DATA) {
        event->taken = event->data.len < a->take_max ? event->data.len : a->take_max;
        a->take_max -= event->taken;
        a->received += event->taken;
    } else if (event->kind == STREAM_CLOSED || event->kind == STREAM_FIN) {
        a->closed++;
        a->resets += event->kind == STREAM_CLOSED ? 1 : 0;
    }
}

static void start(uint64_t seed)
{
    file_world_start(&w, seed, 2, NOBODY);
    file_world_put(&w, 0, PATH, SIZE, 3);
    file_world_offer(&w, 0, PATH);
    asker = (struct asker){.take_max = SIZE_MAX};
    asker.protocol.stream = (struct stream_protocol){.name = FILE_PROTOCOL,
                                                     .audience = STREAM_MEMBER,
                                                     .inbound_max = 1,
                                                     .up = asker_up,
                                                     .service = &asker};
    file_free(w.nodes[1].file);
    w.nodes[1].file = NULL;
    w.nodes[1].is_up = false;
    assert_int_equal(gate_register(w.nodes[1].gate, &w.nodes[1].network, &asker.protocol), 0);
}

static void stop(void)
{
    gate_unregister(w.nodes[1].gate, &asker.protocol);
    gate_leave(w.nodes[1].gate, &w.nodes[1].network);
    gate_free(w.nodes[1].gate);
    store_free(w.nodes[1].store);
    file_world_stop(&w);
}

static void open_stream(size_t i)
{
    int err = 0;
    struct conn *conn = net_world_dial(&w.net, 1, 0, &err);

    assert_non_null(conn);
    assert_int_equal(gate_open(w.nodes[1].gate, &asker.protocol, conn, &asker, &asker.streams[i]),
                     0);
}

static void say_bytes(size_t i, struct span bytes)
{
    size_t taken = 0;

    assert_int_equal(stream_send(asker.streams[i], bytes, &taken), 0);
    assert_int_equal(taken, bytes.len);
}

static void say(size_t i, const struct file_msg *m)
{
    uint8_t room[128];
    struct wr out;

    wr_init(&out, span_mut_of(room, sizeof room));
    file_msg_encode(&out, m);
    say_bytes(i, wr_span(&out));
}

static void ask(size_t i)
{
    say(i,
        &(struct file_msg){.kind = FILE_MSG_ASK, .id = span_of(w.nodes[0].id, FILE_SHAPE_ID_SIZE)});
}

static void want(size_t i, uint32_t first, uint32_t count)
{
    say(i, &(struct file_msg){.kind = FILE_MSG_WANT, .first = first, .count = count});
}

static void run(uint64_t seconds)
{
    (void)file_world_until(&w, 0, FILE_GONE, 1, seconds * TIMERS_SECOND);
}

static void test_pieces_that_are_cancelled_do_not_come(void **state)
{
    (void)state;
    start(1);
    open_stream(0);
    ask(0);
    run(5);
    size_t had = asker.received;

    assert_true(had > 0 && had < 30); /* HAVE, and the gate's byte is not ours */
    want(0, 0, 200);
    say(0, &(struct file_msg){.kind = FILE_MSG_CANCEL, .first = 50, .count = 150});
    run(10);
    assert_true(asker.received - had > 50 * 64 * KIB);
    assert_true(asker.received - had < (50 + 3 * FILE_BATCH_PIECES_MAX) * 65 * KIB);
    assert_int_equal(asker.closed, 0);
    stop();
}

/* Back-pressure: who takes nothing makes us hold three batches, and is left in the end. */
static void test_who_takes_nothing(void **state)
{
    (void)state;
    start(2);
    open_stream(0);
    ask(0);
    run(5);
    asker.take_max = 0;
    want(0, 0, 250);
    run(60);
    assert_true(w.nodes[0].held_max <= 3 * FILE_BATCH_PIECES_MAX * 65 * KIB);
    assert_int_equal(asker.closed, 0);
    run(120);
    assert_int_equal(file_held(w.nodes[0].file), 0);
    stop();
}

static void expect_left(const char *what, struct span bytes)
{
    size_t resets = asker.resets;

    print_message("%s\n", what);
    open_stream(0);
    ask(0);
    run(3);
    say_bytes(0, bytes);
    run(2);
    assert_int_equal(asker.resets, resets + 1);
}

static void test_who_breaks_the_rules_is_left(void **state)
{
    uint8_t many[6] = {5, 3, 8, 0, 0x10, 100};
    uint8_t have[4] = {1, 2};

    (void)state;
    start(3);
    expect_left("asks twice for a file", UNIT_TEXT("\x23\x01\x0a\x20"
                                                   "0123456789abcdef0123456789abcdef"));
    expect_left("wants what there is not", UNIT_TEXT("\x06\x03\x08\xc0\x02\x10\x01"));
    expect_left("wants more than may wait", UNIT_TEXT("\x06\x03\x08\x00\x10\xac\x02"));
    expect_left("an empty frame", UNIT_TEXT("\x00"));
    expect_left("a frame without end", UNIT_TEXT("\xff\xff\xff\x01"));
    expect_left("says what the holder says", span_of(have, 2));
    expect_left("no frame", UNIT_TEXT("\x02\x03\xff"));
    open_stream(0);
    say_bytes(0, span_of(many, sizeof many)); /* before it asked */
    run(2);
    assert_int_equal(asker.resets, 8);
    stop();
}

static void test_what_is_not_here_ends_in_order(void **state)
{
    uint8_t id[FILE_SHAPE_ID_SIZE] = {1};

    (void)state;
    start(4);
    open_stream(0);
    say(0, &(struct file_msg){.kind = FILE_MSG_ASK, .id = span_of(id, sizeof id)});
    run(2);
    assert_true(asker.closed > 0);
    assert_int_equal(asker.received, 0);
    stop();
}

static void test_streams_of_one_member_have_a_limit(void **state)
{
    (void)state;
    start(5);
    for (size_t i = 0; i < STREAMS; i++) {
        open_stream(i);
    }
    run(5);
    assert_int_equal(asker.resets, STREAMS - FILE_SERVE_PEER_MAX);
    run(200); /* and they ask for nothing */
    assert_int_equal(asker.resets, STREAMS);
    stop();
}

/* Nodes 1 to `count` say what the test says. */
static struct gate_protocol players[FILE_WORLD_NODES_MAX];

static void play(size_t count)
{
    asker = (struct asker){.take_max = SIZE_MAX};
    for (size_t i = 1; i <= count; i++) {
        players[i].stream = (struct stream_protocol){.name = FILE_PROTOCOL,
                                                     .audience = STREAM_MEMBER,
                                                     .inbound_max = 1,
                                                     .up = asker_up,
                                                     .service = &asker};
        file_free(w.nodes[i].file);
        w.nodes[i].file = NULL;
        w.nodes[i].is_up = false;
        assert_int_equal(gate_register(w.nodes[i].gate, &w.nodes[i].network, &players[i]), 0);
    }
}

static void play_no_more(size_t count)
{
    for (size_t i = 1; i <= count; i++) {
        gate_unregister(w.nodes[i].gate, &players[i]);
        gate_leave(w.nodes[i].gate, &w.nodes[i].network);
        gate_free(w.nodes[i].gate);
        store_free(w.nodes[i].store);
    }
    file_world_stop(&w);
}

static struct stream *player_opens(size_t node)
{
    struct stream *stream = NULL;
    int err = 0;
    struct conn *conn = net_world_dial(&w.net, node, 0, &err);

    assert_non_null(conn);
    assert_int_equal(gate_open(w.nodes[node].gate, &players[node], conn, &asker, &stream), 0);
    return stream;
}

/* All that one member wants is sealed for it, and it takes nothing of that: others get theirs. */
static void test_who_takes_nothing_stops_nobody(void **state)
{
    (void)state;
    file_world_start(&w, 7, 3, NOBODY);
    file_world_put(&w, 0, PATH, SIZE, 3);
    file_world_offer(&w, 0, PATH);
    play(1);
    for (size_t i = 0; i < FILE_SERVE_PEER_MAX; i++) {
        asker.streams[i] = player_opens(1);
        ask(i);
    }
    run(5);
    asker.take_max = 0;
    for (size_t i = 0; i < FILE_SERVE_PEER_MAX; i++) {
        want(i, 0, 250);
    }
    run(10);
    assert_int_equal(file_world_fetch(&w, 2, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 2, FILE_DONE, 1, 60 * TIMERS_SECOND));
    assert_int_equal(asker.closed, 0);
    play_no_more(1);
}

/* Nodes 1 to 8 are one member's devices. */
static bool whose_devices(void *context, const struct overlay_id *device, struct overlay_id *member)
{
    (void)context;
    *member = *device;
    for (size_t i = 1; i <= 8; i++) {
        const struct overlay_id one = file_world_device(&w, i);

        if (overlay_id_is_equal(&one, device)) {
            *member = file_world_device(&w, 1);
        }
    }
    return true;
}

static void test_who_has_all_streams_makes_room(void **state)
{
    (void)state;
    file_world_start(&w, 8, 10, NOBODY);
    file_world_put(&w, 0, PATH, SIZE, 3);
    file_world_offer(&w, 0, PATH);
    w.nodes[0].network.whose = whose_devices;
    play(8);
    for (size_t i = 0; i < FILE_SHARE_STREAMS_MAX; i++) {
        (void)player_opens(1 + i / FILE_SERVE_PEER_MAX);
    }
    run(2);
    assert_int_equal(asker.closed, 0);
    assert_int_equal(file_world_fetch(&w, 9, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 9, FILE_DONE, 1, 60 * TIMERS_SECOND));
    assert_true(asker.closed > 0 && asker.closed < 4);
    play_no_more(8);
}

/* The file changes between one piece and the next. */
static void test_changed_in_the_middle(void **state)
{
    (void)state;
    start(6);
    open_stream(0);
    ask(0);
    run(5);
    want(0, 0, 4);
    run(2);
    size_t had = asker.received;

    assert_true(had > 4 * 64 * KIB);
    file_world_put(&w, 0, PATH, SIZE, 4);
    want(0, 4, 4);
    run(5);
    assert_int_equal(asker.received, had);
    assert_true(asker.closed > 0);
    assert_int_equal(w.nodes[0].heard[FILE_GONE], 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_pieces_that_are_cancelled_do_not_come), UNIT(test_who_takes_nothing),
        UNIT(test_who_breaks_the_rules_is_left),          UNIT(test_what_is_not_here_ends_in_order),
        UNIT(test_streams_of_one_member_have_a_limit),    UNIT(test_changed_in_the_middle),
        UNIT(test_who_takes_nothing_stops_nobody),        UNIT(test_who_has_all_streams_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
