/*
 * The handshake payload: round trips, malformed and incomplete ones, and the choice of the
 * multiplexer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/pb.h"
#include "crypto/noise_payload.h"
#include "crypto/secret.h"
#include "wavu/err.h"

#define YAMUX "/yamux/1.0.0"
#define MPLEX "/mplex/6.7.0"
#define OTHER "/other/1"

static uint8_t bytes[2048];

static struct wr writer(void)
{
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    return w;
}

static void test_round_trip(void **state)
{
    (void)state;
    static const char *const muxers[] = {YAMUX, OTHER, NULL};
    struct ed25519_pair pair;
    const uint8_t seed[ED25519_SEED_SIZE] = {5};
    const uint8_t static_key[32] = {6};
    uint8_t other_key[32] = {6, 1};
    uint8_t key[KEYS_ED25519_PUBLIC_SIZE];
    uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX];
    size_t len = 0;
    struct noise_payload p;
    const char *muxer = NULL;
    ed25519_from_seed(&pair, seed);
    keys_ed25519_encode(key, pair.public_key);
    struct identity_key *identity = identity_key_from_pair(&pair);
    assert_int_equal(noise_payload_sign(signature, &len, identity, static_key), 0);
    identity_key_unref(identity);
    struct wr w = writer();
    noise_payload_encode(&w, span_of(key, sizeof(key)), span_of(signature, len), muxers, NULL);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(noise_payload_decode(&p, wr_span(&w)), 0);
    assert_true(span_is_equal(p.key, span_of(key, sizeof(key))));
    assert_true(span_is_equal(p.signature, span_of(signature, len)));
    assert_int_equal(noise_payload_verify(&p, static_key), 0);
    assert_int_equal(noise_payload_verify(&p, other_key), WAVU_ERR_CRYPTO);
    assert_int_equal(noise_payload_muxer(&p, muxers, true, &muxer), 0);
    assert_string_equal(muxer, YAMUX);
}

/* The exact bytes: what go-libp2p and js-libp2p put on the wire for one multiplexer. */
static void test_layout(void **state)
{
    (void)state;
    static const char *const muxers[] = {YAMUX, NULL};
    static const uint8_t wanted[] = {0x0a, 2,   'k', 'k', 0x12, 1,   's', 0x22, 14,  0x12, 12, '/',
                                     'y',  'a', 'm', 'u', 'x',  '/', '1', '.',  '0', '.',  '0'};
    struct wr w = writer();
    noise_payload_encode(&w, span_of("kk", 2), span_of("s", 1), muxers, NULL);
    assert_true(span_is_equal(wr_span(&w), span_of(wanted, sizeof(wanted))));
    w = writer();
    noise_payload_encode(&w, span_of("kk", 2), span_of("s", 1), NULL, NULL);
    assert_true(span_is_equal(wr_span(&w), span_of(wanted, 7)));
}

static void test_unknown_fields_are_skipped(void **state)
{
    (void)state;
    struct noise_payload p;
    struct wr w = writer();
    pb_write_text(&w, 3, "early data of old");
    pb_write_text(&w, 1, "key");
    pb_write_varint(&w, 900, 7);
    pb_write_text(&w, 2, "signature");
    pb_write_fixed32(&w, 5, 1);
    pb_write_fixed64(&w, 6, 1);
    pb_write_head(&w, 4, pb_bytes_size(9, 3) + pb_bytes_size(2, strlen(YAMUX)));
    pb_write_text(&w, 9, "new");
    pb_write_text(&w, 2, YAMUX);
    assert_int_equal(noise_payload_decode(&p, wr_span(&w)), 0);
    assert_true(span_is_equal(p.key, span_of("key", 3)));
    static const char *const ours[] = {YAMUX, NULL};
    const char *muxer = NULL;
    assert_int_equal(noise_payload_muxer(&p, ours, false, &muxer), 0);
    assert_ptr_equal(muxer, ours[0]);
}

/* Our extension has its place behind the multiplexers, and a key of two bytes. */
static void test_layout_of_security(void **state)
{
    (void)state;
    static const char *const muxers[] = {"/y", NULL};
    static const char *const security[] = {"/a", "/b", NULL};
    static const uint8_t wanted[] = {0x0a, 1,    'k',  0x12, 1,   's', 0x22, 14,   0x12, 2,   '/',
                                     'y',  0xea, 0x61, 2,    '/', 'a', 0xea, 0x61, 2,    '/', 'b'};
    _Static_assert((NOISE_PAYLOAD_SECURITY << 3 | 2) == (0x61 << 7 | 0x6a), "the key's bytes");
    struct wr w = writer();
    noise_payload_encode(&w, span_of("k", 1), span_of("s", 1), muxers, security);
    assert_true(span_is_equal(wr_span(&w), span_of(wanted, sizeof(wanted))));
}

static bool is_downgraded(struct span message, const char *const *ours, const char *used)
{
    struct noise_payload p;
    assert_int_equal(noise_payload_decode(&p, message), 0);
    return noise_payload_is_downgraded(&p, ours, used);
}

