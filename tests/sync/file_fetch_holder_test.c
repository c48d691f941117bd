/*
 * Several holders of one file: they share, and who lies, is silent, goes away or floods does not
 * hinder.
 */
#include "sync/file_fetch_core.h"

#include "tests/base/unit.h"
#include "tests/support/file_world.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define LONG (600 * TIMERS_SECOND)
#define NOBODY SIZE_MAX
#define PATH "/srv/anna/trip.ogg"
#define STORED "downloads/trip.ogg"
#define SIZE (6 * MIB + 5)

static struct file_world w;

/* What a holder of bad will does once it is asked. */
enum foe_kind {
    FOE_SILENT, /* says that it has everything, and no more */
    FOE_LIAR,   /* sends other bytes */
    FOE_FLOOD,  /* sends good-looking pieces that nobody asked for, without end */
    FOE_HUGE,   /* begins a frame that is longer than may be */
    FOE_ASKS,   /* says what the opener says */
    FOE_MAP     /* has more than the file */
};

struct foe {
    struct gate_protocol protocol;
    enum foe_kind kind;
    size_t opened;
    size_t closed;
    uint32_t pieces;
    uint32_t unasked; /* a piece far from those that were asked for */
    bool is_flooding;
    struct buf out;
};

static void foe_flush(struct foe *foe, struct stream *stream)
{
    size_t taken = 0;

    if (stream_send(stream, buf_span(&foe->out), &taken) == 0 && taken > 0) {
        buf_drop_front(&foe->out, taken);
    }
}

static void foe_say(struct foe *foe, const struct file_msg *m)
{
    static uint8_t room[70000];
    struct wr out;

    wr_init(&out, span_mut_of(room, sizeof room));
    file_msg_encode(&out, m);
    wr_bytes(&out, m->sealed);
    (void)!buf_append(&foe->out, wr_span(&out));
}

static void foe_piece(struct foe *foe, uint32_t number)
{
    static const uint8_t bytes[FILE_SHAPE_PIECE_MIN];

    foe_say(foe, &(struct file_msg){.kind = FILE_MSG_PIECE,
                                    .first = number,
                                    .path = span_of(bytes, 7 * HASH_SHA256_SIZE),
                                    .tag = span_of(bytes, AEAD_TAG_SIZE),
                                    .sealed = span_of(bytes, sizeof bytes)});
}

static void foe_have(struct foe *foe, uint32_t count)
{
    uint8_t runs[8];
    struct wr r;

    wr_init(&r, span_mut_of(runs, sizeof runs));
    wr_varint(&r, 0);
    wr_varint(&r, count);
    foe_say(foe, &(struct file_msg){.kind = FILE_MSG_HAVE, .runs = wr_span(&r)});
}

static void foe_answer(struct foe *foe, struct span data)
{
    struct file_msg m;
    size_t len = 0;
    size_t used = 0;

    assert_int_equal(file_msg_length(data, 1000, &len, &used), 0);
    assert_int_equal(file_msg_decode(&m, span_slice(data, used, len)), 0);
    if (m.kind == FILE_MSG_ASK) {
        foe_have(foe, foe->kind == FOE_MAP ? foe->pieces + 1 : foe->pieces);
    } else if (foe->kind == FOE_LIAR) {
        foe_piece(foe, m.first);
    } else if (m.kind == FILE_MSG_WANT) {
        foe->unasked = (m.first + 50) % foe->pieces;
        foe->is_flooding = foe->kind == FOE_FLOOD;
    }
    if (foe->kind == FOE_HUGE) {
        (void)!buf_append(&foe->out, UNIT_TEXT("\xff\xff\x7f\x04"));
    }
    if (foe->kind == FOE_ASKS) {
        foe_say(foe, &(struct file_msg){.kind = FILE_MSG_WANT, .first = 0, .count = 1});
    }
}

static void foe_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct foe *foe = service;

    switch (event->kind) {
    case STREAM_OPENED:
        foe->opened++;
        buf_clear(&foe->out);
        return;
    case STREAM_DATA:
        foe_answer(foe, event->data);
        break;
    case STREAM_WRITABLE:
        break;
    case STREAM_FIN:
        return;
    case STREAM_CLOSED:
        foe->closed++;
        return;
    }
    do {
        foe_flush(foe, stream);
        if (foe->is_flooding && foe->out.len == 0) {
            foe_piece(foe, foe->unasked);
            foe_flush(foe, stream);
        }
    } while (foe->is_flooding && foe->out.len == 0);
}

/* Node `i` turns bad. */
static void turn_bad(struct foe *foe, size_t i, enum foe_kind kind)
{
    struct file_shape shape;

    assert_int_equal(file_shape_of(&shape, w.nodes[0].size), 0);
    *foe = (struct foe){.kind = kind, .pieces = shape.count};
    buf_init(&foe->out, MIB);
    foe->protocol.stream = (struct stream_protocol){.name = FILE_PROTOCOL,
                                                    .audience = STREAM_MEMBER,
                                                    .inbound_max = 8,
                                                    .up = foe_up,
                                                    .service = foe};
    file_free(w.nodes[i].file);
    w.nodes[i].file = NULL;
    w.nodes[i].is_up = false; /* file_world leaves it alone */
    assert_int_equal(gate_register(w.nodes[i].gate, &w.nodes[i].network, &foe->protocol), 0);
}

static void end_bad(struct foe *foe, size_t i)
{
    gate_unregister(w.nodes[i].gate, &foe->protocol);
    gate_leave(w.nodes[i].gate, &w.nodes[i].network);
    gate_free(w.nodes[i].gate);
    store_free(w.nodes[i].store);
    buf_clear(&foe->out);
}

