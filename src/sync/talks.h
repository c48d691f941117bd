/*
 * Talks between two members about what one lacks and the other has: a stream of `/wavu/sync/1`
 * each, frames on it, and nothing of what they mean. A service, one for each network, behind the
 * gate.
 *
 * Frames of a peer go up to the talk that the user made for it; frames for it are drawn, one by
 * one, as the stream takes them. What can be taken only after a commit waits, and the stream with
 * it.
 *
 *   frame: varint length of what follows | what follows
 *
 * Source: docs/protocol/repair.md, "The stream".
 */
#ifndef SYNC_TALKS_H
#define SYNC_TALKS_H

#include "base/buf.h"
#include "base/metric.h"
#include "overlay/gate.h"
#include "store/store.h"

#define TALKS_NAME "/wavu/sync/1"
#define TALKS_FRAME_MAX 98304
#define TALKS_MAX 32       /* of one network, both ways: 300 KiB each at most */
#define TALKS_IN_MAX 16    /* of them, that others began: what we lack is asked for all the same */
#define TALKS_MEMBER_MAX 4 /* that the devices of one member began */
#define TALKS_PEER_MAX 2   /* that one peer opened */
#define TALKS_NS                                                                                   \
    (UINT64_C(30) * 1000000000) /* without a whole frame of the peer, or TALKS_STEP bytes */
#define TALKS_STEP 2048         /* bytes, either way */
#define TALKS_LIFE_NS (UINT64_C(120) * 1000000000) /* of a talk, */
#define TALKS_RATE 2048                            /* a second more for so many bytes that moved, */
#define TALKS_LIFE_NS_MAX (UINT64_C(900) * 1000000000) /* and no more than this */
#define TALKS_PAUSE_NS (UINT64_C(1) * 500000000)       /* between two that one peer begins */
#define TALKS_HASTY_MAX 2  /* so many that one member's devices begin within that */
#define TALKS_PEERS_MAX 64 /* of whom that is remembered */

struct talks; /* opaque */

struct talks_user {
    /* A talk with `device` begins; `ask` is what talks_open was given, NULL: the peer began. NULL:
     * there is to be none. */
    void *(*begin)(void *context, const uint8_t device[32], const void *ask);
    /* A frame. WAVU_ERR_AGAIN: it is to come again after the next commit; else negative: the peer
     * is left. */
    int (*feed)(void *talk, struct span frame);
    /* Append the next frame. NOT_FOUND: none now; CLOSED: all is said; else as feed. */
    int (*pull)(void *talk, struct buf *out);
    /* It is over: in order, or not. */
    void (*end)(void *context, void *talk, bool in_order);
    /* Whose device that is: the member's id. False: nobody's. */
    bool (*member)(void *context, const uint8_t device[32], uint8_t member[32]);
    void *context;
};

/* Counters; they outlive the talks that count. */
struct talks_metrics {
    struct metric sent; /* bytes on streams */
};

/** Add them to a node's set. */
void talks_metrics_add(struct talks_metrics *m, struct metric_set *set);

struct talks_config {
    struct swarm *swarm; /* all borrowed */
    struct store *store;
    struct gate *gate;
    struct gate_network *network;  /* entered already */
    struct talks_metrics *metrics; /* of all networks of the node; NULL: nothing is counted */
    struct talks_user user;
};

/** Begin. Errors as gate_register. */
WARN_UNUSED int talks_new(const struct talks_config *config, struct talks **out);
void talks_free(struct talks *t);

/** Begin a talk with `device`. WAVU_ERR_AGAIN: one of ours with it is under way; _NOT_FOUND: it is
 * not connected; _LIMIT, _REFUSED (by the user's `begin`), and as gate_open. */
WARN_UNUSED int talks_open(struct talks *t, const uint8_t device[32], const void *ask);

#endif
