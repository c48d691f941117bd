/* Talks on streams: frames go both ways, large ones too; what needs a commit waits for it; who is
 * silent, hasty or wrong is left. */
#include "sync/talks.h"

#include "tests/base/unit.h"
#include "tests/support/file_world.h"

#define FRAMES 40

/* One side: what it says, and what it heard. */
struct side {
    struct talks *talks;
    size_t i;
    size_t left; /* frames to say */
    size_t size; /* bytes each */
    size_t heard;
    size_t heard_bytes;
    size_t begun;
    size_t ended;
    size_t in_order;
    size_t again; /* so often the next frame needs a commit */
    int wrong;    /* what is said of a frame instead */
    bool is_ours;
    bool is_refusing;
    bool is_writing;         /* each frame tells of something that is written just then */
    uint64_t stands[FRAMES]; /* in that commit */
};

static struct file_world w;
static struct side sides[2];
static bool is_crowd;   /* there are more than the two */
static bool is_one_own; /* all devices are one member's */
static bool is_paired;  /* two after the first are one's, the next two another one's, ... */

static void *on_begin(void *context, const uint8_t device[32], const void *ask)
{
    struct side *s = context;

    if (!is_crowd) {
        assert_memory_equal(device, file_world_device(&w, 1 - s->i).bytes, 32);
    }
    if (s->is_refusing) {
        return NULL;
    }
    s->is_ours = ask != NULL;
    s->begun++;
    return s;
}

static int on_feed(void *talk, struct span frame)
{
    struct side *s = talk;

    if (s->wrong < 0) {
        return s->wrong;
    }
    if (s->again > 0) {
        s->again--;
        assert_int_equal(store_put(w.nodes[s->i].store, "t", UNIT_TEXT("k"), frame), 0);
        return WAVU_ERR_AGAIN;
    }
    assert_true(store_committed(w.nodes[1 - s->i].store) >= sides[1 - s->i].stands[s->heard]);
    assert_int_equal(frame.ptr[0], s->heard % 256);
    assert_int_equal(frame.ptr[frame.len - 1], s->heard % 256);
    s->heard++;
    s->heard_bytes += frame.len;
    return 0;
}

static int on_pull(void *talk, struct buf *out)
{
    struct side *s = talk;

    if (s->left == 0) {
        return s->is_ours && s->heard == FRAMES ? WAVU_ERR_CLOSED : WAVU_ERR_NOT_FOUND;
    }
    assert_int_equal(buf_reserve(out, s->size), 0);
    memset(out->ptr + out->len, (int)((FRAMES - s->left) % 256), s->size);
    out->len += s->size;
    if (s->is_writing) {
        struct store *store = w.nodes[s->i].store;

        s->stands[FRAMES - s->left] = store_number(store);
        assert_int_equal(store_put(store, "t", UNIT_TEXT("k"), span_of(out->ptr, 100)), 0);
    }
    s->left--;
    return 0;
}

static void on_end(void *context, void *talk, bool in_order)
{
    struct side *s = context;

    assert_ptr_equal(talk, s);
    s->ended++;
    s->in_order += in_order;
}

static bool on_member(void *context, const uint8_t device[32], uint8_t member[32])
{
    (void)context;
    memset(member, 7, 32);
    if (!is_one_own) {
        memcpy(member, device, 32);
    }
    for (size_t i = 1; is_paired && i < FILE_WORLD_NODES_MAX; i++) {
        if (memcmp(file_world_device(&w, i).bytes, device, 32) == 0) {
            memset(member, (int)(i + 1) / 2, 32);
        }
    }
    return true;
}

static void up(size_t i)
{
    const struct talks_config config = {.swarm = &w.net.nodes[i].swarm,
                                        .store = w.nodes[i].store,
                                        .gate = w.nodes[i].gate,
                                        .network = &w.nodes[i].network,
                                        .user = {.begin = on_begin,
                                                 .feed = on_feed,
                                                 .pull = on_pull,
                                                 .end = on_end,
                                                 .member = on_member,
                                                 .context = &sides[i]}};

    sides[i] = (struct side){.i = i, .left = FRAMES, .size = 1000};
    assert_int_equal(talks_new(&config, &sides[i].talks), 0);
}

static void start(uint64_t seed)
{
    int err = 0;

    file_world_start(&w, seed, 2, SIZE_MAX);
    up(0);
    up(1);
    assert_int_equal(talks_open(sides[0].talks, file_world_device(&w, 1).bytes, "ask"),
                     WAVU_ERR_NOT_FOUND);
    assert_non_null(net_world_dial(&w.net, 0, 1, &err));
    sim_run_for(w.net.sim, TIMERS_SECOND);
}

