/*
 * UTF-8: bytes come in, code points leave, and the other way (RFC 3629). Broken, overlong and
 * surrogate sequences are none.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/span.h"

/** Read the code point at `at`, which is below text.len. Returns the bytes of its sequence, 0 when
 * it is broken (`*point` is as before then). */
size_t utf8_next(uint32_t *point, struct span text, size_t at);

/** Write the sequence of `point`, which is a code point, into `out`. Returns its bytes, 1 to 4. */
size_t utf8_write(uint8_t out[4], uint32_t point);

/** Whether all of `text` is UTF-8 without control characters (C0, DEL, C1). */
bool utf8_is_plain(struct span text);

#endif
