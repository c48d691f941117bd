/*
 * What a name looks like: names that people take for one another have one look. A good name comes
 * in, a text to compare leaves; it is shown to nobody. Decomposed, marks dropped, case and width
 * folded, each letter replaced by the one that it looks like (Latin, Greek and Cyrillic "a" are
 * one; so are "l", "i", "I" and "1", "o" and "0", "m" and "rn").
 *
 * Source: docs/protocol/name.md, Look-alikes; made by tools/name_looks.py.
 */
#ifndef BASE_NAME_LOOKS_H
#define BASE_NAME_LOOKS_H

#include <stdbool.h>

#include "base/wr.h"

#define NAME_LOOKS_POINTS_MAX 7 /* that one code point looks like: three bits in the table */
#define NAME_LOOKS_GROWTH_MAX 4 /* bytes of a look for each byte of a name; a test walks them */
#define NAME_LOOKS_SIZE_MAX 256 /* of what name_check calls good: 64 bytes, each so many times */

/** Append what `name`, a good one, looks like: at most NAME_LOOKS_SIZE_MAX bytes. False when it has
 * letters whose twins the table leaves out (ideographs for compatibility, radicals, single jamo,
 * Arabic mathematics): such a name is to be taken for one that others look like. */
bool name_looks_write(struct wr *w, struct span name);

/** The code points that `point` looks like; itself, when nothing is known. */
size_t name_looks_of(uint32_t point, uint32_t out[NAME_LOOKS_POINTS_MAX]);

#endif
