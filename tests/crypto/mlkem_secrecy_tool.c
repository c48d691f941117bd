/*
 * One operation on secrets that valgrind takes for uninitialised memory: every branch and every
 * index that depends on them is then an error of memcheck. Driven by secrecy.sh.
 *
 *   crypto_mlkem_secrecy_tool portable|avx2 make|encapsulate|decapsulate|equal [branch|index]
 *
 * The last word plants a leak, which valgrind must find. Exit 0 when the operation was done and its
 * result was still a secret; 77 with a reason where this cannot be tried.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/mlkem_core.h"
#include "crypto/secret.h"

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif

#if defined(VALGRIND_MAKE_MEM_UNDEFINED)

enum plant { PLANT_NOTHING, PLANT_BRANCH, PLANT_INDEX };

static enum plant plant;
static bool is_making;
static volatile unsigned sink;

/* Of G(d | k) the first half is rho, which everybody may know: it stands in the public key, and the
 * matrix is drawn from it by rejection. */
void __real_keccak_sha3_512(uint8_t out[64], const struct span *pieces, size_t count);
void __wrap_keccak_sha3_512(uint8_t out[64], const struct span *pieces, size_t count);

void __wrap_keccak_sha3_512(uint8_t out[64], const struct span *pieces, size_t count)
{
    __real_keccak_sha3_512(out, pieces, count);
    if (is_making) {
        (void)VALGRIND_MAKE_MEM_DEFINED(out, 32);
    }
}

/* Where a leak is planted: all three operations make secret polynomials canonical. */
void __real_mlkem_poly_reduce(struct mlkem_poly *p);
void __wrap_mlkem_poly_reduce(struct mlkem_poly *p);

void __wrap_mlkem_poly_reduce(struct mlkem_poly *p)
{
    static const volatile uint8_t table[MLKEM_POLY_Q];
    __real_mlkem_poly_reduce(p);
    if (plant == PLANT_BRANCH && p->c[7] > MLKEM_POLY_Q / 2) {
        sink = sink + 1;
    }
    if (plant == PLANT_INDEX) {
        sink = table[p->c[7]];
    }
}

/* As somebody would write it who does not know better. */
static bool is_equal_leaking(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (plant == PLANT_BRANCH ? a[i] != b[i] : "ab"[a[i] & 1] != "ab"[b[i] & 1]) {
            return false;
        }
    }
    return true;
}

/* Whether in each byte there is still something of what valgrind was told to take for a secret: how
 * many of its bits depends on how well valgrind understands the compiler's arithmetic. */
static bool is_secret(const uint8_t *bytes, size_t len)
{
    uint8_t bits[MLKEM_SECRET_SIZE];
    if (VALGRIND_GET_VBITS(bytes, bits, len) != 1) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (bits[i] == 0) {
            return false;
        }
    }
    return true;
}

static bool make(const struct mlkem_ops *ops)
{
    struct mlkem_pair pair;
    uint8_t seed[MLKEM_SEED_SIZE];
    memset(seed, 0x37, sizeof(seed));
    (void)VALGRIND_MAKE_MEM_UNDEFINED(seed, sizeof(seed));
    is_making = true;
    mlkem_core_from_seed(ops, &pair, seed);
    is_making = false;
    return is_secret(pair.secret, 1152) && is_secret(pair.secret + 2368, 32);
}

static bool encapsulate(const struct mlkem_ops *ops)
{
    struct mlkem_pair pair;
    uint8_t message[MLKEM_SEED_SIZE];
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[MLKEM_SHARED_SIZE];
    memset(message, 0x51, sizeof(message));
    mlkem_core_from_seed(ops, &pair, message);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(message, sizeof(message));
    return mlkem_core_encapsulate(ops, ciphertext, shared, pair.public_key, message) == 0 &&
           is_secret(shared, sizeof(shared));
}

static bool decapsulate(const struct mlkem_ops *ops)
{
    struct mlkem_pair pair;
    uint8_t message[MLKEM_SEED_SIZE];
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t made[MLKEM_SHARED_SIZE];
    uint8_t found[MLKEM_SHARED_SIZE];
    bool is_good = true;
    memset(message, 0x29, sizeof(message));
    mlkem_core_from_seed(ops, &pair, message);
    is_good = mlkem_core_encapsulate(ops, ciphertext, made, pair.public_key, message) == 0;
    /* All of the secret but the public key and its hash; an honest ciphertext, and a refused one,
     * which must not be told apart. */
    (void)VALGRIND_MAKE_MEM_UNDEFINED(pair.secret, 1152);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(pair.secret + 2368, 32);
    for (int i = 0; i < 2; i++) {
        mlkem_core_decapsulate(ops, found, pair.secret, ciphertext);
        is_good = is_good && is_secret(found, sizeof(found));
        (void)VALGRIND_MAKE_MEM_DEFINED(found, sizeof(found));
        is_good = is_good && (memcmp(found, made, sizeof(found)) == 0) == (i == 0);
        ciphertext[700] ^= 4;
    }
    return is_good;
}

static bool equal(const struct mlkem_ops *ops)
{
    uint8_t a[64];
    uint8_t b[64];
    (void)ops;
    memset(a, 0x77, sizeof(a));
    memset(b, 0x77, sizeof(b));
    b[63] ^= 0x80;
    (void)VALGRIND_MAKE_MEM_UNDEFINED(a, sizeof(a));
    (void)VALGRIND_MAKE_MEM_UNDEFINED(b, sizeof(b));
    bool result = plant == PLANT_NOTHING ? secret_is_equal(a, b, sizeof(a))
                                         : is_equal_leaking(a, b, sizeof(a));
    (void)VALGRIND_MAKE_MEM_DEFINED(&result, sizeof(result)); /* the answer may be known */
    return plant != PLANT_NOTHING || !result;
}

static const struct {
    const char *name;
    bool (*run)(const struct mlkem_ops *ops);
} operations[] = {
    {"make", make},
    {"encapsulate", encapsulate},
    {"decapsulate", decapsulate},
    {"equal", equal},
};

int main(int argc, char **argv)
{
    if (argc < 3 || secret_start() != 0) {
        fputs("portable|avx2 make|encapsulate|decapsulate|equal [branch|index]\n", stderr);
        return 2;
    }
    const struct mlkem_ops *ops =
        strcmp(argv[1], "avx2") == 0 ? mlkem_ops_avx2() : mlkem_ops_portable();
    if (RUNNING_ON_VALGRIND == 0 || ops == NULL) {
        fputs(ops == NULL ? "this processor has no AVX2\n" : "not run by valgrind\n", stdout);
        return 77;
    }
    if (argc > 3) {
        plant = strcmp(argv[3], "branch") == 0 ? PLANT_BRANCH : PLANT_INDEX;
    }
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (strcmp(argv[2], operations[i].name) == 0) {
            return operations[i].run(ops) ? 0 : 1;
        }
    }
    return 2;
}

#else

int main(void)
{
    fputs("built without valgrind's memcheck.h\n", stdout);
    return 77;
}

#endif
