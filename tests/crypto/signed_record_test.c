/*
 * Signed envelopes and peer records: those that go-libp2p made, our own, and false ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/pb.h"
#include "crypto/signed_record.h"
#include "crypto/secret.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

#define DOMAIN "libp2p-peer-record"

static struct ed25519_pair pair;
static struct span record_type;

static uint64_t number(struct span text)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return value;
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_records.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        static struct signed_record_peer r;
        const struct span_mut bytes = vectors_bytes(v, "envelope");
        assert_int_equal(signed_record_open_peer(&r, span_from_mut(bytes)), 0);
        assert_true(span_is_equal(peerid_span(&r.peer), vectors_span(v, "id")));
        assert_true(r.seq == number(vectors_text(v, "seq")));
        assert_int_equal(r.address_count, 2);
        assert_true(span_is_equal(r.addresses[0], vectors_span(v, "address0")));
        assert_true(span_is_equal(r.addresses[1], vectors_span(v, "address1")));
        for (size_t at = 0; at < bytes.len; at++) {
            bytes.ptr[at] ^= 1;
            assert_int_not_equal(signed_record_open_peer(&r, span_from_mut(bytes)), 0);
            assert_int_equal(r.address_count + r.peer.len, 0);
            bytes.ptr[at] ^= 1;
        }
        records++;
    }
    assert_int_equal(records, 4);
    vectors_close(v);
}

/* Our record of the same peer with the same contents has the same bytes as go-libp2p's. */
static void test_seals_as_others_do(void **state)
{
    (void)state;
    struct vectors *keys = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_records.txt");
    size_t compared = 0;
    while (vectors_next(v) && vectors_next(keys)) {
        struct ed25519_pair own;
        uint8_t bytes[SIGNED_RECORD_SIZE_MAX];
        struct wr w;
        if (!span_is_equal(vectors_text(keys, "type"), span_from_text("ed25519"))) {
            continue;
        }
        ed25519_from_seed(&own, vectors_span(keys, "private").ptr + 4); /* behind its head */
        const struct span addresses[] = {vectors_span(v, "address0"), vectors_span(v, "address1")};
        wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
        const uint64_t seq = number(vectors_text(v, "seq"));
        assert_int_equal(signed_record_seal_peer(&w, &own, seq, addresses, 2), 0);
        assert_true(span_is_equal(wr_span(&w), vectors_span(v, "envelope")));
        compared++;
    }
    assert_int_equal(compared, 1);
    vectors_close(v);
    vectors_close(keys);
}

static void test_round_trip_of_any_payload(void **state)
{
    (void)state;
    uint8_t bytes[SIGNED_RECORD_SIZE_MAX];
    struct signed_record e;
    struct peerid id;
    struct wr w;
    keys_peerid(&id, &pair);
    for (size_t len = 0; len < 3000; len += 157) {
        uint8_t payload[3000];
        memset(payload, (int)len, sizeof(payload));
        wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
        assert_int_equal(
            signed_record_seal(&w, &pair, "a-domain", span_of("type", 4), span_of(payload, len)),
            0);
        assert_int_equal(signed_record_open(&e, wr_span(&w), "a-domain"), 0);
        assert_true(span_is_equal(e.payload, span_of(payload, len)));
        assert_true(span_is_equal(e.payload_type, span_of("type", 4)));
        assert_true(peerid_is_equal(&e.signer, &id));
        assert_int_equal(signed_record_open(&e, wr_span(&w), "b-domain"), WAVU_ERR_CRYPTO);
        assert_int_equal(e.signer.len, 0);
    }
}