static void all_cables(uint64_t bytes_per_second)
{
    sim_cable_set_default(w.net.sim,
                          &(struct sim_cable_settings){.latency_ns = 5000000,
                                                       .bytes_per_second = bytes_per_second,
                                                       .loss_whole = 1,
                                                       .mtu = SIM_CABLE_MTU});
}

static void start(uint64_t seed, size_t count, uint64_t size)
{
    file_world_start(&w, seed, count, NOBODY);
    file_world_put(&w, 0, PATH, size, 3);
    file_world_offer(&w, 0, PATH);
}

/* Node `i` gets it, too. */
static void spread(size_t i)
{
    assert_int_equal(file_world_fetch(&w, i, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, i, FILE_DONE, 1, LONG));
}

static uint64_t seconds_to_fetch(size_t i)
{
    uint64_t before = sim_now(w.net.sim);

    assert_true(file_world_until(&w, i, FILE_DONE, w.nodes[i].heard[FILE_DONE] + 1, LONG));
    assert_true(file_world_is(&w, i, w.nodes[i].path, w.nodes[0].size, 3));
    return (sim_now(w.net.sim) - before) / TIMERS_SECOND;
}

/* docs/protocol/file.md: of five holders one lies, one is silent and one goes away. Three good ones
 * bring it in a third of the time of one. */
static void several_holders_share(void **state)
{
    static struct foe liar;
    static struct foe silent;

    (void)state;
    start(1, 7, SIZE);
    spread(1);
    spread(2);
    turn_bad(&liar, 3, FOE_LIAR);
    turn_bad(&silent, 4, FOE_SILENT);
    all_cables(100 * KIB);
    assert_int_equal(file_world_fetch(&w, 6, 0, "trip.ogg", 0), 0);
    uint64_t alone = seconds_to_fetch(6);

    assert_int_equal(file_world_fetch(&w, 5, 0, "trip.ogg", 0), 0);
    for (size_t i = 1; i < 5; i++) {
        assert_int_equal(file_world_holder(&w, 5, 0, i), 0);
    }
    assert_false(file_world_until(&w, 5, FILE_DONE, 1, 10 * TIMERS_SECOND));
    assert_true(w.nodes[5].holders_max >= 4);
    assert_int_equal(liar.opened, 1); /* once, and never again */
    assert_int_equal(liar.closed, 1);
    assert_int_equal(silent.closed, 0);
    file_world_crash(&w, 2);
    uint64_t together = seconds_to_fetch(5) + 10;

    assert_true(alone >= 60);
    assert_true(together * 10 <= alone * 6);
    assert_int_equal(liar.opened, 1);
    end_bad(&liar, 3);
    end_bad(&silent, 4);
    file_world_stop(&w);
}

/* A holder that comes back is asked again; so is one that is not there at the beginning. */
static void test_who_comes_back_is_asked_again(void **state)
{
    (void)state;
    start(2, 2, SIZE);
    all_cables(200 * KIB);
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
    assert_false(file_world_until(&w, 1, FILE_DONE, 1, 8 * TIMERS_SECOND));
    assert_true(w.nodes[1].bytes > 0);
    for (int i = 0; i < 2; i++) {
        file_world_crash(&w, 0);
        assert_false(file_world_until(&w, 1, FILE_DONE, 1, 20 * TIMERS_SECOND));
        file_world_restart(&w, 0);
        assert_false(file_world_until(&w, 1, FILE_DONE, 1, 10 * TIMERS_SECOND));
    }
    assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
    assert_true(file_world_is(&w, 1, STORED, SIZE, 3));
    file_world_stop(&w);
}

static void test_who_breaks_the_rules_is_left(void **state)
{
    static const enum foe_kind kinds[] = {FOE_LIAR, FOE_FLOOD, FOE_HUGE, FOE_ASKS, FOE_MAP};
    static struct foe foe;

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        start(10 + i, 3, SIZE);
        turn_bad(&foe, 2, kinds[i]);
        assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 2), 0);
        assert_true(file_world_until(&w, 1, FILE_STOPPED, 1, 60 * TIMERS_SECOND));
        assert_int_equal(w.nodes[1].err, WAVU_ERR_PROTO); /* there was nobody else */
        assert_int_equal(foe.opened, 1);
        assert_int_equal(foe.closed, 1);
        assert_int_equal(w.nodes[1].bytes, 0);
        assert_true(w.nodes[1].held_max < 2 * MIB);
        assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
        assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
        end_bad(&foe, 2);
        file_world_stop(&w);
    }
}

static void test_holders_have_a_limit(void **state)
{
    (void)state;
    start(20, 2, SIZE);
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", NOBODY), 0);
    for (uint8_t i = 0; i <= FILE_GET_HOLDERS_MAX; i++) {
        struct overlay_id nobody = {.bytes = {i, 1}};

        assert_int_equal(file_holder(w.nodes[1].file, w.nodes[0].id, &nobody),
                         i < FILE_GET_HOLDERS_MAX ? 0 : WAVU_ERR_LIMIT);
    }
    sim_run_for(w.net.sim, 30 * TIMERS_SECOND); /* nobody knows them: they make place */
    assert_int_equal(file_world_holder(&w, 1, 0, 0), 0);
    assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
    file_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(several_holders_share),
        UNIT(test_who_comes_back_is_asked_again),
        UNIT(test_who_breaks_the_rules_is_left),
        UNIT(test_holders_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
