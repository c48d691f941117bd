/*
 * A key file under the store's key: what device.key and identity.key hold in a home with a
 * passphrase, 86 bytes in place of the 32 of a bare seed.
 *
 * In: a seed, the file's name and a lock, which comes from the store's key; or a file's bytes. Out:
 * the file's bytes, or the seed. Source: docs/protocol/store.md.
 */
#ifndef STORE_KEYFILE_SEAL_H
#define STORE_KEYFILE_SEAL_H

#include "base/random.h"
#include "crypto/aead.h"

#define KEYFILE_SEAL_FORMAT 1
#define KEYFILE_SEAL_SEED_SIZE 32
#define KEYFILE_SEAL_HEAD_SIZE 30 /* magic 12, format, AEAD, salt 16 */
#define KEYFILE_SEAL_CHECK_SIZE 8
#define KEYFILE_SEAL_SIZE                                                                          \
    (KEYFILE_SEAL_HEAD_SIZE + KEYFILE_SEAL_SEED_SIZE + AEAD_TAG_SIZE + KEYFILE_SEAL_CHECK_SIZE)

/* What opens them; its owner wipes it. */
struct keyfile_seal_lock {
    bool is_known; /* else bare files alone can be read */
    uint8_t key[32];
};

/** From the store's key, 32 bytes. */
void keyfile_seal_init(struct keyfile_seal_lock *lock, const uint8_t store_key[32]);

/** Does a file with these bytes hold a sealed seed, whole or damaged? */
bool keyfile_seal_is_one(struct span file);

/** Take the seed out, which the owner wipes. WAVU_ERR_CORRUPT (damaged, or not of a home with this
 * store's key), _UNSUPPORTED (of a newer wavu), _DENIED (the lock is not known), _MEMORY; `seed` is
 * then zeroed. */
WARN_UNUSED int keyfile_seal_open(uint8_t seed[KEYFILE_SEAL_SEED_SIZE], struct span file,
                                  const char *name, const struct keyfile_seal_lock *lock);

/** Write `file`. WAVU_ERR_MEMORY. */
WARN_UNUSED int keyfile_seal_write(uint8_t file[KEYFILE_SEAL_SIZE],
                                   const uint8_t seed[KEYFILE_SEAL_SEED_SIZE], const char *name,
                                   const struct keyfile_seal_lock *lock,
                                   const struct random *random);

#endif
