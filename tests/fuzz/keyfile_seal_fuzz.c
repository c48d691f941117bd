/*
 * Sealed key files: whatever bytes a file has are refused or opened, as they are, and with the
 * magic and a check that fit.
 */
#include <string.h>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "store/key_swap.h"
#include "store/keyfile_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_one(struct span file)
{
    static const uint8_t store_key[32] = {3};
    static const uint8_t zeros[KEYFILE_SEAL_SEED_SIZE];
    struct keyfile_seal_lock lock;
    uint8_t seed[KEYFILE_SEAL_SEED_SIZE];

    keyfile_seal_init(&lock, store_key);
    int rc = keyfile_seal_open(seed, file, "identity.key", &lock);
    if (rc == 0) {
        CHECK(file.len == KEYFILE_SEAL_SIZE && keyfile_seal_is_one(file));
    } else {
        CHECK(rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED);
        CHECK(memcmp(seed, zeros, sizeof seed) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t file[KEY_SWAP_FILE_MAX];
    uint8_t hash[HASH_SHA256_SIZE];

    CHECK(secret_start() == 0);
    open_one(span_of(data, size));
    if (size < sizeof file - KEYFILE_SEAL_CHECK_SIZE) {
        memcpy(file, data, size);
        if (size >= 12) {
            memcpy(file, "wavu sealed\n", 12);
        }
        hash_sha256(hash, span_of(file, size));
        memcpy(file + size, hash, KEYFILE_SEAL_CHECK_SIZE);
        open_one(span_of(file, size + KEYFILE_SEAL_CHECK_SIZE));
    }
    return 0;
}
