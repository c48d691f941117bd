/*
 * Streams of draws: splitmix64, whose whole state is a counter.
 * Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014.
 */
#include "sim/sim_draw.h"

#include "base/check.h"

#define STEP UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */

static uint64_t spread(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t sim_draw_mix(uint64_t a, uint64_t b)
{
    return spread(spread(a + STEP) ^ (b + STEP));
}

struct sim_draw sim_draw_of(uint64_t seed, enum sim_purpose purpose, uint64_t owner)
{
    CHECK((unsigned)purpose < SIM_PURPOSES);
    return (struct sim_draw){.state = sim_draw_mix(sim_draw_mix(seed, purpose), owner)};
}

uint64_t sim_draw_u64(struct sim_draw *d)
{
    d->state += STEP;
    return spread(d->state);
}

uint64_t sim_draw_below(struct sim_draw *d, uint64_t bound)
{
    CHECK(bound > 0);
    return sim_draw_u64(d) % bound;
}

bool sim_draw_chance(struct sim_draw *d, uint32_t part, uint32_t whole)
{
    CHECK(whole > 0);
    if (part == 0 || part >= whole) {
        return part > 0;
    }
    return sim_draw_below(d, whole) < part;
}
