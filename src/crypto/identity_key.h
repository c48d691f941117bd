/*
 * A node's own private key, of any type that libp2p knows: Ed25519 (what wavu makes), RSA,
 * secp256k1 and ECDSA P-256 (read from files of others). Source: libp2p peer-ids specification;
 * docs/protocol/keys.md.
 */
#ifndef CRYPTO_IDENTITY_KEY_H
#define CRYPTO_IDENTITY_KEY_H

#include "base/wr.h"
#include "crypto/keys.h"

#define IDENTITY_KEY_SIZE_MAX 4096     /* serialised; RSA of 4,096 bits takes 2,354 */
#define IDENTITY_KEY_SIGNATURE_MAX 512 /* RSA of 4,096 bits */
#define IDENTITY_KEY_RSA_BITS_MIN 2048
#define IDENTITY_KEY_RSA_BITS_MAX 4096 /* larger ones verify (keys.h), but would sign for 50 ms */

struct identity_key; /* opaque; shared by reference, wiped with the last */

/** Read a serialised PrivateKey. WAVU_ERR_PROTO when malformed or its halves disagree,
 * WAVU_ERR_UNSUPPORTED for other types, curves and sizes; `*key` is NULL then. */
WARN_UNUSED int identity_key_decode(struct identity_key **key, struct span serialised);

/** The same key as `pair`, copied. */
struct identity_key *identity_key_from_pair(const struct ed25519_pair *pair);

/** One more owner / one less; the last wipes and frees. unref(NULL) is fine. */
struct identity_key *identity_key_ref(struct identity_key *key);
void identity_key_unref(struct identity_key *key);

enum keys_type identity_key_type(const struct identity_key *key);

/** The pair of an Ed25519 key, NULL of any other. Borrowed; secret. */
const struct ed25519_pair *identity_key_pair(const struct identity_key *key);

/** Its serialised PublicKey, and the id of that. Borrowed. */
struct span identity_key_public(const struct identity_key *key);
const struct peerid *identity_key_peerid(const struct identity_key *key);

/** Sign `message`, as keys_verify wants it. ECDSA's s is the lower of the two (some verifiers
 * refuse the other). WAVU_ERR_CRYPTO, with `*len` 0, when the library fails. */
WARN_UNUSED int identity_key_sign(const struct identity_key *key, struct span message,
                                  uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX], size_t *len);

/** Append the serialised PrivateKey (Ed25519 in the form of 64 bytes). The writer's owner wipes it.
 * WAVU_ERR_LIMIT when it does not fit, WAVU_ERR_CRYPTO when the library fails. */
WARN_UNUSED int identity_key_encode(const struct identity_key *key, struct wr *w);

#endif
