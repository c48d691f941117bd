/*
 * Wrapped store keys: whatever bytes a file has are refused or parsed within the limits, as they
 * are and with a check that fits. Argon2id is not run: its cost is what the limits are about.
 */
#include <string.h>

#include "base/check.h"
#include "crypto/hash.h"
#include "store/store_wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_one(struct span file)
{
    struct store_wrap w;
    int rc = store_wrap_read(&w, file);
    if (rc == 0) {
        CHECK(file.len == STORE_WRAP_SIZE && store_wrap_is_one(file));
        CHECK(w.cost.memory_kib >= STORE_WRAP_MEMORY_KIB_MIN);
        CHECK(w.cost.memory_kib <= STORE_WRAP_MEMORY_KIB_MAX);
        CHECK((uint64_t)w.cost.memory_kib * w.cost.passes <= STORE_WRAP_WORK_KIB_MAX);
        CHECK(w.head.len == STORE_WRAP_HEAD_SIZE && w.sealed.len == STORE_WRAP_KEY_SIZE);
        CHECK(w.tag.len == AEAD_TAG_SIZE);
    } else {
        CHECK(rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED || rc == WAVU_ERR_LIMIT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t file[STORE_WRAP_FILE_MAX];
    uint8_t hash[HASH_SHA256_SIZE];
    read_one(span_of(data, size));
    if (size < STORE_WRAP_FILE_MAX - STORE_WRAP_CHECK_SIZE) {
        memcpy(file, data, size);
        if (size >= 12) {
            memcpy(file, "wavu locked\n", 12);
        }
        hash_sha256(hash, span_of(file, size));
        memcpy(file + size, hash, STORE_WRAP_CHECK_SIZE);
        read_one(span_of(file, size + STORE_WRAP_CHECK_SIZE));
    }
    return 0;
}
