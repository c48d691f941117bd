/*
 * K-PKE and ML-KEM: seeds, keys and ciphertexts come in as bytes and leave as bytes.
 *
 * A matrix needs nine streams of three blocks each. They are drawn three at a time in the first
 * three ways of keccak4; the fourth way computes a hash of nine blocks meanwhile, that of the
 * public key or that of the ciphertext.
 */
#include "crypto/mlkem_core.h"

#include <string.h>

#include "base/check.h"
#include "crypto/mlkem_pack.h"
#include "crypto/mlkem_sample.h"
#include "crypto/secret.h"

#define K MLKEM_POLY_K
#define SYMBYTES 32
#define VECTOR_SIZE (K * MLKEM_PACK_12_SIZE)
#define HASH_BLOCKS 9
#define UNIFORM_BLOCKS (MLKEM_SAMPLE_UNIFORM_SIZE / KECCAK_SHAKE128_RATE)

_Static_assert(VECTOR_SIZE + SYMBYTES == MLKEM_PUBLIC_SIZE, "vector and rho");
_Static_assert(VECTOR_SIZE + MLKEM_PUBLIC_SIZE + 2 * SYMBYTES == MLKEM_SECRET_SIZE,
               "vector, public key, its hash and z");
_Static_assert(K *MLKEM_PACK_10_SIZE + MLKEM_PACK_4_SIZE == MLKEM_CIPHERTEXT_SIZE, "u and v");
_Static_assert(K *UNIFORM_BLOCKS == HASH_BLOCKS, "a hash is done when the matrix is");

/* A message of eight blocks of SHA3-256 or SHAKE256 and a part of a ninth, and 32 bytes of its
 * hash; or none, whose hash means nothing. */
struct aside {
    const struct span *pieces;
    size_t count;
    uint8_t domain;
    uint8_t hash[SYMBYTES];
};

/* A public key, opened. */
struct expanded {
    struct mlkem_poly matrix[K * K]; /* transposed: row i of it is column i */
    struct mlkem_poly t[K];
};

static const uint8_t *hash_in(const uint8_t *secret)
{
    return secret + VECTOR_SIZE + MLKEM_PUBLIC_SIZE;
}

static void aside_blocks(const struct aside *a, uint8_t blocks[HASH_BLOCKS * KECCAK_SHA3_256_RATE])
{
    size_t at = 0;
    memset(blocks, 0, HASH_BLOCKS * KECCAK_SHA3_256_RATE);
    for (size_t i = 0; i < a->count; i++) {
        memcpy(blocks + at, a->pieces[i].ptr, a->pieces[i].len);
        at += a->pieces[i].len;
    }
    CHECK(a->count == 0 || at / KECCAK_SHA3_256_RATE == HASH_BLOCKS - 1);
    blocks[at] = a->domain;
    blocks[HASH_BLOCKS * KECCAK_SHA3_256_RATE - 1] |= 0x80;
}

/* One in a hundred polynomials needs a fourth block. */
static void draw_more(struct mlkem_poly *p, size_t have, const struct keccak4 *streams, size_t way,
                      const struct mlkem_ops *ops)
{
    struct keccak stream;
    keccak4_leave(streams, way, &stream, KECCAK_SHAKE128_RATE);
    while (have < MLKEM_POLY_N) {
        uint8_t block[KECCAK_SHAKE128_RATE];
        keccak_squeeze(&stream, block, sizeof(block));
        have = ops->uniform(p, have, block, sizeof(block));
    }
}

/* Draw three polynomials of the matrix, and take three blocks of the hash in the fourth way on. */
static void draw_row(const struct mlkem_ops *ops, struct keccak4 *k, struct mlkem_poly row[K],
                     uint8_t seeds[K][SYMBYTES + 2], const uint8_t *blocks)
{
    uint8_t bytes[K][MLKEM_SAMPLE_UNIFORM_SIZE];
    for (size_t way = 0; way < K; way++) {
        for (size_t i = 0; i < KECCAK_LANES; i++) {
            k->lanes[i][way] = 0;
        }
        keccak4_finish(k, way, span_of(seeds[way], SYMBYTES + 2), KECCAK_SHAKE128_RATE,
                       KECCAK_SHAKE_DOMAIN);
    }
    for (size_t i = 0; i < UNIFORM_BLOCKS; i++) {
        keccak4_absorb(k, K, blocks + i * KECCAK_SHA3_256_RATE, KECCAK_SHA3_256_RATE);
        ops->permute4(k);
        for (size_t way = 0; way < K; way++) {
            keccak4_extract(k, way, bytes[way] + i * KECCAK_SHAKE128_RATE, KECCAK_SHAKE128_RATE);
        }
    }
    for (size_t way = 0; way < K; way++) {
        const size_t have = ops->uniform(&row[way], 0, bytes[way], MLKEM_SAMPLE_UNIFORM_SIZE);
        if (have < MLKEM_POLY_N) {
            draw_more(&row[way], have, k, way, ops);
        }
    }
}

