/*
 * Fuzzes the key file of a private network, and the stream under cuts that the input chooses.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "crypto/pnet.h"
#include "crypto/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define STREAM_MAX 4096

static void fuzz_file(struct span in)
{
    uint8_t key[PNET_KEY_SIZE] = {0};
    static const uint8_t untouched[PNET_KEY_SIZE];
    if (pnet_parse_key(key, in) != 0) {
        CHECK(memcmp(key, untouched, sizeof(key)) == 0);
    }
}

/* Each byte of the input is the length of the next piece. */
static void fuzz_cuts(struct span in)
{
    static uint8_t whole[STREAM_MAX];
    static uint8_t parts[STREAM_MAX];
    const uint8_t key[PNET_KEY_SIZE] = {1};
    const uint8_t nonce[PNET_NONCE_SIZE] = {2};
    struct pnet_half half;
    size_t at = 0;
    memset(whole, 0, sizeof(whole));
    memset(parts, 0, sizeof(parts));
    pnet_half_init(&half, key, nonce);
    for (size_t i = 0; i < in.len; i++) {
        const size_t left = STREAM_MAX - at;
        const size_t len = in.ptr[i] < left ? in.ptr[i] : left;
        pnet_apply(&half, span_mut_of(parts + at, len));
        at += len;
    }
    CHECK(half.offset == at);
    pnet_half_init(&half, key, nonce);
    pnet_apply(&half, span_mut_of(whole, at));
    CHECK(memcmp(whole, parts, STREAM_MAX) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (secret_start() != 0) {
        return 0;
    }
    fuzz_file(span_of(data, len));
    fuzz_cuts(span_of(data, len));
    return 0;
}
