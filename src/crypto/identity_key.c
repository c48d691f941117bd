/*
 * Private keys of libp2p's four types: a serialised PrivateKey comes from a file, signatures and
 * the public form leave.
 *
 * Ed25519 is libsodium's, the others are key objects of OpenSSL, which wipes them itself. A key is
 * checked whole when it is read (halves that belong together, primes that are prime): a signature
 * by a broken one could give the rest of it away.
 */
#include "crypto/identity_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "crypto/secret.h"
#include "wavu/err.h"

#define TAG_TYPE 0x08   /* field 1, varint */
#define TAG_DATA 0x12   /* field 2, bytes */
#define HEAD_SIZE_MAX 6 /* type and length, with their tags */
#define ED25519_DATA_SIZE (ED25519_SEED_SIZE + ED25519_PUBLIC_SIZE)
#define ED25519_LEGACY_SIZE (ED25519_DATA_SIZE + ED25519_PUBLIC_SIZE)
#define SECP256K1_SECRET_SIZE 32
#define POINT_SIZE 65 /* 04, x, y */
#define POINT_COMPRESSED_SIZE 33
#define ECDSA_SIGNATURE_SIZE_MAX 72 /* DER of two 256-bit numbers */

/* ECPrivateKey (RFC 5915) around a secret of secp256k1: what comes before it and behind it. */
static const uint8_t secp256k1_head[] = {0x30, 0x2e, 0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t secp256k1_tail[] = {0xa0, 0x07, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a};

struct identity_key {
    size_t owners;
    enum keys_type type;
    struct ed25519_pair pair; /* of Ed25519 */
    EVP_PKEY *pkey;           /* of all others */
    struct peerid id;
    size_t public_len;
    uint8_t public_key[]; /* serialised */
};

static void write_key(struct wr *w, enum keys_type type, struct span data)
{
    wr_u8(w, TAG_TYPE);
    wr_varint(w, (uint64_t)type);
    wr_u8(w, TAG_DATA);
    wr_prefixed(w, data);
}

/* A key with one owner from its public data; `pair` or `pkey` (taken) is the secret. */
static struct identity_key *key_new(enum keys_type type, struct span data,
                                    const struct ed25519_pair *pair, EVP_PKEY *pkey)
{
    const size_t room = data.len + HEAD_SIZE_MAX;
    struct identity_key *key = mem_new(sizeof *key + room);
    struct wr w;
    key->owners = 1;
    key->type = type;
    key->pkey = pkey;
    if (pair != NULL) {
        key->pair = *pair;
    }
    wr_init(&w, span_mut_of(key->public_key, room));
    write_key(&w, type, data);
    CHECK(wr_finish(&w) == 0);
    key->public_len = w.len;
    peerid_from_key(&key->id, wr_span(&w));
    return key;
}

struct identity_key *identity_key_from_pair(const struct ed25519_pair *pair)
{
    return key_new(KEYS_ED25519, span_of(pair->public_key, ED25519_PUBLIC_SIZE), pair, NULL);
}

struct identity_key *identity_key_ref(struct identity_key *key)
{
    key->owners++;
    return key;
}

void identity_key_unref(struct identity_key *key)
{
    if (key == NULL || --key->owners > 0) {
        return;
    }
    EVP_PKEY_free(key->pkey);
    secret_wipe(key, sizeof *key);
    mem_free(key);
}

/* ---- Reading ---- */

/* Seed and public key; the old form has the public key twice. */
static int decode_ed25519(struct identity_key **key, struct span data)
{
    struct ed25519_pair pair;
    int rc = WAVU_ERR_PROTO;
    if (data.len != ED25519_DATA_SIZE && data.len != ED25519_LEGACY_SIZE) {
        return rc;
    }
    ed25519_from_seed(&pair, data.ptr);
    const uint8_t *last = data.ptr + data.len - ED25519_PUBLIC_SIZE;
    if (secret_is_equal(pair.public_key, data.ptr + ED25519_SEED_SIZE, ED25519_PUBLIC_SIZE) &&
        secret_is_equal(pair.public_key, last, ED25519_PUBLIC_SIZE)) {
        *key = identity_key_from_pair(&pair);
        rc = 0;
    }
    secret_wipe(&pair, sizeof pair);
    return rc;
}

/* The key object of kind `kind` in `der`, in the form of its kind (PKCS#1, RFC 5915), checked; or
 * NULL. The caller frees it. */
static EVP_PKEY *pkey_read(int kind, struct span der)
{
    const unsigned char *at = der.ptr;
    EVP_PKEY *pkey = d2i_PrivateKey(kind, NULL, &at, (long)der.len);
    EVP_PKEY_CTX *ctx = pkey != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
    const bool is_good = ctx != NULL && at == der.ptr + der.len &&
                         EVP_PKEY_get_base_id(pkey) == kind && EVP_PKEY_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    if (!is_good) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    return pkey;
}

/* True when `der` is the one form of `pkey`: OpenSSL passes over parts that it can do without, also
 * over a public half that is somebody else's. */
static bool is_whole(EVP_PKEY *pkey, struct span der)
{
    unsigned char *again = NULL;
    const int len = i2d_PrivateKey(pkey, &again);
    if (len <= 0) {
        return false;
    }
    const bool is_same = span_is_equal(der, span_of(again, (size_t)len));
    OPENSSL_clear_free(again, (size_t)len);
    return is_same;
}

/* The key in `data`, read as `pkey` (taken): its public data is its SubjectPublicKeyInfo, which
 * must be one that we verify ourselves. */
static int from_info_take(struct identity_key **key, enum keys_type type, struct span data,
                          EVP_PKEY *pkey)
{
    unsigned char *info = NULL;
    if (!is_whole(pkey, data)) {
        EVP_PKEY_free(pkey);
        return WAVU_ERR_PROTO;
    }
    const int len = i2d_PUBKEY(pkey, &info);
    if (len <= 0 || (size_t)len > KEYS_PUBLIC_SIZE_MAX - HEAD_SIZE_MAX) {
        EVP_PKEY_free(pkey);
        OPENSSL_free(info);
        return WAVU_ERR_UNSUPPORTED;
    }
    struct keys_public check;
    *key = key_new(type, span_of(info, (size_t)len), NULL, pkey);
    OPENSSL_free(info);
    int rc = keys_public_decode(&check, identity_key_public(*key));
    if (rc != 0) {
        identity_key_unref(*key);
        *key = NULL;
    }
    return rc;
}

static int decode_rsa(struct identity_key **key, struct span data)
{
    EVP_PKEY *pkey = pkey_read(EVP_PKEY_RSA, data);
    if (pkey == NULL) {
        return WAVU_ERR_PROTO;
    }
    const int bits = EVP_PKEY_get_bits(pkey);
    if (bits < IDENTITY_KEY_RSA_BITS_MIN || bits > IDENTITY_KEY_RSA_BITS_MAX) {
        EVP_PKEY_free(pkey);
        return WAVU_ERR_UNSUPPORTED;
    }
    return from_info_take(key, KEYS_RSA, data, pkey);
}

static int decode_ecdsa(struct identity_key **key, struct span data)
{
    char group[32] = "";
    EVP_PKEY *pkey = pkey_read(EVP_PKEY_EC, data);
    if (pkey == NULL) {
        return WAVU_ERR_PROTO;
    }
    if (EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) != 1 ||
        strcmp(group, "prime256v1") != 0 ||
        EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1) {
        EVP_PKEY_free(pkey);
        return WAVU_ERR_UNSUPPORTED;
    }
    return from_info_take(key, KEYS_ECDSA, data, pkey);
}

