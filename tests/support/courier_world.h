/*
 * Whole couriers on virtual time: sessions, outbox, mailbox and memory of messages, one store each,
 * links between them, and crashes between any two steps: for tests. A node's turn is its events,
 * one commit, then what leaves.
 */
#ifndef TESTS_SUPPORT_COURIER_WORLD_H
#define TESTS_SUPPORT_COURIER_WORLD_H

#include "courier/mailbox.h"
#include "courier/outbox.h"
#include "courier/session.h"
#include "tests/support/rows.h"

#define COURIER_WORLD_NODES 4
#define COURIER_WORLD_WIRE 4096
#define COURIER_WORLD_OUT 512

struct courier_world;

/* Something on its way from one node to another. */
struct courier_world_parcel {
    uint8_t from;
    uint8_t to;
    uint8_t kind;
    bool is_lost;
    uint64_t row;
    struct mailbox_event event;                          /* names, tokens, age, hops, copies */
    struct mailbox_offer_item offers[MAILBOX_OFFER_MAX]; /* or the names that are wanted */
    size_t count;
    uint8_t *bytes; /* owned: an envelope */
    size_t len;
};

struct courier_world_node {
    struct courier_world *world;
    uint8_t number;
    struct ed25519_pair device;
    struct random_seeded seeded;
    struct random random;
    struct rows rows;
    struct prekeys prekeys;
    struct session sessions[COURIER_WORLD_NODES]; /* by peer */
    struct outbox outbox;
    struct mailbox mailbox;
    struct seen seen;
    struct way_ops ways[2];                              /* direct, own mailbox */
    struct courier_world_parcel *out[COURIER_WORLD_OUT]; /* leaves after the commit */
    size_t out_count;
    bool has_crashed; /* in this turn */
};

struct courier_world {
    struct courier_world_node nodes[COURIER_WORLD_NODES];
    size_t count;
    struct aead *aead;
    uint64_t now;
    bool links[COURIER_WORLD_NODES][COURIER_WORLD_NODES];
    struct courier_world_parcel *wire[COURIER_WORLD_WIRE];
    size_t wire_first;
    size_t wire_count;
    uint64_t steps;    /* places where a node could have crashed */
    uint64_t crash_at; /* the step at which one does; 0: none */
    uint8_t liar;      /* a node that changes the head of what it gives away; none: out of range */
    size_t crashes;
    size_t shown;      /* messages that came to a history, crashes included */
    size_t duplicates; /* messages that came again, sealed anew */
    size_t unopened;   /* envelopes for a node that it could not open */
};

void courier_world_init(struct courier_world *w, size_t count);
void courier_world_clear(struct courier_world *w);

/** `from` writes message `id` to `to`; committed. */
void courier_world_write(struct courier_world *w, uint8_t from, uint8_t to, uint8_t id);

void courier_world_link(struct courier_world *w, uint8_t a, uint8_t b, bool is_linked);

/** All that happens within `ns`. */
void courier_world_run(struct courier_world *w, uint64_t ns);

/** The node loses what it did not commit, and its links for a moment. */
void courier_world_crash(struct courier_world *w, uint8_t node);

/** What `from` knows of its message `id`, and how often `to` has it. */
enum outbox_state courier_world_state(const struct courier_world *w, uint8_t from, uint8_t id);
bool courier_world_has(const struct courier_world *w, uint8_t to, uint8_t from, uint8_t id);

/** `from` finds itself restored: nothing is written with the session with `to` any more. */
void courier_world_retire(struct courier_world *w, uint8_t from, uint8_t to);

#endif
