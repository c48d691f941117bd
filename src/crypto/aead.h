/*
 * ChaCha20-Poly1305 (RFC 8439) and AES-256-GCM: in place, one pass of calls. Short
 * ChaCha20-Poly1305 messages go through libsodium, all else through OpenSSL, whichever is faster.
 *
 * A `struct aead` holds OpenSSL's cipher contexts (1 KiB each) and is shared by all connections of
 * one node (one thread). Keys stay with their owners; a context keeps its last one, and the last
 * bytes of its keystream, until it is used again, unless the key is a passing one.
 */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include "base/span.h"
#include "wavu/err.h"

#define AEAD_KEY_SIZE 32
#define AEAD_NONCE_SIZE 12
#define AEAD_TAG_SIZE 16

#define AEAD_PROTOCOL_MAX                                                                          \
    64 /* bytes of the name of a links' protocol under AEAD_OTHER, with NUL                        \
        */

/* AEAD_OTHER: somebody's experiment, for links of a test network (aead_set_other). */
enum aead_kind { AEAD_CHACHA20_POLY1305, AEAD_AES256_GCM, AEAD_OTHER };

/** How protocols of wavu's own name one: 1 ChaCha20-Poly1305, 2 AES-256-GCM
 * (docs/protocol/crypto.md).
 */
uint8_t aead_number(enum aead_kind kind);

/** Back; WAVU_ERR_CRYPTO for a number that names none. */
WARN_UNUSED int aead_of_number(enum aead_kind *kind, uint64_t number);

/** The one that this machine is faster with: AES-256-GCM where the processor has it. */
enum aead_kind aead_fast(void);

struct aead; /* opaque; owned by the node */

/** NULL when the library cannot give the ciphers. */
WARN_UNUSED struct aead *aead_new(void);
void aead_free(struct aead *a);

struct aead_key {
    enum aead_kind kind;
    bool is_passing; /* no copy of it stays in the contexts, once the call is over: for keys that
                        serve one message, or an hour; costs 0.4 us a call through OpenSSL */
    uint8_t bytes[AEAD_KEY_SIZE];
};

/* A cipher that is not this house's. Without associated data. */
struct aead_other {
    void (*seal)(void *context, const uint8_t key[AEAD_KEY_SIZE],
                 const uint8_t nonce[AEAD_NONCE_SIZE], struct span_mut data,
                 uint8_t tag[AEAD_TAG_SIZE]);
    bool (*open)(void *context, const uint8_t key[AEAD_KEY_SIZE],
                 const uint8_t nonce[AEAD_NONCE_SIZE], struct span_mut data,
                 const uint8_t tag[AEAD_TAG_SIZE]); /* false: the tag is wrong */
    void *context;
};

/** What AEAD_OTHER is from now on; copied. Before, no key may be of that kind. */
void aead_set_other(struct aead *a, const struct aead_other *other);

/** Encrypt `data` in place and write the tag to `tag`. */
void aead_seal(struct aead *a, const struct aead_key *key, const uint8_t nonce[AEAD_NONCE_SIZE],
               struct span ad, struct span_mut data, uint8_t tag[AEAD_TAG_SIZE]);

/** Decrypt `data` in place. WAVU_ERR_CRYPTO when the tag is wrong: `data` is then zeroed. */
WARN_UNUSED int aead_open(struct aead *a, const struct aead_key *key,
                          const uint8_t nonce[AEAD_NONCE_SIZE], struct span ad,
                          struct span_mut data, const uint8_t tag[AEAD_TAG_SIZE]);

#endif
