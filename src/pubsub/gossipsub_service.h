/*
 * Gossipsub on the swarm: one stream out to each peer that speaks it, what peers write on theirs
 * in, dials that peer exchange asks for, and the machine's deadlines. docs/protocol/gossipsub.md.
 */
#ifndef PUBSUB_GOSSIPSUB_SERVICE_H
#define PUBSUB_GOSSIPSUB_SERVICE_H

#include "base/timers.h"
#include "net/dial.h"
#include "net/swarm.h"
#include "pubsub/gossipsub.h"

#define GOSSIPSUB_SERVICE_DIALS_MAX 8   /* that peer exchange asked for, at once; more are left */
#define GOSSIPSUB_SERVICE_INBOUND_MAX 4 /* streams of one peer; only the newest is read */
#define GOSSIPSUB_SERVICE_STRIKES_MAX 3 /* unreadable RPCs, until its connections end */
#define GOSSIPSUB_SERVICE_REOPENS_MAX 4 /* of our stream to one peer, likewise */
#define GOSSIPSUB_SERVICE_REOPEN_NS (UINT64_C(1) * 1000000000) /* after it broke */
#define GOSSIPSUB_SERVICE_SLACK_NS (UINT64_C(50) * 1000000)
#define GOSSIPSUB_SERVICE_VERSIONS 4 /* names of the protocol */

struct gossipsub_service_user {
    /* DELIVER, VALIDATE, PEER_ON, PEER_OFF. The service may be called from here; the event's spans
     * are gone then. */
    void (*told)(void *context, const struct gossipsub_event *event);
    void *context;
};

struct gossipsub_service_config {
    struct swarm *swarm;                        /* borrowed */
    uint64_t seqno;                             /* as struct gossipsub_config */
    const struct gossipsub_params *params;      /* copied; NULL: the defaults */
    const struct gossipsub_score_config *score; /* copied; NULL: the defaults */
    bool is_floodsub;                           /* speak /floodsub/1.0.0 and nothing else */
    enum stream_audience audience;              /* who may speak it with us */
    struct metric_set *metrics;                 /* borrowed */
    struct gossipsub_service_user user;
};

struct gossipsub_service_dial {
    struct gossipsub_service *service;
    struct dial *dial; /* NULL: free */
};

struct gossipsub_service {
    struct gossipsub_service_config config;
    struct swarm *swarm;
    struct gossipsub *machine; /* owned */
    struct gossipsub_sign sign;
    struct stream_protocol protocols[GOSSIPSUB_SERVICE_VERSIONS]; /* by enum gossipsub_version */
    struct observe observe;
    struct map ways; /* peer id bytes -> struct gossipsub_way: peers that have streams */
    struct timer timer;
    struct buf rpc; /* one that is on its way from the machine to a stream */
    struct gossipsub_service_dial dials[GOSSIPSUB_SERVICE_DIALS_MAX];
    struct metric received; /* RPCs */
    struct metric bad;      /* unreadable ones */
    bool is_pumping;
};

/** Register the protocols; peers that speak one are met as they are identified.
 * WAVU_ERR_EXISTS: somebody else speaks it on this swarm. */
WARN_UNUSED int gossipsub_service_init(struct gossipsub_service *s,
                                       const struct gossipsub_service_config *config);
void gossipsub_service_clear(struct gossipsub_service *s);

/* As the machine's of the same names, now. */
WARN_UNUSED int gossipsub_service_join(struct gossipsub_service *s, struct span topic,
                                       const struct gossipsub_topic_config *config);
WARN_UNUSED int gossipsub_service_leave(struct gossipsub_service *s, struct span topic);
WARN_UNUSED int gossipsub_service_publish(struct gossipsub_service *s, struct span topic,
                                          struct span data, struct gossipsub_sign_id *id);
void gossipsub_service_validated(struct gossipsub_service *s, uint64_t ticket,
                                 enum gossipsub_verdict verdict);
WARN_UNUSED int gossipsub_service_direct(struct gossipsub_service *s, const struct peerid *peer,
                                         bool is_direct);

#endif
