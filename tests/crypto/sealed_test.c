/*
 * Sealed boxes against vectors of an independent computation, and everybody they are not for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "crypto/sealed.h"
#include "crypto/secret.h"
#include "tests/support/vectors.h"

static struct aead *aead;
static struct random_seeded seeded;
static struct random random_source;
static struct hybrid_pair alice;
static struct hybrid_pair mallory;
static uint8_t alice_public[HYBRID_PUBLIC_SIZE];
static struct sealed_means means;

static void fill_given(void *context, uint8_t *out, size_t len)
{
    struct span *given = context;
    assert_true(len <= given->len);
    memcpy(out, given->ptr, len);
    *given = span_slice(*given, len, given->len - len);
}

static int set_up(void **state)
{
    (void)state;
    random_seeded_init(&seeded, 3);
    random_source = random_from_seeded(&seeded);
    hybrid_make(&alice, &random_source);
    hybrid_make(&mallory, &random_source);
    hybrid_public(alice_public, &alice);
    means = (struct sealed_means){
        .aead = aead, .random = &random_source, .aead_kind = AEAD_CHACHA20_POLY1305};
    return 0;
}

/* One form of box, for tests that hold of both. */
struct form {
    bool is_classic;
    size_t extra;
};

static const struct form forms[] = {{false, SEALED_HYBRID_EXTRA}, {true, SEALED_CLASSIC_EXTRA}};

static int seal(const struct form *f, struct span context, struct span plain, struct buf *out)
{
    return f->is_classic ? sealed_make_classic(&means, alice.x25519.public_key, context, plain, out)
                         : sealed_make(&means, alice_public, context, plain, out);
}

static int unseal(const struct form *f, const struct hybrid_pair *who, struct span context,
                  struct span box, struct buf *out)
{
    return f->is_classic ? sealed_open_classic(&means, &who->x25519, context, box, out)
                         : sealed_open(&means, who, context, box, out);
}

/* It does not open, with the one error, and `out` keeps what it has. */
static void expect_closed(const struct form *f, const struct hybrid_pair *who, struct span context,
                          struct span box)
{
    struct buf out;
    buf_init(&out, 4096);
    assert_int_equal(buf_append(&out, span_from_text("before")), 0);
    assert_int_equal(unseal(f, who, context, box, &out), WAVU_ERR_CRYPTO);
    assert_true(span_is_equal(buf_span(&out), span_from_text("before")));
    buf_clear(&out);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/sealed.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        struct span given = vectors_span(v, "random");
        const struct random random = {.fill = fill_given, .context = &given};
        const struct sealed_means fixed = {
            .aead = aead, .random = &random, .aead_kind = AEAD_CHACHA20_POLY1305};
        const struct span context = vectors_span(v, "context");
        const struct span plain = vectors_span(v, "plain");
        uint8_t public_key[HYBRID_PUBLIC_SIZE];
        struct hybrid_pair pair;
        struct buf out;
        hybrid_from_seed(&pair, vectors_span(v, "seed").ptr);
        hybrid_public(public_key, &pair);
        assert_memory_equal(public_key, vectors_span(v, "public").ptr, sizeof public_key);
        buf_init(&out, 4096);
        assert_int_equal(sealed_make(&fixed, public_key, context, plain, &out), 0);
        assert_true(span_is_equal(buf_span(&out), vectors_span(v, "box")));
        out.len = 0;
        given = vectors_span(v, "random");
        assert_int_equal(sealed_make_classic(&fixed, pair.x25519.public_key, context, plain, &out),
                         0);
        assert_true(span_is_equal(buf_span(&out), vectors_span(v, "classic")));
        out.len = 0;
        assert_int_equal(sealed_open(&fixed, &pair, context, vectors_span(v, "box"), &out), 0);
        assert_true(span_is_equal(buf_span(&out), plain));
        out.len = 0;
        assert_int_equal(
            sealed_open_classic(&fixed, &pair.x25519, context, vectors_span(v, "classic"), &out),
            0);
        assert_true(span_is_equal(buf_span(&out), plain));
        buf_clear(&out);
        records++;
    }
    assert_int_equal(records, 3);
    vectors_close(v);
}

