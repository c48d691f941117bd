/*
 * Boxes against vectors of an independent computation, and what strangers and hostile members can
 * do with them.
 */
#include "discovery/kad_box.h"

#include "crypto/secret.h"
#include "crypto/signer.h"
#include "tests/base/unit.h"
#include "tests/support/vectors.h"

#define NOW_MS UINT64_C(1795395723004)

static struct aead *aead;
static struct ed25519_pair device;
static struct ed25519_pair mallory; /* a member, too */
static struct kad_box_name name;

static uint64_t number(struct span text)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return value;
}

/* The rest of a box's key. */
static struct span rest(const struct kad_box_keys *keys)
{
    return span_of(keys->pair.public_key, ED25519_PUBLIC_SIZE);
}

static struct span sealed(uint8_t out[KAD_BOX_SIZE_MAX], const struct kad_box_keys *keys,
                          const struct ed25519_pair *who, uint64_t sequence, struct span content)
{
    struct kad_box box = {.sequence = sequence, .end_ms = sequence + 1000};
    struct wr w;
    wr_init(&w, span_mut_of(out, KAD_BOX_SIZE_MAX));
    assert_int_equal(kad_box_seal(&w, aead, keys, who, &box, content), 0);
    return wr_span(&w);
}

/* Open as the device's box; what is in it must be `want`. */
static int opened(const struct kad_box_keys *keys, const struct ed25519_pair *who,
                  struct span value, struct span want)
{
    struct buf content;
    buf_init(&content, KAD_BOX_CONTENT_MAX);
    int rc = kad_box_open(&content, aead, keys, who->public_key, value);
    assert_true(rc != 0 ? content.len == 0 : span_is_equal(buf_span(&content), want));
    buf_clear(&content);
    return rc;
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/kad_box.txt");
    size_t count = 0;
    while (vectors_next(v)) {
        struct kad_box_name of = {.kind = (enum kad_box_kind)number(vectors_text(v, "kind")),
                                  .day = (uint32_t)number(vectors_text(v, "day"))};
        struct kad_box_keys keys;
        struct ed25519_pair who;
        struct kad_box box;
        uint8_t key[KAD_BOX_KEY_SIZE];
        ed25519_from_seed(&who, vectors_span(v, "device").ptr);
        memcpy(of.discovery_key, vectors_span(v, "discovery").ptr, sizeof of.discovery_key);
        memcpy(of.device, who.public_key, sizeof of.device);
        kad_box_derive(&keys, &of);
        kad_box_key(key, &keys);
        assert_true(span_is_equal(span_of(key, sizeof key), vectors_span(v, "key")));
        struct span value = vectors_span(v, "value");
        assert_int_equal(kad_box_check(&box, rest(&keys), value, 0), 0);
        assert_true(box.sequence == number(vectors_text(v, "sequence")));
        assert_true(box.end_ms == number(vectors_text(v, "end")));
        assert_int_equal(opened(&keys, &who, value, vectors_span(v, "content")), 0);
        count++;
    }
    assert_int_equal(count, 3);
    vectors_close(v);
}

static void any_content_comes_back(void **state)
{
    (void)state;
    static uint8_t content[KAD_BOX_CONTENT_MAX + 1];
    uint8_t out[KAD_BOX_SIZE_MAX];
    struct kad_box_keys keys;
    struct kad_box box = {.sequence = NOW_MS, .end_ms = NOW_MS + KAD_BOX_LIFE_MS_MAX};
    struct wr w;
    kad_box_derive(&keys, &name);
    memset(content, 0x5a, sizeof content);
    for (size_t len = 0; len <= KAD_BOX_CONTENT_MAX; len += 240) {
        struct span value = sealed(out, &keys, &device, NOW_MS, span_of(content, len));
        assert_int_equal(kad_box_check(&box, rest(&keys), value, NOW_MS), 0);
        assert_int_equal(opened(&keys, &device, value, span_of(content, len)), 0);
    }
    /* Its length says no more than the multiple. */
    size_t two = sealed(out, &keys, &device, NOW_MS, span_of(content, 2)).len;
    assert_int_equal(sealed(out, &keys, &device, NOW_MS, span_of(content, 190)).len, two);
    assert_int_equal(sealed(out, &keys, &device, NOW_MS, span_of(content, 191)).len,
                     two + KAD_BOX_PAD);
    box = (struct kad_box){.sequence = NOW_MS, .end_ms = NOW_MS + 1};
    wr_init(&w, span_mut_of(out, sizeof out));
    assert_int_equal(kad_box_seal(&w, aead, &keys, &device, &box, span_of(content, sizeof content)),
                     WAVU_ERR_LIMIT);
    wr_init(&w, span_mut_of(out, 100));
    assert_int_equal(kad_box_seal(&w, aead, &keys, &device, &box, span_of(content, 1)),
                     WAVU_ERR_LIMIT);
    assert_int_equal(w.len, 0);
    box.end_ms = NOW_MS + KAD_BOX_LIFE_MS_MAX + 1;
    wr_init(&w, span_mut_of(out, sizeof out));
    assert_int_equal(kad_box_seal(&w, aead, &keys, &device, &box, span_empty()), WAVU_ERR_LIMIT);
}

