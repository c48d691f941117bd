/*
 * The sponge of FIPS 202 over one state: messages come from ML-KEM, hashes and streams leave to it.
 */
#include "crypto/keccak.h"

#include <string.h>

#include "crypto/secret.h"

#define KECCAK_LANE uint64_t
#define KECCAK_XOR(x, y) ((x) ^ (y))
#define KECCAK_ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define KECCAK_CHI(x, y, z) ((x) ^ (~(y) & (z)))
#include "crypto/keccak_round.h"

const uint64_t keccak_constants[KECCAK_ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

void keccak_permute(uint64_t lanes[KECCAK_LANES])
{
    uint64_t a[KECCAK_LANES];
    uint64_t e[KECCAK_LANES];
    memcpy(a, lanes, sizeof(a));
    for (size_t i = 0; i < KECCAK_ROUNDS; i += 2) {
        KECCAK_ROUND(e, a);
        e[0] ^= keccak_constants[i];
        KECCAK_ROUND(a, e);
        a[0] ^= keccak_constants[i + 1];
    }
    memcpy(lanes, a, sizeof(a));
}

void keccak_init(struct keccak *k, size_t rate)
{
    memset(k, 0, sizeof(*k));
    k->rate = rate;
}

static void put(struct keccak *k, uint8_t byte)
{
    k->lanes[k->at / 8] ^= (uint64_t)byte << (8 * (k->at % 8));
    k->at++;
}

void keccak_absorb(struct keccak *k, struct span data)
{
    for (size_t i = 0; i < data.len;) {
        if (k->at % 8 == 0 && data.len - i >= 8) { /* a block is whole lanes, so this one fits */
            k->lanes[k->at / 8] ^= keccak_load(data.ptr + i);
            k->at += 8;
            i += 8;
        } else {
            put(k, data.ptr[i]);
            i++;
        }
        if (k->at == k->rate) {
            keccak_permute(k->lanes);
            k->at = 0;
        }
    }
}

void keccak_finish(struct keccak *k, uint8_t domain)
{
    put(k, domain);
    k->lanes[k->rate / 8 - 1] ^= UINT64_C(1) << 63; /* the last bit of the padding */
    keccak_permute(k->lanes);
    k->at = 0;
}

void keccak_squeeze(struct keccak *k, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len;) {
        if (k->at == k->rate) {
            keccak_permute(k->lanes);
            k->at = 0;
        }
        const uint64_t lane = k->lanes[k->at / 8];
        if (k->at % 8 == 0 && len - i >= 8) {
            keccak_store(out + i, lane);
            k->at += 8;
            i += 8;
        } else {
            out[i] = (uint8_t)(lane >> (8 * (k->at % 8)));
            k->at++;
            i++;
        }
    }
}

static void hash(struct span_mut out, size_t rate, uint8_t domain, const struct span *pieces,
                 size_t count)
{
    struct keccak k;
    keccak_init(&k, rate);
    for (size_t i = 0; i < count; i++) {
        keccak_absorb(&k, pieces[i]);
    }
    keccak_finish(&k, domain);
    keccak_squeeze(&k, out.ptr, out.len);
    secret_wipe(&k, sizeof(k));
}

void keccak_sha3_256(uint8_t out[32], const struct span *pieces, size_t count)
{
    hash(span_mut_of(out, 32), KECCAK_SHA3_256_RATE, KECCAK_SHA3_DOMAIN, pieces, count);
}

void keccak_sha3_512(uint8_t out[64], const struct span *pieces, size_t count)
{
    hash(span_mut_of(out, 64), KECCAK_SHA3_512_RATE, KECCAK_SHA3_DOMAIN, pieces, count);
}
