/*
 * Certificates of libp2p's TLS: the specification's, our own by keys of every type, and hostile
 * ones, each wrong in one thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/der.h"
#include "crypto/secret.h"
#include "crypto/tls_cert.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

#define OID "1.3.6.1.4.1.53594.1.1"
#define NOW UINT64_C(1795000000) /* 2026-11 */
#define DAY 86400

static void fill(void *context, uint8_t *out, size_t len)
{
    uint8_t *next = context;
    for (size_t i = 0; i < len; i++) {
        out[i] = (*next)++;
    }
}

static uint8_t counter;
static const struct random source = {.fill = fill, .context = &counter};

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_tls.txt");
    unsigned good = 0;
    unsigned bad = 0;
    while (vectors_next(v)) {
        struct tls_cert_peer peer;
        struct peerid id;
        const int rc = tls_cert_check(&peer, vectors_span(v, "cert"), NOW);
        if (span_is_equal(vectors_text(v, "name"), span_from_text("invalid"))) {
            assert_int_equal(rc, WAVU_ERR_CRYPTO);
            assert_int_equal(peer.id.len, 0);
            bad++;
            continue;
        }
        assert_int_equal(rc, 0);
        assert_int_equal(peerid_parse(&id, vectors_text(v, "id")), 0);
        assert_true(peerid_is_equal(&id, &peer.id));
        good++;
    }
    assert_int_equal(good, 3);
    assert_int_equal(bad, 1);
    vectors_close(v);
}

static void test_own_of_every_type(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    unsigned seen = 0;
    while (vectors_next(v)) {
        struct identity_key *key = NULL;
        struct tls_cert cert;
        struct tls_cert_peer peer;
        assert_int_equal(identity_key_decode(&key, vectors_span(v, "private")), 0);
        assert_int_equal(tls_cert_make(&cert, key, &source), 0);
        assert_int_equal(tls_cert_check(&peer, span_of(cert.der, cert.len), NOW), 0);
        assert_true(peerid_is_equal(&peer.id, identity_key_peerid(key)));
        assert_true(span_is_equal(span_of(peer.key, peer.key_len), identity_key_public(key)));
        seen |= 1u << identity_key_type(key);
        identity_key_unref(key);
    }
    assert_int_equal(seen, 15);
    vectors_close(v);
}

static struct identity_key *some_key(uint8_t number)
{
    struct ed25519_pair pair;
    const uint8_t seed[ED25519_SEED_SIZE] = {number};
    ed25519_from_seed(&pair, seed);
    return identity_key_from_pair(&pair);
}

static void test_every_cut_and_changed_bit_is_refused(void **state)
{
    (void)state;
    struct identity_key *key = some_key(1);
    struct tls_cert cert;
    struct tls_cert_peer peer;
    uint8_t longer[TLS_CERT_SIZE_MAX + 1] = {0};
    assert_int_equal(tls_cert_make(&cert, key, &source), 0);
    for (size_t len = 0; len < cert.len; len++) {
        assert_int_equal(tls_cert_check(&peer, span_of(cert.der, len), NOW), WAVU_ERR_PROTO);
    }
    memcpy(longer, cert.der, cert.len);
    assert_int_equal(tls_cert_check(&peer, span_of(longer, cert.len + 1), NOW), WAVU_ERR_PROTO);
    assert_int_equal(tls_cert_check(&peer, span_of(longer, sizeof longer), NOW), WAVU_ERR_PROTO);
    for (size_t at = 0; at < cert.len; at++) {
        cert.der[at] ^= 1;
        assert_int_not_equal(tls_cert_check(&peer, span_of(cert.der, cert.len), NOW), 0);
        assert_int_equal(peer.id.len, 0);
        cert.der[at] ^= 1;
    }
    identity_key_unref(key);
}

/* What a hostile certificate is made of; zeroed: a good one. */
struct recipe {
    const char *pkey;     /* curve; NULL: P-256, "RSA": of 1,024 bits */
    const EVP_MD *digest; /* NULL: SHA-256 */
    long version;         /* 0: 3 */
    int64_t from;         /* days from now; 0: one day before */
    int64_t to;           /* 0: one day behind */
    const char *oid;      /* NULL: libp2p's */
    const char *other;    /* another extension */
    bool is_critical;     /* libp2p's */
    bool is_other_critical;
    size_t copies;      /* of libp2p's besides the first */
    bool is_forged;     /* the host key signed something else */
    bool is_by_another; /* signed by another key than its own */
    bool has_rest;      /* a byte behind the extension's sequence */
    bool is_empty;      /* an extension of nothing */
};

static void add(X509 *cert, const char *oid, bool is_critical, struct span content)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    assert_int_equal(ASN1_OCTET_STRING_set(value, content.ptr, (int)content.len), 1);
    X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, object, is_critical, value);
    assert_int_equal(X509_add_ext(cert, e, -1), 1);
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
}

