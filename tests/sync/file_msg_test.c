/* Frames about files: their bytes as file.proto has them, and what is refused. */
#include "sync/file_msg.h"

#include "tests/base/unit.h"

static uint8_t room[70000];

static struct span encode(const struct file_msg *m)
{
    struct wr w;

    wr_init(&w, span_mut_of(room, sizeof room));
    file_msg_encode(&w, m);
    wr_bytes(&w, m->sealed);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void expect(const struct file_msg *m, struct span bytes)
{
    struct span got = encode(m);

    assert_int_equal(got.len, bytes.len);
    assert_memory_equal(got.ptr, bytes.ptr, bytes.len);
}

static void test_bytes_of_each_kind(void **state)
{
    uint8_t id[FILE_SHAPE_ID_SIZE] = {7};
    uint8_t tag[AEAD_TAG_SIZE] = {8};
    uint8_t path[HASH_SHA256_SIZE] = {9};
    uint8_t ask[3 + 1 + sizeof id] = {35, 1, 0x0a, 32, 7};
    uint8_t piece[128] = {2 + 1 + 2 + 32 + 2 + 16 + 2 + 3, 4, 0x08, 5, 0x12, 32, 9};

    (void)state;
    expect(&(struct file_msg){.kind = FILE_MSG_ASK, .id = span_of(id, sizeof id)},
           span_of(ask, sizeof ask));
    expect(&(struct file_msg){.kind = FILE_MSG_HAVE, .runs = UNIT_TEXT("\x00\x05")},
           UNIT_TEXT("\x05\x02\x0a\x02\x00\x05"));
    expect(&(struct file_msg){.kind = FILE_MSG_WANT, .first = 300, .count = 4},
           UNIT_TEXT("\x06\x03\x08\xac\x02\x10\x04"));
    expect(&(struct file_msg){.kind = FILE_MSG_CANCEL, .first = 0, .count = 1},
           UNIT_TEXT("\x05\x05\x08\x00\x10\x01"));
    piece[6 + 32] = 0x1a;
    piece[7 + 32] = 16;
    piece[8 + 32] = 8;
    memcpy(piece + 8 + 32 + 16, "\x22\x03xyz", 5);
    expect(&(struct file_msg){.kind = FILE_MSG_PIECE,
                              .first = 5,
                              .path = span_of(path, sizeof path),
                              .tag = span_of(tag, sizeof tag),
                              .sealed = UNIT_TEXT("xyz")},
           span_of(piece, 1 + piece[0]));
}

static void test_what_is_written_is_read(void **state)
{
    static uint8_t sealed[FILE_SHAPE_PIECE_MIN];
    static uint8_t path[FILE_TREE_PATH_MAX * HASH_SHA256_SIZE];
    uint8_t tag[AEAD_TAG_SIZE] = {1};
    struct file_msg m = {.kind = FILE_MSG_PIECE,
                         .first = FILE_SHAPE_PIECES_MAX - 1,
                         .path = span_of(path, sizeof path),
                         .tag = span_of(tag, sizeof tag),
                         .sealed = span_of(sealed, sizeof sealed)};
    struct file_msg back;
    size_t len = 0;
    size_t used = 0;

    (void)state;
    struct span frame = encode(&m);

    assert_int_equal(file_msg_length(frame, FILE_MSG_SIZE_MAX, &len, &used), 0);
    assert_int_equal(used + len, frame.len);
    assert_true(len <= sizeof sealed + FILE_MSG_AROUND_MAX);
    assert_int_equal(file_msg_decode(&back, span_slice(frame, used, len)), 0);
    assert_int_equal(back.first, m.first);
    assert_true(span_is_equal(back.path, m.path) && span_is_equal(back.tag, m.tag));
    assert_true(span_is_equal(back.sealed, m.sealed));
}

static int decode(struct span frame)
{
    struct file_msg m;

    return file_msg_decode(&m, frame);
}

static void test_what_is_refused(void **state)
{
    uint8_t ask[3 + FILE_SHAPE_ID_SIZE] = {1, 0x0a, FILE_SHAPE_ID_SIZE};
    size_t len = 0;
    size_t used = 0;

    (void)state;
    assert_int_equal(decode(span_empty()), WAVU_ERR_PROTO);
    assert_int_equal(decode(UNIT_TEXT("\x00")), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(decode(UNIT_TEXT("\x06")), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(decode(span_of(ask, sizeof ask)), 0);
    assert_int_equal(decode(span_of(ask, sizeof ask - 1)), WAVU_ERR_PROTO);
    assert_int_equal(decode(UNIT_TEXT("\x01")), WAVU_ERR_PROTO);                 /* no id */
    assert_int_equal(decode(UNIT_TEXT("\x03\x08\x05")), WAVU_ERR_PROTO);         /* no count */
    assert_int_equal(decode(UNIT_TEXT("\x03\x10\x05\x10\x05")), WAVU_ERR_PROTO); /* twice */
    assert_int_equal(decode(UNIT_TEXT("\x03\x10\x80\x80\x04")), 0);              /* all 65,536 */
    assert_int_equal(decode(UNIT_TEXT("\x03\x08\x01\x10\x80\x80\x04")), WAVU_ERR_PROTO);
    assert_int_equal(decode(UNIT_TEXT("\x04\x08\x01")), WAVU_ERR_PROTO); /* no tag */
    assert_int_equal(decode(UNIT_TEXT("\x02\x08\x01")), WAVU_ERR_PROTO); /* runs are bytes */
    assert_int_equal(decode(UNIT_TEXT("\x02\x18\x01")), 0);              /* a field of later */

    assert_int_equal(file_msg_length(span_empty(), 10, &len, &used), WAVU_ERR_AGAIN);
    assert_int_equal(file_msg_length(UNIT_TEXT("\x00"), 10, &len, &used), WAVU_ERR_PROTO);
    assert_int_equal(file_msg_length(UNIT_TEXT("\x0a"), 10, &len, &used), 0);
    assert_int_equal(file_msg_length(UNIT_TEXT("\x0b"), 10, &len, &used), WAVU_ERR_LIMIT);
    assert_int_equal(file_msg_length(UNIT_TEXT("\xff\xff\xff"), 10, &len, &used), WAVU_ERR_AGAIN);
    assert_int_equal(file_msg_length(UNIT_TEXT("\xff\xff\xff\xff"), 10, &len, &used),
                     WAVU_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_bytes_of_each_kind),
        UNIT(test_what_is_written_is_read),
        UNIT(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
