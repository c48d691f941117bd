/*
 * Ceiling of the handshake: the public-key operations that a Noise XX handshake cannot do without.
 *
 * Each side makes one ephemeral key (X25519 with the base point), three X25519 agreements and one
 * Ed25519 verification; the signature over the static key is made once and kept. Both libraries are
 * measured, and each operation is charged at the faster one's price.
 *
 * In: seconds to spend on each operation (argv[1], default 0.3). Out: one JSON line with operations
 * a second of both libraries, the handshakes a second that one core could do for both sides, and
 * what sealing a message with ChaCha20-Poly1305 takes (crypto/aead.c chooses by its size).
 */
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TEXT_MAX 65519
#define MESSAGE 56 /* "noise-libp2p-static-key:" and the key */

/* The keys that all operations work on. Made once; the contexts are owned and live until the end.
 */
struct keys {
    unsigned char secret[32];
    unsigned char public[32];
    unsigned char shared[32];
    unsigned char verify[crypto_sign_PUBLICKEYBYTES];
    unsigned char signature[crypto_sign_BYTES];
    unsigned char message[MESSAGE];
    EVP_PKEY *own;
    EVP_PKEY *other;
    EVP_PKEY *verifier;
    EVP_CIPHER_CTX *cipher;
    int size; /* of the text sealed next */
    unsigned char text[TEXT_MAX + crypto_aead_chacha20poly1305_ietf_ABYTES];
};

static void fail(const char *what)
{
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void keys_init(struct keys *k)
{
    unsigned char sign[crypto_sign_SECRETKEYBYTES];
    randombytes_buf(k->secret, sizeof k->secret);
    randombytes_buf(k->message, sizeof k->message);
    if (crypto_scalarmult_base(k->public, k->secret) != 0 ||
        crypto_sign_keypair(k->verify, sign) != 0 ||
        crypto_sign_detached(k->signature, NULL, k->message, MESSAGE, sign) != 0) {
        fail("making keys");
    }
    k->own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, k->secret, 32);
    k->other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, k->public, 32);
    k->verifier = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->verify, 32);
    k->cipher = EVP_CIPHER_CTX_new();
    if (k->own == NULL || k->other == NULL || k->verifier == NULL || k->cipher == NULL ||
        EVP_EncryptInit_ex(k->cipher, EVP_chacha20_poly1305(), NULL, NULL, NULL) != 1) {
        fail("making OpenSSL keys");
    }
}

static int sodium_base(struct keys *k)
{
    return crypto_scalarmult_base(k->shared, k->secret) == 0;
}

static int sodium_agree(struct keys *k)
{
    return crypto_scalarmult(k->shared, k->secret, k->public) == 0;
}

static int sodium_verify(struct keys *k)
{
    return crypto_sign_verify_detached(k->signature, k->message, MESSAGE, k->verify) == 0;
}

/* A fresh key from raw bytes computes the public half: the same work as making an ephemeral key. */
static int openssl_base(struct keys *k)
{
    size_t len = sizeof k->shared;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, k->secret, 32);
    int ok = key != NULL && EVP_PKEY_get_raw_public_key(key, k->shared, &len) == 1;
    EVP_PKEY_free(key);
    return ok;
}

static int openssl_agree(struct keys *k)
{
    size_t len = sizeof k->shared;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(k->own, NULL);
    int ok = context != NULL && EVP_PKEY_derive_init(context) == 1 &&
             EVP_PKEY_derive_set_peer(context, k->other) == 1 &&
             EVP_PKEY_derive(context, k->shared, &len) == 1;
    EVP_PKEY_CTX_free(context);
    return ok;
}

static int openssl_verify(struct keys *k)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int ok = context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, k->verifier) == 1 &&
             EVP_DigestVerify(context, k->signature, sizeof k->signature, k->message, MESSAGE) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

static const unsigned char nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

static int sodium_seal(struct keys *k)
{
    return crypto_aead_chacha20poly1305_ietf_encrypt_detached(k->text, k->text + k->size, NULL,
                                                              k->text, (unsigned long long)k->size,
                                                              NULL, 0, NULL, nonce, k->secret) == 0;
}

/* A key and a nonce are set for each message, as when many connections share a context. */
static int openssl_seal(struct keys *k)
{
    int len = 0;
    return EVP_EncryptInit_ex(k->cipher, NULL, NULL, k->secret, nonce) == 1 &&
           EVP_EncryptUpdate(k->cipher, k->text, &len, k->text, k->size) == 1 &&
           EVP_EncryptFinal_ex(k->cipher, k->text + len, &len) == 1 &&
           EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_AEAD_GET_TAG, 16, k->text + k->size) == 1;
}

/* Operations a second of `work`. */
static double rate(int (*work)(struct keys *), struct keys *k, double seconds)
{
    double start = now();
    double spent = 0;
    unsigned long done = 0;
    while (spent < seconds) {
        for (int i = 0; i < 64; i++) {
            if (!work(k)) {
                fail("an operation");
            }
        }
        done += 64;
        spent = now() - start;
    }
    return (double)done / spent;
}

/* Print what sealing one message takes, by its size. */
static void seals(struct keys *k, double seconds)
{
    static const int sizes[] = {44, 256, 512, 1024, TEXT_MAX};
    printf("\"sealNs\":{");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        k->size = sizes[i];
        printf("%s\"%d\":{\"libsodium\":%.0f,\"openssl\":%.0f}", i > 0 ? "," : "", sizes[i],
               1e9 / rate(sodium_seal, k, seconds / 3), 1e9 / rate(openssl_seal, k, seconds / 3));
    }
    printf("},");
}

/* Seconds of one operation at the faster library's price; prints both. */
static double price(const char *name, int (*sodium)(struct keys *), int (*openssl)(struct keys *),
                    struct keys *k, double seconds)
{
    double a = rate(sodium, k, seconds);
    double b = rate(openssl, k, seconds);
    printf("\"%s\":{\"libsodium\":%.0f,\"openssl\":%.0f},", name, a, b);
    return 1 / (a > b ? a : b);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.3;
    static struct keys keys;
    if (sodium_init() < 0) {
        fail("libsodium");
    }
    keys_init(&keys);
    printf("{\"type\":\"primitives\",");
    double side = price("x25519Base", sodium_base, openssl_base, &keys, seconds) +
                  3 * price("x25519", sodium_agree, openssl_agree, &keys, seconds) +
                  price("ed25519Verify", sodium_verify, openssl_verify, &keys, seconds);
    seals(&keys, seconds);
    printf("\"handshakesPerCoreSecond\":%.0f}\n", 1 / (2 * side));
    return 0;
}