static void stop(void)
{
    talks_free(sides[0].talks);
    talks_free(sides[1].talks);
    assert_int_equal(sides[0].begun, sides[0].ended);
    assert_int_equal(sides[1].begun, sides[1].ended);
    file_world_stop(&w);
}

static int ask(void)
{
    return talks_open(sides[0].talks, file_world_device(&w, 1).bytes, "ask");
}

static void frames_go_both_ways(void **state)
{
    static const size_t sizes[] = {1, 127, 128, 20000, TALKS_FRAME_MAX};

    (void)state;
    start(1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t k = 0; k < 2; k++) {
            sides[k].left = FRAMES;
            sides[k].heard = 0;
            sides[k].heard_bytes = 0;
            sides[k].size = sizes[i];
        }
        assert_int_equal(ask(), 0);
        assert_int_equal(ask(), WAVU_ERR_AGAIN);
        sim_run_for(w.net.sim, 20 * TIMERS_SECOND);
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(sides[k].heard, FRAMES);
            assert_int_equal(sides[k].heard_bytes, FRAMES * sizes[i]);
            assert_int_equal(sides[k].in_order, i + 1);
        }
    }
    stop();
}

static void what_needs_a_commit_waits(void **state)
{
    (void)state;
    start(2);
    sides[0].size = 30000;
    sides[1].again = 10;
    assert_int_equal(ask(), 0);
    sim_run_for(w.net.sim, 20 * TIMERS_SECOND);
    assert_int_equal(sides[1].again, 0);
    assert_int_equal(sides[0].heard, FRAMES);
    assert_int_equal(sides[1].heard, FRAMES);
    assert_int_equal(sides[1].in_order, 1);
    stop();
}

/* Nobody is told what is not on the disk. */
static void what_is_told_is_on_the_disk(void **state)
{
    (void)state;
    start(7);
    sides[0].is_writing = true;
    sides[1].is_writing = true;
    sides[1].size = 50000;
    assert_int_equal(ask(), 0);
    sim_run_for(w.net.sim, 20 * TIMERS_SECOND);
    assert_int_equal(sides[0].heard, FRAMES);
    assert_int_equal(sides[1].heard, FRAMES);
    assert_true(sides[0].stands[FRAMES - 1] > 0);
    assert_int_equal(sides[1].in_order, 1);
    stop();
}

static void who_is_wrong_or_silent_is_left(void **state)
{
    (void)state;
    start(3);
    sides[1].wrong = WAVU_ERR_CRYPTO;
    assert_int_equal(ask(), 0);
    sim_run_for(w.net.sim, TIMERS_SECOND);
    assert_int_equal(sides[0].ended, 1);
    assert_int_equal(sides[1].ended, 1);
    assert_int_equal(sides[1].in_order, 0);
    sides[1].wrong = 0;
    sides[0].left = 0; /* it says nothing, and hears not enough to go */
    sides[1].left = 0;
    sim_run_for(w.net.sim, TIMERS_SECOND);
    assert_int_equal(ask(), 0);
    sim_run_for(w.net.sim, TALKS_NS - 5 * TIMERS_SECOND);
    assert_int_equal(sides[0].ended, 1);
    sim_run_for(w.net.sim, 10 * TIMERS_SECOND);
    assert_int_equal(sides[0].ended, 2);
    assert_int_equal(sides[0].in_order, 0);
    stop();
}

static void who_is_hasty_is_refused(void **state)
{
    (void)state;
    start(4);
    sides[0].is_refusing = true;
    assert_int_equal(ask(), WAVU_ERR_REFUSED);
    sides[0].is_refusing = false;
    sides[1].is_refusing = true;
    assert_int_equal(ask(), 0);
    sim_run_for(w.net.sim, TALKS_PAUSE_NS / 2);
    assert_int_equal(sides[0].ended, 1);
    sides[1].is_refusing = false;
    sides[0].left = FRAMES;
    assert_int_equal(ask(), 0); /* too soon behind the one before */
    sim_run_for(w.net.sim, TIMERS_SECOND);
    assert_int_equal(sides[0].ended, 2);
    assert_int_equal(sides[1].begun, 0);
    sides[0].left = FRAMES;
    assert_int_equal(ask(), 0);
    sim_run_for(w.net.sim, 5 * TIMERS_SECOND);
    assert_int_equal(sides[1].begun, 1);
    assert_int_equal(sides[1].in_order, 1);
    stop();
}

/* Streams of one who keeps to no frames. */
static size_t raw_closed;

static void on_raw(void *service, struct stream *stream, struct stream_event *event)
{
    (void)service;
    (void)stream;
    event->taken = event->data.len;
    raw_closed += event->kind == STREAM_CLOSED;
}

