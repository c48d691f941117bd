/* Frames of `/wavu/members/1`: round trip, in pieces, newer ones, bad ones. */
#include "group/network_msg.h"

#include "tests/base/unit.h"

static struct network_msg_room room;
static uint8_t ids[NETWORK_MSG_HEADS_MAX][NETWORK_MSG_ID_SIZE];

/* Write, find the frame again, read it. */
static struct network_msg through(const struct network_msg *m, uint8_t *bytes, size_t size)
{
    struct network_msg read;
    struct span body;
    unsigned kind = 0;
    size_t used = 0;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, size));
    network_msg_write(&w, m);
    assert_int_equal(wr_finish(&w), 0);
    for (size_t len = 0; len < w.len; len += 1 + len / 16) {
        assert_int_equal(network_msg_frame(span_of(bytes, len), &kind, &body, &used),
                         WAVU_ERR_AGAIN);
    }
    assert_int_equal(network_msg_frame(wr_span(&w), &kind, &body, &used), 0);
    assert_int_equal(used, w.len);
    assert_int_equal(kind, m->kind);
    assert_int_equal(network_msg_read(&read, kind, body, &room), 0);
    return read;
}

static void test_each_kind_survives(void **state)
{
    (void)state;
    static uint8_t bytes[NETWORK_MSG_FRAME_MAX];
    uint8_t certificate[NETWORK_MSG_CERTIFICATE_SIZE] = {7};
    const struct network_msg prove = {
        .kind = NETWORK_MSG_PROVE, .tags = {ids[0], ids[1], ids[2], ids[3]}, .tag_count = 4};
    const struct network_msg guest = {
        .kind = NETWORK_MSG_GUEST, .root = ids[4], .certificate = certificate};
    const struct network_msg asking = {.kind = NETWORK_MSG_GUEST,
                                       .root = ids[4],
                                       .certificate = certificate,
                                       .is_open = true,
                                       .network = ids[6]};
    const struct network_msg heads = {.kind = NETWORK_MSG_HEADS,
                                      .heads = span_of(ids, sizeof ids),
                                      .state = ids[5],
                                      .genesis = UNIT_TEXT("genesis")};
    const struct network_msg none = {.kind = NETWORK_MSG_HEADS};
    const struct network_msg refused = {.kind = NETWORK_MSG_REFUSED,
                                        .reason = NETWORK_MSG_NOT_INVITED};
    const struct network_msg done = {.kind = NETWORK_MSG_DONE};

    for (size_t i = 0; i < NETWORK_MSG_HEADS_MAX; i++) {
        memset(ids[i], (int)(i % 255), sizeof ids[i]);
    }
    struct network_msg read = through(&prove, bytes, sizeof bytes);

    assert_int_equal(read.tag_count, 4);
    assert_memory_equal(read.tags[3], ids[3], NETWORK_MSG_TAG_SIZE);
    read = through(&guest, bytes, sizeof bytes);
    assert_memory_equal(read.root, ids[4], NETWORK_MSG_ID_SIZE);
    assert_memory_equal(read.certificate, certificate, sizeof certificate);
    assert_false(read.is_open);
    assert_null(read.network);
    read = through(&asking, bytes, sizeof bytes);
    assert_true(read.is_open);
    assert_memory_equal(read.network, ids[6], NETWORK_MSG_ID_SIZE);
    read = through(&heads, bytes, sizeof bytes);
    assert_true(span_is_equal(read.heads, heads.heads));
    assert_memory_equal(read.state, ids[5], NETWORK_MSG_ID_SIZE);
    assert_true(span_is_equal(read.genesis, heads.genesis));
    read = through(&none, bytes, sizeof bytes);
    assert_true(read.heads.len == 0 && read.state == NULL && read.genesis.len == 0);
    read = through(&refused, bytes, sizeof bytes);
    assert_int_equal(read.reason, NETWORK_MSG_NOT_INVITED);
    assert_int_equal(read.format, NETWORK_MSG_FORMAT);
    (void)through(&done, bytes, sizeof bytes);
}

