/*
 * Certificates of libp2p's TLS: made here, and checked as they come from a peer.
 *
 * OpenSSL takes the certificate apart and checks its own signature; what is libp2p's in it (the
 * extension, the key in that, its signature) is read by our own codecs, as strictly as in Noise.
 */
#include "crypto/tls_cert.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/wr.h"
#include "crypto/der.h"
#include "crypto/secret.h"
#include "wavu/err.h"

#define EXTENSION_OID "1.3.6.1.4.1.53594.1.1"
#define SIGNED_PREFIX "libp2p-tls-handshake:"
#define INFO_MAX 1200 /* SubjectPublicKeyInfo of the certificate: RSA of 8,192 bits has 1,062 */
#define SIGNED_MAX (sizeof(SIGNED_PREFIX) - 1 + INFO_MAX)
#define SECURITY_BITS_MIN 112 /* of the hash in the certificate's signature: no SHA-1 */
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

/* Long before and behind every device's clock, right or wrong: the certificate lives as long as the
 * process, and says nothing of our time. */
#define VALID_FROM "20000101000000Z"
#define VALID_TO "40960101000000Z"

/* The bytes that the peer's own key signs: the prefix, and the certificate's key. */
static int signed_bytes(struct wr *w, X509 *cert)
{
    unsigned char *info = NULL;
    const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &info);
    if (len <= 0) {
        return WAVU_ERR_PROTO;
    }
    wr_text(w, SIGNED_PREFIX);
    wr_bytes(w, span_of(info, (size_t)len));
    OPENSSL_free(info);
    return wr_finish(w);
}

/* ---- Ours ---- */

/* The extension: SEQUENCE { OCTET STRING key, OCTET STRING signature }. */
static int add_extension(X509 *cert, const struct identity_key *key)
{
    uint8_t message[SIGNED_MAX];
    uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX];
    uint8_t bytes[KEYS_PUBLIC_SIZE_MAX + IDENTITY_KEY_SIGNATURE_MAX + 16];
    const struct span public_key = identity_key_public(key);
    size_t len = 0;
    struct wr w;
    wr_init(&w, span_mut_of(message, sizeof message));
    int rc = signed_bytes(&w, cert);
    rc = rc < 0 ? rc : identity_key_sign(key, wr_span(&w), signature, &len);
    if (rc < 0) {
        return rc;
    }
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    der_write_head(&w, DER_SEQUENCE, der_size(public_key.len) + der_size(len));
    der_write_head(&w, DER_OCTETS, public_key.len);
    wr_bytes(&w, public_key);
    der_write_head(&w, DER_OCTETS, len);
    wr_bytes(&w, span_of(signature, len));
    rc = wr_finish(&w) < 0 ? WAVU_ERR_CRYPTO : 0;
    ASN1_OBJECT *oid = OBJ_txt2obj(EXTENSION_OID, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    if (rc < 0 || oid == NULL || value == NULL ||
        ASN1_OCTET_STRING_set(value, bytes, (int)w.len) != 1 ||
        (extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value)) == NULL ||
        X509_add_ext(cert, extension, -1) != 1) {
        rc = WAVU_ERR_CRYPTO;
    }
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
    return rc;
}

/* Everything but the extension and the signature. */
static bool fill(X509 *cert, EVP_PKEY *pkey, const struct random *random)
{
    uint8_t serial[9];
    unsigned char text[2 * sizeof serial];
    static const char digits[] = "0123456789abcdef";
    random_fill(random, serial, sizeof serial);
    serial[0] = 0x40; /* positive, and not zero */
    for (size_t i = 0; i < sizeof serial; i++) {
        text[2 * i] = (unsigned char)digits[serial[i] >> 4];
        text[2 * i + 1] = (unsigned char)digits[serial[i] & 15];
    }
    BIGNUM *number = BN_bin2bn(serial, (int)sizeof serial, NULL);
    X509_NAME *name = X509_NAME_new();
    const bool is_done =
        number != NULL && name != NULL && X509_set_version(cert, X509_VERSION_3) == 1 &&
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL &&
        X509_NAME_add_entry_by_txt(name, "serialNumber", MBSTRING_ASC, text, (int)sizeof text, -1,
                                   0) == 1 &&
        X509_set_subject_name(cert, name) == 1 && X509_set_issuer_name(cert, name) == 1 &&
        ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), VALID_FROM) == 1 &&
        ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), VALID_TO) == 1 &&
        X509_set_pubkey(cert, pkey) == 1;
    X509_NAME_free(name);
    BN_free(number);
    return is_done;
}

/* Both forms into `out`. */
static int export_both(struct tls_cert *out, X509 *cert, EVP_PKEY *pkey)
{
    unsigned char *at = out->der;
    unsigned char *key_at = out->key;
    const int len = i2d_X509(cert, NULL);
    const int key_len = i2d_PrivateKey(pkey, NULL);
    if (len <= 0 || (size_t)len > sizeof out->der || key_len <= 0 ||
        (size_t)key_len > sizeof out->key) {
        return WAVU_ERR_CRYPTO;
    }
    out->len = (size_t)i2d_X509(cert, &at);
    out->key_len = (size_t)i2d_PrivateKey(pkey, &key_at);
    return 0;
}

