/*
 * Wraps: a secret sealed to one leaf, light and full, with and without a secret shared before.
 */
#include "tests/base/unit.h"

#include "crypto/secret.h"
#include "group/wrap.h"

static const uint8_t secret[WRAP_SECRET_SIZE] = {1, 2, 3};
static const uint8_t id[32] = {4};
static const uint8_t bob[32] = {5};
static const uint8_t base[32] = {6};
static const uint8_t pair[32] = {7};

struct scene {
    struct random_seeded seeded;
    struct random random;
    struct wrap_tools tools;
    struct wrap_own own;
    uint8_t mlkem[MLKEM_PUBLIC_SIZE];
    struct wrap_leaf leaf;
};

static void begin(struct scene *s, bool is_full)
{
    memset(s, 0, sizeof *s);
    random_seeded_init(&s->seeded, 1);
    s->random = random_from_seeded(&s->seeded);
    s->tools = (struct wrap_tools){.aead = aead_new(), .random = &s->random};
    wrap_make(&s->own, is_full, &s->random);
    s->leaf.x25519 = s->own.x25519.public_key;
    if (is_full) {
        wrap_mlkem_public(s->mlkem, &s->own);
        s->leaf.mlkem = s->mlkem;
    }
}

static void end(struct scene *s)
{
    wrap_forget(&s->own);
    aead_free(s->tools.aead);
}

static struct wrap_about about(bool has_pair)
{
    return (struct wrap_about){.label = "wavu test wrap 1",
                               .id = id,
                               .recipient = bob,
                               .base = has_pair ? base : NULL,
                               .pair = has_pair ? pair : NULL};
}

static void round_trips(bool is_full, bool has_pair, enum aead_kind kind)
{
    struct scene s;
    struct wrap_sealed w;
    struct wrap_about a = about(has_pair);
    uint8_t out[32];

    begin(&s, is_full);
    s.tools.kind = kind;
    assert_int_equal(wrap_seal(&w, secret, &s.leaf, is_full, &a, &s.tools), 0);
    assert_int_equal(w.carried_len, is_full ? HYBRID_CIPHERTEXT_SIZE : X25519_SIZE);
    assert_int_equal(wrap_open(out, &w, &s.own, &a, s.tools.aead), 0);
    assert_memory_equal(out, secret, sizeof out);
    end(&s);
}

static void what_was_sealed_opens(void **state)
{
    (void)state;
    for (int has_pair = 0; has_pair < 2; has_pair++) {
        round_trips(false, has_pair, AEAD_CHACHA20_POLY1305);
        round_trips(false, has_pair, AEAD_AES256_GCM);
        round_trips(true, has_pair, AEAD_CHACHA20_POLY1305);
        round_trips(true, has_pair, AEAD_AES256_GCM);
    }
}

static void assert_shut(struct scene *s, const struct wrap_sealed *w, const struct wrap_about *a)
{
    static const uint8_t zeros[32];
    uint8_t out[32];

    memset(out, 0xff, sizeof out);
    assert_int_equal(wrap_open(out, w, &s->own, a, s->tools.aead), WAVU_ERR_CRYPTO);
    assert_memory_equal(out, zeros, sizeof out);
}

static void everything_is_bound(void **state)
{
    (void)state;
    struct scene s;
    struct wrap_sealed w;
    struct wrap_about right = about(true);
    static const uint8_t other[32] = {99};

    begin(&s, true);
    assert_int_equal(wrap_seal(&w, secret, &s.leaf, true, &right, &s.tools), 0);
    struct wrap_about a = right;
    a.label = "wavu test wrap 2";
    assert_shut(&s, &w, &a);
    a = right;
    a.id = other;
    assert_shut(&s, &w, &a);
    a = right;
    a.recipient = other;
    assert_shut(&s, &w, &a);
    a = right;
    a.base = other;
    assert_shut(&s, &w, &a);
    a = right;
    a.pair = other;
    assert_shut(&s, &w, &a);
    a = right;
    a.pair = NULL;
    assert_shut(&s, &w, &a);
    a = right;
    a.beside = other;
    assert_shut(&s, &w, &a);
    struct wrap_about with = right;
    with.beside = id;
    assert_int_equal(wrap_seal(&w, secret, &s.leaf, true, &with, &s.tools), 0);
    assert_shut(&s, &w, &right);
    assert_shut(&s, &w, &a);
    assert_int_equal(wrap_seal(&w, secret, &s.leaf, true, &right, &s.tools), 0);
    struct wrap_own stranger;
    wrap_make(&stranger, true, &s.random);
    struct wrap_own mine = s.own;
    s.own = stranger;
    assert_shut(&s, &w, &right);
    s.own = mine;
    s.own.mlkem_seed[0] ^= 1; /* either half alone is not enough */
    assert_shut(&s, &w, &right);
    s.own = mine;
    s.own.x25519.secret[5] ^= 1;
    assert_shut(&s, &w, &right);
    secret_wipe(&mine, sizeof mine);
    end(&s);
}

