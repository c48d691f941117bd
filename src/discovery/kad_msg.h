/*
 * Kademlia messages as bytes and as a struct: a codec. docs/protocol/kad.proto, kad.md.
 */
#ifndef DISCOVERY_KAD_MSG_H
#define DISCOVERY_KAD_MSG_H

#include "base/pb.h"

#define KAD_MSG_SIZE_MAX 65536   /* bytes of one message */
#define KAD_MSG_KEY_MAX 128      /* of a key */
#define KAD_MSG_VALUE_MAX 16384  /* of a record's value */
#define KAD_MSG_PEERS_MAX 40     /* nearer peers of one answer: twice k; more is a lie */
#define KAD_MSG_PROVIDERS_MAX 64 /* providers of one answer; further ones are left out */
#define KAD_MSG_ADDRESSES_MAX 8  /* of one peer; further ones are left out */
#define KAD_MSG_NONCE_SIZE 16
#define KAD_MSG_PROOF_SIZE 64

enum kad_msg_type {
    KAD_MSG_PUT_VALUE = 0,
    KAD_MSG_GET_VALUE = 1,
    KAD_MSG_ADD_PROVIDER = 2,
    KAD_MSG_GET_PROVIDERS = 3,
    KAD_MSG_FIND_NODE = 4,
    KAD_MSG_PING = 5
};

/* What its sender says of its way to a peer. */
enum kad_msg_connection {
    KAD_MSG_NOT_CONNECTED = 0,
    KAD_MSG_CONNECTED = 1,
    KAD_MSG_CAN_CONNECT = 2,
    KAD_MSG_CANNOT_CONNECT = 3
};

/* Spans are borrowed; one with ptr NULL is absent. */
struct kad_msg_peer {
    struct span id;                               /* a peer id's bytes, not looked at */
    struct span addresses[KAD_MSG_ADDRESSES_MAX]; /* binary multiaddrs, not looked at */
    size_t address_count;
    enum kad_msg_connection connection;
    struct span record; /* a signed peer record; own prefix alone */
};

struct kad_msg_record {
    struct span key;
    struct span value;
    struct span received; /* RFC 3339 */
};

struct kad_msg {
    enum kad_msg_type type;
    struct span key;
    bool has_record;
    struct kad_msg_record record;
    struct span nearer[KAD_MSG_PEERS_MAX]; /* each as bytes: kad_msg_peer_decode */
    size_t nearer_count;
    struct span providers[KAD_MSG_PROVIDERS_MAX];
    size_t provider_count;
    struct span nonce; /* KAD_MSG_NONCE_SIZE bytes, or absent */
    struct span proof; /* KAD_MSG_PROOF_SIZE bytes, or absent */
    size_t proven; /* bytes of the message that stand before the proof; all when there is none */
};

/** Read a message without its length. WAVU_ERR_PROTO: malformed, or of no known type;
 * WAVU_ERR_LIMIT: a key, a value, or the number of nearer peers is beyond its limit. `*m` is whole
 * or unchanged. */
WARN_UNUSED int kad_msg_decode(struct kad_msg *m, struct span bytes);

/** Read one of the peers of a message. WAVU_ERR_PROTO: malformed, or without an id. */
WARN_UNUSED int kad_msg_peer_decode(struct kad_msg_peer *p, struct span bytes);

/* Writers, in this order: type and key, the record, the nearer peers, the providers, the nonce, the
 * proof. */
void kad_msg_write_head(struct wr *w, enum kad_msg_type type, struct span key);
void kad_msg_write_record(struct wr *w, const struct kad_msg_record *record);
void kad_msg_write_nearer(struct wr *w, const struct kad_msg_peer *peer);
void kad_msg_write_provider(struct wr *w, const struct kad_msg_peer *peer);
void kad_msg_write_nonce(struct wr *w, const uint8_t nonce[KAD_MSG_NONCE_SIZE]);
void kad_msg_write_proof(struct wr *w, const uint8_t proof[KAD_MSG_PROOF_SIZE]);

#endif
