/*
 * A service for scenarios that remembers what it hears on its streams.
 */
#ifndef TESTS_SUPPORT_NET_EAR_H
#define TESTS_SUPPORT_NET_EAR_H

#include "net/swarm.h"
#include "tests/support/net_world.h"

#define NET_EAR_BYTES_MAX 65536

struct net_ear {
    struct stream_protocol protocol;
    struct stream *stream; /* the last one that opened; NULL once closed */
    size_t opened;
    size_t writable;
    size_t fins;
    size_t closed;
    int err;              /* of the last close */
    size_t received;      /* bytes, all of them */
    size_t take_max;      /* bytes taken of each event; 0: none (back-pressure); SIZE_MAX: all */
    bool finishes_on_fin; /* ends its own direction when the peer did */
    uint8_t bytes[NET_EAR_BYTES_MAX]; /* the first of them */
};

/** A service called `name` that takes everything, from members, at most 8 streams. */
void net_ear_init(struct net_ear *e, const char *name);

/** Open a stream of `e` on `conn`; aborts when that fails. */
void net_ear_open(struct net_ear *e, struct conn *conn);

/** Send all of `text` now; aborts when it is not taken. */
void net_ear_say(struct net_ear *e, const char *text);

/** For sim_run_until: the ear in `context` heard the end of a stream. */
bool net_ear_is_closed(void *context);

#endif