static int decode_secp256k1(struct identity_key **key, struct span data)
{
    uint8_t der[sizeof secp256k1_head + SECP256K1_SECRET_SIZE + sizeof secp256k1_tail];
    uint8_t point[POINT_SIZE];
    size_t len = 0;
    if (data.len != SECP256K1_SECRET_SIZE) {
        return WAVU_ERR_PROTO;
    }
    memcpy(der, secp256k1_head, sizeof secp256k1_head);
    memcpy(der + sizeof secp256k1_head, data.ptr, SECP256K1_SECRET_SIZE);
    memcpy(der + sizeof secp256k1_head + SECP256K1_SECRET_SIZE, secp256k1_tail,
           sizeof secp256k1_tail);
    EVP_PKEY *pkey = pkey_read(EVP_PKEY_EC, span_of(der, sizeof der));
    secret_wipe(der, sizeof der);
    if (pkey == NULL) {
        return WAVU_ERR_PROTO;
    }
    if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) !=
            1 ||
        len != POINT_SIZE) {
        EVP_PKEY_free(pkey);
        return WAVU_ERR_CRYPTO;
    }
    point[0] = (uint8_t)(0x02 | (point[POINT_SIZE - 1] & 1)); /* compressed: x, and y's parity */
    *key = key_new(KEYS_SECP256K1, span_of(point, POINT_COMPRESSED_SIZE), NULL, pkey);
    return 0;
}

int identity_key_decode(struct identity_key **key, struct span serialised)
{
    struct rd r;
    *key = NULL;
    rd_init(&r, serialised);
    const uint8_t first = rd_u8(&r);
    const uint64_t type = rd_varint(&r);
    const uint8_t second = rd_u8(&r);
    const struct span data = rd_prefixed(&r, serialised.len);
    if (rd_finish(&r) != 0 || first != TAG_TYPE || second != TAG_DATA ||
        serialised.len > IDENTITY_KEY_SIZE_MAX) {
        return WAVU_ERR_PROTO;
    }
    switch (type) {
    case KEYS_RSA:
        return decode_rsa(key, data);
    case KEYS_ED25519:
        return decode_ed25519(key, data);
    case KEYS_SECP256K1:
        return decode_secp256k1(key, data);
    case KEYS_ECDSA:
        return decode_ecdsa(key, data);
    default:
        return WAVU_ERR_UNSUPPORTED;
    }
}

