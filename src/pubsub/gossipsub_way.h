/*
 * The streams of gossipsub with one peer: ours, on which we alone write, and the newest of the
 * peer's. RPCs are cut out of what comes; what a slow stream does not take waits here, one RPC at
 * most: the rest waits in the machine, which knows what may be dropped. A part of
 * pubsub/gossipsub_service.h.
 */
#ifndef PUBSUB_GOSSIPSUB_WAY_H
#define PUBSUB_GOSSIPSUB_WAY_H

#include "base/turn.h"
#include "pubsub/gossipsub_service.h"

/* Owned by the service's map, freed at a turn's end. */
struct gossipsub_way {
    struct gossipsub_service *service;
    struct peerid id;
    struct stream *out; /* NULL: none now */
    struct stream *in;  /* likewise */
    struct buf wait;    /* of an RPC that `out` did not take */
    struct buf part;    /* the beginning of an RPC on `in`; charged to the peer */
    struct timer again; /* until `out` is tried again */
    struct turn_dead dead;
    enum gossipsub_version version;
    uint8_t reopens;
    uint8_t strikes;
    bool is_up;        /* the machine knows */
    bool is_condemned; /* nothing is said to it until its connections end */
};

/** The way to `peer`, or NULL. */
struct gossipsub_way *gossipsub_way_of(const struct gossipsub_service *s,
                                       const struct peerid *peer);

/** The peer of `conn` speaks `version`: open a stream to it, unless there is one. NULL: it is
 * condemned, or no stream could be opened. */
struct gossipsub_way *gossipsub_way_open(struct gossipsub_service *s, struct conn *conn,
                                         enum gossipsub_version version);

/** The peer opened `stream`. */
void gossipsub_way_take(struct gossipsub_service *s, struct stream *stream,
                        enum gossipsub_version version);

/** Move RPCs from the machine to the stream, as long as it takes them. */
void gossipsub_way_send(struct gossipsub_way *w);

/** An event of `stream`, but for the opening of the peer's. */
void gossipsub_way_up(struct gossipsub_way *w, struct stream *stream, struct stream_event *event);

/** It broke the rules: end both streams, and speak no more with it. */
void gossipsub_way_condemn(struct gossipsub_way *w);

/** Its connections are over, or the service is. */
void gossipsub_way_end(struct gossipsub_way *w);

/* From gossipsub_service.c: take the machine's events. */
void gossipsub_service_pump(struct gossipsub_service *s);

#endif
