/*
 * The identify message as bytes and as a struct: a codec. Source: libp2p identify specification.
 */
#ifndef NET_IDENTIFY_MSG_H
#define NET_IDENTIFY_MSG_H

#include "base/pb.h"

#define IDENTIFY_MSG_SIZE_MAX 8192 /* one message, as go reads */
#define IDENTIFY_MSG_ADDRESSES_MAX 64
#define IDENTIFY_MSG_PROTOCOLS_MAX 64

/* All spans are borrowed. A span with ptr NULL is absent. */
struct identify_msg {
    struct span public_key;
    struct span
        addresses[IDENTIFY_MSG_ADDRESSES_MAX]; /* binary multiaddrs; beyond the maximum dropped */
    size_t address_count;
    struct span protocols[IDENTIFY_MSG_PROTOCOLS_MAX]; /* beyond the maximum dropped */
    size_t protocol_count;
    struct span observed;         /* our address as the sender sees it */
    struct span protocol_version; /* "ipfs/0.1.0" */
    struct span agent;
    struct span record; /* signed envelope with a peer record */
    uint64_t unix_ms;   /* the sender's clock, a field of ours; 0: not said */
};

/** Add the fields of `bytes` to `*m` (zeroed before the first of several messages). WAVU_ERR_PROTO.
 */
WARN_UNUSED int identify_msg_decode(struct identify_msg *m, struct span bytes);

/** Append the message without length prefix. */
void identify_msg_encode(struct wr *w, const struct identify_msg *m);

#endif
