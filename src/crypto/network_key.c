/*
 * HKDF from name and pre-shared key.
 */
#include "crypto/network_key.h"

#include <string.h>

#include "base/check.h"
#include "base/wr.h"
#include "crypto/hkdf.h"
#include "crypto/secret.h"

bool network_key_is_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = (char)name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!is_letter && c != '.' && c != '-' && c != '_') {
            return false;
        }
    }
    return name.len > 0 && name.len <= NETWORK_KEY_NAME_MAX;
}

int network_key_derive(uint8_t out[NETWORK_KEY_SIZE], struct span name, const uint8_t *psk)
{
    uint8_t input[1 + NETWORK_KEY_PSK_SIZE + NETWORK_KEY_NAME_MAX];
    uint8_t prk[32];
    struct wr w;
    if (name.len > 0 ? !network_key_is_name(name) : psk == NULL) {
        return WAVU_ERR_INVALID;
    }
    wr_init(&w, span_mut_of(input, sizeof input));
    wr_u8(&w, psk != NULL ? 1 : 0);
    wr_bytes(&w, span_of(psk, psk != NULL ? NETWORK_KEY_PSK_SIZE : 0));
    wr_bytes(&w, name);
    CHECK(wr_finish(&w) == 0);
    hkdf_extract(prk, span_from_text("wavu network 1"), wr_span(&w));
    int rc = hkdf_expand(span_mut_of(out, NETWORK_KEY_SIZE), prk, span_from_text("discovery 1"));
    secret_wipe(prk, sizeof prk);
    secret_wipe(input, sizeof input);
    return rc;
}
