/*
 * Spans of time: as people write them in settings and scenarios, a whole number and its unit
 * ("500ms", "5s", "2m", "1h", "7d"); and as what is left until a moment.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include "base/span.h"
#include "base/wr.h"
#include "wavu/err.h"

#define DURATION_MAX_MS (UINT64_C(100) * 365 * 24 * 3600 * 1000) /* a century: no sum overflows */

/** What `text` has to be, for a sentence. */
#define DURATION_WANTED "a time such as 500ms, 5s, 2m, 1h or 7d"

/** Read `text` whole into `*out_ms`; WAVU_ERR_INVALID, and nothing changes, for anything else. */
WARN_UNUSED int duration_parse(const char *text, uint64_t *out_ms);

/** Write `ms` with the largest unit up to hours that divides it: 1500 is "1500ms", 60000 is "1m", 0
 * "0s". */
void duration_write(struct wr *w, uint64_t ms);

/** What is left at `now` until `at`, 0 when it is past; in the unit of both. */
uint64_t duration_left(uint64_t at, uint64_t now);

#endif
