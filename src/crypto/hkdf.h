/*
 * HKDF with HMAC-SHA-256 (RFC 5869).
 */
#ifndef CRYPTO_HKDF_H
#define CRYPTO_HKDF_H

#include "base/span.h"
#include "wavu/err.h"

#define HKDF_OUTPUT_MAX (255 * 32) /* RFC 5869 2.3 */

void hkdf_extract(uint8_t prk[32], struct span salt, struct span input);

/** Fill `out`; WAVU_ERR_LIMIT above HKDF_OUTPUT_MAX. */
WARN_UNUSED int hkdf_expand(struct span_mut out, const uint8_t prk[32], struct span info);

#endif