static void test_downgrade(void **state)
{
    (void)state;
    static const char *const ours[] = {"/best", "/good", "/old", NULL};
    static const char *const good[] = {"/newer", "/good", "/old", NULL};
    static const char *const old[] = {"/old", NULL};
    struct wr w = writer();
    noise_payload_encode(&w, span_of("k", 1), span_of("s", 1), NULL, good);
    assert_true(is_downgraded(wr_span(&w), ours, "/old"));
    assert_false(is_downgraded(wr_span(&w), ours, "/good"));
    assert_false(is_downgraded(wr_span(&w), ours, "/best"));
    assert_false(is_downgraded(wr_span(&w), old, "/old"));
    assert_false(is_downgraded(wr_span(&w), NULL, "/old"));
    w = writer();
    noise_payload_encode(&w, span_of("k", 1), span_of("s", 1), good, NULL); /* as multiplexers */
    assert_false(is_downgraded(wr_span(&w), ours, "/old"));
    w = writer();
    noise_payload_encode(&w, span_of("k", 1), span_of("s", 1), good, old);
    pb_write_head(&w, 4, 3 + strlen("/best")); /* and a second extensions field */
    pb_write_text(&w, NOISE_PAYLOAD_SECURITY, "/best");
    assert_true(is_downgraded(wr_span(&w), ours, "/old"));
    /* The number may be another's experiment: its type is not ours to refuse. */
    w = writer();
    noise_payload_encode(&w, span_of("k", 1), span_of("s", 1), NULL, NULL);
    pb_write_head(&w, 4, 3);
    pb_write_varint(&w, NOISE_PAYLOAD_SECURITY, 1);
    assert_false(is_downgraded(wr_span(&w), ours, "/old"));
}

static void test_missing_parts(void **state)
{
    (void)state;
    struct noise_payload p;
    struct wr w = writer();
    assert_int_equal(noise_payload_decode(&p, span_empty()), WAVU_ERR_PROTO);
    pb_write_text(&w, 1, "key");
    assert_int_equal(noise_payload_decode(&p, wr_span(&w)), WAVU_ERR_PROTO);
    pb_write_text(&w, 2, "");
    assert_int_equal(noise_payload_decode(&p, wr_span(&w)), WAVU_ERR_PROTO);
    w = writer();
    pb_write_text(&w, 2, "signature");
    assert_int_equal(noise_payload_decode(&p, wr_span(&w)), WAVU_ERR_PROTO);
}

static void test_wrong_wire_types(void **state)
{
    (void)state;
    struct noise_payload p;
    for (uint32_t number = 1; number <= 4; number++) {
        struct wr w = writer();
        pb_write_text(&w, 1, "key");
        pb_write_text(&w, 2, "signature");
        pb_write_varint(&w, number, 1);
        assert_int_equal(noise_payload_decode(&p, wr_span(&w)), number == 3 ? 0 : WAVU_ERR_PROTO);
    }
    for (uint32_t number = 1; number <= 3; number++) {
        struct wr w = writer();
        pb_write_text(&w, 1, "key");
        pb_write_text(&w, 2, "signature");
        pb_write_head(&w, 4, 2);
        pb_write_varint(&w, number, 1);
        assert_int_equal(noise_payload_decode(&p, wr_span(&w)), number == 3 ? 0 : WAVU_ERR_PROTO);
    }
}

static void test_cut_extensions(void **state)
{
    (void)state;
    struct noise_payload p;
    struct wr w = writer();
    pb_write_text(&w, 1, "key");
    pb_write_text(&w, 2, "signature");
    pb_write_head(&w, 4, 3);
    wr_bytes(&w, span_of("\x12\x05x", 3)); /* announces 5 bytes, holds one */
    assert_int_equal(noise_payload_decode(&p, wr_span(&w)), WAVU_ERR_PROTO);
}

/* A payload that lists `names` (NULL-terminated), each in an extensions field of its own. */
static void make_listing(struct noise_payload *p, const char *const *names)
{
    struct wr w = writer();
    pb_write_text(&w, 1, "key");
    pb_write_text(&w, 2, "signature");
    for (size_t i = 0; names[i] != NULL; i++) {
        pb_write_head(&w, 4, pb_bytes_size(2, strlen(names[i])));
        pb_write_text(&w, 2, names[i]);
    }
    assert_int_equal(noise_payload_decode(p, wr_span(&w)), 0);
}

static void test_choice(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    static const char *const yamux[] = {YAMUX, NULL};
    static const char *const other[] = {OTHER, NULL};
    static const char *const both[] = {YAMUX, MPLEX, NULL};
    static const char *const swapped[] = {OTHER, MPLEX, YAMUX, NULL};
    static const struct {
        const char *const *theirs;
        const char *const *ours;
        bool we_are_initiator;
        const char *wanted;
        int rc;
    } cases[] = {
        {none, yamux, true, NULL, 0},
        {none, yamux, false, NULL, 0},
        {yamux, none, true, NULL, 0},
        {yamux, NULL, false, NULL, 0},
        {none, none, true, NULL, 0},
        {yamux, yamux, true, YAMUX, 0},
        {yamux, yamux, false, YAMUX, 0},
        {swapped, both, true, YAMUX, 0},  /* our order counts */
        {swapped, both, false, MPLEX, 0}, /* their order counts */
        {both, swapped, true, MPLEX, 0},
        {both, swapped, false, YAMUX, 0},
        {other, both, true, NULL, WAVU_ERR_UNSUPPORTED},
        {both, other, false, NULL, WAVU_ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct noise_payload p;
        const char *muxer = "left over";
        make_listing(&p, cases[i].theirs);
        assert_int_equal(noise_payload_muxer(&p, cases[i].ours, cases[i].we_are_initiator, &muxer),
                         cases[i].rc);
        if (cases[i].wanted == NULL) {
            assert_null(muxer);
        } else {
            assert_string_equal(muxer, cases[i].wanted);
        }
    }
}

static int start(void **state)
{
    (void)state;
    return secret_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_unknown_fields_are_skipped),
        cmocka_unit_test(test_layout_of_security),
        cmocka_unit_test(test_downgrade),
        cmocka_unit_test(test_missing_parts),
        cmocka_unit_test(test_wrong_wire_types),
        cmocka_unit_test(test_cut_extensions),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
