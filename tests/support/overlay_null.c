/*
 * Signatures for tests.
 */
#include "tests/support/overlay_null.h"

#include <string.h>

#include "base/map.h"

static uint64_t sum_of(struct span head, struct span body)
{
    static const uint64_t key[2] = {1, 2};
    return map_hash(key, head) + 3 * map_hash(key, body);
}

static void null_sign(void *context, uint8_t signature[OVERLAY_SIGN_SIZE], struct span head,
                      struct span body)
{
    const struct overlay_id *id = context;
    uint64_t sum = sum_of(head, body);
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
    return memcmp(signature, expected, sizeof expected) == 0 ? 0 : WAVU_ERR_CRYPTO;
}

struct overlay_id overlay_null_id(size_t number)
{
    struct overlay_id id = {{0}};
    id.bytes[0] = (uint8_t)(number * 37);
    id.bytes[30] = (uint8_t)(number >> 8);
    id.bytes[31] = (uint8_t)number;
    return id;
}

size_t overlay_null_number(const struct overlay_id *id)
{
    return (size_t)id->bytes[30] << 8 | id->bytes[31];
}

struct overlay_sign overlay_null_sign(struct overlay_id *id)
{
    return (struct overlay_sign){.sign = null_sign, .verify = null_verify, .context = id};
}
