/*
 * Codec of key files.
 */
#include "apps/p2pd/p2pd_key.h"

#include <string.h>

#include "base/multibase.h"
#include "base/pb.h"

#define P2PD_KEY_SHORT (WAVU_SEED_SIZE + P2PD_KEY_PUBLIC_SIZE)
#define P2PD_KEY_LEGACY (P2PD_KEY_SHORT + P2PD_KEY_PUBLIC_SIZE)

int p2pd_key_decode(struct p2pd_key *out, enum p2pd_key_kind *kind, struct span file)
{
    struct span bytes = span_empty();
    uint64_t type = UINT64_MAX;
    struct pb p;
    struct pb_field field;
    pb_init(&p, file);
    while (pb_next(&p, &field)) {
        if (field.number == 1 && field.wire == PB_VARINT) {
            type = field.value;
        } else if (field.number == 2 && field.wire == PB_BYTES) {
            bytes = field.bytes;
        }
    }
    if (pb_finish(&p) < 0 || type > P2PD_KEY_ECDSA || bytes.len == 0) {
        return WAVU_ERR_INVALID;
    }
    *kind = (enum p2pd_key_kind)type;
    if (*kind != P2PD_KEY_ED25519) {
        return WAVU_ERR_UNSUPPORTED;
    }
    struct span public_key = span_slice(bytes, WAVU_SEED_SIZE, P2PD_KEY_PUBLIC_SIZE);
    if ((bytes.len != P2PD_KEY_SHORT && bytes.len != P2PD_KEY_LEGACY) ||
        (bytes.len == P2PD_KEY_LEGACY &&
         !span_is_equal(public_key, span_slice(bytes, P2PD_KEY_SHORT, bytes.len)))) {
        return WAVU_ERR_INVALID;
    }
    memcpy(out->seed, bytes.ptr, sizeof out->seed);
    memcpy(out->public_key, public_key.ptr, sizeof out->public_key);
    return 0;
}

void p2pd_key_peer(const struct p2pd_key *key, char out[WAVU_PEER_TEXT_MAX])
{
    /* An identity multihash of 36 bytes: the serialised public key, of kind Ed25519. */
    static const uint8_t head[] = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20};
    uint8_t bytes[sizeof head + P2PD_KEY_PUBLIC_SIZE];
    struct wr w;
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, key->public_key, sizeof key->public_key);
    wr_init(&w, span_mut_of(out, WAVU_PEER_TEXT_MAX));
    multibase_encode(&w, MULTIBASE_BASE58BTC, span_of(bytes, sizeof bytes));
    int rc = wr_finish_text(&w); /* 52 characters */
    (void)rc;
}
