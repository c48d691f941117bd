/*
 * libsodium takes its memory from the system and gives it back, wiped, within the call.
 */
#include "members/backup_stretch.h"

#include <sodium.h>

_Static_assert(BACKUP_STRETCH_SALT_SIZE == crypto_pwhash_SALTBYTES, "salt of Argon2id");

int backup_stretch(uint8_t key[BACKUP_STRETCH_KEY_SIZE], struct span passphrase,
                   const uint8_t salt[BACKUP_STRETCH_SALT_SIZE], struct backup_cost cost)
{
    const int rc = crypto_pwhash(key, BACKUP_STRETCH_KEY_SIZE, (const char *)passphrase.ptr,
                                 passphrase.len, salt, cost.passes, (size_t)cost.memory_kib * 1024,
                                 crypto_pwhash_ALG_ARGON2ID13);
    return rc == 0 ? 0 : WAVU_ERR_MEMORY;
}
