/*
 * One other alone may be wrong itself: the sentence says so.
 */
#include "apps/term/clock.h"

#include <stdio.h>

#include "apps/term/say.h"
#include "apps/term/tongue.h"

#define CLOCK_MINUTE_MS UINT64_C(60000)
#define CLOCK_SPAN_MAX 32 /* of the amount, with NUL */

const char *clock_write(int64_t ahead_ms, uint32_t others, char out[CLOCK_LINE_MAX])
{
    const uint64_t ms = ahead_ms < 0 ? 0 - (uint64_t)ahead_ms : (uint64_t)ahead_ms;
    const uint64_t minutes = (ms + CLOCK_MINUTE_MS / 2) / CLOCK_MINUTE_MS;
    const size_t size = CLOCK_LINE_MAX;
    char by[CLOCK_SPAN_MAX];
    (void)say_duration(minutes * CLOCK_MINUTE_MS, by, sizeof by);
    if (others > 1 && ahead_ms > 0) {
        (void)snprintf(out, size,
                       tongue("this machine's clock is %s ahead of that of the others here: set "
                              "it, or let the system keep it ('timedatectl set-ntp true')"),
                       by);
    } else if (others > 1) {
        (void)snprintf(out, size,
                       tongue("this machine's clock is %s behind that of the others here: set it, "
                              "or let the system keep it ('timedatectl set-ntp true')"),
                       by);
    } else if (ahead_ms > 0) {
        (void)snprintf(out, size,
                       tongue("this machine's clock is %s ahead of that of the one member here, "
                              "and one of the two is wrong: set it, or let the system keep it "
                              "('timedatectl set-ntp true')"),
                       by);
    } else {
        (void)snprintf(out, size,
                       tongue("this machine's clock is %s behind that of the one member here, and "
                              "one of the two is wrong: set it, or let the system keep it "
                              "('timedatectl set-ntp true')"),
                       by);
    }
    return out;
}
