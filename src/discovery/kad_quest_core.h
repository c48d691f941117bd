/*
 * What the two halves of kad_quest share: one quest, its stores, its events. Private to them.
 */
#ifndef DISCOVERY_KAD_QUEST_CORE_H
#define DISCOVERY_KAD_QUEST_CORE_H

#include "discovery/kad_quest.h"

#define KAD_QUEST_STORE_BIT 0x80000000u /* in kad_ask.search: a store of that quest */

#define KAD_QUEST_WIDENINGS_MAX 4 /* 1, 2, 4, 8, 16 paths */

enum kad_quest_store_state {
    KAD_QUEST_STORE_OPEN,
    KAD_QUEST_STORE_ASKED,
    KAD_QUEST_STORE_KEPT,
    KAD_QUEST_STORE_FAILED
};

struct kad_quest_store {
    struct peerid peer;
    enum kad_quest_store_state state;
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
    struct peerid holders[KAD_SEARCHES_MAX]; /* of the best value, first come first */
    size_t holder_count;
    struct peerid *providers; /* told; owned */
    size_t provider_count;
    struct kad_quest_store *stores; /* owned */
    size_t store_count;
    size_t kept;
    size_t store_asked; /* and waited for */
    bool is_warm;       /* those that were nearest lately are asked first */
    bool is_sample;     /* to count servers: nobody is told */
    bool is_told;       /* that it is done */
    bool is_early;      /* its look-up was ended: enough was known */
    uint8_t widenings;  /* look-ups that began over, with more paths */
};

/* An event that waits; its bytes are behind it. */
struct kad_quest_note {
    struct list link;
    struct kad_quest_event event;
    uint8_t *bytes; /* owned; NULL: none */
};

struct span kad_quest_key(const struct kad_quest *quest);

/** Queue an event with a copy of `bytes`. */
struct kad_quest_event *kad_quest_note(struct kad_quest *quest, enum kad_quest_event_kind kind,
                                       struct span bytes);

/** It is done, and its user told once. */
void kad_quest_done(struct kad_quest *quest, int err);

/* Stores: kad_quest_store.c. */

/** `peer` is to keep it; nothing happens when it is asked already, or too many are. */
void kad_quest_store_add(struct kad_quest *quest, const struct peerid *peer);

/** The look-up of a PUT or PROVIDE is over, and found these; `is_untrue`: its density cannot be. */
void kad_quest_store_found(struct kad_quest *quest, const struct peerid *found, size_t count,
                           bool is_untrue);

/** The look-up of a GET is over: who is near and has not the best is given it. */
void kad_quest_store_correct(struct kad_quest *quest, const struct peerid *found, size_t count);

/** The next store to be asked; false: none now. */
bool kad_quest_store_next(struct kad_quest *quest, struct kad_ask *ask);

/** What became of one. */
void kad_quest_store_over(struct kad_quest *quest, const struct peerid *peer, bool is_kept);

/** Tell who waits, once enough keep it or all stores are over. */
void kad_quest_store_settle(struct kad_quest *quest);

/** Is every one over? */
bool kad_quest_store_is_over(const struct kad_quest *quest);

#endif
