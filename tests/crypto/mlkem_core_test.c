/*
 * ML-KEM-768 step by step, and every set of steps against the portable one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>

#include "base/random.h"
#include "crypto/mlkem_core.h"
#include "crypto/mlkem_pack.h"
#include "tests/support/vectors.h"

#define ROUNDS 2000

static struct random_seeded seeded;
static struct random source;

/* One key, one ciphertext, and that ciphertext with one bit turned. */
struct run {
    struct mlkem_pair pair;
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t made[MLKEM_SHARED_SIZE];
    uint8_t found[MLKEM_SHARED_SIZE];
    uint8_t refused[MLKEM_SHARED_SIZE];
};

static void run(const struct mlkem_ops *ops, struct run *r, const uint8_t *seed,
                const uint8_t *message)
{
    mlkem_core_from_seed(ops, &r->pair, seed);
    assert_int_equal(
        mlkem_core_encapsulate(ops, r->ciphertext, r->made, r->pair.public_key, message), 0);
    mlkem_core_decapsulate(ops, r->found, r->pair.secret, r->ciphertext);
    const size_t bit = (size_t)(seed[0] | seed[1] << 8) % (8 * MLKEM_CIPHERTEXT_SIZE);
    r->ciphertext[bit / 8] ^= (uint8_t)(1 << bit % 8);
    mlkem_core_decapsulate(ops, r->refused, r->pair.secret, r->ciphertext);
}

static void test_both_sides_agree(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS / 4; round++) {
        uint8_t seed[MLKEM_SEED_SIZE];
        uint8_t message[MLKEM_MESSAGE_SIZE];
        struct run r;
        random_fill(&source, seed, sizeof(seed));
        random_fill(&source, message, sizeof(message));
        run(mlkem_ops_portable(), &r, seed, message);
        assert_memory_equal(r.made, r.found, MLKEM_SHARED_SIZE);
        assert_memory_not_equal(r.made, r.refused, MLKEM_SHARED_SIZE);
    }
}

static void test_avx2_is_as_portable(void **state)
{
    (void)state;
    if (mlkem_ops_avx2() == NULL) {
        print_message("this processor has no AVX2\n");
        skip();
    }
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t seed[MLKEM_SEED_SIZE];
        uint8_t message[MLKEM_MESSAGE_SIZE];
        struct run a;
        struct run b;
        random_fill(&source, seed, sizeof(seed));
        random_fill(&source, message, sizeof(message));
        run(mlkem_ops_portable(), &a, seed, message);
        run(mlkem_ops_avx2(), &b, seed, message);
        assert_memory_equal(&a, &b, sizeof(a));
    }
}

/* FIPS 203 algorithm 16: dk is of K-PKE, then ek, H(ek), z. */
static void test_secret_is_laid_out(void **state)
{
    (void)state;
    uint8_t seed[MLKEM_SEED_SIZE];
    uint8_t hash[32];
    struct mlkem_pair pair;
    random_fill(&source, seed, sizeof(seed));
    mlkem_core_from_seed(mlkem_ops_portable(), &pair, seed);
    const struct span whole = span_of(pair.public_key, MLKEM_PUBLIC_SIZE);
    keccak_sha3_256(hash, &whole, 1);
    assert_memory_equal(pair.secret + 1152, pair.public_key, MLKEM_PUBLIC_SIZE);
    assert_memory_equal(pair.secret + 2336, hash, 32);
    assert_memory_equal(pair.secret + 2368, seed + 32, 32);
}

/* A seed that lies where the keys come to lie. */
static void test_seed_in_place(void **state)
{
    (void)state;
    uint8_t seed[MLKEM_SEED_SIZE];
    struct mlkem_pair a;
    struct mlkem_pair b;
    random_fill(&source, seed, sizeof(seed));
    memcpy(b.public_key, seed, sizeof(seed));
    mlkem_core_from_seed(mlkem_ops_best(), &a, seed);
    mlkem_core_from_seed(mlkem_ops_best(), &b, b.public_key);
    assert_memory_equal(&a, &b, sizeof(a));
}

