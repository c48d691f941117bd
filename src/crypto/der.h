/*
 * DER (ITU-T X.690), as much of it as keys and libp2p's extension of certificates have: elements
 * behind a tag of one byte, lengths in their shortest form, at most 65,535 bytes.
 */
#ifndef CRYPTO_DER_H
#define CRYPTO_DER_H

#include "base/rd.h"
#include "base/wr.h"

#define DER_INTEGER 0x02
#define DER_BITS 0x03
#define DER_OCTETS 0x04
#define DER_SEQUENCE 0x30

/** Read the head of an element of `tag` and return its content, borrowed; fails the reader on other
 * tags and on lengths that are not in their shortest form. */
struct span der_element(struct rd *r, uint8_t tag);

/** A positive INTEGER without its sign byte; fails the reader on others. */
struct span der_positive(struct rd *r);

/** Append the head of an element with `len` bytes of content; fails the writer above 65,535. */
void der_write_head(struct wr *w, uint8_t tag, size_t len);

/** What an element with `len` bytes of content takes in all. */
size_t der_size(size_t len);

#endif
