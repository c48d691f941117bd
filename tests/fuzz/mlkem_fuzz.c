/*
 * Fuzzes what strangers hand to ML-KEM-768: public keys, ciphertexts, and secrets from a store.
 *
 * The first byte picks which of them the input is, laid over an honest one; the portable steps and
 * the fastest ones must give the same, and what is refused must be refused as FIPS 203 says.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "crypto/keccak.h"
#include "crypto/mlkem_core.h"
#include "crypto/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct mlkem_pair honest;
static uint8_t honest_ciphertext[MLKEM_CIPHERTEXT_SIZE];
static uint8_t honest_shared[MLKEM_SHARED_SIZE];
static bool is_started;

static void start(void)
{
    uint8_t seed[MLKEM_SEED_SIZE];
    if (is_started) {
        return;
    }
    CHECK(secret_start() == 0);
    memset(seed, 0x5c, sizeof(seed));
    mlkem_core_from_seed(mlkem_ops_portable(), &honest, seed);
    CHECK(mlkem_core_encapsulate(mlkem_ops_portable(), honest_ciphertext, honest_shared,
                                 honest.public_key, seed) == 0);
    is_started = true;
}

/* `size` honest bytes with the input over them: in its place, or turning their bits. */
static void overlay(uint8_t *out, const uint8_t *from, size_t size, struct span in, bool is_turning)
{
    memcpy(out, from, size);
    for (size_t i = 0; i < in.len && i < size; i++) {
        out[i] = is_turning ? (uint8_t)(out[i] ^ in.ptr[i]) : in.ptr[i];
    }
}

/* The words of 7.2: unpacked and packed again, the key must be what it was. */
static bool is_canonical(const uint8_t *public_key)
{
    for (size_t i = 0; i < 1152; i += 3) {
        const unsigned a = public_key[i] + 256U * (public_key[i + 1] % 16);
        const unsigned b = public_key[i + 1] / 16 + 16U * public_key[i + 2];
        if (a >= MLKEM_POLY_Q || b >= MLKEM_POLY_Q) {
            return false;
        }
    }
    return true;
}

static void fuzz_public(struct span in, bool is_turning)
{
    const struct mlkem_ops *sets[] = {mlkem_ops_portable(), mlkem_ops_best()};
    uint8_t key[MLKEM_PUBLIC_SIZE];
    uint8_t ciphertext[2][MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[2][MLKEM_SHARED_SIZE];
    overlay(key, honest.public_key, sizeof(key), in, is_turning);
    const int want = is_canonical(key) ? 0 : WAVU_ERR_CRYPTO;
    CHECK(mlkem_check_public(key) == want);
    for (size_t i = 0; i < 2; i++) {
        CHECK(mlkem_core_encapsulate(sets[i], ciphertext[i], shared[i], key, honest_shared) ==
              want);
    }
    CHECK(memcmp(ciphertext[0], ciphertext[1], sizeof(ciphertext[0])) == 0);
    CHECK(memcmp(shared[0], shared[1], sizeof(shared[0])) == 0);
}

static void decapsulate_alike(uint8_t *shared, const uint8_t *secret, const uint8_t *ciphertext)
{
    uint8_t other[MLKEM_SHARED_SIZE];
    mlkem_core_decapsulate(mlkem_ops_portable(), shared, secret, ciphertext);
    mlkem_core_decapsulate(mlkem_ops_best(), other, secret, ciphertext);
    CHECK(memcmp(shared, other, sizeof(other)) == 0);
}

static void fuzz_ciphertext(struct span in, bool is_turning)
{
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[MLKEM_SHARED_SIZE];
    uint8_t want[MLKEM_SHARED_SIZE];
    overlay(ciphertext, honest_ciphertext, sizeof(ciphertext), in, is_turning);
    decapsulate_alike(shared, honest.secret, ciphertext);
    if (memcmp(ciphertext, honest_ciphertext, sizeof(ciphertext)) == 0) {
        memcpy(want, honest_shared, sizeof(want));
    } else {
        struct keccak k;
        keccak_init(&k, KECCAK_SHAKE256_RATE);
        keccak_absorb(&k, span_of(honest.secret + MLKEM_SECRET_SIZE - 32, 32));
        keccak_absorb(&k, span_of(ciphertext, sizeof(ciphertext)));
        keccak_finish(&k, KECCAK_SHAKE_DOMAIN);
        keccak_squeeze(&k, want, sizeof(want));
    }
    CHECK(memcmp(shared, want, sizeof(want)) == 0);
}

static void fuzz_secret(struct span in, bool is_turning)
{
    uint8_t secret[MLKEM_SECRET_SIZE];
    uint8_t shared[MLKEM_SHARED_SIZE];
    overlay(secret, honest.secret, sizeof(secret), in, is_turning);
    const bool is_public_whole = memcmp(secret + 1152, honest.secret + 1152, 1216) == 0;
    CHECK((mlkem_core_check_secret(secret) == 0) == is_public_whole);
    decapsulate_alike(shared, secret, honest_ciphertext);
    if (memcmp(secret, honest.secret, 2368) == 0) {
        CHECK(memcmp(shared, honest_shared, sizeof(shared)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0) {
        return 0;
    }
    start();
    const struct span in = span_of(data + 1, len - 1);
    const bool is_turning = (data[0] & 4) != 0;
    switch (data[0] & 3) {
    case 0:
        fuzz_public(in, is_turning);
        break;
    case 1:
        fuzz_ciphertext(in, is_turning);
        break;
    default:
        fuzz_secret(in, is_turning);
        break;
    }
    return 0;
}
