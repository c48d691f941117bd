/*
 * ML-KEM-768: key generation, encapsulation and decapsulation, for each set of steps that this
 * processor runs, for OpenSSL where it has it, and beside them the classic way to a shared secret.
 *
 * Classic: with libsodium, two X25519 pairs made and an agreement at each end, and an Ed25519
 * signature made and verified. All take turns in small batches, so that a slow minute of the
 * machine hits them alike; a figure is the median batch's CPU time.
 *
 * In: batches (argv[1], default 200). Out: one JSON line with microseconds of CPU time of each
 * operation and of the three together ("all").
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/mlkem_core.h"
#include "crypto/mlkem_openssl.h"
#include "crypto/secret.h"

#define BATCHES_MAX 10000
#define OPERATIONS 20 /* of each kind in a batch: about a millisecond */
#define STEPS 3

struct work {
    struct mlkem_pair pair;
    uint8_t seed[MLKEM_SEED_SIZE];
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[2][MLKEM_SHARED_SIZE];
    unsigned char own[2][crypto_scalarmult_BYTES]; /* secret, public */
    unsigned char other[2][crypto_scalarmult_BYTES];
    unsigned char sign_public[crypto_sign_PUBLICKEYBYTES];
    unsigned char sign_secret[crypto_sign_SECRETKEYBYTES];
    unsigned char signature[crypto_sign_BYTES];
};

struct subject {
    const char *name;
    bool (*step)(struct work *w, const struct mlkem_ops *ops, int step);
    const struct mlkem_ops *ops;
    double us[STEPS][BATCHES_MAX];
    double all[BATCHES_MAX];
};

static struct subject subjects[5];
static size_t subject_count;

static void fail(const char *what)
{
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

static bool own(struct work *w, const struct mlkem_ops *ops, int step)
{
    switch (step) {
    case 0:
        mlkem_core_from_seed(ops, &w->pair, w->seed);
        return true;
    case 1:
        return mlkem_core_encapsulate(ops, w->ciphertext, w->shared[0], w->pair.public_key,
                                      w->seed) == 0;
    default:
        mlkem_core_decapsulate(ops, w->shared[1], w->pair.secret, w->ciphertext);
        return memcmp(w->shared[0], w->shared[1], MLKEM_SHARED_SIZE) == 0;
    }
}

static bool openssl(struct work *w, const struct mlkem_ops *ops, int step)
{
    (void)ops;
    switch (step) {
    case 0:
        return mlkem_openssl_from_seed(&w->pair, w->seed);
    case 1:
        return mlkem_openssl_encapsulate(w->ciphertext, w->shared[0], w->pair.public_key, w->seed);
    default:
        return mlkem_openssl_decapsulate(w->shared[1], w->pair.secret, w->ciphertext) &&
               memcmp(w->shared[0], w->shared[1], MLKEM_SHARED_SIZE) == 0;
    }
}

/* The same three: a pair; a pair and an agreement; an agreement. */
static bool x25519(struct work *w, const struct mlkem_ops *ops, int step)
{
    (void)ops;
    switch (step) {
    case 0:
        memcpy(w->own[0], w->seed, sizeof(w->own[0]));
        return crypto_scalarmult_base(w->own[1], w->own[0]) == 0;
    case 1:
        memcpy(w->other[0], w->seed + 32, sizeof(w->other[0]));
        return crypto_scalarmult_base(w->other[1], w->other[0]) == 0 &&
               crypto_scalarmult(w->shared[0], w->other[0], w->own[1]) == 0;
    default:
        return crypto_scalarmult(w->shared[1], w->own[0], w->other[1]) == 0 &&
               memcmp(w->shared[0], w->shared[1], MLKEM_SHARED_SIZE) == 0;
    }
}

/* A pair, a signature, its verification. */
static bool ed25519(struct work *w, const struct mlkem_ops *ops, int step)
{
    (void)ops;
    switch (step) {
    case 0:
        return crypto_sign_seed_keypair(w->sign_public, w->sign_secret, w->seed) == 0;
    case 1:
        return crypto_sign_detached(w->signature, NULL, w->seed, sizeof(w->seed), w->sign_secret) ==
               0;
    default:
        return crypto_sign_verify_detached(w->signature, w->seed, sizeof(w->seed),
                                           w->sign_public) == 0;
    }
}

static void add(const char *name, bool (*step)(struct work *, const struct mlkem_ops *, int),
                const struct mlkem_ops *ops)
{
    subjects[subject_count].name = name;
    subjects[subject_count].step = step;
    subjects[subject_count].ops = ops;
    subject_count++;
}

static double now_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec * 1e-3;
}

static void measure(struct subject *s, struct work *w, int batch)
{
    s->all[batch] = 0;
    for (int step = 0; step < STEPS; step++) {
        const double start = now_us();
        for (int i = 0; i < OPERATIONS; i++) {
            if (!s->step(w, s->ops, step)) {
                fail(s->name);
            }
        }
        s->us[step][batch] = (now_us() - start) / OPERATIONS;
        s->all[batch] += s->us[step][batch];
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(values[0]), compare);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    static struct work work;
    const long wanted = argc > 1 ? strtol(argv[1], NULL, 10) : 200;
    if (wanted < 1 || wanted > BATCHES_MAX || secret_start() != 0) {
        fail("starting");
    }
    const int batches = (int)wanted;
    memset(work.seed, 0x5e, sizeof(work.seed));
    if (mlkem_ops_avx2() != NULL) {
        add("avx2", own, mlkem_ops_avx2());
    }
    add("portable", own, mlkem_ops_portable());
    if (mlkem_openssl_from_seed(&work.pair, work.seed)) {
        add("openssl", openssl, NULL);
    }
    add("x25519", x25519, NULL);
    add("ed25519", ed25519, NULL);
    for (int batch = -1; batch < batches; batch++) { /* the first warms up, and is overwritten */
        for (size_t i = 0; i < subject_count; i++) {
            measure(&subjects[i], &work, batch < 0 ? 0 : batch);
        }
    }
    printf("{\"type\":\"mlkem\"");
    for (size_t i = 0; i < subject_count; i++) {
        struct subject *s = &subjects[i];
        printf(",\"%s\":{\"make\":%.2f,\"encapsulate\":%.2f,\"decapsulate\":%.2f,\"all\":%.2f}",
               s->name, median(s->us[0], batches), median(s->us[1], batches),
               median(s->us[2], batches), median(s->all, batches));
    }
    printf("}\n");
    return 0;
}
