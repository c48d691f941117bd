/*
 * Labelled key derivation: one form for every key that wavu's own protocols derive.
 *
 *   kdf(key, label, context, n) = HKDF-Expand(HKDF-Extract(salt = key, input = context),
 *                                             len(label) | label, n bytes)
 *
 * Source: docs/protocol/crypto.md; HKDF with HMAC-SHA-256, RFC 5869.
 */
#ifndef CRYPTO_KDF_H
#define CRYPTO_KDF_H

#include "base/span.h"

#define KDF_LABEL_MAX 63    /* characters */
#define KDF_OUTPUT_MAX 1024 /* bytes; the longest derivation cuts its keys from far less */

/** Fill `out` from `key` (a secret of any length, or a public salt), under `label`, bound to the
 * `count` pieces of `context`. Their lengths are not mixed in: the caller's layout is fixed, or
 * says them. */
void kdf(struct span_mut out, struct span key, const char *label, const struct span *context,
         size_t count);

#endif