/* ---- What it says ---- */

enum keys_type identity_key_type(const struct identity_key *key)
{
    return key->type;
}

const struct ed25519_pair *identity_key_pair(const struct identity_key *key)
{
    return key->type == KEYS_ED25519 ? &key->pair : NULL;
}

struct span identity_key_public(const struct identity_key *key)
{
    return span_of(key->public_key, key->public_len);
}

const struct peerid *identity_key_peerid(const struct identity_key *key)
{
    return &key->id;
}

/* ---- Signing ---- */

/* Replace s by n - s when that is lower. Both verify; js-libp2p takes only the lower of
 * secp256k1's. */
static int lower_s(uint8_t *signature, size_t *len)
{
    int rc = WAVU_ERR_CRYPTO;
    const unsigned char *in = signature;
    unsigned char *out = signature;
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &in, (long)*len);
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_secp256k1);
    BIGNUM *s = numbers != NULL ? BN_dup(ECDSA_SIG_get0_s(numbers)) : NULL;
    BIGNUM *r = numbers != NULL ? BN_dup(ECDSA_SIG_get0_r(numbers)) : NULL;
    BIGNUM *other = BN_new();
    if (group == NULL || s == NULL || r == NULL || other == NULL ||
        BN_sub(other, EC_GROUP_get0_order(group), s) != 1) {
        goto done;
    }
    if (BN_cmp(other, s) < 0) {
        if (ECDSA_SIG_set0(numbers, r, other) != 1) {
            goto done;
        }
        r = NULL; /* both belong to `numbers` */
        other = NULL;
        const int size = i2d_ECDSA_SIG(numbers, NULL);
        if (size <= 0 || size > ECDSA_SIGNATURE_SIZE_MAX) {
            goto done;
        }
        *len = (size_t)i2d_ECDSA_SIG(numbers, &out);
    }
    rc = 0;
done:
    BN_free(other);
    BN_free(r);
    BN_free(s);
    EC_GROUP_free(group);
    ECDSA_SIG_free(numbers);
    return rc;
}

/* SHA-256, and PKCS#1 v1.5 or ECDSA, by the key's kind. */
static int sign_pkey(const struct identity_key *key, struct span message,
                     uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX], size_t *len)
{
    int rc = WAVU_ERR_CRYPTO;
    size_t size = IDENTITY_KEY_SIGNATURE_MAX;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx != NULL &&
        EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1 &&
        EVP_DigestSign(ctx, signature, &size, message.ptr, message.len) == 1) {
        rc = key->type == KEYS_SECP256K1 ? lower_s(signature, &size) : 0;
    }
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    *len = rc == 0 ? size : 0;
    return rc;
}

int identity_key_sign(const struct identity_key *key, struct span message,
                      uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX], size_t *len)
{
    if (key->type != KEYS_ED25519) {
        return sign_pkey(key, message, signature, len);
    }
    ed25519_sign(signature, &key->pair, message);
    *len = ED25519_SIGNATURE_SIZE;
    return 0;
}

/* ---- Writing ---- */

static int encode_secp256k1(const struct identity_key *key, struct wr *w)
{
    uint8_t secret[SECP256K1_SECRET_SIZE];
    BIGNUM *number = NULL;
    int rc = WAVU_ERR_CRYPTO;
    if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
        BN_bn2binpad(number, secret, sizeof secret) == (int)sizeof secret) {
        write_key(w, key->type, span_of(secret, sizeof secret));
        rc = wr_finish(w);
    }
    BN_clear_free(number);
    secret_wipe(secret, sizeof secret);
    return rc;
}

int identity_key_encode(const struct identity_key *key, struct wr *w)
{
    if (key->type == KEYS_SECP256K1) {
        return encode_secp256k1(key, w);
    }
    if (key->type == KEYS_ED25519) {
        _Static_assert(sizeof key->pair == ED25519_DATA_SIZE, "seed, then public key");
        write_key(w, key->type, span_of((const uint8_t *)&key->pair, sizeof key->pair));
        return wr_finish(w);
    }
    unsigned char *der = NULL;
    const int len = i2d_PrivateKey(key->pkey, &der);
    if (len <= 0) {
        return WAVU_ERR_CRYPTO;
    }
    write_key(w, key->type, span_of(der, (size_t)len));
    OPENSSL_clear_free(der, (size_t)len);
    return wr_finish(w);
}
