/*
 * Envelopes against vectors of another program, and all that is none.
 */
#include "tests/base/unit.h"

#include "base/pb.h"
#include "courier/envelope.h"
#include "tests/support/vectors.h"

static uint32_t number_of(struct vectors *v, const char *name)
{
    struct rd r;
    rd_init(&r, vectors_span(v, name));
    return rd_left(&r) == 1 ? rd_u8(&r) : rd_u32be(&r);
}

static void assert_is(struct vectors *v, const char *name, const void *bytes, size_t len)
{
    assert_true(span_is_equal(vectors_span(v, name), span_of(bytes, len)));
}

static void check_names(struct vectors *v)
{
    uint8_t lock[ENVELOPE_LOCK_SIZE];
    uint8_t out[ENVELOPE_NAME_SIZE];
    const struct envelope_recipient r = {.network = vectors_span(v, "network").ptr,
                                         .device = vectors_span(v, "device").ptr,
                                         .prekey = vectors_span(v, "prekey").ptr,
                                         .number = number_of(v, "number")};
    envelope_tag(out, &r);
    assert_is(v, "tag", out, sizeof(out));
    envelope_lock(lock, vectors_span(v, "token").ptr);
    assert_is(v, "lock", lock, sizeof(lock));
    assert_true(envelope_is_opened(lock, vectors_span(v, "token").ptr));
    assert_false(envelope_is_opened(lock, vectors_span(v, "message").ptr));
    envelope_name(out, vectors_span(v, "head"), vectors_span(v, "sealed"));
    assert_is(v, "name", out, sizeof(out));
    envelope_message_key(out, vectors_span(v, "device").ptr, vectors_span(v, "message").ptr);
    assert_is(v, "key", out, sizeof(out));
}

static void check_bytes(struct vectors *v)
{
    static uint8_t bytes[4096];
    uint8_t head_bytes[ENVELOPE_HEAD_SIZE];
    struct envelope e;
    struct wr w;
    assert_int_equal(envelope_decode(&e, vectors_span(v, "envelope")), 0);
    assert_int_equal(e.head.format, ENVELOPE_FORMAT);
    assert_int_equal(e.head.class_number, number_of(v, "class"));
    assert_int_equal(e.head.lifetime_s, number_of(v, "lifetime"));
    assert_int_equal(e.age_s, number_of(v, "age"));
    assert_int_equal(e.hops, number_of(v, "hops"));
    assert_int_equal(e.copies, number_of(v, "copies"));
    assert_is(v, "tag", e.head.tag, sizeof(e.head.tag));
    assert_is(v, "lock", e.head.lock, sizeof(e.head.lock));
    assert_is(v, "sealed", e.sealed.ptr, e.sealed.len);
    envelope_head_encode(head_bytes, &e.head);
    assert_is(v, "head", head_bytes, sizeof(head_bytes));
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    envelope_encode(&w, &e);
    assert_int_equal(wr_finish(&w), 0);
    assert_is(v, "envelope", bytes, w.len);
}

static void check_content(struct vectors *v)
{
    static uint8_t bytes[8192];
    struct envelope_content c = {.kind = number_of(v, "kind"), .body = vectors_span(v, "body")};
    struct envelope_content back;
    struct wr w;
    memcpy(c.token, vectors_span(v, "token").ptr, sizeof(c.token));
    memcpy(c.message, vectors_span(v, "message").ptr, sizeof(c.message));
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    envelope_content_encode(&w, &c);
    assert_int_equal(wr_finish(&w), 0);
    assert_is(v, "content", bytes, w.len);
    assert_int_equal(w.len, envelope_content_size(c.kind, c.body.len));
    assert_int_equal(envelope_content_decode(&back, wr_span(&w)), 0);
    assert_memory_equal(back.token, c.token, sizeof(c.token));
    assert_memory_equal(back.message, c.message, sizeof(c.message));
    assert_int_equal(back.kind, c.kind);
    assert_true(span_is_equal(back.body, c.body));
}

static void test_vectors(void **state)
{
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/envelope.txt");
    size_t records = 0;
    (void)state;
    while (vectors_next(v)) {
        check_names(v);
        check_bytes(v);
        check_content(v);
        records++;
    }
    assert_int_equal(records, 4);
    vectors_close(v);
}

