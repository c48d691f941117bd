/*
 * Messages of the libp2p daemon's control protocol (docs/protocol/p2pd.md): requests are read,
 * answers written. Codec; spans are borrowed from what was decoded.
 */
#ifndef APPS_P2PD_P2PD_MSG_H
#define APPS_P2PD_P2PD_MSG_H

#include "base/pb.h"

#define P2PD_MSG_REQUEST_MAX (4 * 1024 * 1024) /* bytes of one request, as go's client sends */
#define P2PD_MSG_ADDRESSES_MAX 64              /* of one request; what is beyond is not looked at */
#define P2PD_MSG_PROTOCOLS_MAX 64              /* likewise */
#define P2PD_MSG_PEER_MAX 64                   /* bytes of an id */

enum p2pd_msg_type {
    P2PD_MSG_IDENTIFY = 0,
    P2PD_MSG_CONNECT = 1,
    P2PD_MSG_STREAM_OPEN = 2,
    P2PD_MSG_STREAM_HANDLER = 3,
    P2PD_MSG_DHT = 4,
    P2PD_MSG_LIST_PEERS = 5,
    P2PD_MSG_CONNMANAGER = 6,
    P2PD_MSG_DISCONNECT = 7,
    P2PD_MSG_PUBSUB = 8,
    P2PD_MSG_PEERSTORE = 9
};

/* Kinds of requests within a type (field `kind`). */
enum p2pd_msg_dht {
    P2PD_MSG_FIND_PEER = 0,
    P2PD_MSG_FIND_PEERS_CONNECTED = 1,
    P2PD_MSG_FIND_PROVIDERS = 2,
    P2PD_MSG_GET_CLOSEST_PEERS = 3,
    P2PD_MSG_GET_PUBLIC_KEY = 4,
    P2PD_MSG_GET_VALUE = 5,
    P2PD_MSG_SEARCH_VALUE = 6,
    P2PD_MSG_PUT_VALUE = 7,
    P2PD_MSG_PROVIDE = 8
};
enum p2pd_msg_conn_manager { P2PD_MSG_TAG_PEER, P2PD_MSG_UNTAG_PEER, P2PD_MSG_TRIM };
enum p2pd_msg_peerstore { P2PD_MSG_GET_PROTOCOLS = 1, P2PD_MSG_GET_PEER_INFO = 2 };

/* A request, with what its type has; all else is empty. */
struct p2pd_msg_request {
    uint64_t type; /* enum p2pd_msg_type, or what we do not know */
    bool has_body; /* the message that belongs to the type was there */
    uint64_t kind; /* of DHT, CONNMANAGER, PUBSUB, PEERSTORE */
    bool has_kind;
    struct span peer;                              /* an id's bytes */
    struct span address;                           /* STREAM_HANDLER: the program's */
    struct span addresses[P2PD_MSG_ADDRESSES_MAX]; /* CONNECT */
    size_t address_count;
    struct span protocols[P2PD_MSG_PROTOCOLS_MAX]; /* STREAM_OPEN, STREAM_HANDLER */
    size_t protocol_count;
    struct span cid;   /* DHT */
    struct span key;   /* DHT */
    struct span value; /* DHT; data of PUBSUB */
    struct span text;  /* tag of CONNMANAGER, topic of PUBSUB */
    int64_t number;    /* weight of CONNMANAGER, count of DHT */
    int64_t timeout_s; /* 0: none was given */
};

/** Read a request. WAVU_ERR_PROTO: it is none; `*out` is as it was then. */
WARN_UNUSED int p2pd_msg_decode(struct p2pd_msg_request *out, struct span bytes);

/** Write a request, for tests and for programs of ours. */
void p2pd_msg_encode(struct wr *w, const struct p2pd_msg_request *m);

/* ---- Answers: OK or ERROR first, then what belongs to it, field by field ---- */

void p2pd_msg_put_ok(struct wr *w);
void p2pd_msg_put_error(struct wr *w, const char *sentence);

/** One peer: as the answer to IDENTIFY, or one of those of LIST_PEERS. */
void p2pd_msg_put_identify(struct wr *w, struct span id, const struct span *addresses,
                           size_t count);
void p2pd_msg_put_peer(struct wr *w, struct span id, const struct span *addresses, size_t count);

/** What a stream is, in the answer to STREAM_OPEN; or, `is_bare`, alone, as a handler's program
 * reads it. */
void p2pd_msg_put_stream(struct wr *w, struct span peer, struct span address, const char *protocol,
                         bool is_bare);

/** The answer of the peerstore. A peer (NULL: none) with addresses, and protocols. */
struct p2pd_msg_peerstore_info {
    const struct span *peer;
    const struct span *addresses;
    size_t address_count;
    const struct span *protocols;
    size_t protocol_count;
};
enum p2pd_msg_dht_kind { P2PD_MSG_DHT_BEGIN, P2PD_MSG_DHT_VALUE, P2PD_MSG_DHT_END };

/* One answer of the DHT: a peer (NULL: none) with addresses, or a value (NULL: none). */
struct p2pd_msg_dht_info {
    enum p2pd_msg_dht_kind kind;
    const struct span *peer;
    const struct span *addresses;
    size_t address_count;
    struct span value;
};

/** In a response, or, `is_bare`, alone: one of many, behind the response with BEGIN. */
void p2pd_msg_put_dht(struct wr *w, const struct p2pd_msg_dht_info *info, bool is_bare);

void p2pd_msg_put_peerstore(struct wr *w, const struct p2pd_msg_peerstore_info *info);

#endif
