/*
 * The asking side of Kademlia on streams: for each request a connection, a stream, an answer, or
 * why there is none. docs/protocol/kad.md, "Messages".
 */
#ifndef DISCOVERY_KAD_ASKS_H
#define DISCOVERY_KAD_ASKS_H

#include "discovery/kad.h"
#include "net/dial.h"
#include "net/swarm.h"

#define KAD_ASKS_MAX 64                                /* under way, dials included */
#define KAD_ASKS_ANSWER_NS (UINT64_C(10) * 1000000000) /* from the request on */

struct kad_asks_user {
    /* The peer of `conn` answered with `m` what was asked; the answer is whole, and by the peer.
     * Of a request that has no answer `m` is NULL: it was sent. */
    void (*answered)(void *context, const struct kad_ask *ask, struct conn *conn,
                     const struct kad_msg *m);
    /* No answer: WAVU_ERR_UNSUPPORTED: it is no server; _PROTO, _CRYPTO: it broke the protocol;
     * else why it was not reached. */
    void (*failed)(void *context, const struct kad_ask *ask, int err);
    void *context;
};

struct kad_asks_config {
    struct swarm *swarm; /* borrowed */
    const char *name;    /* of the protocol; outlives this */
    bool is_signed;      /* answers are to be signed: own prefix alone */
    struct kad_asks_user user;
};

struct kad_asks {
    struct kad_asks_config config;
    struct stream_protocol protocol;
    struct list asks;
    size_t count;
};

void kad_asks_init(struct kad_asks *a, const struct kad_asks_config *config);
void kad_asks_clear(struct kad_asks *a);

/** Ask, over a connection that we dialled. `request` is what goes behind type and key, and before a
 * nonce: a record, providers; or empty. One of both of `user` follows, never before return.
 * WAVU_ERR_LIMIT, or why the peer cannot be dialled: then nothing follows. */
WARN_UNUSED int kad_asks_start(struct kad_asks *a, const struct kad_ask *ask, struct span request);

#endif