/* Another day, kind, device or network: another key, and nothing opens the other's. */
static void test_boxes_have_nothing_in_common(void **state)
{
    (void)state;
    uint8_t out[KAD_BOX_SIZE_MAX];
    struct kad_box_keys keys;
    kad_box_derive(&keys, &name);
    struct span value = sealed(out, &keys, &device, NOW_MS, UNIT_TEXT("hello"));
    for (unsigned i = 0; i < 4; i++) {
        struct kad_box_name other = name;
        struct kad_box_keys others;
        struct kad_box_keys forged;
        struct kad_box box;
        other.day += i == 0;
        other.kind = i == 1 ? KAD_BOX_WHERE : other.kind;
        other.device[0] ^= i == 2;
        other.discovery_key[31] ^= i == 3;
        kad_box_derive(&others, &other);
        assert_false(span_is_equal(rest(&keys), rest(&others)));
        assert_false(span_is_equal(span_of(keys.secret, 32), span_of(others.secret, 32)));
        assert_int_equal(kad_box_check(&box, rest(&others), value, NOW_MS), WAVU_ERR_CRYPTO);
        assert_int_equal(opened(&others, &device, value, UNIT_TEXT("")), WAVU_ERR_CRYPTO);
        forged = others;
        forged.pair = keys.pair; /* who sees where it lies cannot read it */
        assert_int_equal(opened(&forged, &device, value, UNIT_TEXT("")), WAVU_ERR_CRYPTO);
    }
}

static void test_a_member_forges_nothing(void **state)
{
    (void)state;
    uint8_t out[KAD_BOX_SIZE_MAX];
    struct kad_box_keys keys;
    struct kad_box box;
    kad_box_derive(&keys, &name);
    /* Whoever has the keys can put something there: it is a valid record, and nobody's word. */
    struct span value = sealed(out, &keys, &mallory, NOW_MS, UNIT_TEXT("forged"));
    assert_int_equal(kad_box_check(&box, rest(&keys), value, NOW_MS), 0);
    assert_int_equal(opened(&keys, &device, value, UNIT_TEXT("")), WAVU_ERR_CRYPTO);
    /* Nor does a true content count in another of the device's boxes: sealed there by a member that
     * takes plain and signature as they are. */
    struct kad_box_name tomorrow = name;
    struct kad_box_keys later;
    tomorrow.day++;
    kad_box_derive(&later, &tomorrow);
    struct kad_box_keys mixed = later;
    memcpy(mixed.pair.public_key, keys.pair.public_key, ED25519_PUBLIC_SIZE);
    value = sealed(out, &mixed, &device, NOW_MS, UNIT_TEXT("today's")); /* signed for today's box */
    struct span body = span_slice(value, 3, value.len - 3 - 2 - SIGNER_SIZE);
    signer_ed25519.sign(NULL, out + value.len - SIGNER_SIZE, &later.pair, "wavu kad box 1", body);
    assert_int_equal(kad_box_check(&box, rest(&later), value, NOW_MS), 0);
    assert_int_equal(opened(&later, &device, value, UNIT_TEXT("")), WAVU_ERR_CRYPTO);
}

static void test_a_sequence_of_the_future_is_refused(void **state)
{
    (void)state;
    uint8_t out[KAD_BOX_SIZE_MAX];
    struct kad_box_keys keys;
    struct kad_box box;
    kad_box_derive(&keys, &name);
    struct span value = sealed(out, &keys, &mallory, NOW_MS + KAD_BOX_AHEAD_MS_MAX, UNIT_TEXT("x"));
    assert_int_equal(kad_box_check(&box, rest(&keys), value, NOW_MS), 0);
    assert_int_equal(kad_box_check(&box, rest(&keys), value, NOW_MS - 1), WAVU_ERR_DENIED);
    value = sealed(out, &keys, &mallory, UINT64_MAX - 1000, UNIT_TEXT("x"));
    assert_int_equal(kad_box_check(&box, rest(&keys), value, NOW_MS), WAVU_ERR_DENIED);
    assert_int_equal(kad_box_check(&box, rest(&keys), value, 0), 0); /* who has no clock */
}

static void test_every_bit(void **state)
{
    (void)state;
    static uint8_t out[KAD_BOX_SIZE_MAX + 1];
    struct kad_box_keys keys;
    struct kad_box box;
    kad_box_derive(&keys, &name);
    size_t len = sealed(out, &keys, &device, NOW_MS, UNIT_TEXT("hello")).len;
    for (size_t i = 0; i < len * 8; i++) {
        out[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_int_not_equal(kad_box_check(&box, rest(&keys), span_of(out, len), 0), 0);
        out[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    for (size_t i = 0; i < len; i++) {
        assert_int_not_equal(kad_box_check(&box, rest(&keys), span_of(out, i), 0), 0);
    }
    assert_int_equal(kad_box_check(&box, rest(&keys), span_of(out, sizeof out), 0), WAVU_ERR_LIMIT);
    assert_int_equal(kad_box_check(&box, span_slice(rest(&keys), 0, 31), span_of(out, len), 0),
                     WAVU_ERR_PROTO);
}

static int start(void **state)
{
    (void)state;
    const int rc = secret_start();
    aead = aead_new();
    ed25519_from_seed(&device, (const uint8_t[ED25519_SEED_SIZE]){1});
    ed25519_from_seed(&mallory, (const uint8_t[ED25519_SEED_SIZE]){2});
    name = (struct kad_box_name){
        .discovery_key = {3}, .kind = KAD_BOX_PREKEYS, .day = kad_box_day(NOW_MS)};
    memcpy(name.device, device.public_key, sizeof name.device);
    return rc != 0 || aead == NULL || name.day != 20780 ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    aead_free(aead);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(any_content_comes_back),
        cmocka_unit_test(test_boxes_have_nothing_in_common),
        cmocka_unit_test(test_a_member_forges_nothing),
        cmocka_unit_test(test_a_sequence_of_the_future_is_refused),
        cmocka_unit_test(test_every_bit),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
