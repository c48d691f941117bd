/*
 * Who one says that one is, with no proof: round trips in every cut, and what is refused.
 */
#include "net/plaintext_msg.h"

#include "base/pb.h"
#include "tests/base/unit.h"
#include "tests/support/vectors.h"

static void round_trips_in_every_cut(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    while (vectors_next(v)) {
        struct identity_key *key = NULL;
        uint8_t bytes[PLAINTEXT_MSG_MAX + 1];
        struct wr w;
        assert_int_equal(identity_key_decode(&key, vectors_span(v, "private")), 0);
        wr_init(&w, span_mut_of(bytes, PLAINTEXT_MSG_MAX));
        assert_int_equal(plaintext_msg_encode(&w, key), 0);
        bytes[w.len] = 0xff; /* the next layer's */
        for (size_t cut = 0; cut < w.len; cut++) {
            struct buf so_far;
            struct peerid peer;
            struct span first = span_of(bytes, cut);
            struct span rest = span_of(bytes + cut, w.len + 1 - cut);
            buf_init(&so_far, PLAINTEXT_MSG_MAX);
            assert_int_equal(plaintext_msg_collect(&so_far, &first), 0);
            assert_int_equal(first.len, 0);
            assert_int_equal(plaintext_msg_collect(&so_far, &rest), 1);
            assert_int_equal(rest.len, 1);
            assert_int_equal(plaintext_msg_decode(&peer, buf_span(&so_far)), 0);
            assert_true(peerid_is_equal(&peer, identity_key_peerid(key)));
            buf_clear(&so_far);
        }
        identity_key_unref(key);
    }
    vectors_close(v);
}

static int decode(struct span id, struct span key)
{
    uint8_t bytes[512];
    struct wr w;
    struct peerid peer;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_varint(&w, pb_bytes_size(1, id.len) + pb_bytes_size(2, key.len));
    pb_write_bytes(&w, 1, id);
    pb_write_bytes(&w, 2, key);
    const int rc = plaintext_msg_decode(&peer, wr_span(&w));
    assert_true((rc == 0) == (peer.len > 0));
    return rc;
}

static void what_is_refused(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    uint8_t other[64];
    struct buf so_far;
    assert_true(vectors_next(v)); /* ecdsa */
    const struct span id = vectors_span(v, "id");
    const struct span key = vectors_span(v, "public");
    assert_int_equal(decode(id, key), 0);
    memcpy(other, id.ptr, id.len);
    other[id.len - 1] ^= 1;
    assert_int_equal(decode(span_of(other, id.len), key), WAVU_ERR_PROTO);
    assert_int_equal(decode(span_empty(), key), WAVU_ERR_PROTO);
    assert_int_equal(decode(id, span_empty()), WAVU_ERR_PROTO);
    buf_init(&so_far, PLAINTEXT_MSG_MAX);
    static const uint8_t long_one[] = {0xff, 0x7f};
    struct span in = span_of(long_one, sizeof long_one);
    assert_int_equal(plaintext_msg_collect(&so_far, &in), WAVU_ERR_LIMIT);
    buf_clear(&so_far);
    static const uint8_t three[] = {0x80, 0x80, 0x01};
    in = span_of(three, sizeof three);
    assert_int_equal(plaintext_msg_collect(&so_far, &in), WAVU_ERR_PROTO);
    buf_clear(&so_far);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips_in_every_cut),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