/* Algorithm 18: what is refused becomes SHAKE256 of z and the ciphertext. */
static void test_refusal_is_the_hash(void **state)
{
    (void)state;
    uint8_t seed[MLKEM_SEED_SIZE];
    uint8_t want[MLKEM_SHARED_SIZE];
    uint8_t got[MLKEM_SHARED_SIZE];
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    struct mlkem_pair pair;
    random_fill(&source, seed, sizeof(seed));
    mlkem_core_from_seed(mlkem_ops_best(), &pair, seed);
    for (int round = 0; round < 100; round++) {
        random_fill(&source, ciphertext, sizeof(ciphertext));
        struct keccak k;
        keccak_init(&k, KECCAK_SHAKE256_RATE);
        keccak_absorb(&k, span_of(seed + 32, 32));
        keccak_absorb(&k, span_of(ciphertext, sizeof(ciphertext)));
        keccak_finish(&k, KECCAK_SHAKE_DOMAIN);
        keccak_squeeze(&k, want, sizeof(want));
        mlkem_core_decapsulate(mlkem_ops_best(), got, pair.secret, ciphertext);
        assert_memory_equal(got, want, sizeof(got));
    }
}

/* All that both sides make in `rounds` runs, and answers to random ciphertexts, in one hash; what
 * goes in comes from SHAKE128 of nothing. */
static void accumulate(const struct mlkem_ops *ops, int rounds, uint8_t hash[32])
{
    struct keccak in;
    struct keccak out;
    keccak_init(&in, KECCAK_SHAKE128_RATE);
    keccak_finish(&in, KECCAK_SHAKE_DOMAIN);
    keccak_init(&out, KECCAK_SHAKE128_RATE);
    for (int i = 0; i < rounds; i++) {
        uint8_t seed[MLKEM_SEED_SIZE];
        uint8_t message[MLKEM_MESSAGE_SIZE];
        uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
        uint8_t shared[MLKEM_SHARED_SIZE];
        uint8_t found[MLKEM_SHARED_SIZE];
        struct mlkem_pair pair;
        keccak_squeeze(&in, seed, sizeof(seed));
        mlkem_core_from_seed(ops, &pair, seed);
        keccak_absorb(&out, span_of(pair.public_key, MLKEM_PUBLIC_SIZE));
        keccak_squeeze(&in, message, sizeof(message));
        assert_int_equal(mlkem_core_encapsulate(ops, ciphertext, shared, pair.public_key, message),
                         0);
        keccak_absorb(&out, span_of(ciphertext, sizeof(ciphertext)));
        keccak_absorb(&out, span_of(shared, sizeof(shared)));
        mlkem_core_decapsulate(ops, found, pair.secret, ciphertext);
        assert_memory_equal(shared, found, sizeof(shared));
        keccak_squeeze(&in, ciphertext, sizeof(ciphertext));
        mlkem_core_decapsulate(ops, shared, pair.secret, ciphertext);
        keccak_absorb(&out, span_of(shared, sizeof(shared)));
    }
    keccak_finish(&out, KECCAK_SHAKE_DOMAIN);
    keccak_squeeze(&out, hash, 32);
}

/* Source: C2SP's cryptography test vectors (CCTV), ML-KEM, "accumulated pq-crystals vectors". */
static void test_accumulated_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/mlkem768.txt");
    int records = 0;
    while (vectors_next(v)) {
        const uint8_t *count = vectors_span(v, "rounds").ptr;
        const int rounds = count[0] << 8 | count[1];
        const struct mlkem_ops *sets[] = {mlkem_ops_best(), mlkem_ops_portable()};
        for (int i = 0; i < (rounds <= 100 ? 2 : 1); i++) {
            uint8_t hash[32];
            accumulate(sets[i], rounds, hash);
            assert_memory_equal(hash, vectors_span(v, "hash").ptr, sizeof(hash));
        }
        records++;
    }
    assert_int_equal(records, 2);
    vectors_close(v);
}

/* An operation that runs on a stack of ours, so that what it leaves there can be searched. */
struct job {
    const struct mlkem_ops *ops;
    struct mlkem_pair pair;
    uint8_t seed[MLKEM_SEED_SIZE];
    uint8_t message[MLKEM_MESSAGE_SIZE];
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[MLKEM_SHARED_SIZE];
    int rc;
};

