/*
 * Wiping, constant-time comparison and the start of both crypto libraries.
 *
 * OpenSSL is started without its configuration file, error texts and name tables (but three
 * hashes): a node's ciphers do not depend on a file of the system, and an idle node stays small
 * (about 0.2 MiB for the provider's tables).
 */
#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "wavu/err.h"

void secret_wipe(void *ptr, size_t len)
{
    if (len > 0) {
        sodium_memzero(ptr, len);
    }
}

bool secret_is_equal(const void *a, const void *b, size_t len)
{
    return len == 0 || sodium_memcmp(a, b, len) == 0;
}

int secret_start(void)
{
    const uint64_t options = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                             OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS;
    /* Both keep their own once-flags and locks, so this function needs none. */
    if (sodium_init() < 0 || OPENSSL_init_crypto(options, NULL) != 1) {
        return WAVU_ERR_CRYPTO;
    }
    /* By whose names certificates say how they are signed (tls_cert); adding them again is fine. */
    if (EVP_add_digest(EVP_sha256()) != 1 || EVP_add_digest(EVP_sha384()) != 1 ||
        EVP_add_digest(EVP_sha512()) != 1) {
        return WAVU_ERR_CRYPTO;
    }
    return 0;
}
