/*
 * The wide network below the messenger: streams of one's own protocols with libp2p peers, written
 * in whatever language, and what is known of such peers.
 *
 * Nothing here needs a mesh: a node without one (struct wavu_config.mesh NULL) is a plain libp2p
 * node. All happens on the node's thread; callbacks may call everything here, and not
 * wavu_node_free. Peers are ids as text ("12D3..."), addresses multiaddrs as text.
 */
#ifndef WAVU_P2P_H
#define WAVU_P2P_H

#include "wavu/node.h"

WAVU_BEGIN

#define WAVU_STREAM_PROTOCOL_MAX 128 /* a protocol's name with NUL */
#define WAVU_STREAM_PROTOCOLS_MAX 16 /* asked for on one stream */
#define WAVU_STREAM_HANDLERS_MAX 256 /* protocols that one node answers for a program */
#define WAVU_STREAM_INBOUND_MAX 256  /* streams that one peer has open here, of all of these */
#define WAVU_STREAM_TIMEOUT_MS 60000 /* to reach the peer and agree on a protocol */
#define WAVU_PEER_ADDRESSES_MAX 16   /* of one peer, given to wavu_peer_connect or told */
#define WAVU_PEER_TAG_MAX 64         /* a tag with NUL */
#define WAVU_PEER_TAGS_MAX 16        /* of one peer */
#define WAVU_PEER_TAGGED_MAX 4096    /* peers with tags */

/* ---- Peers ---- */

struct wavu_peer_wish {
    const char *peer;             /* nobody else may answer */
    const char *const *addresses; /* a /p2p/<id> at the end is fine; those known already are tried,
                                     too */
    size_t address_count;
    uint64_t timeout_ms; /* 0: WAVU_STREAM_TIMEOUT_MS */
};

/** Connect to a peer, or be told at once that it is connected. `done` comes once, with the peer's
 * id, never before return. Errors at once: WAVU_ERR_INVALID (the peer, an address), _PEER_ID (an
 * address names another peer), _LIMIT, _NOT_FOUND (no address is known that can be dialled),
 * _SHUTDOWN; later as wavu_connect's. */
WAVU_API WARN_UNUSED int wavu_peer_connect(struct wavu_node *node,
                                           const struct wavu_peer_wish *wish,
                                           void (*done)(void *context, int err, const char *peer),
                                           void *context, struct wavu_op **out);

/** Remember an address of `peer`, for dials to come. WAVU_ERR_INVALID, _UNSUPPORTED, _PEER_ID,
 * _LIMIT. */
WAVU_API WARN_UNUSED int wavu_peer_add_address(struct wavu_node *node, const char *peer,
                                               const char *address);

/** Call `each` for every address known of `peer`, best first, without its id. WAVU_ERR_INVALID when
 * `peer` is no id; none known is no error. */
WAVU_API WARN_UNUSED int wavu_peer_addresses(const struct wavu_node *node, const char *peer,
                                             void (*each)(void *context, const char *address),
                                             void *context);

/** Call `each` for every protocol that `peer` said it speaks. As wavu_peer_addresses. */
WAVU_API WARN_UNUSED int wavu_peer_protocols(const struct wavu_node *node, const char *peer,
                                             void (*each)(void *context, const char *protocol),
                                             void *context);

/** Tell peers these addresses in place of the listeners'; a count of 0: the listeners' again.
 * WAVU_ERR_INVALID, _UNSUPPORTED, _LIMIT beyond WAVU_PEER_ADDRESSES_MAX: nothing changed then. */
WAVU_API WARN_UNUSED int wavu_node_announce(struct wavu_node *node, const char *const *addresses,
                                            size_t count);

/* ---- The DHT: of a node that takes part in Kademlia (wavu/kad.h) ---- */

#define WAVU_DHT_KEY_MAX 128 /* bytes of a key */

struct wavu_dht; /* something sought or put; gone after its last event */

enum wavu_dht_kind {
    WAVU_DHT_FIND,      /* `key` is a peer's id, its bytes: reach it */
    WAVU_DHT_NEAREST,   /* the 20 peers nearest to the key */
    WAVU_DHT_GET,       /* the best value under the key ("/pk/...", "/ipns/...") */
    WAVU_DHT_PROVIDERS, /* who provides the key: the multihash of a CID */
    WAVU_DHT_PUT,       /* let those nearest to the key keep a value, once */
    WAVU_DHT_PROVIDE    /* tell them that this node provides it, once */
};