static void each_bit_counts(void **state)
{
    (void)state;
    struct scene s;
    struct wrap_sealed w;
    struct wrap_about a = about(true);

    begin(&s, false);
    assert_int_equal(wrap_seal(&w, secret, &s.leaf, false, &a, &s.tools), 0);
    for (size_t bit = 0; bit < 8 * sizeof w.sealed; bit++) {
        w.sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_shut(&s, &w, &a);
        w.sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * X25519_SIZE; bit++) {
        w.carried[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_shut(&s, &w, &a);
        w.carried[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned number = 0; number < 256; number++) {
        if (number != w.aead) {
            struct wrap_sealed changed = w;
            changed.aead = (uint8_t)number;
            assert_shut(&s, &changed, &a);
        }
    }
    w.carried_len = 31;
    assert_shut(&s, &w, &a);
    end(&s);
}

static void a_key_that_is_none_is_refused(void **state)
{
    (void)state;
    struct scene s;
    struct wrap_sealed w;
    struct wrap_about a = about(false);
    static const uint8_t zero_point[32];

    begin(&s, false);
    s.leaf.x25519 = zero_point;
    assert_int_equal(wrap_seal(&w, secret, &s.leaf, false, &a, &s.tools), WAVU_ERR_CRYPTO);
    end(&s);
}

/* Who made it may have heard of a newer X25519 half and not of the ML-KEM half that came with it.
 */
static void halves_of_two_leaves_open_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            struct scene s;
            struct wrap_sealed w;
            struct wrap_own own[3]; /* newest first; the second is light: it keeps the third's */
            const struct wrap_own *const all[3] = {&own[0], &own[1], &own[2]};
            struct wrap_about a = about(true);
            uint8_t out[32];

            begin(&s, true);
            for (size_t n = 0; n < 3; n++) {
                wrap_make(&own[n], true, &s.random);
            }
            memcpy(own[1].mlkem_seed, own[2].mlkem_seed, MLKEM_SEED_SIZE);
            wrap_mlkem_public(s.mlkem, &own[k]);
            s.leaf.x25519 = own[i].x25519.public_key;
            assert_int_equal(wrap_seal(&w, secret, &s.leaf, true, &a, &s.tools), 0);
            bool is_possible = k >= i || (i == 2 && k == 1);
            assert_int_equal(wrap_open_any(out, &w, all, 3, &a, s.tools.aead),
                             is_possible ? 0 : WAVU_ERR_CRYPTO);
            assert_int_equal(memcmp(out, secret, 32) == 0, is_possible);
            memset(w.carried, 0, X25519_SIZE); /* a point of small order agrees with nobody */
            assert_int_equal(wrap_open_any(out, &w, all, 3, &a, s.tools.aead), WAVU_ERR_CRYPTO);
            assert_int_equal(wrap_seal(&w, secret, &s.leaf, false, &a, &s.tools), 0);
            assert_int_equal(wrap_open_any(out, &w, all, 3, &a, s.tools.aead), 0);
            assert_memory_equal(out, secret, 32);
            assert_int_equal(wrap_open_any(out, &w, all + i, 1, &a, s.tools.aead), 0);
            memset(w.carried, 0, X25519_SIZE);
            assert_int_equal(wrap_open_any(out, &w, all, 3, &a, s.tools.aead), WAVU_ERR_CRYPTO);
            end(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(halves_of_two_leaves_open_it),  UNIT(what_was_sealed_opens),
        UNIT(everything_is_bound),           UNIT(each_bit_counts),
        UNIT(a_key_that_is_none_is_refused),
    };
    return cmocka_run_group_tests_name("wrap", tests, NULL, NULL);
}
