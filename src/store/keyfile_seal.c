/*
 * The file's last bytes are a check over all before, in every format: what fails it is damage. The
 * salt makes each key's use the only one, so that the nonce is 0; the name is bound, so that a
 * device's key cannot stand in a person's place.
 */
#include "store/keyfile_seal.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "base/wr.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "store/key_swap.h"

#define MAGIC_SIZE 12
#define SALT_SIZE 16
#define SALT_AT (KEYFILE_SEAL_HEAD_SIZE - SALT_SIZE)
#define CHECKED_SIZE (KEYFILE_SEAL_SIZE - KEYFILE_SEAL_CHECK_SIZE)

_Static_assert(MAGIC_SIZE + 2 + SALT_SIZE == KEYFILE_SEAL_HEAD_SIZE, "the layout");

static const char magic[] = "wavu sealed\n";
static const char label_lock[] = "wavu key files 1";
static const char label_file[] = "wavu key file 1";
static const uint8_t nonce[AEAD_NONCE_SIZE];

void keyfile_seal_init(struct keyfile_seal_lock *lock, const uint8_t store_key[32])
{
    lock->is_known = true;
    kdf(span_mut_of(lock->key, sizeof lock->key), span_of(store_key, 32), label_lock, NULL, 0);
}

bool keyfile_seal_is_one(struct span file)
{
    return span_has_prefix(file, span_from_text(magic));
}

/* Is it whole, as far as chance goes? */
static bool passes_check(struct span file)
{
    uint8_t hash[HASH_SHA256_SIZE];

    if (file.len < MAGIC_SIZE + 1 + KEYFILE_SEAL_CHECK_SIZE || file.len > KEY_SWAP_FILE_MAX) {
        return false;
    }
    size_t end = file.len - KEYFILE_SEAL_CHECK_SIZE;
    hash_sha256(hash, span_slice(file, 0, end));
    return span_is_equal(span_of(hash, KEYFILE_SEAL_CHECK_SIZE), span_slice(file, end, file.len));
}

/* The key of that one file. */
static void derive(struct aead_key *out, const uint8_t *head, const char *name,
                   const struct keyfile_seal_lock *lock)
{
    const struct span bound[] = {span_of(head, KEYFILE_SEAL_HEAD_SIZE), span_from_text(name)};

    kdf(span_mut_of(out->bytes, sizeof out->bytes), span_of(lock->key, sizeof lock->key),
        label_file, bound, 2);
}

int keyfile_seal_open(uint8_t seed[KEYFILE_SEAL_SEED_SIZE], struct span file, const char *name,
                      const struct keyfile_seal_lock *lock)
{
    struct aead_key key;

    memset(seed, 0, KEYFILE_SEAL_SEED_SIZE);
    if (!keyfile_seal_is_one(file) || !passes_check(file)) {
        return WAVU_ERR_CORRUPT;
    }
    if (file.ptr[MAGIC_SIZE] != KEYFILE_SEAL_FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (file.len != KEYFILE_SEAL_SIZE || aead_of_number(&key.kind, file.ptr[MAGIC_SIZE + 1]) < 0) {
        return WAVU_ERR_CORRUPT;
    }
    if (lock == NULL || !lock->is_known) {
        return WAVU_ERR_DENIED;
    }
    struct aead *aead = aead_new();
    if (aead == NULL) {
        return WAVU_ERR_MEMORY;
    }
    derive(&key, file.ptr, name, lock);
    memcpy(seed, file.ptr + KEYFILE_SEAL_HEAD_SIZE, KEYFILE_SEAL_SEED_SIZE);
    int rc = aead_open(aead, &key, nonce, span_of(file.ptr, KEYFILE_SEAL_HEAD_SIZE),
                       span_mut_of(seed, KEYFILE_SEAL_SEED_SIZE),
                       file.ptr + KEYFILE_SEAL_HEAD_SIZE + KEYFILE_SEAL_SEED_SIZE);
    secret_wipe(&key, sizeof key);
    aead_free(aead);
    if (rc < 0) {
        secret_wipe(seed, KEYFILE_SEAL_SEED_SIZE);
    }
    return rc < 0 ? WAVU_ERR_CORRUPT : 0;
}

int keyfile_seal_write(uint8_t file[KEYFILE_SEAL_SIZE], const uint8_t seed[KEYFILE_SEAL_SEED_SIZE],
                       const char *name, const struct keyfile_seal_lock *lock,
                       const struct random *random)
{
    struct aead_key key = {.kind = AEAD_CHACHA20_POLY1305};
    uint8_t *sealed = file + KEYFILE_SEAL_HEAD_SIZE;
    uint8_t hash[HASH_SHA256_SIZE];
    struct aead *aead = aead_new();

    CHECK(lock->is_known);
    if (aead == NULL) {
        return WAVU_ERR_MEMORY;
    }
    memcpy(file, magic, MAGIC_SIZE);
    file[MAGIC_SIZE] = KEYFILE_SEAL_FORMAT;
    file[MAGIC_SIZE + 1] = aead_number(key.kind);
    random_fill(random, file + SALT_AT, SALT_SIZE);
    derive(&key, file, name, lock);
    memcpy(sealed, seed, KEYFILE_SEAL_SEED_SIZE);
    aead_seal(aead, &key, nonce, span_of(file, KEYFILE_SEAL_HEAD_SIZE),
              span_mut_of(sealed, KEYFILE_SEAL_SEED_SIZE), sealed + KEYFILE_SEAL_SEED_SIZE);
    hash_sha256(hash, span_of(file, CHECKED_SIZE));
    memcpy(file + CHECKED_SIZE, hash, KEYFILE_SEAL_CHECK_SIZE);
    secret_wipe(&key, sizeof key);
    aead_free(aead);
    return 0;
}