int tls_cert_make(struct tls_cert *cert, const struct identity_key *key,
                  const struct random *random)
{
    int rc = WAVU_ERR_CRYPTO;
    *cert = (struct tls_cert){0};
    X509 *x509 = X509_new();
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    if (x509 != NULL && pkey != NULL && fill(x509, pkey, random)) {
        rc = add_extension(x509, key);
    }
    if (rc == 0 && X509_sign(x509, pkey, EVP_sha256()) <= 0) {
        rc = WAVU_ERR_CRYPTO;
    }
    if (rc == 0) {
        rc = export_both(cert, x509, pkey);
    }
    EVP_PKEY_free(pkey);
    X509_free(x509);
    ERR_clear_error();
    return rc;
}

/* ---- A peer's ---- */

static int check_times(const X509 *cert, uint64_t wall_s)
{
    time_t now = (time_t)wall_s;
    if (wall_s == 0) {
        return 0;
    }
    const int since = ASN1_TIME_cmp_time_t(X509_get0_notBefore(cert), now);
    const int until = ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), now);
    if (since == -2 || until == -2) {
        return WAVU_ERR_PROTO;
    }
    return since > 0 || until < 0 ? WAVU_ERR_TIMEOUT : 0;
}

static bool is_ours(const X509_EXTENSION *extension)
{
    char oid[64];
    const int len = OBJ_obj2txt(
        oid, sizeof oid, X509_EXTENSION_get_object((X509_EXTENSION *)(uintptr_t)extension), 1);
    return len > 0 && (size_t)len < sizeof oid && strcmp(oid, EXTENSION_OID) == 0;
}

/* libp2p's extension, which must be there once. We understand no other, so no other may be
 * critical. */
static int find_extension(const X509 *cert, struct span *value)
{
    size_t found = 0;
    for (int i = 0; i < X509_get_ext_count(cert); i++) {
        X509_EXTENSION *extension = X509_get_ext(cert, i);
        if (is_ours(extension)) {
            const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(extension);
            *value = span_of(ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data));
            found++;
        } else if (X509_EXTENSION_get_critical(extension) != 0) {
            return WAVU_ERR_PROTO;
        }
    }
    return found == 1 ? 0 : WAVU_ERR_PROTO;
}

/* True for keys of the sizes and curves that TLS 1.3 has and nobody makes us wait with. */
static bool is_fit(EVP_PKEY *pkey)
{
    char group[32] = "";
    switch (EVP_PKEY_get_base_id(pkey)) {
    case EVP_PKEY_ED25519:
        return true;
    case EVP_PKEY_RSA:
        return EVP_PKEY_get_bits(pkey) >= RSA_BITS_MIN && EVP_PKEY_get_bits(pkey) <= RSA_BITS_MAX;
    case EVP_PKEY_EC:
        return EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1 &&
               (strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0 ||
                strcmp(group, "secp521r1") == 0);
    default:
        return false;
    }
}

/* The certificate is signed by its own key, and well enough. */
static int check_self_signed(X509 *cert)
{
    const ASN1_BIT_STRING *issuer_id = NULL;
    const ASN1_BIT_STRING *subject_id = NULL;
    int bits = 0;
    EVP_PKEY *pkey = X509_get0_pubkey(cert);
    X509_get0_uids(cert, &issuer_id, &subject_id);
    if (X509_get_version(cert) != X509_VERSION_3 || issuer_id != NULL || subject_id != NULL ||
        pkey == NULL || !is_fit(pkey)) {
        return WAVU_ERR_PROTO;
    }
    if (X509_get_signature_info(cert, NULL, NULL, &bits, NULL) != 1 || bits < SECURITY_BITS_MIN) {
        return WAVU_ERR_CRYPTO;
    }
    return X509_verify(cert, pkey) == 1 ? 0 : WAVU_ERR_CRYPTO;
}

/* The peer's key and its signature over the certificate's. */
static int check_signed_key(struct tls_cert_peer *peer, X509 *cert, struct span value)
{
    struct rd r;
    struct rd inner;
    struct wr w;
    uint8_t message[SIGNED_MAX];
    struct keys_public key;
    rd_init(&r, value);
    rd_init(&inner, der_element(&r, DER_SEQUENCE));
    const struct span public_key = der_element(&inner, DER_OCTETS);
    const struct span signature = der_element(&inner, DER_OCTETS);
    if (rd_finish(&r) < 0 || rd_finish(&inner) < 0 || public_key.len > sizeof peer->key) {
        return WAVU_ERR_PROTO;
    }
    wr_init(&w, span_mut_of(message, sizeof message));
    int rc = signed_bytes(&w, cert);
    if (rc < 0) {
        return WAVU_ERR_PROTO;
    }
    rc = keys_public_decode(&key, public_key);
    rc = rc < 0 ? rc : keys_verify(&key, wr_span(&w), signature);
    if (rc < 0) {
        return rc;
    }
    memcpy(peer->key, public_key.ptr, public_key.len);
    peer->key_len = public_key.len;
    peerid_from_key(&peer->id, public_key);
    return 0;
}

int tls_cert_check(struct tls_cert_peer *peer, struct span der, uint64_t wall_s)
{
    const unsigned char *at = der.ptr;
    struct span value = span_empty();
    *peer = (struct tls_cert_peer){0};
    X509 *cert =
        der.len > 0 && der.len <= TLS_CERT_SIZE_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;
    int rc = cert == NULL || at != der.ptr + der.len ? WAVU_ERR_PROTO : 0;
    rc = rc < 0 ? rc : check_times(cert, wall_s);
    rc = rc < 0 ? rc : find_extension(cert, &value);
    rc = rc < 0 ? rc : check_self_signed(cert);
    rc = rc < 0 ? rc : check_signed_key(peer, cert, value);
    X509_free(cert);
    ERR_clear_error();
    return rc;
}
