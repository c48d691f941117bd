/*
 * Words for texts that are searched: the n-th about as often as 1 / n, as in languages. For
 * benchmarks of histories.
 */
#ifndef BENCH_WORDS_H
#define BENCH_WORDS_H

#include "base/random.h"

#define WORDS_LOG2 15 /* of the number of words */

/* The word of a rank: the commonest are the shortest. Returns its length. */
static inline size_t words_write(char *out, unsigned rank)
{
    static const char consonants[] = "tnshrdlcmwfgypbvk";
    static const char vowels[] = "eaoiu";
    size_t len = 0;
    for (rank++; rank > 0; rank /= 85) {
        out[len++] = consonants[rank % 17];
        out[len++] = vowels[rank / 17 % 5];
    }
    return len;
}

static inline unsigned words_draw(const struct random *random)
{
    uint64_t octave = random_below(random, WORDS_LOG2);
    return (unsigned)((1U << octave) - 1 + random_below(random, UINT64_C(1) << octave));
}

#endif
