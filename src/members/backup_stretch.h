/*
 * From a passphrase to a key: Argon2id (RFC 9106), one lane, by libsodium. The one step of a backup
 * that costs time and memory, as much as `cost` says.
 */
#ifndef MEMBERS_BACKUP_STRETCH_H
#define MEMBERS_BACKUP_STRETCH_H

#include "base/span.h"
#include "wavu/err.h"

#define BACKUP_STRETCH_SALT_SIZE 16
#define BACKUP_STRETCH_KEY_SIZE 32

/* How a passphrase becomes a key. */
struct backup_cost {
    uint32_t memory_kib;
    uint8_t passes;
};

/** WAVU_ERR_MEMORY when the memory is not to be had. The owner wipes `key`. */
WARN_UNUSED int backup_stretch(uint8_t key[BACKUP_STRETCH_KEY_SIZE], struct span passphrase,
                               const uint8_t salt[BACKUP_STRETCH_SALT_SIZE],
                               struct backup_cost cost);

#endif
