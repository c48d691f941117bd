/*
 * Randomness as something given: the port fills it from the system or, in the simulator, from a
 * seed.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    void (*fill)(void *context, uint8_t *out, size_t len); /* never fails; aborts when it must */
    void *context;
};

/** Fill `len` bytes at `out`. */
void random_fill(const struct random *r, uint8_t *out, size_t len);

/** Uniform over all 64-bit numbers. */
uint64_t random_u64(const struct random *r);

/** Uniform in [0, bound), bound > 0, without modulo bias. */
uint64_t random_below(const struct random *r, uint64_t bound);

/* A seeded stream for tests and the simulator (not for keys of real nodes): xoshiro256**. */
struct random_seeded {
    uint64_t state[4];
};

/** Start the stream that belongs to `seed`: the same on every machine. */
void random_seeded_init(struct random_seeded *s, uint64_t seed);

/** A `struct random` that draws from `s`, which must outlive it. */
struct random random_from_seeded(struct random_seeded *s);

#endif
