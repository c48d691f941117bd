/*
 * One quest of kad_quests: its look-ups, its errands, what it saw around its key. Private to that
 * and to its parts, kad_quest_errand and kad_quest_siege.
 */
#ifndef DISCOVERY_KAD_QUEST_H
#define DISCOVERY_KAD_QUEST_H

#include "discovery/kad_quests.h"

#define KAD_QUEST_ERRAND_BIT 0x80000000u /* in kad_ask.search: an errand of that quest */
#define KAD_QUEST_WIDENINGS_MAX 2 /* twice the paths, and twice as many that answer, each time */
#define KAD_QUEST_SEEN_MAX 512    /* peers around the key that are remembered in a siege */
#define KAD_QUEST_HOLDERS_MAX 32

enum kad_quest_errand_state {
    KAD_QUEST_ERRAND_OPEN,
    KAD_QUEST_ERRAND_ASKED,
    KAD_QUEST_ERRAND_GOOD,
    KAD_QUEST_ERRAND_FAILED
};

/* One peer that is asked outside of a look-up: to keep something, or whether it has it. */
struct kad_quest_errand {
    struct peerid peer;
    uint8_t type;  /* enum kad_msg_type */
    uint8_t state; /* enum kad_quest_errand_state */
};

/* A peer around the key. */
struct kad_quest_seen {
    struct peerid id;
    struct kad_key key;
    bool has_answered;
    bool was_sought; /* its own surroundings were looked up */
};

struct kad_quest {
    struct list link;
    struct kad_quests *quests;
    uint32_t number;
    uint32_t search; /* 0: its look-up is over */
    enum kad_quest_kind kind;
    unsigned paths; /* of its look-up; 0: as configured */
    unsigned enough;
    struct kad_key target;
    uint8_t key[KAD_MSG_KEY_MAX];
    size_t key_len;
    uint8_t *value;           /* owned: what is put, or the best so far; NULL: none */
    struct kad_record record; /* of it, its spans in here */
    struct peerid holders[KAD_QUEST_HOLDERS_MAX]; /* of the best value, first come first */
    size_t holder_count;
    struct peerid *providers; /* told; owned */
    size_t provider_count;
    struct kad_quest_errand *errands; /* owned */
    size_t errand_count;
    size_t kept;                 /* by errands */
    size_t errand_asked;         /* and waited for */
    struct kad_quest_seen *seen; /* owned; in a siege alone, else NULL */
    size_t seen_count;
    uint8_t widenings; /* look-ups that began over, with more paths */
    bool is_warm;      /* those that were nearest lately are asked first */
    bool is_sample;    /* to count servers: nobody is told */
    bool is_told;      /* that it is done */
    bool is_early;     /* its look-up was ended: enough was known */
};

/* An event that waits. */
struct kad_quest_note {
    struct list link;
    struct kad_quest_event event;
    uint8_t *bytes; /* owned; NULL: none */
};

/** Begin one; it has no look-up yet. */
struct kad_quest *kad_quest_new(struct kad_quests *q, const struct kad_quest_wish *wish);
void kad_quest_free(struct kad_quest *quest);

/** Keep a copy of a checked record as its value. */
void kad_quest_keep(struct kad_quest *quest, const struct kad_record *r);

/** Begin its look-up, with those that were nearest lately where it is warm and they are known.
 * Errors of kad_find. */
WARN_UNUSED int kad_quest_look(struct kad_quest *quest, uint64_t now);

/** What an answer means. WAVU_ERR_CRYPTO, WAVU_ERR_PROTO: nobody may say that. */
WARN_UNUSED int kad_quest_take(struct kad_quest *quest, const struct peerid *peer,
                               const struct kad_msg *m, uint64_t wall_ms);

/** Its look-up is over: another one begins, or the quest is finished. */
void kad_quest_looked(struct kad_quest *quest, uint64_t now);

struct span kad_quest_key(const struct kad_quest *quest);

/** Queue an event with a copy of `bytes`. */
struct kad_quest_event *kad_quest_note(struct kad_quest *quest, enum kad_quest_event_kind kind,
                                       struct span bytes);

/** It is done, and its user told once. */
void kad_quest_done(struct kad_quest *quest, int err);

#endif