/* --- what is none --- */

struct made {
    uint8_t head[ENVELOPE_HEAD_MAX + 1];
    uint8_t bytes[1024];
    struct wr w;
};

static struct envelope made_of(struct made *m, size_t head_len)
{
    const struct envelope_head head = {
        .format = 1, .class_number = ENVELOPE_CHAT, .form = 1, .lifetime_s = 60};
    memset(m, 0, sizeof(*m));
    envelope_head_encode(m->head, &head);
    wr_init(&m->w, span_mut_of(m->bytes, sizeof(m->bytes)));
    return (struct envelope){.head_bytes = span_of(m->head, head_len),
                             .sealed = span_from_text("sealed"),
                             .hops = 3,
                             .copies = 2};
}

static int read_made(struct made *m, const struct envelope *e, struct envelope *back)
{
    m->w.len = 0;
    envelope_encode(&m->w, e);
    assert_int_equal(wr_finish(&m->w), 0);
    return envelope_decode(back, wr_span(&m->w));
}

static void test_heads_that_are_none(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
    } cases[] = {{0, 0}, {1, 0}, {1, 5}, {2, 0}, {2, 3}, {3, 1}, {6, 0}};
    struct made m;
    struct envelope back;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct envelope e = made_of(&m, ENVELOPE_HEAD_SIZE);
        assert_int_equal(read_made(&m, &e, &back), 0);
        m.head[cases[i].at] = cases[i].byte;
        assert_int_equal(read_made(&m, &e, &back), WAVU_ERR_PROTO);
    }
    for (size_t len = 0; len <= ENVELOPE_HEAD_MAX + 1; len++) {
        const struct envelope e = made_of(&m, len);
        assert_int_equal(read_made(&m, &e, &back), len == ENVELOPE_HEAD_SIZE ? 0 : WAVU_ERR_PROTO);
    }
}

/* Carried and held as it is, whatever stands behind the 55 bytes that keep their meaning. */
static void test_newer_formats_are_carried(void **state)
{
    struct made m;
    struct envelope back;
    (void)state;
    for (size_t len = ENVELOPE_HEAD_SIZE; len <= ENVELOPE_HEAD_MAX + 1; len++) {
        const struct envelope e = made_of(&m, len);
        m.head[0] = 2;
        m.head[1] = 77; /* a class of later */
        m.head[2] = 9;
        const int rc = read_made(&m, &e, &back);
        assert_int_equal(rc, len <= ENVELOPE_HEAD_MAX ? 0 : WAVU_ERR_PROTO);
        if (rc == 0) {
            assert_int_equal(back.head.format, 2);
            assert_int_equal(back.head.class_number, ENVELOPE_BULK);
            assert_int_equal(back.head.lifetime_s, 60);
            assert_true(span_is_equal(back.head_bytes, e.head_bytes));
        }
    }
}

static void test_fields_missing_or_twice(void **state)
{
    struct made m;
    struct envelope back;
    (void)state;
    for (uint32_t missing = 1; missing <= 5; missing++) {
        const struct envelope e = made_of(&m, ENVELOPE_HEAD_SIZE);
        if (missing != 1) {
            pb_write_bytes(&m.w, 1, e.head_bytes);
        }
        if (missing != 2) {
            pb_write_bytes(&m.w, 2, e.sealed);
        }
        for (uint32_t i = 3; i <= 5; i++) {
            if (missing != i) {
                pb_write_varint(&m.w, i, 1);
            }
        }
        pb_write_varint(&m.w, 9, 1); /* of later */
        assert_int_equal(envelope_decode(&back, wr_span(&m.w)), missing > 2 ? 0 : WAVU_ERR_PROTO);
        if (missing > 2) {
            assert_int_equal(back.copies, 1);
            pb_write_varint(&m.w, missing == 3 ? 4 : 3, 1);
            assert_int_equal(envelope_decode(&back, wr_span(&m.w)), WAVU_ERR_PROTO);
        }
    }
}

