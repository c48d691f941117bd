/*
 * Who a node of the overlay is: its Ed25519 device key. Such a key and its peer id say the same,
 * the key in fewer bytes; peers with other kinds of key speak libp2p with us, but are no members of
 * a mesh.
 */
#ifndef OVERLAY_OVERLAY_ID_H
#define OVERLAY_OVERLAY_ID_H

#include "crypto/peerid.h"

#define OVERLAY_ID_SIZE 32

struct overlay_id {
    uint8_t bytes[OVERLAY_ID_SIZE];
};

/** Every message asks it of several links: without a call, and most ids differ at once. */
static inline bool overlay_id_is_equal(const struct overlay_id *a, const struct overlay_id *b)
{
    uint8_t difference = 0;
    if (a->bytes[0] != b->bytes[0]) {
        return false;
    }
    for (size_t i = 0; i < OVERLAY_ID_SIZE; i++) {
        difference |= a->bytes[i] ^ b->bytes[i];
    }
    return difference == 0;
}

/** The first bytes as a number: to find one of a few ids without loading all of them. */
static inline uint64_t overlay_id_key(const struct overlay_id *id)
{
    uint64_t key = 0;
    for (size_t i = 0; i < sizeof key; i++) {
        key |= (uint64_t)id->bytes[i] << (8 * i);
    }
    return key;
}

/** Negative, 0 or positive: the order of the bytes, the same on every node. */
int overlay_id_order(const struct overlay_id *a, const struct overlay_id *b);

static inline struct span overlay_id_span(const struct overlay_id *id)
{
    return span_of(id->bytes, OVERLAY_ID_SIZE);
}

/** Take 32 bytes from a message. WAVU_ERR_PROTO for any other length. */
WARN_UNUSED int overlay_id_take(struct overlay_id *id, struct span bytes);

/** The key inside a peer id. WAVU_ERR_UNSUPPORTED when it is no Ed25519 key. */
WARN_UNUSED int overlay_id_from_peer(struct overlay_id *id, const struct peerid *peer);

void overlay_id_to_peer(const struct overlay_id *id, struct peerid *peer);

#endif
