/*
 * Authenticated encryption. Keys, nonces and data come from the channels; sealed or opened bytes
 * stay where they were.
 *
 * Two libraries, split by size: setting a key and a nonce on an OpenSSL context costs time for each
 * message, which libsodium does not need; OpenSSL's wide vectors win it back on longer ones.
 * bench/primitives.c prints both at several sizes.
 */
#include "crypto/aead.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "wavu/err.h"

#define SMALL_MAX 512 /* bytes up to which libsodium seals and opens ChaCha20-Poly1305 */
#define KINDS 2
#define UPDATE_MAX (1 << 30) /* bytes: OpenSSL counts in int */

_Static_assert(AEAD_KEY_SIZE == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(AEAD_NONCE_SIZE == crypto_aead_chacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(AEAD_TAG_SIZE == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag");

struct aead {
    EVP_CIPHER *ciphers[KINDS];   /* fetched once: a fetch takes locks and string compares */
    EVP_CIPHER_CTX *seals[KINDS]; /* set to its cipher; each call gives key and nonce */
    EVP_CIPHER_CTX *opens[KINDS];
    struct aead_other other; /* seal NULL: none */
};

/* Set a context of `kind` to its cipher, without a key. */
static bool set_seal(struct aead *a, enum aead_kind kind)
{
    return EVP_EncryptInit_ex2(a->seals[kind], a->ciphers[kind], NULL, NULL, NULL) == 1;
}

static bool set_open(struct aead *a, enum aead_kind kind)
{
    return EVP_DecryptInit_ex2(a->opens[kind], a->ciphers[kind], NULL, NULL, NULL) == 1;
}

/* Fetch cipher `kind` and set both its contexts to it. False when the library does not have it. */
static bool prepare(struct aead *a, enum aead_kind kind, const char *name)
{
    a->ciphers[kind] = EVP_CIPHER_fetch(NULL, name, NULL);
    a->seals[kind] = EVP_CIPHER_CTX_new();
    a->opens[kind] = EVP_CIPHER_CTX_new();
    return a->ciphers[kind] != NULL && a->seals[kind] != NULL && a->opens[kind] != NULL &&
           set_seal(a, kind) && set_open(a, kind);
}

uint8_t aead_number(enum aead_kind kind)
{
    return kind == AEAD_AES256_GCM ? 2 : 1;
}

int aead_of_number(enum aead_kind *kind, uint64_t number)
{
    if (number != 1 && number != 2) {
        return WAVU_ERR_CRYPTO;
    }
    *kind = number == 2 ? AEAD_AES256_GCM : AEAD_CHACHA20_POLY1305;
    return 0;
}

enum aead_kind aead_fast(void)
{
    bool has_aes = secret_start() == 0 && crypto_aead_aes256gcm_is_available() != 0;

    return has_aes ? AEAD_AES256_GCM : AEAD_CHACHA20_POLY1305;
}

struct aead *aead_new(void)
{
    if (secret_start() != 0) {
        return NULL;
    }
    struct aead *a = mem_new(sizeof(*a));
    if (!prepare(a, AEAD_CHACHA20_POLY1305, "ChaCha20-Poly1305") ||
        !prepare(a, AEAD_AES256_GCM, "AES-256-GCM")) {
        aead_free(a);
        a = NULL;
    }
    return a;
}

void aead_free(struct aead *a)
{
    if (a == NULL) {
        return;
    }
    for (size_t i = 0; i < KINDS; i++) {
        EVP_CIPHER_CTX_free(a->seals[i]); /* wipes the key schedule */
        EVP_CIPHER_CTX_free(a->opens[i]);
        EVP_CIPHER_free(a->ciphers[i]);
    }
    mem_free(a);
}

void aead_set_other(struct aead *a, const struct aead_other *other)
{
    a->other = *other;
}

/* True when libsodium takes a message of `len` bytes. */
static bool is_small(const struct aead_key *key, size_t len)
{
    return key->kind == AEAD_CHACHA20_POLY1305 && len <= SMALL_MAX;
}

/* Nothing here depends on what a peer sent: a failure is ours. */
static void seal_openssl(EVP_CIPHER_CTX *ctx, const struct aead_key *key, const uint8_t *nonce,
                         struct span ad, struct span_mut data)
{
    int len = 0;
    CHECK(EVP_EncryptInit_ex2(ctx, NULL, key->bytes, nonce, NULL) == 1);
    if (ad.len > 0) {
        CHECK(EVP_EncryptUpdate(ctx, NULL, &len, ad.ptr, (int)ad.len) == 1);
    }
    if (data.len > 0) {
        CHECK(EVP_EncryptUpdate(ctx, data.ptr, &len, data.ptr, (int)data.len) == 1);
        CHECK((size_t)len == data.len);
    }
    uint8_t none[EVP_MAX_BLOCK_LENGTH];
    CHECK(EVP_EncryptFinal_ex(ctx, none, &len) == 1);
}

void aead_seal(struct aead *a, const struct aead_key *key, const uint8_t nonce[AEAD_NONCE_SIZE],
               struct span ad, struct span_mut data, uint8_t tag[AEAD_TAG_SIZE])
{
    CHECK(data.len < UPDATE_MAX && ad.len < UPDATE_MAX);
    if (is_small(key, data.len)) {
        uint8_t none[1];
        uint8_t *bytes = data.len > 0 ? data.ptr : none;
        (void)crypto_aead_chacha20poly1305_ietf_encrypt_detached(
            bytes, tag, NULL, bytes, data.len, ad.ptr, ad.len, NULL, nonce, key->bytes);
        return;
    }
    if (key->kind == AEAD_OTHER) {
        CHECK(a->other.seal != NULL && ad.len == 0);
        a->other.seal(a->other.context, key->bytes, nonce, data, tag);
        return;
    }
    EVP_CIPHER_CTX *ctx = a->seals[key->kind];
    seal_openssl(ctx, key, nonce, ad, data);
    CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, tag) == 1);
    if (key->is_passing) { /* a reset wipes key schedule, authenticator and keystream */
        CHECK(EVP_CIPHER_CTX_reset(ctx) == 1 && set_seal(a, key->kind));
    }
}

/* True when the tag is right. */
static bool open_openssl(EVP_CIPHER_CTX *ctx, const struct aead_key *key, const uint8_t *nonce,
                         struct span ad, struct span_mut data, uint8_t *tag)
{
    int len = 0;
    CHECK(EVP_DecryptInit_ex2(ctx, NULL, key->bytes, nonce, NULL) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, tag) == 1);
    if (ad.len > 0) {
        CHECK(EVP_DecryptUpdate(ctx, NULL, &len, ad.ptr, (int)ad.len) == 1);
    }
    if (data.len > 0) {
        CHECK(EVP_DecryptUpdate(ctx, data.ptr, &len, data.ptr, (int)data.len) == 1);
    }
    uint8_t none[EVP_MAX_BLOCK_LENGTH];
    return EVP_DecryptFinal_ex(ctx, none, &len) == 1;
}