static void *job_make(void *context)
{
    struct job *j = context;
    mlkem_core_from_seed(j->ops, &j->pair, j->seed);
    return NULL;
}

static void *job_encapsulate(void *context)
{
    struct job *j = context;
    j->rc =
        mlkem_core_encapsulate(j->ops, j->ciphertext, j->shared, j->pair.public_key, j->message);
    return NULL;
}

static void *job_decapsulate(void *context)
{
    struct job *j = context;
    mlkem_core_decapsulate(j->ops, j->shared, j->pair.secret, j->ciphertext);
    return NULL;
}

static uint8_t job_stack[1 << 20];

static void run_job(void *(*work)(void *), struct job *j)
{
    pthread_attr_t attributes;
    pthread_t thread;
    memset(job_stack, 0, sizeof(job_stack));
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, job_stack, sizeof(job_stack)), 0);
    assert_int_equal(pthread_create(&thread, &attributes, work, j), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
}

/* No `len` bytes of the secret lie on that stack, from whichever of its bytes on. */
static void check_left(const char *what, const uint8_t *secret, size_t size, size_t len)
{
    for (size_t i = 0; i + len <= size; i += len) {
        if (memmem(job_stack, sizeof(job_stack), secret + i, len) != NULL) {
            fail_msg("%s: bytes %zu to %zu are left on the stack", what, i, i + len);
        }
    }
}

static void check_pair_left(const struct job *j, const struct mlkem_poly *s)
{
    check_left("seed", j->seed, sizeof(j->seed), 8);
    check_left("secret", j->pair.secret, 1152, 12);
    check_left("s", (const uint8_t *)s->c, sizeof(s->c), 16);
}

static void check_run_left(const struct job *j)
{
    struct mlkem_poly message;
    mlkem_pack_open_1(&message, j->message);
    check_left("message", j->message, sizeof(j->message), 8);
    check_left("its polynomial", (const uint8_t *)message.c, sizeof(message.c), 64);
    check_left("shared", j->shared, sizeof(j->shared), 8);
}

static void check_wiped(const struct mlkem_ops *ops)
{
    static struct job j;
    struct mlkem_poly s;
    j.ops = ops;
    random_fill(&source, j.seed, sizeof(j.seed));
    random_fill(&source, j.message, sizeof(j.message));
    run_job(job_make, &j);
    mlkem_pack_open_12(&s, j.pair.secret);
    check_pair_left(&j, &s);
    run_job(job_encapsulate, &j);
    assert_int_equal(j.rc, 0);
    check_run_left(&j);
    run_job(job_decapsulate, &j);
    check_run_left(&j);
    check_pair_left(&j, &s);
    j.ciphertext[0] ^= 1;
    run_job(job_decapsulate, &j);
    check_left("refusal", j.shared, sizeof(j.shared), 8);
    check_pair_left(&j, &s);
}

static void test_temporaries_are_wiped(void **state)
{
    (void)state;
    check_wiped(mlkem_ops_best());
    check_wiped(mlkem_ops_portable());
}

/* The search finds what is there; deep enough, so that the thread's own end does not lie over it.
 */
static void *job_leave(void *context)
{
    struct job *j = context;
    volatile uint8_t copy[16384];
    for (size_t i = 0; i < sizeof(j->shared); i++) {
        copy[i] = j->shared[i];
    }
    j->rc = copy[0];
    return NULL;
}

static void test_what_is_left_is_seen(void **state)
{
    (void)state;
    static struct job j;
    random_fill(&source, j.shared, sizeof(j.shared));
    run_job(job_leave, &j);
    assert_non_null(memmem(job_stack, sizeof(job_stack), j.shared, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_sides_agree),      cmocka_unit_test(test_avx2_is_as_portable),
        cmocka_unit_test(test_secret_is_laid_out),    cmocka_unit_test(test_seed_in_place),
        cmocka_unit_test(test_refusal_is_the_hash),   cmocka_unit_test(test_accumulated_vectors),
        cmocka_unit_test(test_temporaries_are_wiped), cmocka_unit_test(test_what_is_left_is_seen),
    };
    random_seeded_init(&seeded, 768);
    source = random_from_seeded(&seeded);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