static void test_operations_one_by_one(void **state)
{
    (void)state;
    const struct span ops[] = {UNIT_TEXT("one"), UNIT_TEXT(""), UNIT_TEXT("three")};
    uint8_t bytes[64];
    struct network_msg read;
    struct span body;
    struct span op;
    unsigned kind = 0;
    size_t used = 0;
    size_t len = 0;
    size_t at = 0;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    for (size_t i = 0; i < 3; i++) {
        len += network_msg_op_size(ops[i]);
    }
    network_msg_begin_ops(&w, len);
    for (size_t i = 0; i < 3; i++) {
        network_msg_write_op(&w, ops[i]);
    }
    assert_int_equal(network_msg_frame(wr_span(&w), &kind, &body, &used), 0);
    assert_int_equal(used, w.len);
    assert_int_equal(network_msg_read(&read, kind, body, &room), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_true(network_msg_next_op(&read, &at, &op));
        assert_true(span_is_equal(op, ops[i]));
    }
    assert_false(network_msg_next_op(&read, &at, &op));
}

static void test_newer_ones(void **state)
{
    (void)state;
    struct network_msg m;

    assert_int_equal(network_msg_read(&m, 77, UNIT_TEXT("\xff\xff"), &room), 0);
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_PROVE, UNIT_TEXT("\x08\x02"), &room),
                     WAVU_ERR_UNSUPPORTED);
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_GUEST, UNIT_TEXT("\x08\x02"), &room),
                     WAVU_ERR_UNSUPPORTED);
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_REFUSED, UNIT_TEXT("\x08\x63"), &room), 0);
    assert_int_equal(m.reason, NETWORK_MSG_UNSAID);
}

static void test_bad_ones(void **state)
{
    (void)state;
    static uint8_t bytes[NETWORK_MSG_FRAME_MAX + 64];
    struct network_msg m;
    struct span body;
    unsigned kind = 0;
    size_t used = 0;
    struct wr w;

    assert_int_equal(network_msg_frame(UNIT_TEXT("\x00"), &kind, &body, &used), WAVU_ERR_PROTO);
    assert_int_equal(network_msg_frame(UNIT_TEXT("\xff\xff\x7f"), &kind, &body, &used),
                     WAVU_ERR_LIMIT);
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_PROVE, UNIT_TEXT("\x08\x01"), &room),
                     WAVU_ERR_PROTO); /* no tag */
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_PROVE, UNIT_TEXT("\x08\x01\x12\x01x"), &room),
                     WAVU_ERR_PROTO);
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_GUEST, UNIT_TEXT("\x08\x01"), &room),
                     WAVU_ERR_PROTO);
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_HEADS, UNIT_TEXT("\x0a\x01x"), &room),
                     WAVU_ERR_PROTO);
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_OPS, UNIT_TEXT("\x08\x01"), &room),
                     WAVU_ERR_PROTO);
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_OPS, UNIT_TEXT("\x0a\x05x"), &room),
                     WAVU_ERR_PROTO);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    pb_write_varint(&w, 1, NETWORK_MSG_FORMAT);
    for (int i = 0; i <= NETWORK_MSG_TAGS_MAX; i++) {
        pb_write_bytes(&w, 2, span_of(ids[0], NETWORK_MSG_TAG_SIZE));
    }
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_PROVE, wr_span(&w), &room), WAVU_ERR_LIMIT);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    for (int i = 0; i <= NETWORK_MSG_HEADS_MAX; i++) {
        pb_write_bytes(&w, 1, span_of(ids[0], NETWORK_MSG_ID_SIZE));
    }
    assert_int_equal(network_msg_read(&m, NETWORK_MSG_HEADS, wr_span(&w), &room), WAVU_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_each_kind_survives),
        UNIT(test_operations_one_by_one),
        UNIT(test_newer_ones),
        UNIT(test_bad_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
