/*
 * A signer without cryptography, for tests that make operations by the million: signatures are a
 * hash of key, label and body, and a key's public half is its seed.
 */
#ifndef TESTS_SUPPORT_MEMBERS_NULL_H
#define TESTS_SUPPORT_MEMBERS_NULL_H

#include "crypto/signer.h"

extern const struct signer members_null_signer;

/** The pair of that number: for the null signer without, for others with real keys. */
struct ed25519_pair members_null_pair(const struct signer *signer, uint64_t number);

#endif
