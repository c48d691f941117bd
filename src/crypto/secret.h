/*
 * Secrets: wiping and comparing without leaking through time. Over libsodium.
 */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include "base/span.h"

/** Overwrite `len` bytes in a way that the compiler keeps. */
void secret_wipe(void *ptr, size_t len);

/** Compare `len` bytes in constant time. */
bool secret_is_equal(const void *a, const void *b, size_t len);

/** Prepare the crypto libraries once per process; safe to repeat, from any thread. WAVU_ERR_CRYPTO
 * when impossible. */
int secret_start(void);

#endif
