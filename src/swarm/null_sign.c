/*
 * The checksum: a multiplication for each eight bytes.
 */
#include "swarm/null_sign.h"

#include <string.h>

#include "base/span.h"

static uint64_t fold(uint64_t sum, struct span s)
{
    uint64_t word = 0;
    while (s.len >= sizeof word) {
        memcpy(&word, s.ptr, sizeof word);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
        s.ptr += sizeof word;
        s.len -= sizeof word;
    }
    word = s.len;
    for (size_t i = 0; i < s.len; i++) {
        word = word << 8 | s.ptr[i];
    }
    sum = (sum ^ word) * UINT64_C(0xbf58476d1ce4e5b9);
    return sum ^ sum >> 32;
}

static void null_sign(void *context, uint8_t signature[OVERLAY_SIGN_SIZE], struct span head,
                      struct span body)
{
    const struct overlay_id *id = context;
    uint64_t sum = fold(fold(1, head), body);
    memset(signature, 0, OVERLAY_SIGN_SIZE);
    memcpy(signature, id->bytes, OVERLAY_ID_SIZE);
    memcpy(signature + OVERLAY_ID_SIZE, &sum, sizeof sum);
}

static int null_verify(void *context, const uint8_t signature[OVERLAY_SIGN_SIZE],
                       const struct overlay_id *who, struct span head, struct span body)
{
    uint8_t expected[OVERLAY_SIGN_SIZE];
    struct overlay_id id = *who;
    (void)context;
    null_sign(&id, expected, head, body);
    bool is_good =
        span_is_equal(span_of(signature, OVERLAY_SIGN_SIZE), span_of(expected, sizeof expected));
    return is_good ? 0 : WAVU_ERR_CRYPTO;
}

struct overlay_sign null_sign_as(struct overlay_id *id)
{
    return (struct overlay_sign){.sign = null_sign, .verify = null_verify, .context = id};
}
