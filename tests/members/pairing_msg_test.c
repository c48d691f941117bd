/*
 * Messages of pairing: just the fields of their kind, of their sizes, each once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/pb.h"
#include "members/pairing_msg.h"

static uint8_t room[2048];
static const uint8_t k[64] = {1, 2, 3};

static struct span encode(const struct pairing_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    pairing_msg_encode(&w, m);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static struct pairing_msg full(enum pairing_msg_kind kind)
{
    return (struct pairing_msg){.kind = kind,
                                .format = 1,
                                .number = 999,
                                .share = span_of(k, 32),
                                .commitment = span_of(k, 32),
                                .tag = span_of(k, 32),
                                .sealed = span_of(k, 17)};
}

static void test_kinds(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        [PAIRING_MSG_HELLO] = 41,   [PAIRING_MSG_SHARE] = 70,   [PAIRING_MSG_PROOF] = 55,
        [PAIRING_MSG_CONFIRM] = 55, [PAIRING_MSG_WELCOME] = 21, [PAIRING_MSG_ANSWER] = 21,
        [PAIRING_MSG_REFUSED] = 4};
    for (int kind = PAIRING_MSG_HELLO; kind <= PAIRING_MSG_REFUSED; kind++) {
        const struct pairing_msg m = full((enum pairing_msg_kind)kind);
        struct pairing_msg read;
        const struct span bytes = encode(&m);
        assert_int_equal(bytes.len, sizes[kind]);
        assert_int_equal(pairing_msg_decode(&read, bytes), 0);
        assert_int_equal(read.kind, kind);
        assert_true(span_is_equal(read.share, kind <= 2 ? m.share : span_empty()));
        assert_true(span_is_equal(read.commitment, kind == 2 ? m.commitment : span_empty()));
        assert_true(span_is_equal(read.tag, kind == 3 || kind == 4 ? m.tag : span_empty()));
        assert_int_equal(read.number, kind == 1 ? 999 : 0);
        for (size_t len = 0; len < bytes.len; len++) {
            assert_int_equal(pairing_msg_decode(&read, span_slice(bytes, 0, len)), WAVU_ERR_PROTO);
        }
        /* Unknown fields pass, a second of its own or one of another kind does not. */
        struct wr w;
        wr_init(&w, span_mut_of(room + bytes.len, sizeof room - bytes.len));
        pb_write_varint(&w, 15, 1);
        pb_write_text(&w, 99, "later");
        assert_int_equal(pairing_msg_decode(&read, span_of(room, bytes.len + w.len)), 0);
        for (uint32_t field = 1; field <= 7; field++) {
            wr_init(&w, span_mut_of(room + bytes.len, sizeof room - bytes.len));
            if (field <= 3) {
                pb_write_varint(&w, field, 1);
            } else {
                pb_write_bytes(&w, field, span_of(k, 32));
            }
            assert_int_equal(pairing_msg_decode(&read, span_of(room, bytes.len + w.len)),
                             WAVU_ERR_PROTO);
        }
    }
}

static void test_sizes_and_kinds_that_are_none(void **state)
{
    (void)state;
    struct pairing_msg read;
    for (size_t len = 0; len <= 64; len++) {
        struct pairing_msg m = full(PAIRING_MSG_SHARE);
        m.share.len = len;
        assert_int_equal(pairing_msg_decode(&read, encode(&m)), len == 32 ? 0 : WAVU_ERR_PROTO);
        m = full(PAIRING_MSG_PROOF);
        m.tag.len = len;
        assert_int_equal(pairing_msg_decode(&read, encode(&m)), len == 32 ? 0 : WAVU_ERR_PROTO);
    }
    static const uint8_t none[] = {0x08, 0x00};
    static const uint8_t eight[] = {0x08, 0x08};
    static const uint8_t huge[] = {0x08, 0xff, 0xff, 0xff, 0xff, 0x0f};
    static const uint8_t wire[] = {0x0a, 0x01, 0x07};
    assert_int_equal(pairing_msg_decode(&read, span_of(none, sizeof none)), WAVU_ERR_PROTO);
    assert_int_equal(pairing_msg_decode(&read, span_of(eight, sizeof eight)), WAVU_ERR_PROTO);
    assert_int_equal(pairing_msg_decode(&read, span_of(huge, sizeof huge)), WAVU_ERR_PROTO);
    assert_int_equal(pairing_msg_decode(&read, span_of(wire, sizeof wire)), WAVU_ERR_PROTO);
    assert_int_equal(pairing_msg_decode(&read, span_empty()), WAVU_ERR_PROTO);
    uint8_t *big = mem_new(PAIRING_MSG_SIZE_MAX + 1);
    struct wr w;
    wr_init(&w, span_mut_of(big, PAIRING_MSG_SIZE_MAX + 1));
    pb_write_varint(&w, 1, PAIRING_MSG_WELCOME);
    pb_write_head(&w, 7, PAIRING_MSG_SIZE_MAX + 1 - 6);
    assert_int_equal(pairing_msg_decode(&read, span_of(big, PAIRING_MSG_SIZE_MAX + 1)),
                     WAVU_ERR_PROTO);
    mem_free(big);
}

