/*
 * A cipher for links of a test network: Ascon-128 (v1.2, Dobraunig, Eichlseder, Mendel,
 * Schlaeffer), as its paper has it, a block of 8 bytes at a time. For experiments: nobody has
 * looked at this file for what a processor gives away while it works.
 *
 * wavu gives 32 bytes of key and 12 of nonce, Ascon-128 takes 16 of each: the key's second half is
 * the associated data, and its first four bytes fill up the nonce.
 * network = "test-ascon", --module /path/cipher_ascon.so
 */
#include <string.h>

#include "wavu/module.h"

#define RATE 8 /* bytes of a block */
#define ROUNDS_ALL 12
#define ROUNDS_BLOCK 6
#define IV UINT64_C(0x80400c0600000000)

struct ascon {
    uint64_t x[5];
    uint64_t key[2];
};

static uint64_t rotate(uint64_t x, int by)
{
    return x >> by | x << (64 - by);
}

static void permute(uint64_t x[5], int rounds)
{
    for (int i = ROUNDS_ALL - rounds; i < ROUNDS_ALL; i++) {
        uint64_t t[5];

        x[2] ^= (uint64_t)(0xf0 - i * 0x10 + i); /* the round's constant */
        x[0] ^= x[4];
        x[4] ^= x[3];
        x[2] ^= x[1];
        for (int k = 0; k < 5; k++) {
            t[k] = x[k] ^ (~x[(k + 1) % 5] & x[(k + 2) % 5]);
        }
        t[1] ^= t[0];
        t[0] ^= t[4];
        t[3] ^= t[2];
        t[2] = ~t[2];
        x[0] = t[0] ^ rotate(t[0], 19) ^ rotate(t[0], 28);
        x[1] = t[1] ^ rotate(t[1], 61) ^ rotate(t[1], 39);
        x[2] = t[2] ^ rotate(t[2], 1) ^ rotate(t[2], 6);
        x[3] = t[3] ^ rotate(t[3], 10) ^ rotate(t[3], 17);
        x[4] = t[4] ^ rotate(t[4], 7) ^ rotate(t[4], 41);
    }
}

/* Up to 8 bytes, the first one highest. */
static uint64_t load(const uint8_t *bytes, size_t len)
{
    uint64_t x = 0;

    for (size_t i = 0; i < len; i++) {
        x |= (uint64_t)bytes[i] << (56 - 8 * i);
    }
    return x;
}

static void store(uint8_t *bytes, size_t len, uint64_t x)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(x >> (56 - 8 * i));
    }
}

/* The end of what is not whole blocks. */
static uint64_t pad(size_t len)
{
    return UINT64_C(0x80) << (56 - 8 * len);
}

static void begin(struct ascon *a, const uint8_t *key, const uint8_t *nonce)
{
    const uint8_t *rest = key + 16; /* the associated data: two blocks, and an empty one */

    a->key[0] = load(key, 8);
    a->key[1] = load(key + 8, 8);
    a->x[0] = IV;
    a->x[1] = a->key[0];
    a->x[2] = a->key[1];
    a->x[3] = load(nonce, 8);
    a->x[4] = load(nonce + 8, 4) | load(rest, 4) >> 32;
    permute(a->x, ROUNDS_ALL);
    a->x[3] ^= a->key[0];
    a->x[4] ^= a->key[1];
    for (size_t at = 0; at < 16; at += RATE) {
        a->x[0] ^= load(rest + at, RATE);
        permute(a->x, ROUNDS_BLOCK);
    }
    a->x[0] ^= pad(0);
    permute(a->x, ROUNDS_BLOCK);
    a->x[4] ^= 1;
}

static void end(struct ascon *a, uint8_t *tag)
{
    a->x[1] ^= a->key[0];
    a->x[2] ^= a->key[1];
    permute(a->x, ROUNDS_ALL);
    store(tag, 8, a->x[3] ^ a->key[0]);
    store(tag + 8, 8, a->x[4] ^ a->key[1]);
}

static void seal(void *state, const uint8_t *key, const uint8_t *nonce, uint8_t *data, size_t len,
                 uint8_t *tag)
{
    struct ascon a;

    (void)state;
    begin(&a, key, nonce);
    for (; len >= RATE; data += RATE, len -= RATE) {
        a.x[0] ^= load(data, RATE);
        store(data, RATE, a.x[0]);
        permute(a.x, ROUNDS_BLOCK);
    }
    a.x[0] ^= load(data, len) ^ pad(len);
    store(data, len, a.x[0]);
    end(&a, tag);
}

static int open(void *state, const uint8_t *key, const uint8_t *nonce, uint8_t *data, size_t len,
                const uint8_t *tag)
{
    struct ascon a;
    uint8_t expected[WAVU_MODULE_TAG_SIZE];
    uint8_t difference = 0;

    (void)state;
    begin(&a, key, nonce);
    for (; len >= RATE; data += RATE, len -= RATE) {
        const uint64_t sealed = load(data, RATE);

        store(data, RATE, a.x[0] ^ sealed);
        a.x[0] = sealed;
        permute(a.x, ROUNDS_BLOCK);
    }
    uint8_t last[RATE];

    store(last, RATE, a.x[0] ^ load(data, len));
    memcpy(data, last, len);
    a.x[0] ^= load(last, len) ^ pad(len);
    end(&a, expected);
    for (size_t i = 0; i < sizeof expected; i++) {
        difference |= (uint8_t)(expected[i] ^ tag[i]);
    }
    return difference == 0 ? 0 : -1; /* the node wipes what was opened wrongly */
}

static const struct wavu_module_cipher cipher = {.size = sizeof cipher, .seal = seal, .open = open};

static const struct wavu_module module = {.size = sizeof module,
                                          .magic = WAVU_MODULE_MAGIC,
                                          .abi_major = WAVU_MODULE_ABI_MAJOR,
                                          .abi_minor = WAVU_MODULE_ABI_MINOR,
                                          .name = "ascon",
                                          .version = "1.2",
                                          .cipher = &cipher};

WAVU_MODULE_EXPORT(&module)
