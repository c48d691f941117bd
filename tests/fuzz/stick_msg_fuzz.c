/*
 * Files of sticks: bytes as they are, and bytes that end as a file does, so that what is behind the
 * hash is reached. What is whole is walked to its end; what was written of it anew is the same.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "courier/stick_msg.h"
#include "crypto/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void walk(struct span file)
{
    struct buf again;
    struct span one;
    size_t at = 0;
    if (stick_msg_check(file) != 0) {
        return;
    }
    buf_init(&again, STICK_MSG_FILE_MAX);
    stick_msg_begin(&again);
    while (stick_msg_next(file, &at, &one)) {
        CHECK(one.len > 0 && one.len <= ENVELOPE_SIZE_MAX);
        CHECK(stick_msg_add(&again, one) == 0);
    }
    stick_msg_end(&again);
    CHECK(span_is_equal(file, buf_span(&again)));
    buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    walk(span_of(data, len));
    if (len + HASH_SHA256_SIZE <= STICK_MSG_FILE_MAX) {
        uint8_t *bytes = mem_new_raw(len + HASH_SHA256_SIZE);
        if (len > 0) {
            memcpy(bytes, data, len);
        }
        hash_sha256(bytes + len, span_of(data, len));
        walk(span_of(bytes, len + HASH_SHA256_SIZE));
        mem_free(bytes);
    }
    return 0;
}
