/*
 * libsodium takes its memory from the system and gives it back, wiped, within the call.
 */
#include "crypto/stretch.h"

#include <sodium.h>

_Static_assert(STRETCH_SALT_SIZE == crypto_pwhash_SALTBYTES, "salt of Argon2id");

int stretch_key(uint8_t key[STRETCH_KEY_SIZE], struct span passphrase,
                const uint8_t salt[STRETCH_SALT_SIZE], struct stretch_cost cost)
{
    const int rc =
        crypto_pwhash(key, STRETCH_KEY_SIZE, (const char *)passphrase.ptr, passphrase.len, salt,
                      cost.passes, (size_t)cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13);
    return rc == 0 ? 0 : WAVU_ERR_MEMORY;
}
