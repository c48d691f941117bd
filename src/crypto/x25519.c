/*
 * X25519: secrets come from the given randomness, shared secrets leave to the handshake.
 *
 * libsodium does both operations. A bare multiplication costs the same in OpenSSL (about 37
 * microseconds on the reference machine), but there a call needs two key objects and a context, and
 * making them triples that.
 */
#include "crypto/x25519.h"

#include <sodium.h>

#include "base/check.h"
#include "crypto/secret.h"
#include "wavu/err.h"

_Static_assert(X25519_SIZE == crypto_scalarmult_BYTES, "shared secrets are 32 bytes");
_Static_assert(X25519_SIZE == crypto_scalarmult_SCALARBYTES, "secrets are 32 bytes");

void x25519_make(struct x25519_pair *pair, const struct random *random)
{
    random_fill(random, pair->secret, sizeof(pair->secret));
    x25519_derive(pair);
}

void x25519_derive(struct x25519_pair *pair)
{
    /* The clamping of RFC 7748 5 is done inside, on a copy. */
    CHECK(crypto_scalarmult_base(pair->public_key, pair->secret) == 0);
}

int x25519_shared(uint8_t out[X25519_SIZE], const uint8_t secret[X25519_SIZE],
                  const uint8_t public_key[X25519_SIZE])
{
    uint8_t shared[X25519_SIZE];
    int rc = crypto_scalarmult(shared, secret, public_key) == 0 ? 0 : WAVU_ERR_CRYPTO;
    if (sodium_is_zero(shared, sizeof(shared)) == 1) { /* RFC 7748 6.1 */
        rc = WAVU_ERR_CRYPTO;
    }
    for (size_t i = 0; i < sizeof(shared); i++) {
        out[i] = rc == 0 ? shared[i] : 0;
    }
    secret_wipe(shared, sizeof(shared));
    return rc;
}
