/* Records by namespace: real ones of each, and what must be neither stored nor believed. */
#include "discovery/kad_record.h"

#include "base/wr.h"
#include "crypto/secret.h"
#include "crypto/signed_record.h"
#include "discovery/kad_box.h"
#include "discovery/kad_ipns.h"
#include "tests/base/unit.h"
#include "tests/support/vectors.h"

#define NOW_MS UINT64_C(1795395723004)
#define END "2030-01-01T00:00:00Z"
#define END_MS UINT64_C(1893456000000)

static struct ed25519_pair pair;
static struct peerid self;
static struct peerid other;

static int check(const struct wr *key, struct span value)
{
    struct kad_record r;
    return kad_record_check(&kad_record_wavu, &r, wr_span(key), value, NOW_MS);
}

/* All four kinds of keys, as go-libp2p and js-libp2p have them. */
static void public_keys_of_others(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    size_t count = 0;
    while (vectors_next(v)) {
        uint8_t room[KAD_MSG_KEY_MAX];
        struct kad_record r;
        struct peerid id;
        struct wr key;
        struct span value = vectors_span(v, "public");
        assert_int_equal(peerid_decode(&id, vectors_span(v, "id")), 0);
        wr_init(&key, span_mut_of(room, sizeof room));
        kad_record_key_pk(&key, &id);
        assert_int_equal(kad_record_check(&kad_record_ipfs, &r, wr_span(&key), value, NOW_MS), 0);
        assert_true(r.sequence == 0 && r.end_ms == KAD_RECORD_NO_END);
        assert_true(span_is_equal(r.value, value) && span_is_equal(r.key, wr_span(&key)));
        wr_init(&key, span_mut_of(room, sizeof room));
        kad_record_key_pk(&key, &self);
        assert_int_equal(check(&key, value), WAVU_ERR_CRYPTO); /* under another's id */
        assert_int_equal(check(&key, span_slice(value, 1, value.len)), WAVU_ERR_PROTO);
        count++;
    }
    assert_int_equal(count, 4);
    vectors_close(v);
}

static void entries_of_others(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/ipns.txt");
    size_t count = 0;
    while (vectors_next(v)) {
        struct kad_record r;
        struct span key = vectors_span(v, "key");
        struct span value = vectors_span(v, "entry");
        assert_int_equal(kad_record_check(&kad_record_ipfs, &r, key, value, NOW_MS), 0);
        assert_true(r.end_ms > NOW_MS && r.end_ms < KAD_RECORD_NO_END);
        assert_int_equal(kad_record_check(&kad_record_ipfs, &r, key, value, r.end_ms),
                         WAVU_ERR_CLOSED);
        assert_int_equal(kad_record_check(&kad_record_ipfs, &r, key, value, 0), 0);
        count++;
    }
    assert_true(count > 0);
    vectors_close(v);
}

static void signed_peer_records(void **state)
{
    (void)state;
    uint8_t room[KAD_MSG_KEY_MAX];
    uint8_t value[SIGNED_RECORD_SIZE_MAX];
    const struct span address = UNIT_TEXT("\x04\x7f\x00\x00\x01\x06\x0f\xa1");
    struct wr key;
    struct wr w;
    struct kad_record r;
    wr_init(&w, span_mut_of(value, sizeof value));
    assert_int_equal(signed_record_seal_peer(&w, &pair, 77, &address, 1), 0);
    wr_init(&key, span_mut_of(room, sizeof room));
    kad_record_key_peer(&key, &self);
    assert_int_equal(kad_record_check(&kad_record_wavu, &r, wr_span(&key), wr_span(&w), NOW_MS), 0);
    assert_true(r.sequence == 77 && r.end_ms == KAD_RECORD_NO_END);
    assert_int_equal(kad_record_check(&kad_record_ipfs, &r, wr_span(&key), wr_span(&w), NOW_MS),
                     WAVU_ERR_UNSUPPORTED); /* /ipfs has none of ours */
    value[20] ^= 1;
    assert_int_not_equal(check(&key, wr_span(&w)), 0);
    value[20] ^= 1;
    wr_init(&key, span_mut_of(room, sizeof room));
    kad_record_key_peer(&key, &other);
    assert_int_equal(check(&key, wr_span(&w)), WAVU_ERR_CRYPTO);
    wr_init(&key, span_mut_of(room, sizeof room));
    kad_record_key_ipns(&key, &self);
    assert_int_equal(check(&key, wr_span(&w)), WAVU_ERR_PROTO); /* of another namespace */
}

