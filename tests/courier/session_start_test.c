/*
 * Starts: derived by hand from the page, refused when anything is changed, for whom they are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "courier/session_start.h"
#include "crypto/kdf.h"
#include "tests/support/ratchet_pair.h"
#include "tests/support/session_world.h"
#include "wavu/err.h"

static struct session_world world;

static int setup(void **state)
{
    (void)state;
    session_world_init(&world, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    session_world_clear(&world);
    return 0;
}

static struct ratchet_env env_of(int who)
{
    return (struct ratchet_env){
        .aead = world.aead, .kind = world.kind, .random = &world.p[who].random, .now = world.now};
}

/* 0 starts with 1. */
static size_t written(struct session_start *s, uint8_t out[SESSION_START_PRELUDE_MAX])
{
    const struct ratchet_env env = env_of(0);
    struct prekeys_msg bundle;
    struct wr w;
    assert_int_equal(
        prekeys_msg_decode(&bundle, PREKEYS_MSG_BUNDLE, prekeys_bundle(&world.p[1].prekeys)), 0);
    wr_init(&w, span_mut_of(out, SESSION_START_PRELUDE_MAX));
    s->round = 7;
    assert_int_equal(session_start_write(s, &world.p[0].prekeys, &bundle, &env, &w), 0);
    return w.len;
}

static void test_both_get_the_same(void **state)
{
    (void)state;
    uint8_t out[SESSION_START_PRELUDE_MAX + 5] = {0};
    struct session_start a;
    struct session_start b;
    size_t used = 0;
    const struct ratchet_env env = env_of(1);
    const size_t len = written(&a, out);
    assert_int_equal(len, 1324);
    assert_int_equal(session_start_len(span_of(out, len + 5)), len);
    assert_int_equal(
        session_start_read(&b, &world.p[1].prekeys, &env, span_of(out, len + 5), &used), 0);
    assert_int_equal(used, len);
    assert_memory_equal(&a.keys, &b.keys, sizeof(a.keys));
    assert_memory_equal(b.device, world.p[0].device.public_key, 32);
    assert_int_equal(b.round, 7);
    assert_ptr_equal(b.prekey, &world.p[1].prekeys.keys[0]);
    assert_memory_equal(a.prekey_public, b.prekey->x25519.public_key, 32);
}

/* The keys as the page has them, from the secrets of the one who was away. */
static void test_by_hand(void **state)
{
    (void)state;
    uint8_t m[SESSION_START_PRELUDE_MAX];
    struct session_start a;
    struct prekeys_msg bundle;
    struct mlkem_pair kem;
    uint8_t dh[3][32];
    uint8_t ss[32];
    uint8_t room[2048];
    uint8_t t[32];
    uint8_t name[32];
    uint8_t hash[32];
    uint8_t ad[33];
    uint8_t keys[96];
    struct wr w;
    struct aead_key seal = {.kind = AEAD_CHACHA20_POLY1305};
    const struct prekeys *own = &world.p[1].prekeys;
    const uint8_t nonce[12] = {0};
    const size_t len = written(&a, m);

    mlkem_from_seed(&kem, own->keys[0].seed);
    mlkem_decapsulate(ss, kem.secret, m + 38);
    assert_int_equal(
        x25519_shared(dh[0], own->keys[0].x25519.secret, world.p[0].prekeys.agreement.public_key),
        0);
    assert_int_equal(x25519_shared(dh[1], own->agreement.secret, m + 2), 0);
    assert_int_equal(x25519_shared(dh[2], own->keys[0].x25519.secret, m + 2), 0);

    assert_int_equal(prekeys_msg_decode(&bundle, PREKEYS_MSG_BUNDLE, prekeys_bundle(own)), 0);
    hash_sha256(hash, bundle.body);
    wr_init(&w, span_mut_of(room, sizeof(room)));
    wr_bytes(&w, span_of(own->config.network, 32));
    wr_bytes(&w, span_of(world.p[1].device.public_key, 32));
    wr_bytes(&w, span_of(hash, 32));
    wr_bytes(&w, span_of(m, 1128));
    signer_id(t, "wavu session prelude 1", wr_span(&w));

    const struct span ephemeral = span_of(m + 2, 32);
    uint8_t mask[4];
    kdf(span_mut_of(mask, 4), span_of(dh[1], 32), "wavu session number 1", &ephemeral, 1);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(m[34 + i] ^ mask[i], (uint8_t)(own->keys[0].number >> (24 - 8 * i)));
    }

    const struct span for_seal[] = {span_of(t, 32), span_of(dh[1], 32), span_of(dh[2], 32)};
    kdf(span_mut_of(seal.bytes, 32), span_of(ss, 32), "wavu session seal 1", for_seal, 3);
    ad[0] = 1;
    memcpy(ad + 1, t, 32);
    assert_int_equal(aead_open(world.aead, &seal, nonce, span_of(ad, 33),
                               span_mut_of(m + 1128, len - 1128 - 16), m + len - 16),
                     0);
    assert_memory_equal(m + 1128, "\0\0\0\7", 4);
    assert_memory_equal(m + 1136, prekeys_card(&world.p[0].prekeys).ptr, PREKEYS_MSG_CARD_SIZE);

    wr_init(&w, span_mut_of(room, sizeof(room)));
    wr_bytes(&w, span_of(t, 32));
    wr_bytes(&w, span_of(m + 1128, len - 1128 - 16));
    signer_id(name, "wavu session transcript 1", wr_span(&w));
    assert_memory_equal(name, a.keys.session, 32);
    const struct span for_root[] = {span_of(name, 32), span_of(dh[0], 32), span_of(dh[1], 32),
                                    span_of(dh[2], 32)};
    kdf(span_mut_of(keys, 96), span_of(ss, 32), "wavu session root 1", for_root, 4);
    assert_memory_equal(keys, a.keys.root, 32);
    assert_memory_equal(keys + 32, a.keys.initiator_header, 32);
    assert_memory_equal(keys + 64, a.keys.responder_header, 32);
}

