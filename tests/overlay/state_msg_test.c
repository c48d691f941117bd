/*
 * The codec of the shared state's messages, with bytes written by hand from
 * docs/protocol/state.proto.
 */
#include "tests/base/unit.h"

#include "overlay/state_msg.h"

static uint8_t room[STATE_MSG_SIZE_MAX + 1024];
static uint8_t list[STATE_MSG_SIZE_MAX];
static const uint8_t zeros[STATE_MSG_VALUE_MAX + 1];

static struct span encoded(const struct state_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    state_msg_encode(&w, m);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static struct state_msg_entry entry(uint64_t version)
{
    return (struct state_msg_entry){.version = version,
                                    .key = UNIT_TEXT("nick"),
                                    .value = UNIT_TEXT("zuri"),
                                    .set = span_of(zeros, STATE_MSG_SET_SIZE),
                                    .signature = span_of(zeros, OVERLAY_SIGN_SIZE)};
}

/* Decode a DELTA of one block with these entries. */
static int delta_of(const struct state_msg_entry *entries, size_t count, struct state_msg *read)
{
    static uint8_t inner[STATE_MSG_SIZE_MAX];
    struct wr w;
    struct state_msg_block block = {.owner = {{3}}, .generation = 4, .age_s = 5};
    struct state_msg m = {.kind = STATE_MSG_DELTA};
    wr_init(&w, span_mut_of(inner, sizeof inner));
    for (size_t i = 0; i < count; i++) {
        size_t before = w.len;
        state_msg_put_entry(&w, &entries[i]);
        assert_int_equal(w.len - before, state_msg_entry_size(&entries[i]));
    }
    block.entries = wr_span(&w);
    wr_init(&w, span_mut_of(list, sizeof list));
    state_msg_put_block(&w, &block);
    m.blocks = wr_span(&w);
    return state_msg_decode(read, encoded(&m));
}

static void fields_are_where_the_specification_puts_them(void **state)
{
    (void)state;
    static const uint8_t hash[] = {0x08, 1, 0x11, 1, 0, 0, 0, 0, 0, 0,    0,
                                   0x19, 2, 0,    0, 0, 0, 0, 0, 0, 0x78, 9};
    struct state_msg m;
    assert_int_equal(state_msg_decode(&m, span_of(hash, sizeof hash)), 0);
    assert_true(m.kind == STATE_MSG_HASH && m.salt == 1 && m.hash == 2);
    uint8_t digest[64] = {0x08, 3, 0x29, 1, 0, 0, 0, 0, 0, 0, 0, 0x30, 1, 0x3a, 42, 0x0a, 32, 7};
    static const uint8_t rest[] = {0x10, 5, 0x18, 6, 0x20, 1, 0x28, 1};
    memcpy(digest + 17 + 32, rest, sizeof rest);
    assert_int_equal(state_msg_decode(&m, span_of(digest, 17 + 32 + sizeof rest)), 0);
    assert_true(m.kind == STATE_MSG_DIGEST && m.mask == 1 && m.is_request);
    struct state_msg_item item;
    struct pb cursor;
    pb_init(&cursor, m.items);
    assert_true(state_msg_next_item(&cursor, &item));
    assert_true(item.owner.bytes[0] == 7 && item.generation == 5 && item.version == 6);
    assert_true(item.is_partial && item.is_silent);
    assert_false(state_msg_next_item(&cursor, &item));
    static const uint8_t newer[] = {0x08, 99};
    assert_int_equal(state_msg_decode(&m, span_of(newer, sizeof newer)), 0);
    assert_int_equal(m.kind, STATE_MSG_NONE);
}

static void buckets_come_back_as_they_were(void **state)
{
    (void)state;
    uint8_t hashes[STATE_MSG_BUCKET_COUNT * STATE_MSG_BUCKET_SIZE] = {1, 2, 3, 4, 5};
    struct state_msg m = {
        .kind = STATE_MSG_BUCKETS, .salt = 3, .buckets = span_of(hashes, sizeof hashes)};
    struct state_msg read;
    assert_int_equal(state_msg_decode(&read, encoded(&m)), 0);
    assert_int_equal(state_msg_bucket_at(&read, 0), 0x04030201);
    assert_int_equal(state_msg_bucket_at(&read, 1), 5);
    m.buckets.len--;
    assert_int_equal(state_msg_decode(&read, encoded(&m)), WAVU_ERR_PROTO);
}

static void a_delta_comes_back_as_it_was(void **state)
{
    (void)state;
    struct state_msg_entry entries[2] = {entry(1), entry(9)};
    struct state_msg_block block;
    struct state_msg_entry read;
    struct state_msg m;
    struct pb blocks;
    struct pb cursor;
    entries[1].is_deleted = true;
    entries[1].value = span_empty();
    assert_int_equal(delta_of(entries, 2, &m), 0);
    pb_init(&blocks, m.blocks);
    assert_true(state_msg_next_block(&blocks, &block));
    assert_true(block.owner.bytes[0] == 3 && block.generation == 4 && block.age_s == 5);
    pb_init(&cursor, block.entries);
    assert_true(state_msg_next_entry(&cursor, &read));
    assert_true(read.version == 1 && span_is_equal(read.value, UNIT_TEXT("zuri")));
    assert_true(state_msg_next_entry(&cursor, &read));
    assert_true(read.version == 9 && read.is_deleted && read.value.len == 0);
    assert_false(state_msg_next_entry(&cursor, &read));
    assert_false(state_msg_next_block(&blocks, &block));
}

static void entries_that_are_none_are_refused(void **state)
{
    (void)state;
    struct state_msg m;
    struct state_msg_entry e[2] = {entry(2), entry(2)};
    assert_int_equal(delta_of(e, 2, &m), WAVU_ERR_PROTO); /* not ascending */
    e[0] = entry(0);
    assert_int_equal(delta_of(e, 1, &m), WAVU_ERR_PROTO);
    e[0] = entry(1);
    e[0].key = span_empty();
    assert_int_equal(delta_of(e, 1, &m), WAVU_ERR_PROTO);
    e[0] = entry(1);
    e[0].set.len--;
    assert_int_equal(delta_of(e, 1, &m), WAVU_ERR_PROTO);
    e[0] = entry(1);
    e[0].signature.len--;
    assert_int_equal(delta_of(e, 1, &m), WAVU_ERR_PROTO);
    e[0] = entry(1);
    e[0].key = span_of(zeros, STATE_MSG_KEY_MAX + 1);
    assert_int_equal(delta_of(e, 1, &m), WAVU_ERR_LIMIT);
    e[0] = entry(1);
    e[0].value = span_of(zeros, sizeof zeros);
    assert_int_equal(delta_of(e, 1, &m), WAVU_ERR_LIMIT);
    e[0].value.len--;
    assert_int_equal(delta_of(e, 1, &m), 0);
}

static void lists_are_bounded(void **state)
{
    (void)state;
    struct state_msg_entry entries[STATE_MSG_KEYS_MAX + 1];
    struct state_msg m = {.kind = STATE_MSG_DIGEST};
    struct state_msg read;
    struct state_msg_item item = {
        .generation = UINT64_MAX, .version = UINT64_MAX, .is_partial = true, .is_silent = true};
    struct wr w;
    for (size_t i = 0; i <= STATE_MSG_KEYS_MAX; i++) {
        entries[i] = entry(i + 1);
    }
    assert_int_equal(delta_of(entries, STATE_MSG_KEYS_MAX, &read), 0);
    assert_int_equal(delta_of(entries, STATE_MSG_KEYS_MAX + 1, &read), WAVU_ERR_LIMIT);
    wr_init(&w, span_mut_of(list, sizeof list));
    for (size_t i = 0; i < STATE_MSG_ITEMS_MAX; i++) {
        state_msg_put_item(&w, &item);
    }
    assert_true(w.len <= (size_t)STATE_MSG_ITEMS_MAX * STATE_MSG_ITEM_SIZE_MAX);
    m.items = wr_span(&w);
    assert_int_equal(state_msg_decode(&read, encoded(&m)), 0);
    state_msg_put_item(&w, &item);
    m.items = wr_span(&w);
    assert_int_equal(state_msg_decode(&read, encoded(&m)), WAVU_ERR_LIMIT);
    assert_int_equal(state_msg_decode(&read, span_of(room, STATE_MSG_SIZE_MAX + 1)),
                     WAVU_ERR_LIMIT);
}

static void a_malformed_message_changes_nothing(void **state)
{
    (void)state;
    static const uint8_t cut[] = {0x08, 1, 0x11, 1, 0};
    struct state_msg m = {.salt = 42};
    assert_int_equal(state_msg_decode(&m, span_of(cut, sizeof cut)), WAVU_ERR_PROTO);
    assert_int_equal(m.salt, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(fields_are_where_the_specification_puts_them),
        UNIT(buckets_come_back_as_they_were),
        UNIT(a_delta_comes_back_as_it_was),
        UNIT(entries_that_are_none_are_refused),
        UNIT(lists_are_bounded),
        UNIT(a_malformed_message_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
