/*
 * HKDF: input keying material comes in, independent keys leave. All intermediate values are wiped.
 */
#include "crypto/hkdf.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "wavu/err.h"

void hkdf_extract(uint8_t prk[32], struct span salt, struct span input)
{
    hash_hmac_sha256(prk, salt, &input, 1);
}

int hkdf_expand(struct span_mut out, const uint8_t prk[32], struct span info)
{
    if (out.len > HKDF_OUTPUT_MAX) {
        return WAVU_ERR_LIMIT;
    }
    uint8_t block[HASH_SHA256_SIZE];
    size_t block_len = 0; /* T(0) is empty */
    size_t done = 0;
    for (uint8_t counter = 1; done < out.len; counter++) {
        const struct span pieces[] = {span_of(block, block_len), info, span_of(&counter, 1)};
        hash_hmac_sha256(block, span_of(prk, 32), pieces, 3);
        block_len = sizeof(block);
        const size_t left = out.len - done;
        const size_t part = left < sizeof(block) ? left : sizeof(block);
        memcpy(out.ptr + done, block, part);
        done += part;
    }
    secret_wipe(block, sizeof(block));
    return 0;
}