static void test_changed_starts_are_refused(void **state)
{
    (void)state;
    uint8_t m[SESSION_START_PRELUDE_MAX];
    struct session_start s;
    size_t used;
    const struct ratchet_env env = env_of(1);
    const size_t len = written(&s, m);
    for (size_t i = 0; i < len; i++) {
        m[i] ^= (uint8_t)(1u << i % 8);
        /* The top bit of an X25519 key is masked (RFC 7748 5): the name t still has it. */
        assert_int_equal(session_start_read(&s, &world.p[1].prekeys, &env, span_of(m, len), &used),
                         WAVU_ERR_CRYPTO);
        m[i] ^= (uint8_t)(1u << i % 8);
    }
    m[2 + 31] ^= 0x80;
    assert_int_equal(session_start_read(&s, &world.p[1].prekeys, &env, span_of(m, len), &used),
                     WAVU_ERR_CRYPTO);
    m[2 + 31] ^= 0x80;
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(session_start_read(&s, &world.p[1].prekeys, &env, span_of(m, cut), &used),
                         WAVU_ERR_CRYPTO);
    }
    assert_int_equal(session_start_read(&s, &world.p[1].prekeys, &env, span_of(m, len), &used), 0);
}

static void test_keys_of_small_order_are_refused(void **state)
{
    (void)state;
    uint8_t m[SESSION_START_PRELUDE_MAX];
    struct session_start s;
    struct prekeys_msg bundle;
    struct wr w;
    size_t used;
    static const uint8_t zero[32];
    const struct ratchet_env env = env_of(1);
    const size_t len = written(&s, m);
    memset(m + 2, 0, 32);
    assert_int_equal(session_start_read(&s, &world.p[1].prekeys, &env, span_of(m, len), &used),
                     WAVU_ERR_CRYPTO);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            prekeys_msg_decode(&bundle, PREKEYS_MSG_BUNDLE, prekeys_bundle(&world.p[1].prekeys)),
            0);
        *(i == 0 ? &bundle.x25519 : &bundle.agreement) = span_of(zero, 32);
        wr_init(&w, span_mut_of(m, sizeof(m)));
        assert_int_equal(session_start_write(&s, &world.p[0].prekeys, &bundle, &env, &w),
                         WAVU_ERR_CRYPTO);
        assert_int_equal(w.len, 0);
    }
}

/* Neither who started is to be seen, nor for whom it is. */
static void test_a_start_does_not_name_its_maker(void **state)
{
    (void)state;
    uint8_t m[SESSION_START_PRELUDE_MAX];
    struct session_start s;
    const size_t len = written(&s, m);
    const struct session_party *a = &world.p[0];
    assert_false(ratchet_pair_holds(m, len, a->device.public_key, 8));
    assert_false(ratchet_pair_holds(m, len, a->prekeys.agreement.public_key, 8));
    assert_false(ratchet_pair_holds(m, len, a->prekeys.config.network, 8));
    assert_false(ratchet_pair_holds(m, len, world.p[1].device.public_key, 8));
}

/* Every member knows the number in the bundle; two starts from one bundle have nothing in common.
 */
static void test_a_start_does_not_show_for_whom(void **state)
{
    (void)state;
    enum { STARTS = 32 };
    static uint8_t m[STARTS][SESSION_START_PRELUDE_MAX];
    struct session_start s;
    uint8_t number[4];
    for (int i = 0; i < 4; i++) {
        number[i] = (uint8_t)(world.p[1].prekeys.keys[0].number >> (24 - 8 * i));
    }
    for (int i = 0; i < STARTS; i++) {
        assert_int_equal(written(&s, m[i]), 1324);
        assert_memory_not_equal(m[i] + 34, number, 4);
        for (int k = 0; k < i; k++) {
            assert_memory_not_equal(m[i] + 34, m[k] + 34, 4);
        }
    }
}

static void test_others_and_other_networks(void **state)
{
    (void)state;
    uint8_t m[SESSION_START_PRELUDE_MAX];
    struct session_start s;
    size_t used;
    const struct ratchet_env env = env_of(2);
    const size_t len = written(&s, m);
    struct prekeys *own = &world.p[1].prekeys;
    assert_int_equal(session_start_read(&s, &world.p[2].prekeys, &env, span_of(m, len), &used),
                     WAVU_ERR_CRYPTO);
    own->config.network[0] ^= 1;
    assert_int_equal(session_start_read(&s, own, &env, span_of(m, len), &used), WAVU_ERR_CRYPTO);
    own->config.network[0] ^= 1;
    assert_int_equal(session_start_read(&s, own, &env, span_of(m, len), &used), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_both_get_the_same),
        T(test_by_hand),
        T(test_changed_starts_are_refused),
        T(test_keys_of_small_order_are_refused),
        T(test_a_start_does_not_name_its_maker),
        T(test_a_start_does_not_show_for_whom),
        T(test_others_and_other_networks),
    };
    return cmocka_run_group_tests_name("courier/session_start", tests, NULL, NULL);
}
