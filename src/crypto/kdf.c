/*
 * The context is what HKDF calls input keying material, the key its salt: HMAC takes both as it
 * takes any key and message, and a context of many pieces needs no copy of its own beyond one.
 */
#include "crypto/kdf.h"

#include "base/check.h"
#include "base/wr.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"
#include "crypto/secret.h"

void kdf(struct span_mut out, struct span key, const char *label, const struct span *context,
         size_t count)
{
    const struct span text = span_from_text(label);
    uint8_t info[1 + KDF_LABEL_MAX];
    uint8_t prk[HASH_SHA256_SIZE];
    struct wr w;

    CHECK(text.len > 0 && text.len <= KDF_LABEL_MAX && out.len <= KDF_OUTPUT_MAX);
    wr_init(&w, span_mut_of(info, sizeof(info)));
    wr_u8(&w, (uint8_t)text.len);
    wr_bytes(&w, text);
    hash_hmac_sha256(prk, key, context, count);
    CHECK(hkdf_expand(out, prk, wr_span(&w)) == 0);
    secret_wipe(prk, sizeof(prk));
}