static struct pairing_msg_identity identity(enum pairing_msg_role role)
{
    return (struct pairing_msg_identity){.format = 1,
                                         .role = role,
                                         .transcript = span_of(k, 32),
                                         .root = span_of(k, 32),
                                         .device = span_of(k, 32),
                                         .certificate = span_of(k, 64),
                                         .name = span_from_text("Alice"),
                                         .network = span_of(k, 32),
                                         .opening = span_of(k, 32)};
}

static struct span encode_identity(const struct pairing_msg_identity *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    pairing_msg_identity_encode(&w, m);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void test_identities(void **state)
{
    (void)state;
    uint8_t name[PAIRING_MSG_NAME_MAX + 1];
    struct pairing_msg_identity read;
    struct pairing_msg_identity m = identity(PAIRING_MSG_INVITER);
    memset(name, 'a', sizeof name);
    m.name = span_of(name, PAIRING_MSG_NAME_MAX);
    const struct span bytes = encode_identity(&m);
    assert_true(bytes.len <= PAIRING_MSG_IDENTITY_MAX);
    assert_int_equal(pairing_msg_identity_decode(&read, bytes), 0);
    assert_int_equal(read.opening.len, 32);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_int_equal(pairing_msg_identity_decode(&read, span_slice(bytes, 0, len)),
                         WAVU_ERR_PROTO);
    }
    m.name = span_of(name, PAIRING_MSG_NAME_MAX + 1);
    assert_int_equal(pairing_msg_identity_decode(&read, encode_identity(&m)), WAVU_ERR_PROTO);
    m = identity(PAIRING_MSG_JOINER);
    assert_int_equal(pairing_msg_identity_decode(&read, encode_identity(&m)), 0);
    assert_int_equal(read.network.len, 0);
    m.format = 2;
    assert_int_equal(pairing_msg_identity_decode(&read, encode_identity(&m)), WAVU_ERR_UNSUPPORTED);
    m.format = 0;
    assert_int_equal(pairing_msg_identity_decode(&read, encode_identity(&m)), WAVU_ERR_PROTO);
    m = identity((enum pairing_msg_role)3);
    assert_int_equal(pairing_msg_identity_decode(&read, encode_identity(&m)), WAVU_ERR_PROTO);
    m = identity(PAIRING_MSG_JOINER);
    m.certificate.len = 63;
    assert_int_equal(pairing_msg_identity_decode(&read, encode_identity(&m)), WAVU_ERR_PROTO);
}

/* Names that steer, turn, hide or are no text: tests/base/name_test.c has them all. */
static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int rc;
    } cases[] = {
        {"", 0},
        {"\u5c71\u7530 \u592a\u90ce", 0},
        {"Ali\x1b[2Jce", WAVU_ERR_INVALID},
        {"Alice\n", WAVU_ERR_INVALID},
        {"\xff\xfe", WAVU_ERR_INVALID},
        {"\u202e"
         "ecila",
         WAVU_ERR_INVALID},
        {"Alice\u200b", WAVU_ERR_INVALID},
        {" ", WAVU_ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pairing_msg_identity read;
        struct pairing_msg_identity m = identity(PAIRING_MSG_JOINER);
        m.name = span_from_text(cases[i].name);
        assert_int_equal(pairing_msg_identity_decode(&read, encode_identity(&m)), cases[i].rc);
    }
}

static void test_signed(void **state)
{
    (void)state;
    struct span body;
    struct span signature;
    struct wr w;
    for (size_t len = 63; len <= 64; len++) {
        wr_init(&w, span_mut_of(room, sizeof room));
        pb_write_text(&w, 1, "body");
        pb_write_bytes(&w, 2, span_of(k, len));
        assert_int_equal(pairing_msg_signed_decode(&body, &signature, wr_span(&w)),
                         len == 64 ? 0 : WAVU_ERR_PROTO);
    }
    assert_true(span_is_equal(body, span_from_text("body")));
    assert_int_equal(signature.len, 64);
    pb_write_text(&w, 1, "other"); /* twice */
    assert_int_equal(pairing_msg_signed_decode(&body, &signature, wr_span(&w)), WAVU_ERR_PROTO);
    assert_int_equal(pairing_msg_signed_decode(&body, &signature, span_empty()), WAVU_ERR_PROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),      cmocka_unit_test(test_sizes_and_kinds_that_are_none),
        cmocka_unit_test(test_identities), cmocka_unit_test(test_names),
        cmocka_unit_test(test_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