struct wavu_dht_wish {
    enum wavu_dht_kind kind;
    const void *key; /* key_len bytes, 1 to WAVU_DHT_KEY_MAX */
    size_t key_len;
    const void *value; /* PUT: value_len bytes, valid by the rules of the key's namespace */
    size_t value_len;
    uint32_t enough;     /* PROVIDERS: so many are enough; 0: all that are found */
    uint64_t timeout_ms; /* 0: WAVU_STREAM_TIMEOUT_MS */
};

enum wavu_dht_event_kind {
    WAVU_DHT_PEER,  /* FIND, NEAREST, PROVIDERS: one of them */
    WAVU_DHT_VALUE, /* GET: valid, and better than what came before */
    WAVU_DHT_DONE   /* the last event */
};

/* Borrowed until return. */
struct wavu_dht_event {
    enum wavu_dht_event_kind kind;
    const char *peer;             /* PEER: its id; "" otherwise */
    const char *const *addresses; /* PEER: of it, best first; may be none */
    size_t address_count;
    const uint8_t *value; /* VALUE; NULL otherwise */
    size_t len;           /* its bytes */
    int err; /* DONE: 0; WAVU_ERR_NOT_FOUND; _UNREACHABLE: nobody keeps it; _TIMEOUT, _SHUTDOWN */
};

/** Begin. On 0 `up` hears what comes of it, never before return. WAVU_ERR_UNSUPPORTED: the node has
 * no Kademlia; _INVALID, _LIMIT; _NOT_FOUND: nobody is known to ask; of a PUT also why the value is
 * none of that key: _CRYPTO, _PROTO, ... */
WAVU_API WARN_UNUSED int wavu_dht_begin(struct wavu_node *node, const struct wavu_dht_wish *wish,
                                        void (*up)(void *context,
                                                   const struct wavu_dht_event *event),
                                        void *context, struct wavu_dht **out);

/** Give up: no event comes any more. NULL is fine. */
WAVU_API void wavu_dht_cancel(struct wavu_dht *dht);

/* ---- Which connections stay ---- */

/** Give `peer`, connected or not, a reason to be kept: `weight` counts among the sum of its tags.
 * The same tag again has the new weight. WAVU_ERR_INVALID, _LIMIT. */
WAVU_API WARN_UNUSED int wavu_peer_tag(struct wavu_node *node, const char *peer, const char *tag,
                                       int64_t weight);

/** Take it away. WAVU_ERR_INVALID, _NOT_FOUND. */
WAVU_API WARN_UNUSED int wavu_peer_untag(struct wavu_node *node, const char *peer, const char *tag);

/** The sum of the tags of `peer`; 0 without any. */
WAVU_API int64_t wavu_peer_weight(const struct wavu_node *node, const char *peer);

/** From now on, more than `high` connections are ended down to `low`: of peers with the least
 * weight first, the oldest of these, none that is younger than `grace_ms`. `high` 0: no more.
 * WAVU_ERR_INVALID when low > high. */
WAVU_API WARN_UNUSED int wavu_peers_limit(struct wavu_node *node, uint32_t low, uint32_t high,
                                          uint64_t grace_ms);

/** Do so now, down to the last `low`. Without limits nothing happens. */
WAVU_API void wavu_peers_trim(struct wavu_node *node);

/* ---- Streams ---- */

/* Bytes in both directions, in order, each direction with its own end. A stream is the node's:
 * behind WAVU_STREAM_CLOSED, wavu_stream_close and wavu_stream_reset it must not be used. */
struct wavu_stream;

enum wavu_stream_kind {
    WAVU_STREAM_OPENED,   /* both agreed on a protocol; the first event of a stream */
    WAVU_STREAM_DATA,     /* `data` came */
    WAVU_STREAM_WRITABLE, /* wavu_stream_send took less than given; now it takes more */
    WAVU_STREAM_FIN,      /* the peer will send no more; our direction stays open */
    WAVU_STREAM_CLOSED    /* over; the last event, once */
};

