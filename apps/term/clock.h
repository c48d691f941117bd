/*
 * What people are told when members say that this machine's clock is wrong.
 */
#ifndef APPS_TERM_CLOCK_H
#define APPS_TERM_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_LINE_MAX 320 /* bytes of the sentence, with NUL, in any language */

/** One sentence with the next step into `out`, which is returned: the clock is `ahead_ms` before
 * that of most members (negative: behind), of whom `others` say so, one at least. */
const char *clock_write(int64_t ahead_ms, uint32_t others, char out[CLOCK_LINE_MAX]);

#endif
