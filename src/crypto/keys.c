/*
 * libp2p keys: serialised forms come from payloads and records; verdicts on signatures
 * leave.
 *
 * The forms are read strictly (both fields, in order, minimal varints, nothing else), since a peer
 * id is a hash of the bytes: two forms of one key would be two peers. What OpenSSL gets to see are
 * numbers and points that were cut out here, never foreign DER but the signature, which it holds to
 * its one encoding.
 */
#include "crypto/keys.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/rd.h"
#include "crypto/der.h"
#include "wavu/err.h"

#define TAG_TYPE 0x08 /* field 1, varint */
#define TAG_DATA 0x12 /* field 2, bytes */

#define SECP256K1_SIZE 33  /* compressed point */
#define P256_HEAD_SIZE 26  /* SubjectPublicKeyInfo before the point */
#define P256_POINT_SIZE 65 /* 04, x, y */
#define P256_SIZE (P256_HEAD_SIZE + P256_POINT_SIZE)
#define POINT_UNCOMPRESSED 0x04
#define ECDSA_SIGNATURE_MAX 72 /* DER of two 256-bit numbers */
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192
#define RSA_EXPONENT_SIZE_MAX 4 /* bytes: keeps a verification cheap; all use 65537 */

static const uint8_t p256_head[P256_HEAD_SIZE] = {
    0x30, 0x59, 0x30, 0x13,                                     /* SEQUENCE { SEQUENCE { */
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,       /* id-ecPublicKey */
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, /* prime256v1 } */
    0x03, 0x42, 0x00,                                           /* BIT STRING, no unused bits */
};

static const uint8_t rsa_algorithm[] = {
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
    0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, /* rsaEncryption */
    0x05, 0x00,                         /* NULL */
};

/* Serialised forms */

/* Read type and data of a PublicKey. */
static int decode_fields(uint64_t *type, struct span *data, struct span serialised)
{
    struct rd r;
    rd_init(&r, serialised);
    const uint8_t first = rd_u8(&r);
    *type = rd_varint(&r);
    const uint8_t second = rd_u8(&r);
    *data = rd_prefixed(&r, serialised.len);
    if (rd_finish(&r) != 0 || first != TAG_TYPE || second != TAG_DATA) {
        return WAVU_ERR_PROTO;
    }
    return 0;
}

/* What can be said of the data without mathematics. */
static bool has_right_size(enum keys_type type, struct span data)
{
    switch (type) {
    case KEYS_RSA:
        return data.len > RSA_BITS_MIN / 8;
    case KEYS_ED25519:
        return data.len == ED25519_PUBLIC_SIZE;
    case KEYS_SECP256K1:
        return data.len == SECP256K1_SIZE;
    case KEYS_ECDSA:
        return data.len == P256_SIZE && data.ptr[P256_HEAD_SIZE] == POINT_UNCOMPRESSED &&
               span_has_prefix(data, span_of(p256_head, P256_HEAD_SIZE));
    }
    return false;
}

int keys_public_decode(struct keys_public *key, struct span serialised)
{
    uint64_t type = 0;
    struct span data = span_empty();
    *key = (struct keys_public){0};
    if (serialised.len > KEYS_PUBLIC_SIZE_MAX) {
        return WAVU_ERR_PROTO;
    }
    int rc = decode_fields(&type, &data, serialised);
    if (rc != 0) {
        return rc;
    }
    if (type > KEYS_ECDSA) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (!has_right_size((enum keys_type)type, data)) {
        return WAVU_ERR_PROTO;
    }
    key->type = (enum keys_type)type;
    key->data = data;
    return 0;
}

void keys_ed25519_encode(uint8_t out[KEYS_ED25519_PUBLIC_SIZE],
                         const uint8_t public_key[ED25519_PUBLIC_SIZE])
{
    out[0] = TAG_TYPE;
    out[1] = KEYS_ED25519;
    out[2] = TAG_DATA;
    out[3] = ED25519_PUBLIC_SIZE;
    memcpy(out + 4, public_key, ED25519_PUBLIC_SIZE);
}

void keys_peerid(struct peerid *id, const struct ed25519_pair *pair)
{
    uint8_t key[KEYS_ED25519_PUBLIC_SIZE];
    keys_ed25519_encode(key, pair->public_key);
    peerid_from_key(id, span_of(key, sizeof(key)));
}

struct rsa_numbers {
    struct span modulus; /* big-endian, first byte not zero */
    struct span exponent;
};