/* Borrowed until return. */
struct wavu_stream_event {
    enum wavu_stream_kind kind;
    const uint8_t *data; /* DATA; NULL otherwise */
    size_t len;          /* its bytes */
    size_t taken; /* in: len. Set it lower, and the rest is kept, charged to the peer, and comes
                     again after wavu_stream_resume; the peer stops when its window is full */
    int err;      /* CLOSED: WAVU_ERR_CLOSED: both directions ended in order; _UNSUPPORTED: the peer
                     speaks none of the protocols; _TIMEOUT, _RESET, _LIMIT, _SHUTDOWN, or why it
                     was not reached, as wavu_connect's; 0 otherwise */
};

struct wavu_stream_wish {
    const char *peer;             /* connected to first, where it is not */
    const char *const *protocols; /* the first that the peer speaks is taken */
    size_t protocol_count;        /* 1 to WAVU_STREAM_PROTOCOLS_MAX */
    uint64_t timeout_ms;          /* until WAVU_STREAM_OPENED; 0: WAVU_STREAM_TIMEOUT_MS */
};

/** Open a stream. On 0 `up` hears of it, never before return: OPENED, or CLOSED with why not.
 * Errors at once: WAVU_ERR_INVALID (the peer, no or too long names), _LIMIT, _NOT_FOUND (not
 * connected, and no address is known), _SHUTDOWN. */
WAVU_API WARN_UNUSED int wavu_stream_open(struct wavu_node *node,
                                          const struct wavu_stream_wish *wish,
                                          void (*up)(void *context, struct wavu_stream *stream,
                                                     struct wavu_stream_event *event),
                                          void *context, struct wavu_stream **out);

/* Who answers streams that peers open. */
struct wavu_stream_handler {
    const char *protocol; /* copied */
    bool is_for_members;  /* of this node's networks alone, where it has some; false: whoever is
                             connected */
    void (*up)(void *context, struct wavu_stream *stream, struct wavu_stream_event *event);
    void *context; /* of `up`, until wavu_stream_set_context gives the stream one of its own */
};

/** Answer `handler->protocol` from now on, in place of an earlier handler of it; connected peers
 * are told. Streams that are open stay whose they are. WAVU_ERR_INVALID, _LIMIT, _EXISTS: the node
 * itself speaks that protocol. */
WAVU_API WARN_UNUSED int wavu_stream_handle(struct wavu_node *node,
                                            const struct wavu_stream_handler *handler);

/** Answer it no more. Streams that are open stay. WAVU_ERR_NOT_FOUND. */
WAVU_API WARN_UNUSED int wavu_stream_unhandle(struct wavu_node *node, const char *protocol);

/** Send; what is taken is copied. `*taken` less than `len`, also 0: WAVU_STREAM_WRITABLE follows,
 * or before OPENED, that. WAVU_ERR_CLOSED after wavu_stream_finish, _RESET. */
WAVU_API WARN_UNUSED int wavu_stream_send(struct wavu_stream *stream, const void *data, size_t len,
                                          size_t *taken);

/** Deliver again what a DATA event left, and go on. It comes later, not from here. */
WAVU_API void wavu_stream_resume(struct wavu_stream *stream);

/** End our direction in order, once all that was taken is sent; the other stays open. */
WAVU_API void wavu_stream_finish(struct wavu_stream *stream);

/** End both directions in order: what was taken is still sent, what comes is dropped. No event
 * comes any more; before OPENED the stream is given up. */
WAVU_API void wavu_stream_close(struct wavu_stream *stream);

/** Abort both directions at once; the peer is told. No event comes any more. */
WAVU_API void wavu_stream_reset(struct wavu_stream *stream);

/** Its events come with this context from now on. */
WAVU_API void wavu_stream_set_context(struct wavu_stream *stream, void *context);

/** What was agreed ("/x/1.0.0"), and the peer's id: as long as the stream. "" before OPENED of the
 * former. */
WAVU_API const char *wavu_stream_protocol(const struct wavu_stream *stream);
WAVU_API const char *wavu_stream_peer(const struct wavu_stream *stream);

/** The address of the peer's end of the connection that it is on; "" before OPENED. */
WAVU_API void wavu_stream_address(const struct wavu_stream *stream,
                                  char out[WAVU_ADDRESS_TEXT_MAX]);

WAVU_END

#endif
