/*
 * The null signer: one fast keyed hash, spread over the signature's bytes.
 */
#include "tests/support/members_null.h"

#include <string.h>

#include "base/map.h"

static void fill(uint8_t signature[SIGNER_SIZE], const uint8_t *who, const char *label,
                 struct span body)
{
    uint64_t seed[2];
    memcpy(seed, who, sizeof seed);
    uint64_t a = map_hash(seed, body);
    seed[0] ^= a;
    uint64_t b = map_hash(seed, span_from_text(label));
    memset(signature, 0, SIGNER_SIZE);
    memcpy(signature, &a, sizeof a);
    memcpy(signature + 8, &b, sizeof b);
    memcpy(signature + 16, who, 32);
}

static void sign(void *context, uint8_t signature[SIGNER_SIZE], const struct ed25519_pair *pair,
                 const char *label, struct span body)
{
    (void)context;
    fill(signature, pair->public_key, label, body);
}

static int verify(void *context, const uint8_t signature[SIGNER_SIZE],
                  const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body)
{
    uint8_t want[SIGNER_SIZE];
    (void)context;
    fill(want, who, label, body);
    return memcmp(want, signature, sizeof want) == 0 ? 0 : WAVU_ERR_CRYPTO;
}

const struct signer members_null_signer = {.sign = sign, .verify = verify, .context = NULL};

struct ed25519_pair members_null_pair(const struct signer *signer, uint64_t number)
{
    uint8_t seed[ED25519_SEED_SIZE] = {0};
    struct ed25519_pair pair;
    uint64_t spread = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    memcpy(seed, &spread, sizeof spread);
    memcpy(seed + 8, &number, sizeof number);
    if (signer != &members_null_signer) {
        ed25519_from_seed(&pair, seed);
        return pair;
    }
    memcpy(pair.seed, seed, sizeof seed);
    memcpy(pair.public_key, seed, sizeof seed);
    return pair;
}
