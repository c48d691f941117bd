/*
 * Four states of Keccak without vectors: each is permuted by itself.
 */
#include "crypto/keccak4.h"

#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"

void keccak4_init(struct keccak4 *k)
{
    memset(k, 0, sizeof(*k));
}

void keccak4_absorb(struct keccak4 *k, size_t way, const uint8_t *block, size_t len)
{
    for (size_t i = 0; i < len / 8; i++) {
        k->lanes[i][way] ^= keccak_load(block + 8 * i);
    }
}

void keccak4_finish(struct keccak4 *k, size_t way, struct span rest, size_t rate, uint8_t domain)
{
    uint8_t block[KECCAK_SHAKE128_RATE] = {0};
    CHECK(rest.len < rate && rate <= sizeof(block));
    memcpy(block, rest.ptr, rest.len);
    block[rest.len] = domain;
    block[rate - 1] |= 0x80; /* the last bit of the padding */
    keccak4_absorb(k, way, block, rate);
    secret_wipe(block, sizeof(block));
}

void keccak4_permute(struct keccak4 *k)
{
    uint64_t lanes[KECCAK_LANES];
    for (size_t way = 0; way < KECCAK4_WAYS; way++) {
        for (size_t i = 0; i < KECCAK_LANES; i++) {
            lanes[i] = k->lanes[i][way];
        }
        keccak_permute(lanes);
        for (size_t i = 0; i < KECCAK_LANES; i++) {
            k->lanes[i][way] = lanes[i];
        }
    }
    secret_wipe(lanes, sizeof(lanes));
}

void keccak4_extract(const struct keccak4 *k, size_t way, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len / 8; i++) {
        keccak_store(out + 8 * i, k->lanes[i][way]);
    }
}

void keccak4_leave(const struct keccak4 *k, size_t way, struct keccak *out, size_t rate)
{
    keccak_init(out, rate);
    for (size_t i = 0; i < KECCAK_LANES; i++) {
        out->lanes[i] = k->lanes[i][way];
    }
    out->at = rate;
}