/* Cut modulus and exponent out of a SubjectPublicKeyInfo. */
static bool rsa_decode(struct rsa_numbers *rsa, struct span info)
{
    struct rd whole;
    rd_init(&whole, info);
    struct rd outer;
    rd_init(&outer, der_element(&whole, DER_SEQUENCE));
    const struct span algorithm = rd_bytes(&outer, sizeof(rsa_algorithm));
    struct rd bits;
    rd_init(&bits, der_element(&outer, DER_BITS));
    const uint8_t unused_bits = rd_u8(&bits);
    struct rd numbers;
    rd_init(&numbers, der_element(&bits, DER_SEQUENCE));
    rsa->modulus = der_positive(&numbers);
    rsa->exponent = der_positive(&numbers);
    return rd_finish(&whole) == 0 && rd_finish(&outer) == 0 && rd_finish(&bits) == 0 &&
           rd_finish(&numbers) == 0 && unused_bits == 0 &&
           span_is_equal(algorithm, span_of(rsa_algorithm, sizeof(rsa_algorithm)));
}

/* Size within the limits, modulus and exponent odd, exponent neither 1 nor large: checked before
 * OpenSSL spends time on it. */
static bool rsa_is_fit(const struct rsa_numbers *rsa)
{
    size_t bits = rsa->modulus.len * 8;
    for (uint8_t top = rsa->modulus.ptr[0]; (top & 0x80) == 0; top = (uint8_t)(top << 1)) {
        bits--;
    }
    const uint8_t low = rsa->exponent.ptr[rsa->exponent.len - 1];
    const bool is_odd = (rsa->modulus.ptr[rsa->modulus.len - 1] & 1) != 0 && (low & 1) != 0;
    const bool is_one = rsa->exponent.len == 1 && low == 1;
    return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && is_odd && !is_one &&
           rsa->exponent.len <= RSA_EXPONENT_SIZE_MAX;
}

/* Verification through OpenSSL */

/* The key object of algorithm `name` from what `build` holds; NULL when the numbers make no key. */
static EVP_PKEY *pkey_from(const char *name, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}

/* A public key on the named curve from an encoded point; NULL when it is not on the curve. The
 * caller frees it. */
static EVP_PKEY *pkey_from_point(const char *group, struct span point)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.ptr, point.len) ==
            1) {
        pkey = pkey_from("EC", build);
    }
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

/* A public RSA key; NULL when the numbers make none. The caller frees it. */
static EVP_PKEY *pkey_from_rsa(const struct rsa_numbers *rsa)
{
    EVP_PKEY *pkey = NULL;
    BIGNUM *n = BN_bin2bn(rsa->modulus.ptr, (int)rsa->modulus.len, NULL);
    BIGNUM *e = BN_bin2bn(rsa->exponent.ptr, (int)rsa->exponent.len, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (n != NULL && e != NULL && build != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        pkey = pkey_from("RSA", build);
    }
    OSSL_PARAM_BLD_free(build);
    BN_free(e);
    BN_free(n);
    return pkey;
}

/* Verify SHA-256 with `pkey` (taken; NULL fails). RSA pads as PKCS#1 v1.5, which is OpenSSL's
 * default. */
static int verify_take(EVP_PKEY *pkey, struct span message, struct span signature)
{
    int rc = WAVU_ERR_CRYPTO;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (pkey != NULL && ctx != NULL &&
        EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, pkey, NULL) == 1 &&
        EVP_DigestVerify(ctx, signature.ptr, signature.len, message.ptr, message.len) == 1) {
        rc = 0;
    }
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    ERR_clear_error(); /* the thread's queue would keep what a peer made fail */
    return rc;
}

/* ECDSA over SHA-256. OpenSSL refuses a signature whose DER is not the one encoding of its numbers.
 */
static int verify_point(const char *group, struct span point, struct span message,
                        struct span signature)
{
    if (signature.len > ECDSA_SIGNATURE_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    return verify_take(pkey_from_point(group, point), message, signature);
}

/* RSASSA-PKCS1-v1.5 over SHA-256 (RFC 8017 8.2). */
static int verify_rsa(struct span info, struct span message, struct span signature)
{
    struct rsa_numbers rsa;
    if (!rsa_decode(&rsa, info) || !rsa_is_fit(&rsa) || signature.len != rsa.modulus.len) {
        return WAVU_ERR_CRYPTO;
    }
    return verify_take(pkey_from_rsa(&rsa), message, signature);
}

int keys_verify(const struct keys_public *key, struct span message, struct span signature)
{
    if (signature.len == 0 || signature.len > KEYS_SIGNATURE_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    switch (key->type) {
    case KEYS_RSA:
        return verify_rsa(key->data, message, signature);
    case KEYS_ED25519:
        if (signature.len != ED25519_SIGNATURE_SIZE) {
            return WAVU_ERR_CRYPTO;
        }
        return ed25519_verify(signature.ptr, key->data.ptr, message);
    case KEYS_SECP256K1:
        return verify_point("secp256k1", key->data, message, signature);
    case KEYS_ECDSA:
        return verify_point("prime256v1", span_slice(key->data, P256_HEAD_SIZE, P256_POINT_SIZE),
                            message, signature);
    }
    return WAVU_ERR_CRYPTO;
}