int aead_open(struct aead *a, const struct aead_key *key, const uint8_t nonce[AEAD_NONCE_SIZE],
              struct span ad, struct span_mut data, const uint8_t tag[AEAD_TAG_SIZE])
{
    CHECK(data.len < UPDATE_MAX && ad.len < UPDATE_MAX);
    bool good = false;
    if (is_small(key, data.len)) {
        uint8_t none[1] = {0};
        uint8_t *bytes = data.len > 0 ? data.ptr : none;
        good = crypto_aead_chacha20poly1305_ietf_decrypt_detached(
                   bytes, NULL, bytes, data.len, tag, ad.ptr, ad.len, nonce, key->bytes) == 0;
    } else if (key->kind == AEAD_OTHER) {
        CHECK(a->other.open != NULL && ad.len == 0);
        good = a->other.open(a->other.context, key->bytes, nonce, data, tag);
    } else {
        uint8_t expected[AEAD_TAG_SIZE]; /* OpenSSL's parameter is not const */
        memcpy(expected, tag, sizeof(expected));
        good = open_openssl(a->opens[key->kind], key, nonce, ad, data, expected);
        if (key->is_passing) {
            CHECK(EVP_CIPHER_CTX_reset(a->opens[key->kind]) == 1 && set_open(a, key->kind));
        }
    }
    if (!good) {
        if (data.len > 0) {
            secret_wipe(data.ptr, data.len);
        }
        ERR_clear_error();
        return WAVU_ERR_CRYPTO;
    }
    return 0;
}
