/*
 * Draws from a given source of randomness, and a seeded source for tests and the simulator.
 *
 * Bytes become numbers in little-endian order on every machine, so that a seed replays everywhere.
 */
#include "base/random.h"

#include "base/check.h"

void random_fill(const struct random *r, uint8_t *out, size_t len)
{
    if (len > 0) {
        r->fill(r->context, out, len);
    }
}

uint64_t random_u64(const struct random *r)
{
    uint8_t bytes[8];
    uint64_t value = 0;

    random_fill(r, bytes, sizeof(bytes));
    for (size_t i = sizeof(bytes); i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    return value;
}

uint64_t random_below(const struct random *r, uint64_t bound)
{
    CHECK(bound > 0);
    /* 2^64 mod bound: as many low draws are refused, so that the rest divides evenly. At worst
     * every second draw is refused. */
    uint64_t refused = (UINT64_MAX - bound + 1) % bound;
    uint64_t draw;

    do {
        draw = random_u64(r);
    } while (draw < refused);
    return draw % bound;
}

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

/* splitmix64 spreads the seed over the state. Source: Steele, Lea and Flood 2014. */
void random_seeded_init(struct random_seeded *s, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        s->state[i] = z ^ z >> 31;
    }
}

/* xoshiro256**. Source: Blackman and Vigna, Scrambled linear pseudorandom number generators. */
static uint64_t seeded_next(struct random_seeded *s)
{
    uint64_t *x = s->state;
    uint64_t result = rotate_left(x[1] * 5, 7) * 9;
    uint64_t carry = x[1] << 17;

    x[2] ^= x[0];
    x[3] ^= x[1];
    x[1] ^= x[2];
    x[0] ^= x[3];
    x[2] ^= carry;
    x[3] = rotate_left(x[3], 45);
    return result;
}

/* `fill` of the seeded source: eight bytes a draw; the rest of the last draw is dropped. */
static void seeded_fill(void *context, uint8_t *out, size_t len)
{
    struct random_seeded *s = context;
    uint64_t draw = 0;

    for (size_t i = 0; i < len; i++) {
        draw = i % 8 == 0 ? seeded_next(s) : draw >> 8;
        out[i] = (uint8_t)(draw & 0xff);
    }
}

struct random random_from_seeded(struct random_seeded *s)
{
    return (struct random){.fill = seeded_fill, .context = s};
}