/* The matrix of `rho`, or its transpose (FIPS 203 algorithms 13, 3-7, and 14, 4-8), row by row; and
 * the hash of what stands aside. */
static void draw_matrix(const struct mlkem_ops *ops, struct mlkem_poly matrix[K * K],
                        const uint8_t rho[SYMBYTES], bool is_transposed, struct aside *aside)
{
    uint8_t blocks[HASH_BLOCKS * KECCAK_SHA3_256_RATE];
    uint8_t seeds[K][SYMBYTES + 2];
    struct keccak4 k;
    keccak4_init(&k);
    aside_blocks(aside, blocks);
    for (uint8_t i = 0; i < K; i++) {
        for (uint8_t j = 0; j < K; j++) {
            memcpy(seeds[j], rho, SYMBYTES);
            seeds[j][SYMBYTES] = is_transposed ? i : j;
            seeds[j][SYMBYTES + 1] = is_transposed ? j : i;
        }
        draw_row(ops, &k, matrix + K * i, seeds,
                 blocks + i * UNIFORM_BLOCKS * KECCAK_SHA3_256_RATE);
    }
    keccak4_extract(&k, K, aside->hash, sizeof(aside->hash));
    secret_wipe(&k, sizeof(k));
    secret_wipe(blocks, sizeof(blocks));
}

/* `count` noise polynomials of the stream `seed`, from number `first` on; at most four. */
static void draw_noise(const struct mlkem_ops *ops, struct mlkem_poly *p, size_t count,
                       const uint8_t seed[SYMBYTES], uint8_t first)
{
    struct keccak4 k;
    uint8_t bytes[SYMBYTES + 1];
    uint8_t noise[MLKEM_SAMPLE_NOISE_SIZE];
    keccak4_init(&k);
    memcpy(bytes, seed, SYMBYTES);
    for (size_t way = 0; way < count; way++) {
        bytes[SYMBYTES] = (uint8_t)(first + way);
        keccak4_finish(&k, way, span_of(bytes, sizeof(bytes)), KECCAK_SHAKE256_RATE,
                       KECCAK_SHAKE_DOMAIN);
    }
    ops->permute4(&k);
    for (size_t way = 0; way < count; way++) {
        keccak4_extract(&k, way, noise, sizeof(noise));
        ops->noise(&p[way], noise);
    }
    secret_wipe(&k, sizeof(k));
    secret_wipe(bytes, sizeof(bytes));
    secret_wipe(noise, sizeof(noise));
}

static void pack_vector(uint8_t out[VECTOR_SIZE], const struct mlkem_poly p[K])
{
    for (size_t i = 0; i < K; i++) {
        mlkem_pack_12(out + i * MLKEM_PACK_12_SIZE, &p[i]);
    }
}

static void open_vector(struct mlkem_poly p[K], const uint8_t in[VECTOR_SIZE])
{
    for (size_t i = 0; i < K; i++) {
        mlkem_pack_open_12(&p[i], in + i * MLKEM_PACK_12_SIZE);
    }
}

/* What key generation computes with and wipes. */
struct making {
    uint8_t seeds[2 * SYMBYTES];    /* rho, which is public, and sigma */
    struct mlkem_poly noise[2 * K]; /* s and e */
    struct mlkem_factor factors[K];
};

/* K-PKE.KeyGen (algorithm 13); of `pair`, all but the hash and z. */
static void make_keys(const struct mlkem_ops *ops, struct mlkem_pair *pair, const uint8_t *d)
{
    static const uint8_t k = K;
    const struct span pieces[] = {span_of(d, SYMBYTES), span_of(&k, 1)};
    struct mlkem_poly matrix[K * K];
    struct mlkem_poly t[K];
    struct aside nothing = {.count = 0};
    struct making m;
    keccak_sha3_512(m.seeds, pieces, 2);
    draw_matrix(ops, matrix, m.seeds, false, &nothing);
    draw_noise(ops, m.noise, 4, m.seeds + SYMBYTES, 0);
    draw_noise(ops, m.noise + 4, 2, m.seeds + SYMBYTES, 4);
    for (size_t i = 0; i < K; i++) {
        ops->forward(&m.noise[i]);
        ops->forward(&m.noise[K + i]);
        ops->factor(&m.factors[i], &m.noise[i]);
    }
    for (size_t i = 0; i < K; i++) {
        ops->dot(&t[i], matrix + K * i, m.factors);
        mlkem_ntt_scale(&t[i]);
        mlkem_poly_add(&t[i], &m.noise[K + i]);
        mlkem_poly_reduce(&t[i]);
        mlkem_poly_reduce(&m.noise[i]);
    }
    pack_vector(pair->public_key, t);
    memcpy(pair->public_key + VECTOR_SIZE, m.seeds, SYMBYTES);
    pack_vector(pair->secret, m.noise);
    secret_wipe(&m, sizeof(m));
}

