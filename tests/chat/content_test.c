/* Content: round trip of each kind, what a kind needs, newer kinds, bad input. */
#include "chat/content.h"

#include "tests/base/unit.h"

static const uint8_t ids[4][CONTENT_ID_SIZE] = {{1}, {2}, {3}, {4}};

/* One of each kind, with all that it may have. */
static struct content sample(enum content_kind kind)
{
    struct content c = {.kind = kind,
                        .text = UNIT_TEXT("h\xc3\xa9llo\nthere"),
                        .reply = ids[0],
                        .target = ids[1],
                        .mentions = {ids[2], ids[3]},
                        .mention_count = 2,
                        .file = UNIT_TEXT("file"),
                        .has_room = true,
                        .room = {.name = UNIT_TEXT("kitchen"),
                                 .topic = UNIT_TEXT("what we eat"),
                                 .share = 50,
                                 .expiry = 3600},
                        .unix_ms = 1234567890123,
                        .emoji = UNIT_TEXT("\xf0\x9f\x91\x8d"),
                        .has_position = true,
                        .position = {.latitude = -33856784,
                                     .longitude = 1512153000,
                                     .accuracy = 12,
                                     .has_altitude = true,
                                     .altitude = -3},
                        .member = ids[2],
                        .device = ids[3],
                        .sos = ids[1]};
    return c;
}

static struct span written(const struct content *c, uint8_t *out, size_t size)
{
    struct wr w;

