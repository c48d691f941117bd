/*
 * Test vectors in plain text: records of lines "name = value", divided by empty lines, '#' before
 * remarks.
 *
 * A file or a name that is missing ends the test program with a sentence.
 */
#ifndef TESTS_SUPPORT_VECTORS_H
#define TESTS_SUPPORT_VECTORS_H

#include "base/span.h"

struct vectors; /* one file, and a place in it */

/** Read the file `path` (see WAVU_TEST_DATA); stands before the first record. Free with
 * vectors_close. */
struct vectors *vectors_open(const char *path);
void vectors_close(struct vectors *v);

/** Go to the next record; false at the end. What the last one gave is then no longer valid. */
bool vectors_next(struct vectors *v);

bool vectors_has(const struct vectors *v, const char *name);

/** The value of `name` as it stands there. */
struct span vectors_text(const struct vectors *v, const char *name);

/** The bytes that the value of `name` gives in hexadecimal; writable, for decoding in place. */
struct span_mut vectors_bytes(struct vectors *v, const char *name);

/** As vectors_bytes for reading. */
struct span vectors_span(struct vectors *v, const char *name);

#endif
