/*
 * Overlay ids come from peer ids and from messages; peer ids leave again to be dialled.
 */
#include "overlay/overlay_id.h"

#include <string.h>

#include "crypto/keys.h"

/* An identity multihash (00, length) of a serialised Ed25519 PublicKey (08 01 12 20, key). */
static const uint8_t head[] = {0x00, KEYS_ED25519_PUBLIC_SIZE, 0x08, 0x01, 0x12, 0x20};

int overlay_id_order(const struct overlay_id *a, const struct overlay_id *b)
{
    size_t i = 0;
    while (i < OVERLAY_ID_SIZE - 1 && a->bytes[i] == b->bytes[i]) {
        i++;
    }
    return (int)a->bytes[i] - (int)b->bytes[i];
}

int overlay_id_take(struct overlay_id *id, struct span bytes)
{
    if (bytes.len != OVERLAY_ID_SIZE) {
        return WAVU_ERR_PROTO;
    }
    memcpy(id->bytes, bytes.ptr, OVERLAY_ID_SIZE);
    return 0;
}

int overlay_id_from_peer(struct overlay_id *id, const struct peerid *peer)
{
    struct span bytes = peerid_span(peer);
    if (bytes.len != sizeof head + OVERLAY_ID_SIZE ||
        !span_is_equal(span_slice(bytes, 0, sizeof head), span_of(head, sizeof head))) {
        return WAVU_ERR_UNSUPPORTED;
    }
    memcpy(id->bytes, peer->bytes + sizeof head, OVERLAY_ID_SIZE);
    return 0;
}

void overlay_id_to_peer(const struct overlay_id *id, struct peerid *peer)
{
    uint8_t key[KEYS_ED25519_PUBLIC_SIZE];
    keys_ed25519_encode(key, id->bytes);
    peerid_from_key(peer, span_of(key, sizeof key));
}
