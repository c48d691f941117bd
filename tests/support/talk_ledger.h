/*
 * Who said what, who was shown it and who is known to have it: what a conversation is judged by.
 * Nodes are numbers, messages their ids as text.
 *
 * What a node was shown it keeps, whatever happens to it, and is never shown again: neither in the
 * same life nor in a later one. An acknowledged message is one of which its author was told that
 * another has it (WAVU_CHAT_HAS): from then on neither of them may be without it.
 */
#ifndef TESTS_SUPPORT_TALK_LEDGER_H
#define TESTS_SUPPORT_TALK_LEDGER_H

#include "base/map.h"
#include "wavu/chat.h"

struct talk_said {
    char id[WAVU_KEY_TEXT_MAX];
    size_t author;
    size_t place;   /* among its author's */
    bool is_past;   /* said before all could read: who came in later need not have it */
    bool is_known;  /* another was reported to have it */
    uint8_t *marks; /* owned: of each node */
};

struct talk_ledger_node {
    struct talk_said **said; /* owned: its own, in order */
    size_t said_count;
    size_t said_cap;
    size_t *heard;  /* owned: of each node, how many of ours it was reported to have */
    uint32_t life;  /* the lives it had */
    uint64_t order; /* fold of the ids of its last history */
    size_t rows;    /* in it */
    size_t shown;   /* messages that it was shown, of all lives */
    bool has_risen; /* its history was not read in this life yet: all of that is on its disk */
};

struct talk_ledger {
    size_t count;
    struct talk_ledger_node *nodes; /* owned */
    struct talk_said **all;         /* owned */
    size_t all_count;
    size_t all_cap;
    struct map by_id;
    size_t acknowledged; /* messages that one other was reported to have */
    size_t past;
    size_t early; /* looks that found a node without what it was reported to have, and never shown:
                     without its content */
    char fault[160]; /* the first; "" while all is well */
};

void talk_ledger_init(struct talk_ledger *l, size_t count, const struct random *random);
void talk_ledger_clear(struct talk_ledger *l);

/** All can read from now on: what was said before is the past of who came in. */
void talk_ledger_open(struct talk_ledger *l);

/** A new life of `node` begins. Its history is read before it does anything: what it has said
 * itself and was not shown before the power went is known from there. */
void talk_ledger_rose(struct talk_ledger *l, size_t node);

/** `node` was shown `author`'s message; what it says itself is shown to it first. */
void talk_ledger_shown(struct talk_ledger *l, size_t node, size_t author, const char *id);

/** `author` was told that `who` has all of its messages up to `id`. */
void talk_ledger_has(struct talk_ledger *l, size_t author, size_t who, const char *id);

/** Read the history of `node`: begin, each row in order, end. */
void talk_ledger_begin(struct talk_ledger *l, size_t node);
void talk_ledger_row(struct talk_ledger *l, size_t node, size_t author, const char *id);
void talk_ledger_end(struct talk_ledger *l, size_t node);

/** Had all nodes the same rows in the same order, when each was read last? */
bool talk_ledger_are_equal(const struct talk_ledger *l);

/** Messages that all should have. */
size_t talk_ledger_standing(const struct talk_ledger *l);

#endif