static void wrong_frames_end_a_talk(void **state)
{
    static const struct span wrong[] = {
        {(const uint8_t *)"\x00", 1},             /* of nothing */
        {(const uint8_t *)"\xff\xff\xff\x7f", 4}, /* of 256 MiB */
        {(const uint8_t *)"\x81\x80\x06", 3},     /* of one byte more than there may be */
        {(const uint8_t *)"\x80\x00", 2},         /* not the shortest */
    };
    static struct gate_protocol raw = {.stream = {.name = TALKS_NAME, .inbound_max = 1}};

    (void)state;
    start(5);
    talks_free(sides[0].talks);
    sides[0].talks = NULL;
    raw.stream.up = on_raw;
    assert_int_equal(gate_register(w.nodes[0].gate, &w.nodes[0].network, &raw), 0);
    raw_closed = 0;
    sides[1].left = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct stream *stream = NULL;
        struct conn *conn = swarm_conn(&w.net.nodes[0].swarm, &w.net.nodes[1].swarm.self);
        size_t taken = 0;

        assert_non_null(conn);
        assert_int_equal(gate_open(w.nodes[0].gate, &raw, conn, NULL, &stream), 0);
        assert_int_equal(stream_send(stream, wrong[i], &taken), 0);
        sim_run_for(w.net.sim, 2 * TIMERS_SECOND);
        assert_int_equal(sides[1].ended, i + 1);
        assert_int_equal(raw_closed, i + 1);
    }
    assert_int_equal(sides[1].in_order, 0);
    assert_int_equal(sides[1].heard, 0);
    gate_unregister(w.nodes[0].gate, &raw);
    stop();
}

/* Node 1 speaks by hand, node 0 hears. */
static struct gate_protocol by_hand = {.stream = {.name = TALKS_NAME, .inbound_max = 1}};

static struct stream *open_by_hand(size_t i)
{
    struct stream *stream = NULL;
    struct conn *conn = swarm_conn(&w.net.nodes[i].swarm, &w.net.nodes[0].swarm.self);

    assert_non_null(conn);
    assert_int_equal(gate_open(w.nodes[i].gate, &by_hand, conn, NULL, &stream), 0);
    return stream;
}

static void start_by_hand(uint64_t seed)
{
    start(seed);
    talks_free(sides[1].talks);
    sides[1].talks = NULL;
    by_hand.stream.up = on_raw;
    assert_int_equal(gate_register(w.nodes[1].gate, &w.nodes[1].network, &by_hand), 0);
    sides[0].left = 0;
}

/* A byte now and then keeps no place. */
static void who_trickles_is_left(void **state)
{
    static const uint8_t head[] = {0x80, 0x80, 0x06};
    size_t taken = 0;

    (void)state;
    start_by_hand(8);
    struct stream *stream = open_by_hand(1);
    assert_int_equal(stream_send(stream, span_of(head, sizeof head), &taken), 0);
    raw_closed = 0;
    for (int k = 0; k < 100 && raw_closed == 0; k++) {
        assert_int_equal(stream_send(stream, UNIT_TEXT("x"), &taken), 0);
        sim_run_for(w.net.sim, TIMERS_SECOND);
    }
    assert_int_equal(raw_closed, 1);
    assert_int_equal(sides[0].ended, 1);
    assert_int_equal(sides[0].in_order, 0);
    gate_unregister(w.nodes[1].gate, &by_hand);
    stop();
}

/* Nor do whole frames for ever; who moves much has longer. */
static void every_talk_ends(void **state)
{
    (void)state;
    for (size_t many = 0; many < 2; many++) {
        static uint8_t frame[3 + 10000] = {0x90, 0x4e};
        const struct span small = {.ptr = frame + 9990, .len = 2};
        size_t seconds = 0;
        size_t taken = 0;

        start_by_hand(9 + many);
        struct stream *stream = open_by_hand(1);
        raw_closed = 0;
        for (uint8_t k = 0; k < FRAMES && raw_closed == 0; k++) {
            frame[2] = k;
            frame[2 + 9999] = k;
            frame[9990] = 1;
            frame[9991] = k;
            assert_int_equal(stream_send(stream, many > 0 ? span_of(frame, 10002) : small, &taken),
                             0);
            sim_run_for(w.net.sim, 5 * TIMERS_SECOND);
            seconds += 5;
        }
        assert_int_equal(sides[0].ended, many == 0 ? 1 : 0);
        assert_true(many == 1 || seconds < TALKS_LIFE_NS / TIMERS_SECOND + 10);
        gate_unregister(w.nodes[1].gate, &by_hand);
        stop();
    }
}