static void test_only_the_recipient_opens(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (int kind = 0; kind < 2; kind++) {
            struct buf box;
            struct buf out;
            buf_init(&box, 4096);
            buf_init(&out, 4096);
            means.aead_kind = kind == 0 ? AEAD_CHACHA20_POLY1305 : AEAD_AES256_GCM;
            assert_int_equal(seal(&forms[i], span_empty(), span_from_text("hello"), &box), 0);
            assert_int_equal(box.len, 5 + forms[i].extra);
            assert_int_equal(unseal(&forms[i], &alice, span_empty(), buf_span(&box), &out), 0);
            assert_true(span_is_equal(buf_span(&out), span_from_text("hello")));
            expect_closed(&forms[i], &mallory, span_empty(), buf_span(&box));
            buf_clear(&box);
            buf_clear(&out);
        }
    }
    /* Who has broken one of the two problems has half of the recipient's secrets: not enough. */
    struct buf box;
    buf_init(&box, 4096);
    assert_int_equal(seal(&forms[0], span_empty(), span_from_text("hello"), &box), 0);
    struct hybrid_pair half = alice;
    half.mlkem = mallory.mlkem;
    expect_closed(&forms[0], &half, span_empty(), buf_span(&box));
    half = alice;
    half.x25519 = mallory.x25519;
    memcpy(half.x25519.public_key, alice.x25519.public_key, X25519_SIZE);
    expect_closed(&forms[0], &half, span_empty(), buf_span(&box));
    buf_clear(&box);
}

/* Bytes that two boxes have in the same place, the two fixed ones left out. */
static size_t alike(const struct buf *a, const struct buf *b)
{
    size_t count = 0;
    for (size_t i = 0; i < a->len; i++) {
        count += a->ptr[i] == b->ptr[i] ? 1 : 0;
    }
    return count - 2;
}

static void test_anonymous(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf a;
        struct buf b;
        buf_init(&a, 4096);
        buf_init(&b, 4096);
        assert_int_equal(seal(&forms[i], span_empty(), span_from_text("hello"), &a), 0);
        assert_int_equal(seal(&forms[i], span_empty(), span_from_text("hello"), &b), 0);
        assert_int_equal(a.len, b.len);
        assert_true(alike(&a, &b) < 20); /* 4.4 of 1,138 by chance */
        const uint8_t *key = alice.x25519.public_key;
        for (size_t at = 0; at + 8 <= a.len; at++) {
            assert_memory_not_equal(a.ptr + at, key, 8); /* nor does it say for whom */
        }
        buf_clear(&a);
        buf_clear(&b);
    }
}

static void test_context_is_bound(void **state)
{
    (void)state;
    static const uint8_t big[SEALED_CONTEXT_MAX + 1];
    for (size_t i = 0; i < 2; i++) {
        struct buf box;
        buf_init(&box, 4096);
        assert_int_equal(seal(&forms[i], span_from_text("mailbox"), span_from_text("x"), &box), 0);
        expect_closed(&forms[i], &alice, span_from_text("mailbo"), buf_span(&box));
        expect_closed(&forms[i], &alice, span_from_text("mailboxx"), buf_span(&box));
        expect_closed(&forms[i], &alice, span_empty(), buf_span(&box));
        const size_t len = box.len;
        assert_int_equal(seal(&forms[i], span_of(big, sizeof big), span_empty(), &box),
                         WAVU_ERR_LIMIT);
        assert_int_equal(box.len, len);
        buf_clear(&box);
    }
}

static void test_every_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf box;
        buf_init(&box, 4096);
        assert_int_equal(seal(&forms[i], span_empty(), span_from_text("hello"), &box), 0);
        for (size_t bit = 0; bit < box.len * 8; bit++) {
            /* X25519 ignores the highest bit of R (RFC 7748 5), but the key is bound to its bytes.
             */
            box.ptr[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            expect_closed(&forms[i], &alice, span_empty(), buf_span(&box));
            box.ptr[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        }
        buf_clear(&box);
    }
}