static void boxes(void **state)
{
    (void)state;
    struct aead *aead = aead_new();
    uint8_t key[KAD_BOX_KEY_SIZE];
    uint8_t value[KAD_BOX_SIZE_MAX];
    struct kad_box_name name = {.discovery_key = {9}, .device = {8}, .kind = KAD_BOX_WHERE};
    struct kad_box box = {.sequence = NOW_MS, .end_ms = NOW_MS + 5000};
    struct kad_box_keys keys;
    struct kad_record r;
    struct wr w;
    kad_box_derive(&keys, &name);
    kad_box_key(key, &keys);
    wr_init(&w, span_mut_of(value, sizeof value));
    assert_int_equal(kad_box_seal(&w, aead, &keys, &pair, &box, UNIT_TEXT("here")), 0);
    struct span k = span_of(key, sizeof key);
    assert_int_equal(kad_record_check(&kad_record_wavu, &r, k, wr_span(&w), NOW_MS), 0);
    assert_true(r.sequence == box.sequence && r.end_ms == box.end_ms);
    assert_int_equal(kad_record_check(&kad_record_wavu, &r, k, wr_span(&w), NOW_MS + 5000),
                     WAVU_ERR_CLOSED);
    assert_int_equal(kad_record_check(&kad_record_wavu, &r, k, wr_span(&w), 1), WAVU_ERR_DENIED);
    aead_free(aead);
}

static void keys_and_sizes_that_are_none(void **state)
{
    (void)state;
    static uint8_t big[KAD_MSG_VALUE_MAX];
    uint8_t room[KAD_MSG_KEY_MAX + 1];
    const char *const none[] = {"",     "/",      "//",      "/pk",   "pk/x",
                                "/v/x", "/pkx/x", "/wavu/x", "/ipn/x"};
    const char *const short_ones[] = {"/pk/", "/ipns/", "/wavu-peer/", "/wavu-box/"};
    const struct kad_record before = {.sequence = 5};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct kad_record r = before;
        assert_int_equal(
            kad_record_check(&kad_record_wavu, &r, span_from_text(none[i]), UNIT_TEXT("v"), NOW_MS),
            WAVU_ERR_UNSUPPORTED);
        assert_true(r.sequence == 5 && r.key.ptr == NULL); /* unchanged */
    }
    for (size_t i = 0; i < sizeof short_ones / sizeof short_ones[0]; i++) {
        struct kad_record r;
        struct wr key;
        assert_int_equal(kad_record_check(&kad_record_wavu, &r, span_from_text(short_ones[i]),
                                          UNIT_TEXT("v"), NOW_MS),
                         WAVU_ERR_PROTO);
        wr_init(&key, span_mut_of(room, sizeof room));
        wr_text(&key, short_ones[i]);
        wr_text(&key, "no id, and no key");
        assert_int_not_equal(check(&key, UNIT_TEXT("v")), 0);
        assert_int_equal(check(&key, span_empty()), WAVU_ERR_PROTO);
        assert_int_equal(check(&key, span_of(big, sizeof big)), WAVU_ERR_LIMIT);
    }
    memset(room, 'x', sizeof room);
    memcpy(room, "/pk/", 4);
    struct kad_record r;
    assert_int_equal(
        kad_record_check(&kad_record_wavu, &r, span_of(room, sizeof room), UNIT_TEXT("v"), NOW_MS),
        WAVU_ERR_LIMIT);
}

/* One's own older entry is valid, and never better. */
static void a_sequence_is_not_rolled_back(void **state)
{
    (void)state;
    uint8_t room[KAD_MSG_KEY_MAX];
    uint8_t values[3][512];
    struct kad_record r[3];
    struct wr key;
    wr_init(&key, span_mut_of(room, sizeof room));
    kad_record_key_ipns(&key, &self);
    for (unsigned i = 0; i < 3; i++) {
        struct wr w;
        struct kad_ipns e = {.value = UNIT_TEXT("/ipfs/x"),
                             .validity = i < 2 ? UNIT_TEXT(END)
                                               : UNIT_TEXT("2031"
                                                           "-01-01T00:00:00Z"),
                             .sequence = i < 2 ? 7 + i : 7};
        wr_init(&w, span_mut_of(values[i], sizeof values[i]));
        assert_int_equal(kad_ipns_seal(&w, &pair, &e), 0);
        assert_int_equal(
            kad_record_check(&kad_record_wavu, &r[i], wr_span(&key), wr_span(&w), NOW_MS), 0);
    }
    assert_true(r[0].end_ms == END_MS);
    assert_true(kad_record_compare(&r[0], &r[1]) < 0 && kad_record_compare(&r[1], &r[0]) > 0);
    assert_true(kad_record_compare(&r[2], &r[0]) > 0); /* it ends later */
    assert_true(kad_record_compare(&r[2], &r[1]) < 0);
    assert_int_equal(kad_record_compare(&r[1], &r[1]), 0);
}

static int start(void **state)
{
    (void)state;
    const int rc = secret_start();
    ed25519_from_seed(&pair, (const uint8_t[ED25519_SEED_SIZE]){4});
    keys_peerid(&self, &pair);
    peerid_from_key(&other, UNIT_TEXT("other"));
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_keys_of_others),
        cmocka_unit_test(entries_of_others),
        cmocka_unit_test(signed_peer_records),
        cmocka_unit_test(boxes),
        cmocka_unit_test(keys_and_sizes_that_are_none),
        cmocka_unit_test(a_sequence_is_not_rolled_back),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