/* Others' talks leave room for one's own, and one member's devices leave room for others'. */
static void nobody_has_all_places(void **state)
{
    int err = 0;

    (void)state;
    is_crowd = true;
    for (size_t k = 0; k < 2; k++) {
        is_one_own = k == 1;
        file_world_start(&w, 11 + k, FILE_WORLD_NODES_MAX, SIZE_MAX);
        up(0);
        sides[0].left = 0;
        sides[1] = (struct side){.i = 1};
        by_hand.stream.up = on_raw;
        for (size_t i = 1; i < FILE_WORLD_NODES_MAX; i++) {
            assert_non_null(net_world_dial(&w.net, i, 0, &err));
        }
        sim_run_for(w.net.sim, 2 * TIMERS_SECOND);
        for (size_t n = 0; n < 2; n++) {
            for (size_t i = 1; i < FILE_WORLD_NODES_MAX; i++) {
                (void)open_by_hand(i);
            }
            sim_run_for(w.net.sim, TIMERS_SECOND);
        }
        assert_int_equal(sides[0].begun - sides[0].ended, k == 0 ? TALKS_IN_MAX : TALKS_MEMBER_MAX);
        assert_int_equal(talks_open(sides[0].talks, file_world_device(&w, 1).bytes, "ask"), 0);
        talks_free(sides[0].talks);
        file_world_stop(&w);
    }
    is_crowd = false;
    is_one_own = false;
}

#define CROWD 8 /* four members with two devices each; the next one is a fifth's */

/* Four members take all places and say little for long: who has none gets one of theirs when they
 * had their time, and not before. */
static void who_stays_keeps_nobody_out(void **state)
{
    static const uint8_t head[] = {0x80, 0x80, 0x06};
    static const uint8_t part[TALKS_STEP];
    struct stream *streams[2 * CROWD];
    size_t taken = 0;
    int err = 0;

    (void)state;
    is_crowd = is_paired = true;
    file_world_start(&w, 14, CROWD + 2, SIZE_MAX);
    up(0);
    sides[0].left = 0;
    sides[1] = (struct side){.i = 1};
    by_hand.stream.up = on_raw;
    for (size_t i = 1; i <= CROWD + 1; i++) {
        assert_non_null(net_world_dial(&w.net, i, 0, &err));
    }
    sim_run_for(w.net.sim, 2 * TIMERS_SECOND);
    for (size_t k = 0; k < 2 * CROWD; k++) {
        streams[k] = open_by_hand(1 + k % CROWD);
        assert_int_equal(stream_send(streams[k], span_of(head, sizeof head), &taken), 0);
        sim_run_for(w.net.sim, TIMERS_SECOND / 4);
    }
    assert_int_equal(sides[0].begun, TALKS_IN_MAX);
    for (size_t n = 0; n < 12; n++) {
        for (size_t k = 0; k < 2 * CROWD && sides[0].ended == 0; k++) {
            assert_int_equal(stream_send(streams[k], span_of(part, sizeof part), &taken), 0);
        }
        (void)open_by_hand(CROWD + 1);
        sim_run_for(w.net.sim, 4 * TIMERS_SECOND);
        assert_true(n > 6 || sides[0].begun == TALKS_IN_MAX);
        if (sides[0].begun > TALKS_IN_MAX) {
            break;
        }
    }
    assert_int_equal(sides[0].begun, TALKS_IN_MAX + 1);
    assert_int_equal(sides[0].ended, 1);
    talks_free(sides[0].talks);
    file_world_stop(&w);
    is_crowd = is_paired = false;
}

/* A member with many devices begins no more talks than one with a few. */
static void haste_is_the_members(void **state)
{
    int err = 0;

    (void)state;
    is_crowd = is_one_own = true;
    file_world_start(&w, 15, CROWD + 1, SIZE_MAX);
    up(0);
    sides[0].left = 0;
    sides[1] = (struct side){.i = 1};
    by_hand.stream.up = on_raw;
    for (size_t i = 1; i <= CROWD; i++) {
        assert_non_null(net_world_dial(&w.net, i, 0, &err));
    }
    sim_run_for(w.net.sim, 2 * TIMERS_SECOND);
    for (size_t n = 1; n <= TALKS_MEMBER_MAX / TALKS_HASTY_MAX; n++) {
        for (size_t i = 1; i <= CROWD; i++) {
            (void)open_by_hand(i);
        }
        sim_run_for(w.net.sim, TIMERS_SECOND);
        assert_int_equal(sides[0].begun, TALKS_HASTY_MAX * n);
    }
    talks_free(sides[0].talks);
    file_world_stop(&w);
    is_crowd = is_one_own = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(frames_go_both_ways),         UNIT(what_needs_a_commit_waits),
        UNIT(what_is_told_is_on_the_disk), UNIT(who_is_wrong_or_silent_is_left),
        UNIT(who_is_hasty_is_refused),     UNIT(wrong_frames_end_a_talk),
        UNIT(who_trickles_is_left),        UNIT(every_talk_ends),
        UNIT(nobody_has_all_places),       UNIT(who_stays_keeps_nobody_out),
        UNIT(haste_is_the_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