static void test_cut_and_lengthened(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf box;
        buf_init(&box, 4096);
        assert_int_equal(seal(&forms[i], span_empty(), span_from_text("hello"), &box), 0);
        for (size_t len = 0; len < box.len; len++) {
            expect_closed(&forms[i], &alice, span_empty(), span_of(box.ptr, len));
        }
        assert_int_equal(buf_append(&box, span_from_text("x")), 0);
        expect_closed(&forms[i], &alice, span_empty(), buf_span(&box));
        buf_clear(&box);
    }
}

static void test_forms_do_not_mix(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf box;
        buf_init(&box, 4096);
        assert_int_equal(seal(&forms[i], span_empty(), span_from_text("hello"), &box), 0);
        expect_closed(&forms[1 - i], &alice, span_empty(), buf_span(&box));
        for (int form = 0; form < 256; form++) {
            if (form != box.ptr[0]) {
                struct buf other = box;
                const uint8_t was = box.ptr[0];
                other.ptr[0] = (uint8_t)form;
                expect_closed(&forms[i], &alice, span_empty(), buf_span(&other));
                expect_closed(&forms[1 - i], &alice, span_empty(), buf_span(&other));
                other.ptr[0] = was;
            }
        }
        buf_clear(&box);
    }
}

/* Keys that are none, of small order and not canonical, are refused by the sender. */
static void test_bad_keys(void **state)
{
    (void)state;
    uint8_t bad[HYBRID_PUBLIC_SIZE];
    struct buf out;
    buf_init(&out, 4096);
    memcpy(bad, alice_public, sizeof bad);
    memset(bad, 0, X25519_SIZE);
    assert_int_equal(sealed_make(&means, bad, span_empty(), span_empty(), &out), WAVU_ERR_CRYPTO);
    assert_int_equal(sealed_make_classic(&means, bad, span_empty(), span_empty(), &out),
                     WAVU_ERR_CRYPTO);
    memcpy(bad, alice_public, sizeof bad);
    memset(bad + X25519_SIZE, 0xff, 3);
    assert_int_equal(sealed_make(&means, bad, span_empty(), span_empty(), &out), WAVU_ERR_CRYPTO);
    assert_int_equal(out.len, 0);
    /* And a box with a point of small order, by the recipient. */
    assert_int_equal(seal(&forms[1], span_empty(), span_empty(), &out), 0);
    memset(out.ptr + 1, 0, X25519_SIZE);
    expect_closed(&forms[1], &alice, span_empty(), buf_span(&out));
    buf_clear(&out);
}

static void test_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf box;
        struct buf out;
        buf_init(&box, forms[i].extra + 4);
        assert_int_equal(seal(&forms[i], span_empty(), span_from_text("hello"), &box),
                         WAVU_ERR_LIMIT);
        assert_int_equal(box.len, 0);
        assert_int_equal(seal(&forms[i], span_empty(), span_from_text("hell"), &box), 0);
        buf_init(&out, 3);
        assert_int_equal(unseal(&forms[i], &alice, span_empty(), buf_span(&box), &out),
                         WAVU_ERR_LIMIT);
        assert_int_equal(out.len, 0);
        buf_clear(&box);
        buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_vectors, set_up),
        cmocka_unit_test_setup(test_only_the_recipient_opens, set_up),
        cmocka_unit_test_setup(test_anonymous, set_up),
        cmocka_unit_test_setup(test_context_is_bound, set_up),
        cmocka_unit_test_setup(test_every_bit, set_up),
        cmocka_unit_test_setup(test_cut_and_lengthened, set_up),
        cmocka_unit_test_setup(test_forms_do_not_mix, set_up),
        cmocka_unit_test_setup(test_bad_keys, set_up),
        cmocka_unit_test_setup(test_room, set_up),
    };
    if (secret_start() != 0 || (aead = aead_new()) == NULL) {
        return 1;
    }
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    aead_free(aead);
    return rc;
}