    wr_init(&w, span_mut_of(out, size));
    content_write(&w, c);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void test_each_kind_survives(void **state)
{
    (void)state;
    for (int kind = CONTENT_TEXT; kind <= CONTENT_SOS_OVER; kind++) {
        const struct content c = sample((enum content_kind)kind);
        struct content read;
        uint8_t bytes[1024];
        struct span out = written(&c, bytes, sizeof bytes);

        assert_int_equal(content_read(&read, out), 0);
        assert_int_equal(read.kind, kind);
        assert_true(span_is_equal(read.text, c.text) && span_is_equal(read.file, c.file) &&
                    span_is_equal(read.emoji, c.emoji));
        assert_memory_equal(read.reply, ids[0], CONTENT_ID_SIZE);
        assert_memory_equal(read.target, ids[1], CONTENT_ID_SIZE);
        assert_int_equal(read.mention_count, 2);
        assert_memory_equal(read.mentions[1], ids[3], CONTENT_ID_SIZE);
        assert_true(span_is_equal(read.room.name, c.room.name) &&
                    span_is_equal(read.room.topic, c.room.topic));
        assert_int_equal(read.room.share, 50);
        assert_int_equal(read.room.expiry, 3600);
        assert_int_equal(read.unix_ms, c.unix_ms);
        assert_memory_equal(&read.position, &c.position, sizeof read.position);
        assert_memory_equal(read.member, ids[2], CONTENT_ID_SIZE);
        assert_memory_equal(read.device, ids[3], CONTENT_ID_SIZE);
        assert_memory_equal(read.sos, ids[1], CONTENT_SOS_ID_SIZE);
        for (size_t len = 0; len < out.len; len++) { /* cut anywhere: never more than it was */
            int rc = content_read(&read, span_of(bytes, len));
            assert_true(rc == 0 || rc == WAVU_ERR_PROTO);
        }
    }
}

static void test_a_kind_has_what_it_needs(void **state)
{
    (void)state;
    for (int kind = CONTENT_TEXT; kind <= CONTENT_SOS_OVER; kind++) {
        const struct content bare = {.kind = (enum content_kind)kind};
        const uint8_t bytes[] = {0x08, (uint8_t)kind};
        struct content read;
        int expected = kind == CONTENT_SOS ? 0 : WAVU_ERR_PROTO;

        assert_int_equal(content_check(&bare), expected);
        assert_int_equal(content_read(&read, span_of(bytes, sizeof bytes)), expected);
    }
    struct content c = sample(CONTENT_EDIT);

    c.target = NULL;
    assert_int_equal(content_check(&c), WAVU_ERR_PROTO);
    c = sample(CONTENT_REACTION);
    c.emoji = span_empty();
    assert_int_equal(content_check(&c), WAVU_ERR_PROTO);
    c = sample(CONTENT_ROOM);
    c.room.name = span_empty();
    assert_int_equal(content_check(&c), WAVU_ERR_PROTO);
}

static void test_newer_kinds_are_kept(void **state)
{
    (void)state;
    struct content c;

    assert_int_equal(content_read(&c, UNIT_TEXT("\x08\x0c")), 0);
    assert_int_equal(c.kind, CONTENT_UNKNOWN);
    assert_int_equal(content_read(&c, UNIT_TEXT("\x08\xff\x7f\x12\x01\xff")), 0);
    assert_int_equal(c.kind, CONTENT_UNKNOWN);
    assert_int_equal(c.text.len, 0); /* nothing of it is taken for what it would mean here */
    assert_int_equal(content_check(&c), WAVU_ERR_PROTO);
}

static void test_unknown_fields_are_skipped(void **state)
{
    (void)state;
    struct content c;

    assert_int_equal(content_read(&c, UNIT_TEXT("\x08\x01\x12\x02hi\xa0\x06\x07\x72\x01x")), 0);
    assert_int_equal(c.kind, CONTENT_TEXT);
    assert_true(span_is_equal(c.text, UNIT_TEXT("hi")));
}

static void refused(struct span bytes)
{
    struct content c;

    assert_int_equal(content_read(&c, bytes), WAVU_ERR_PROTO);
}

static void test_bad_input(void **state)
{
    (void)state;
    static uint8_t large[CONTENT_SIZE_MAX + 1];
    uint8_t bytes[4096];
    struct content c;
    struct wr w;

    refused(span_empty());
    refused(UNIT_TEXT("\x12\x02hi"));                 /* no kind */
    refused(UNIT_TEXT("\x08\x01\x08\x01\x12\x02hi")); /* twice */
    refused(UNIT_TEXT("\x0a\x01\x01"));               /* a kind that is bytes */
    refused(UNIT_TEXT("\x08\x01\x10\x02"));           /* a text that is a number */
    refused(UNIT_TEXT("\x08\x01\x12\x02\xc0\x80"));   /* overlong */
    refused(UNIT_TEXT("\x08\x01\x12\x03\xed\xa0\x80"));
    refused(UNIT_TEXT("\x08\x01\x12\x03"
                      "a\0b"));
    refused(UNIT_TEXT("\x08\x04\x22\x02xx"));                                   /* no id */
    refused(UNIT_TEXT("\x08\x0a\x52\x02\x08\x01"));                             /* no longitude */
    refused(UNIT_TEXT("\x08\x0a\x52\x09\x08\x81\xd0\x92\xda\x06\x10\x01\x00")); /* a torn one */
    assert_int_equal(content_read(&c, span_of(large, sizeof large)), WAVU_ERR_LIMIT);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    pb_write_varint(&w, 1, CONTENT_TEXT);
    pb_write_text(&w, 2, "hi");
    for (int i = 0; i <= CONTENT_MENTIONS_MAX; i++) {
        pb_write_bytes(&w, 5, span_of(ids[0], CONTENT_ID_SIZE));
    }
    assert_int_equal(content_read(&c, wr_span(&w)), WAVU_ERR_LIMIT);
}

static void test_numbers_are_bounded(void **state)
{
    (void)state;
    struct content c = sample(CONTENT_SOS);

    c.position.latitude = INT64_C(900000001);
    assert_int_equal(content_check(&c), WAVU_ERR_PROTO);
    c = sample(CONTENT_SOS);
    c.position.longitude = INT64_MIN;
    assert_int_equal(content_check(&c), WAVU_ERR_PROTO);
    c = sample(CONTENT_ROOM);
    c.room.share = CONTENT_ROOM_SHARE_MAX + 1;
    assert_int_equal(content_check(&c), WAVU_ERR_LIMIT);
    c = sample(CONTENT_ROOM);
    c.room.expiry = CONTENT_EXPIRY_MAX + 1;
    assert_int_equal(content_check(&c), WAVU_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_each_kind_survives),
        UNIT(test_a_kind_has_what_it_needs),
        UNIT(test_newer_kinds_are_kept),
        UNIT(test_unknown_fields_are_skipped),
        UNIT(test_bad_input),
        UNIT(test_numbers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
