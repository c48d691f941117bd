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

bool overlay_id_is_same(const struct overlay_id *a, const struct overlay_id *b);

/** The same, quickly: every message asks it of several links, and most ids differ at once. */
static inline bool overlay_id_is_equal(const struct overlay_id *a, const struct overlay_id *b)
{
    return a->bytes[0] == b->bytes[0] && overlay_id_is_same(a, b);
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
