/*
 * The answering side of Kademlia on streams: requests come in, each with its length before it;
 * answers go out the same way. Who asks too much, too long or nonsense is reset.
 * docs/protocol/kad.md, "Messages".
 */
#ifndef DISCOVERY_KAD_SERVE_H
#define DISCOVERY_KAD_SERVE_H

#include "discovery/kad_answer.h"

#define KAD_SERVE_STREAMS_MAX 8   /* open streams of one peer */
#define KAD_SERVE_REQUESTS_MAX 16 /* on one stream */
#define KAD_SERVE_SILENCE_NS (UINT64_C(10) * 1000000000)
#define KAD_SERVE_GET_RATE 20 /* FIND_NODE, GET and PING of one peer, a second */
#define KAD_SERVE_GET_BURST 100
#define KAD_SERVE_PUT_RATE 10 /* PUT and ADD of one peer, a second */
#define KAD_SERVE_PUT_BURST 50

struct kad_serve_user {
    /* The peer of `conn` asked something that was answered. */
    void (*asked)(void *context, struct conn *conn);
    /* It broke the protocol. */
    void (*broke)(void *context, const struct peerid *peer);
    void *context;
};

struct kad_serve_config {
    struct kad_answer answer;
    const char *name;              /* of the protocol; outlives this */
    enum stream_audience audience; /* who may ask */
    struct metric_set *metrics;
    struct kad_serve_user user;
};

struct kad_serve {
    struct kad_serve_config config;
    struct stream_protocol protocol;
    struct observe observe;
    struct list talks;      /* streams under way */
    struct map guests;      /* who asked, and what is left to each; of connected peers alone */
    struct metric answered; /* requests */
    struct metric refused;  /* too many, malformed, or not answered here */
    bool is_on;
};

void kad_serve_init(struct kad_serve *s, const struct kad_serve_config *config);
void kad_serve_clear(struct kad_serve *s);

/** Offer the protocol, or withdraw it: then the streams under way are reset. */
void kad_serve_set_on(struct kad_serve *s, bool is_on);

#endif
