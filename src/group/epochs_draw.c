/*
 * Chance comes in, a time to wait leaves.
 *
 * Were each moment as likely, a tenth of two hundred members would make a change within the second
 * that the first one's takes to come, and each has a wrap for everybody. Here each octave of the
 * drawn number is as long, so half of all members wait for the last part: the expected number of
 * those who came by the time t of T is count^(t/T).
 */
#include "group/epochs_draw.h"

#define ONE (UINT64_C(1) << 16)

/* ONE times the logarithm to the base of 2 of v / ONE, straight between powers; v >= ONE. */
static uint64_t logarithm(uint64_t v)
{
    uint64_t whole = 0;

    for (; v >> whole >= 2 * ONE; whole++) {
    }
    return whole * ONE + ((v >> whole) - ONE);
}

uint64_t epochs_draw(struct random *random, uint64_t within_ns, size_t count)
{
    const uint64_t most = (uint64_t)(count > 2 ? count : 2) * ONE;
    const uint64_t drawn = ONE + random_below(random, most - ONE);

    return within_ns / logarithm(most) * logarithm(drawn);
}
