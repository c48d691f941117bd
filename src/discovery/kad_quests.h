/*
 * What is asked of Kademlia, as people and programs ask it: find a peer, find the nearest, get and
 * put a value, provide a key and find who provides it. A machine on top of `struct kad`, whose
 * look-ups it runs: its owner pumps this one and not kad itself.
 *
 *   kad_quests_begin -> kad_quests_next_ask, ... -> kad_quests_answered | _failed
 *                    -> kad_quests_next_event, ... until KAD_QUEST_DONE
 *
 * Who stands near a key by choice is not believed: a look-up whose density cannot be true starts
 * over with twice the paths; where that does not help the region around the key is searched, and
 * all in it are asked. docs/protocol/kad.md, "A look-up".
 */
#ifndef DISCOVERY_KAD_QUESTS_H
#define DISCOVERY_KAD_QUESTS_H

#include "discovery/kad.h"
#include "discovery/kad_cache.h"
#include "discovery/kad_size.h"
#include "discovery/kad_store.h"

#define KAD_QUESTS_MAX 48            /* under way; KAD_SEARCHES_MAX is above it */
#define KAD_QUEST_PROVIDERS_MAX 256  /* different ones that one quest tells */
#define KAD_QUEST_ERRANDS_MAX 160    /* peers that one quest asks to keep something: 8 k */
#define KAD_QUEST_ERRANDS_AT_ONCE 20 /* of them, waited for */
#define KAD_QUEST_QUORUM 4 /* peers near the key that say the same: nobody else is asked */
#define KAD_QUEST_PATHS_MAX 16
#define KAD_QUEST_SAMPLE_NS (UINT64_C(600) * 1000000000) /* between look-ups that count servers */

enum kad_quest_kind {
    KAD_QUEST_PEER,      /* over once it answered */
    KAD_QUEST_NEAREST,   /* the k nearest to a key */
    KAD_QUEST_GET,       /* the best value under a key */
    KAD_QUEST_PROVIDERS, /* who provides a key */
    KAD_QUEST_PUT,       /* keep a value */
    KAD_QUEST_PROVIDE    /* say that we provide a key */
};

struct kad_quest_wish {
    enum kad_quest_kind kind;
    struct span key;   /* 1 to KAD_MSG_KEY_MAX bytes; of PEER its id */
    struct span value; /* PUT */
    unsigned paths;    /* 0: as configured */
    unsigned enough;   /* PROVIDERS: so many, 0: all; GET: so many that say the same, 0: as usual */
};

enum kad_quest_event_kind {
    KAD_QUEST_FOUND,    /* PEER, NEAREST: `peer` has answered */
    KAD_QUEST_VALUE,    /* GET: `value` is valid, and better than what came before */
    KAD_QUEST_PROVIDER, /* PROVIDERS: `provider` (kad_msg_peer_decode) says so by way of others */
    KAD_QUEST_DONE      /* the last of its quest; `err`, and how many `count` peers keep it */
};

/* Spans are borrowed until the next call. */
struct kad_quest_event {
    enum kad_quest_event_kind kind;
    uint32_t quest;
    struct peerid peer;
    struct span value;
    struct span provider;
    int err; /* 0, WAVU_ERR_NOT_FOUND, or WAVU_ERR_UNREACHABLE: nobody keeps it */
    unsigned count;
};

struct kad_quests_config {
    struct kad *kad;                         /* borrowed, as all here */
    const struct kad_validators *validators; /* of values */
    const struct random *random;
};

struct kad_quests {
    struct kad_quests_config config;
    struct kad_size size;
    struct kad_cache cache;
    struct list quests; /* oldest first */
    size_t quest_count;
    struct list events;
    uint8_t *told; /* bytes of the event that was taken last */
    uint32_t last_number;
    uint64_t sample_ns; /* when servers are counted next */
};

void kad_quests_init(struct kad_quests *q, const struct kad_quests_config *config, uint64_t now);
void kad_quests_clear(struct kad_quests *q);

/** Begin. WAVU_ERR_LIMIT: too many are under way; WAVU_ERR_NOT_FOUND: nobody is known to ask; PUT:
 * also the errors of kad_record_check. */
WARN_UNUSED int kad_quests_begin(struct kad_quests *q, const struct kad_quest_wish *wish,
                                 const struct kad_store_time *time, uint32_t *quest);

/** No more of it, and no event. Nothing happens when it is over. */
void kad_quests_cancel(struct kad_quests *q, uint32_t quest);

/** The next to be asked, of look-ups, upkeep and errands: PUT_VALUE with ask->value and
 * ADD_PROVIDER are among them. False: nobody now. */
bool kad_quests_next_ask(struct kad_quests *q, uint64_t now, struct kad_ask *ask);

/** As kad_answered. To ADD_PROVIDER there is no answer: `m` is NULL once it was sent. */
WARN_UNUSED int kad_quests_answered(struct kad_quests *q, uint32_t search,
                                    const struct peerid *peer, uint64_t group,
                                    const struct kad_msg *m, const struct kad_store_time *time);

/** As kad_failed. */
void kad_quests_failed(struct kad_quests *q, uint32_t search, const struct peerid *peer,
                       uint64_t now);

bool kad_quests_next_event(struct kad_quests *q, struct kad_quest_event *event, uint64_t now);

/** As kad_deadline and kad_tick, which are not called beside them. */
uint64_t kad_quests_deadline(const struct kad_quests *q);
void kad_quests_tick(struct kad_quests *q, uint64_t now);

/** How many servers there are; 0: not known yet. */
uint64_t kad_quests_size(const struct kad_quests *q);

void kad_quests_check(const struct kad_quests *q);

#endif