static void add_signed_key(X509 *cert, const struct recipe *r)
{
    uint8_t message[2048];
    uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX];
    uint8_t content[2048];
    size_t len = 0;
    unsigned char *info = NULL;
    struct identity_key *key = some_key(2);
    struct wr w;
    const int info_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &info);
    wr_init(&w, span_mut_of(message, sizeof message));
    wr_text(&w, r->is_forged ? "libp2p-tls-handshake;" : "libp2p-tls-handshake:");
    wr_bytes(&w, span_of(info, (size_t)info_len));
    OPENSSL_free(info);
    assert_int_equal(identity_key_sign(key, wr_span(&w), signature, &len), 0);
    const struct span public_key = identity_key_public(key);
    wr_init(&w, span_mut_of(content, sizeof content));
    der_write_head(&w, DER_SEQUENCE, der_size(public_key.len) + der_size(len));
    der_write_head(&w, DER_OCTETS, public_key.len);
    wr_bytes(&w, public_key);
    der_write_head(&w, DER_OCTETS, len);
    wr_bytes(&w, span_of(signature, len));
    if (r->has_rest) {
        wr_u8(&w, 0);
    }
    identity_key_unref(key);
    for (size_t i = 0; i <= r->copies; i++) {
        add(cert, r->oid != NULL ? r->oid : OID, r->is_critical,
            r->is_empty ? span_empty() : wr_span(&w));
    }
}

static EVP_PKEY *make_pkey(const char *kind)
{
    if (kind != NULL && strcmp(kind, "RSA") == 0) {
        return EVP_RSA_gen(1024);
    }
    return EVP_EC_gen(kind != NULL ? kind : "P-256");
}

static int check(const struct recipe *r)
{
    struct tls_cert_peer peer;
    X509 *cert = X509_new();
    EVP_PKEY *pkey = make_pkey(r->pkey);
    EVP_PKEY *signer = r->is_by_another ? make_pkey(r->pkey) : pkey;
    unsigned char *der = NULL;
    time_t now = (time_t)NOW;
    assert_int_equal(X509_set_version(cert, r->version != 0 ? r->version - 1 : 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 5), 1);
    assert_non_null(
        X509_time_adj_ex(X509_getm_notBefore(cert), (int)(r->from ? r->from : -1), 0, &now));
    assert_non_null(X509_time_adj_ex(X509_getm_notAfter(cert), (int)(r->to ? r->to : 1), 0, &now));
    assert_int_equal(X509_set_pubkey(cert, pkey), 1);
    add_signed_key(cert, r);
    if (r->other != NULL) {
        add(cert, r->other, r->is_other_critical, span_from_text("x"));
    }
    assert_true(X509_sign(cert, signer, r->digest != NULL ? r->digest : EVP_sha256()) > 0);
    const int len = i2d_X509(cert, &der);
    assert_true(len > 0);
    const int rc = tls_cert_check(&peer, span_of(der, (size_t)len), NOW);
    assert_true((rc == 0) == (peer.id.len > 0));
    OPENSSL_free(der);
    if (signer != pkey) {
        EVP_PKEY_free(signer);
    }
    EVP_PKEY_free(pkey);
    X509_free(cert);
    return rc;
}

static void test_good_ones(void **state)
{
    (void)state;
    assert_int_equal(check(&(struct recipe){0}), 0);
    assert_int_equal(check(&(struct recipe){.is_critical = true}), 0);
    assert_int_equal(check(&(struct recipe){.other = "1.2.3.4"}), 0);
    assert_int_equal(check(&(struct recipe){.pkey = "P-384", .digest = EVP_sha384()}), 0);
}

static void test_hostile_ones(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct recipe recipe;
        int rc;
    } cases[] = {
        {"no extension", {.oid = "1.3.6.1.4.1.53594.1.2"}, WAVU_ERR_PROTO},
        {"two of them", {.copies = 1}, WAVU_ERR_PROTO},
        {"another critical one", {.other = "1.2.3.4", .is_other_critical = true}, WAVU_ERR_PROTO},
        {"an empty one", {.is_empty = true}, WAVU_ERR_PROTO},
        {"bytes behind", {.has_rest = true}, WAVU_ERR_PROTO},
        {"not yet", {.from = 1, .to = 2}, WAVU_ERR_TIMEOUT},
        {"no longer", {.from = -3, .to = -1}, WAVU_ERR_TIMEOUT},
        {"signed by another", {.is_by_another = true}, WAVU_ERR_CRYPTO},
        {"another prefix", {.is_forged = true}, WAVU_ERR_CRYPTO},
        {"small RSA", {.pkey = "RSA"}, WAVU_ERR_PROTO},
        {"a curve that TLS lacks", {.pkey = "secp256k1"}, WAVU_ERR_PROTO},
        {"version 1", {.version = 1}, WAVU_ERR_PROTO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int rc = check(&cases[i].recipe);
        if (rc != cases[i].rc) {
            fail_msg("%s: %d", cases[i].what, rc);
        }
    }
    assert_int_equal(check(&(struct recipe){.digest = EVP_sha1()}), WAVU_ERR_CRYPTO);
}

/* A machine without a clock believes the times. */
static void test_no_clock(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_tls.txt");
    struct tls_cert_peer peer;
    assert_true(vectors_next(v));
    assert_int_equal(tls_cert_check(&peer, vectors_span(v, "cert"), 0), 0);
    assert_int_equal(tls_cert_check(&peer, vectors_span(v, "cert"), DAY), WAVU_ERR_TIMEOUT);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_own_of_every_type),
        cmocka_unit_test(test_every_cut_and_changed_bit_is_refused),
        cmocka_unit_test(test_good_ones),
        cmocka_unit_test(test_hostile_ones),
        cmocka_unit_test(test_no_clock),
    };
    return secret_start() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