void mlkem_core_from_seed(const struct mlkem_ops *ops, struct mlkem_pair *pair,
                          const uint8_t seed[MLKEM_SEED_SIZE])
{
    uint8_t *at = pair->secret + VECTOR_SIZE;
    uint8_t z[SYMBYTES]; /* the seed may lie where the pair comes to lie */
    memcpy(z, seed + SYMBYTES, SYMBYTES);
    make_keys(ops, pair, seed);
    const struct span whole = span_of(pair->public_key, MLKEM_PUBLIC_SIZE);
    memcpy(at, pair->public_key, MLKEM_PUBLIC_SIZE);
    keccak_sha3_256(at + MLKEM_PUBLIC_SIZE, &whole, 1);
    memcpy(at + MLKEM_PUBLIC_SIZE + SYMBYTES, z, SYMBYTES);
    secret_wipe(z, sizeof(z));
}

/* Whether a public key's coefficients are all below the modulus. They are no secret. */
static bool is_canonical(const struct mlkem_poly t[K])
{
    int16_t largest = 0;
    for (size_t i = 0; i < K; i++) {
        for (size_t j = 0; j < MLKEM_POLY_N; j++) {
            largest = t[i].c[j] > largest ? t[i].c[j] : largest;
        }
    }
    return largest < MLKEM_POLY_Q;
}

/* What encryption computes with and wipes. */
struct sealing {
    struct mlkem_poly noise[2 * K + 1]; /* y, e1, e2 */
    struct mlkem_factor factors[K];
    struct mlkem_poly u;
    struct mlkem_poly v;
    struct mlkem_poly message;
};

/* K-PKE.Encrypt (algorithm 14). */
static void encrypt(const struct mlkem_ops *ops, uint8_t *ciphertext, const struct expanded *e,
                    const uint8_t message[SYMBYTES], const uint8_t seed[SYMBYTES])
{
    struct sealing s;
    draw_noise(ops, s.noise, 4, seed, 0);
    draw_noise(ops, s.noise + 4, 3, seed, 4);
    for (size_t i = 0; i < K; i++) {
        ops->forward(&s.noise[i]);
        ops->factor(&s.factors[i], &s.noise[i]);
    }
    for (size_t i = 0; i < K; i++) {
        ops->dot(&s.u, e->matrix + K * i, s.factors);
        ops->inverse(&s.u);
        mlkem_poly_add(&s.u, &s.noise[K + i]);
        mlkem_poly_reduce(&s.u);
        mlkem_pack_10(ciphertext + i * MLKEM_PACK_10_SIZE, &s.u);
    }
    ops->dot(&s.v, e->t, s.factors);
    ops->inverse(&s.v);
    mlkem_pack_open_1(&s.message, message);
    mlkem_poly_add(&s.v, &s.noise[2 * K]);
    mlkem_poly_add(&s.v, &s.message);
    mlkem_poly_reduce(&s.v);
    mlkem_pack_4(ciphertext + K * MLKEM_PACK_10_SIZE, &s.v);
    secret_wipe(&s, sizeof(s));
}

/* What decryption computes with and wipes. */
struct opening {
    struct mlkem_poly s[K];
    struct mlkem_poly u[K];
    struct mlkem_factor factors[K];
    struct mlkem_poly v;
    struct mlkem_poly product;
};

/* K-PKE.Decrypt (algorithm 15). */
static void decrypt(const struct mlkem_ops *ops, uint8_t message[SYMBYTES], const uint8_t *secret,
                    const uint8_t *ciphertext)
{
    struct opening o;
    open_vector(o.s, secret);
    for (size_t i = 0; i < K; i++) {
        mlkem_pack_open_10(&o.u[i], ciphertext + i * MLKEM_PACK_10_SIZE);
        ops->forward(&o.u[i]);
        ops->factor(&o.factors[i], &o.u[i]);
    }
    mlkem_pack_open_4(&o.v, ciphertext + K * MLKEM_PACK_10_SIZE);
    ops->dot(&o.product, o.s, o.factors);
    ops->inverse(&o.product);
    mlkem_poly_subtract(&o.v, &o.product);
    mlkem_poly_reduce(&o.v);
    mlkem_pack_1(message, &o.v);
    secret_wipe(&o, sizeof(o));
}