static void test_too_large(void **state)
{
    (void)state;
    static uint8_t payload[SIGNED_RECORD_SIZE_MAX];
    static uint8_t bytes[SIGNED_RECORD_SIZE_MAX + 1];
    struct signed_record e;
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    assert_int_equal(
        signed_record_seal(&w, &pair, "d", span_of("t", 1), span_of(payload, sizeof(payload))),
        WAVU_ERR_LIMIT);
    assert_int_equal(w.len, 0);
    wr_init(&w, span_mut_of(bytes, 100));
    assert_int_equal(signed_record_seal(&w, &pair, "d", span_of("t", 1), span_of("p", 1)),
                     WAVU_ERR_LIMIT);
    assert_int_equal(w.len, 0); /* nothing half-written */
    assert_int_equal(signed_record_open(&e, span_of(bytes, sizeof(bytes)), "d"), WAVU_ERR_PROTO);
}

/* Seal `payload` as a peer record would be and open it as one. */
static int open_payload(struct span payload)
{
    static struct signed_record_peer r;
    uint8_t bytes[SIGNED_RECORD_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    assert_int_equal(signed_record_seal(&w, &pair, DOMAIN, record_type, payload), 0);
    const int rc = signed_record_open_peer(&r, wr_span(&w));
    assert_true(rc == 0 || r.address_count + r.peer.len == 0);
    return rc;
}

static void test_records_that_lie(void **state)
{
    (void)state;
    struct peerid own;
    struct peerid other;
    uint8_t payload[256];
    struct wr w;
    keys_peerid(&own, &pair);
    peerid_from_key(&other, span_of("other", 5));
    const struct span_mut out = span_mut_of(payload, sizeof(payload));
    wr_init(&w, out);
    pb_write_bytes(&w, 1, peerid_span(&own));
    pb_write_varint(&w, 2, 1);
    assert_int_equal(open_payload(wr_span(&w)), 0);
    pb_write_text(&w, 77, "unknown"); /* of a later version */
    assert_int_equal(open_payload(wr_span(&w)), 0);
    wr_init(&w, out);
    pb_write_bytes(&w, 1, peerid_span(&other)); /* speaks for another */
    assert_int_equal(open_payload(wr_span(&w)), WAVU_ERR_CRYPTO);
    assert_int_equal(open_payload(span_empty()), WAVU_ERR_CRYPTO); /* for nobody */
    wr_init(&w, out);
    pb_write_text(&w, 1, "no id");
    assert_int_equal(open_payload(wr_span(&w)), WAVU_ERR_PROTO);
    for (uint32_t field = 1; field <= 3; field++) {
        wr_init(&w, out);
        pb_write_bytes(&w, 1, peerid_span(&own));
        pb_write_fixed32(&w, field, 1);
        assert_int_equal(open_payload(wr_span(&w)), WAVU_ERR_PROTO);
    }
    wr_init(&w, out);
    pb_write_bytes(&w, 1, peerid_span(&own));
    pb_write_bytes(&w, 3, span_of("\x0a\x09x", 3)); /* an address cut short */
    assert_int_equal(open_payload(wr_span(&w)), WAVU_ERR_PROTO);
}

static void test_other_type_or_domain_is_no_peer_record(void **state)
{
    (void)state;
    static struct signed_record_peer r;
    struct peerid own;
    uint8_t payload[64];
    uint8_t bytes[512];
    struct wr inner;
    struct wr w;
    keys_peerid(&own, &pair);
    wr_init(&inner, span_mut_of(payload, sizeof(payload)));
    pb_write_bytes(&inner, 1, peerid_span(&own));
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    assert_int_equal(signed_record_seal(&w, &pair, DOMAIN, span_of("\x03\x02", 2), wr_span(&inner)),
                     0);
    assert_int_equal(signed_record_open_peer(&r, wr_span(&w)), WAVU_ERR_PROTO);
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    assert_int_equal(
        signed_record_seal(&w, &pair, "libp2p-relay-rsvp", record_type, wr_span(&inner)), 0);
    assert_int_equal(signed_record_open_peer(&r, wr_span(&w)), WAVU_ERR_CRYPTO);
}

static void test_addresses_beyond_the_maximum_are_dropped(void **state)
{
    (void)state;
    static struct signed_record_peer r;
    static struct span many[SIGNED_RECORD_ADDRESSES_MAX + 1];
    struct peerid own;
    uint8_t payload[2048];
    uint8_t bytes[SIGNED_RECORD_SIZE_MAX];
    struct wr inner;
    struct wr w;
    keys_peerid(&own, &pair);
    wr_init(&inner, span_mut_of(payload, sizeof(payload)));
    pb_write_bytes(&inner, 1, peerid_span(&own));
    for (uint8_t i = 0; i < 100; i++) {
        pb_write_head(&inner, 3, i == 0 ? 0 : 3); /* the first has no multiaddr */
        if (i > 0) {
            pb_write_bytes(&inner, 1, span_of(&i, 1));
        }
    }
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    assert_int_equal(signed_record_seal(&w, &pair, DOMAIN, record_type, wr_span(&inner)), 0);
    assert_int_equal(signed_record_open_peer(&r, wr_span(&w)), 0);
    assert_int_equal(r.address_count, SIGNED_RECORD_ADDRESSES_MAX);
    assert_int_equal(r.addresses[0].ptr[0], 1);
    assert_int_equal(r.addresses[SIGNED_RECORD_ADDRESSES_MAX - 1].ptr[0],
                     SIGNED_RECORD_ADDRESSES_MAX);
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    assert_int_equal(signed_record_seal_peer(&w, &pair, 1, many, SIGNED_RECORD_ADDRESSES_MAX + 1),
                     WAVU_ERR_LIMIT);
}

static void test_envelopes_with_missing_or_double_fields(void **state)
{
    (void)state;
    uint8_t bytes[512];
    struct signed_record e;
    struct wr w;
    for (uint32_t field = 1; field <= 5; field++) {
        for (int times = 0; times <= 2; times += 2) {
            wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
            for (uint32_t i = 1; i <= 5; i++) {
                for (int k = 0; i != 4 && k < (i == field ? times : 1); k++) {
                    pb_write_text(&w, i, "x");
                }
            }
            assert_int_equal(signed_record_open(&e, wr_span(&w), "d"), WAVU_ERR_PROTO);
        }
    }
}

static int start(void **state)
{
    (void)state;
    const uint8_t seed[ED25519_SEED_SIZE] = {3};
    const int rc = secret_start();
    ed25519_from_seed(&pair, seed);
    record_type = span_of("\x03\x01", 2);
    return rc;
}

/* A record by a key of each type is its peer's word, and nobody else's. */
static void test_records_of_every_type(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    unsigned seen = 0;
    while (vectors_next(v)) {
        struct identity_key *key = NULL;
        struct signed_record_peer r;
        const struct span address = span_of("\x04\x0a\x00\x00\x01\x06\x0f\xa1", 8);
        uint8_t bytes[SIGNED_RECORD_SIZE_MAX];
        struct wr w;
        assert_int_equal(identity_key_decode(&key, vectors_span(v, "private")), 0);
        wr_init(&w, span_mut_of(bytes, sizeof bytes));
        assert_int_equal(signed_record_seal_peer_of(&w, key, 5, &address, 1), 0);
        assert_int_equal(signed_record_open_peer(&r, wr_span(&w)), 0);
        assert_true(peerid_is_equal(&r.peer, identity_key_peerid(key)));
        assert_true(span_is_equal(r.addresses[0], address));
        bytes[w.len - 1] ^= 1;
        assert_int_not_equal(signed_record_open_peer(&r, wr_span(&w)), 0);
        seen |= 1u << identity_key_type(key);
        identity_key_unref(key);
    }
    assert_int_equal(seen, 15);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_seals_as_others_do),
        cmocka_unit_test(test_round_trip_of_any_payload),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_records_that_lie),
        cmocka_unit_test(test_other_type_or_domain_is_no_peer_record),
        cmocka_unit_test(test_addresses_beyond_the_maximum_are_dropped),
        cmocka_unit_test(test_envelopes_with_missing_or_double_fields),
        cmocka_unit_test(test_records_of_every_type),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
