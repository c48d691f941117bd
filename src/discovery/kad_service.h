/*
 * Kademlia on the swarm: the machine `kad`, what it asks put on dials and streams, what others ask
 * answered, by the role that this node has. docs/protocol/kad.md.
 *
 *   kad_asks  <- kad_quests_next_ask      kad_quests_answered, _failed <- kad_asks
 *   kad_serve <- streams of others, answered by kad_answer;  kad_role: whether at all
 */
#ifndef DISCOVERY_KAD_SERVICE_H
#define DISCOVERY_KAD_SERVICE_H

#include "discovery/kad_asks.h"
#include "discovery/kad_keep.h"
#include "discovery/kad_quests.h"
#include "discovery/kad_role.h"
#include "discovery/kad_serve.h"
#include "net/identify.h"
#include "net/records.h"

#define KAD_SERVICE_PREFIX_MAX 64 /* characters of the prefix, with NUL */
#define KAD_SERVICE_PREFIX "/wavu"
#define KAD_SERVICE_FINDS_MAX 32 /* of people and programs, under way */
#define KAD_SERVICE_OWN_MAX 4    /* of what is ours said again at once */
#define KAD_SERVICE_SETTLE_NS                                                                      \
    (UINT64_C(5) * 1000000000) /* a table of few that grew: so long after, who else is there */
#define KAD_SERVICE_SLACK_NS (UINT64_C(50) * 1000000)

struct kad_service_config {
    struct swarm *swarm;       /* borrowed, as the next two */
    struct identify *identify; /* told when the role changes; or NULL */
    struct metric_set *metrics;
    struct store *store; /* borrowed; NULL: nothing is kept over a restart */
    const char *prefix;  /* "/wavu" or what another network has; NULL: KAD_SERVICE_PREFIX */
    enum kad_role_wish role;
    bool is_low_power;
    bool is_members_only; /* kad_admission: who has no member's standing neither enters nor asks */
    bool is_signed;       /* ask for signed answers: own prefix alone */
    unsigned puzzle;      /* bits that ids have to solve, KAD_PROOF_PUZZLE_MAX at most */
};

struct kad_service_find; /* opaque; gone after done */

struct kad_service_user {
    /* What came of it, never before return; KAD_QUEST_DONE is the last. Its spans are borrowed. Of
     * whom it names the peerbook has learnt the addresses. Of a peer that is sought DONE says 0: it
     * is connected, or WAVU_ERR_NOT_FOUND: it was not reached; WAVU_ERR_SHUTDOWN: all ends. */
    void (*up)(void *context, const struct kad_quest_event *event);
    void *context;
};

struct kad_service {
    struct kad_service_config config;
    char name[KAD_SERVICE_PREFIX_MAX + 16]; /* of the protocol */
    struct kad kad;
    struct kad_quests quests;
    struct kad_store *store;
    struct kad_role role;
    struct kad_serve serve;
    struct kad_asks asks;
    struct observe observe;
    struct timer timer;
    struct list finds;
    size_t find_count;
    size_t own_count;     /* of finds: what is ours is being said */
    size_t settled;       /* peers in the table when more of them were last looked for */
    struct peerid *known; /* owned: of the last run, to be asked while few are known */
    size_t known_count;
    uint64_t keep_ns; /* the table is written next */
    bool is_own;      /* our own prefix */
    bool is_pumping;
};

struct kad_service_view {
    bool is_server;
    size_t peers;    /* in the table */
    size_t searches; /* under way */
    struct kad_store_figures held;
    uint64_t servers; /* that there are in all, by an estimate; 0: not known */
};

/** WAVU_ERR_INVALID: the prefix is none; _EXISTS: the protocol is offered already. */
WARN_UNUSED int kad_service_init(struct kad_service *s, const struct kad_service_config *config);

/** End what is under way with WAVU_ERR_SHUTDOWN. */
void kad_service_clear(struct kad_service *s);

/** Say the value of `wish` (PUT), or that we provide its key (PROVIDE), now and again, over
 * restarts, until it ends or is withdrawn. Errors of kad_record_check and kad_store_publish. */
WARN_UNUSED int kad_service_publish(struct kad_service *s, const struct kad_quest_wish *wish);

/** No more. WAVU_ERR_NOT_FOUND. */
WARN_UNUSED int kad_service_withdraw(struct kad_service *s, struct span key, bool is_provided);

/** Begin what `wish` says, once; what is put or provided goes to others alone. WAVU_ERR_LIMIT, or
 * WAVU_ERR_NOT_FOUND: nobody to ask; PUT: also the errors of kad_record_check. */
WARN_UNUSED int kad_service_begin(struct kad_service *s, const struct kad_quest_wish *wish,
                                  struct kad_service_user user, struct kad_service_find **out);

/** Find `peer`, and be connected with it. Errors likewise. */
WARN_UNUSED int kad_service_find(struct kad_service *s, const struct peerid *peer,
                                 struct kad_service_user user, struct kad_service_find **out);

/** Give up: nothing comes any more. */
void kad_service_cancel(struct kad_service_find *find);

/** The standing of the peer of `conn` changed. */
void kad_service_meet(struct kad_service *s, struct conn *conn);

/** What net/records.h asks. */
struct records kad_service_records(struct kad_service *s);

void kad_service_set_power(struct kad_service *s, bool is_low);
void kad_service_look(const struct kad_service *s, struct kad_service_view *out);
void kad_service_check(const struct kad_service *s);

#endif