/* K and r of a message and the hash of a public key. */
static void derive(uint8_t both[2 * SYMBYTES], const uint8_t *message, const uint8_t *hash)
{
    const struct span pieces[] = {span_of(message, SYMBYTES), span_of(hash, SYMBYTES)};
    keccak_sha3_512(both, pieces, 2);
}

int mlkem_core_encapsulate(const struct mlkem_ops *ops, uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE],
                           uint8_t shared[MLKEM_SHARED_SIZE],
                           const uint8_t public_key[MLKEM_PUBLIC_SIZE],
                           const uint8_t message[MLKEM_MESSAGE_SIZE])
{
    const struct span whole = span_of(public_key, MLKEM_PUBLIC_SIZE);
    struct aside aside = {.pieces = &whole, .count = 1, .domain = KECCAK_SHA3_DOMAIN};
    struct expanded e;
    uint8_t both[2 * SYMBYTES];
    open_vector(e.t, public_key);
    if (!is_canonical(e.t)) {
        memset(ciphertext, 0, MLKEM_CIPHERTEXT_SIZE);
        memset(shared, 0, MLKEM_SHARED_SIZE);
        return WAVU_ERR_CRYPTO;
    }
    draw_matrix(ops, e.matrix, public_key + VECTOR_SIZE, true, &aside);
    derive(both, message, aside.hash);
    encrypt(ops, ciphertext, &e, message, both + SYMBYTES);
    memcpy(shared, both, MLKEM_SHARED_SIZE);
    secret_wipe(both, sizeof(both));
    return 0;
}

/* All bits of the result where `len` bytes differ, none where they are equal. */
static uint8_t difference(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        bits |= (uint32_t)(a[i] ^ b[i]);
    }
    return (uint8_t)((0 - bits) >> 24);
}

/* What decapsulation computes with and wipes. */
struct decapsulation {
    uint8_t message[SYMBYTES];
    uint8_t both[2 * SYMBYTES]; /* K and r */
    uint8_t again[MLKEM_CIPHERTEXT_SIZE];
};

void mlkem_core_decapsulate(const struct mlkem_ops *ops, uint8_t shared[MLKEM_SHARED_SIZE],
                            const uint8_t secret[MLKEM_SECRET_SIZE],
                            const uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE])
{
    /* What is answered to a ciphertext that is not honest: J(z, ciphertext). */
    const struct span pieces[] = {span_of(hash_in(secret) + SYMBYTES, SYMBYTES),
                                  span_of(ciphertext, MLKEM_CIPHERTEXT_SIZE)};
    struct aside refusal = {.pieces = pieces, .count = 2, .domain = KECCAK_SHAKE_DOMAIN};
    struct expanded e;
    struct decapsulation d;
    decrypt(ops, d.message, secret, ciphertext);
    derive(d.both, d.message, hash_in(secret));
    open_vector(e.t, secret + VECTOR_SIZE);
    draw_matrix(ops, e.matrix, secret + 2 * VECTOR_SIZE, true, &refusal);
    encrypt(ops, d.again, &e, d.message, d.both + SYMBYTES);
    const uint8_t differs = difference(ciphertext, d.again, sizeof(d.again));
    for (size_t i = 0; i < MLKEM_SHARED_SIZE; i++) {
        shared[i] = (uint8_t)(d.both[i] ^ (differs & (d.both[i] ^ refusal.hash[i])));
    }
    secret_wipe(&d, sizeof(d));
    secret_wipe(&refusal, sizeof(refusal));
}

int mlkem_core_check_public(const uint8_t public_key[MLKEM_PUBLIC_SIZE])
{
    struct mlkem_poly t[K];
    open_vector(t, public_key);
    return is_canonical(t) ? 0 : WAVU_ERR_CRYPTO;
}

int mlkem_core_check_secret(const uint8_t secret[MLKEM_SECRET_SIZE])
{
    const struct span whole = span_of(secret + VECTOR_SIZE, MLKEM_PUBLIC_SIZE);
    uint8_t hash[SYMBYTES];
    keccak_sha3_256(hash, &whole, 1);
    return secret_is_equal(hash, hash_in(secret), SYMBYTES) ? 0 : WAVU_ERR_CRYPTO;
}