static void test_copies_and_hops_are_cut(void **state)
{
    struct made m;
    struct envelope back;
    (void)state;
    struct envelope e = made_of(&m, ENVELOPE_HEAD_SIZE);
    e.copies = 255;
    e.hops = 255;
    assert_int_equal(read_made(&m, &e, &back), 0);
    assert_int_equal(back.copies, ENVELOPE_COPIES_MAX);
    assert_int_equal(back.hops, ENVELOPE_HOPS_MAX);
    e.copies = 0;
    assert_int_equal(read_made(&m, &e, &back), WAVU_ERR_PROTO);
}

static void test_too_long(void **state)
{
    static uint8_t bytes[ENVELOPE_SIZE_MAX + 64];
    struct made m;
    struct envelope back;
    struct wr w;
    (void)state;
    struct envelope e = made_of(&m, ENVELOPE_HEAD_SIZE);
    for (int over = 0; over < 2; over++) {
        e.sealed = span_of(bytes, ENVELOPE_SIZE_MAX - 57 - 4 - 6 + (size_t)over);
        uint8_t *out = mem_new_raw(2 * ENVELOPE_SIZE_MAX);
        wr_init(&w, span_mut_of(out, 2 * ENVELOPE_SIZE_MAX));
        envelope_encode(&w, &e);
        assert_int_equal(w.len, ENVELOPE_SIZE_MAX + (size_t)over);
        assert_int_equal(envelope_decode(&back, wr_span(&w)), over ? WAVU_ERR_PROTO : 0);
        mem_free(out);
    }
}

static void test_padding_hides_lengths(void **state)
{
    (void)state;
    assert_int_equal(envelope_content_size(1, 0), 64);
    assert_int_equal(envelope_content_size(1, 30), 64);
    assert_int_equal(envelope_content_size(1, 31), 128);
    assert_int_equal(envelope_content_size(1, 400), 512);
    assert_int_equal(envelope_content_size(1, 600), 1024);
    assert_int_equal(envelope_content_size(1, 1000), 2048);
    assert_int_equal(envelope_content_size(UINT32_MAX, ENVELOPE_BODY_MAX), ENVELOPE_CONTENT_MAX);
}

static void test_content_that_is_none(void **state)
{
    uint8_t bytes[256];
    const struct envelope_content c = {.kind = 300, .body = span_from_text("hello")};
    struct envelope_content back;
    struct wr w;
    (void)state;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    envelope_content_encode(&w, &c);
    assert_int_equal(w.len, 64);
    for (size_t len = 0; len <= w.len; len++) { /* 40: token, message, kind, length and body */
        const int rc = envelope_content_decode(&back, span_of(bytes, len));
        assert_int_equal(rc, len < 40 ? WAVU_ERR_CRYPTO : 0);
    }
    for (size_t i = 40; i < w.len; i++) {
        bytes[i] = 1;
        assert_int_equal(envelope_content_decode(&back, wr_span(&w)), WAVU_ERR_CRYPTO);
        bytes[i] = 0;
    }
    w.len = 0;
    wr_bytes(&w, span_of(c.token, 16));
    wr_bytes(&w, span_of(c.message, 16));
    wr_varint(&w, UINT64_C(1) << 32);
    wr_prefixed(&w, c.body);
    assert_int_equal(envelope_content_decode(&back, wr_span(&w)), WAVU_ERR_CRYPTO);
}

/* Another author's id is another message: who knows an id cannot take it. */
static void test_ids_are_their_authors(void **state)
{
    const uint8_t a[ENVELOPE_DEVICE_SIZE] = {1};
    const uint8_t b[ENVELOPE_DEVICE_SIZE] = {2};
    const uint8_t id[ENVELOPE_ID_SIZE] = {3};
    uint8_t of_a[ENVELOPE_ID_SIZE];
    uint8_t of_b[ENVELOPE_ID_SIZE];
    (void)state;
    envelope_message_key(of_a, a, id);
    envelope_message_key(of_b, b, id);
    assert_memory_not_equal(of_a, of_b, sizeof(of_a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_vectors),
        UNIT(test_heads_that_are_none),
        UNIT(test_newer_formats_are_carried),
        UNIT(test_fields_missing_or_twice),
        UNIT(test_copies_and_hops_are_cut),
        UNIT(test_too_long),
        UNIT(test_padding_hides_lengths),
        UNIT(test_content_that_is_none),
        UNIT(test_ids_are_their_authors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
