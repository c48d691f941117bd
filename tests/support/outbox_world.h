/*
 * An outbox with ways that a test steers, and a log of what it said: for tests.
 */
#ifndef TESTS_SUPPORT_OUTBOX_WORLD_H
#define TESTS_SUPPORT_OUTBOX_WORLD_H

#include "courier/outbox.h"
#include "tests/support/rows.h"

#define OUTBOX_WORLD_WAYS 4
#define OUTBOX_WORLD_LOG 4096

enum { OUTBOX_WORLD_DIRECT, OUTBOX_WORLD_HOPS, OUTBOX_WORLD_BOX, OUTBOX_WORLD_RADIO };

struct outbox_world;

struct outbox_world_way {
    struct outbox_world *world;
    size_t credit[256]; /* by device */
};

struct outbox_world {
    struct outbox box;
    struct way_ops ways[OUTBOX_WORLD_WAYS];
    struct outbox_world_way contexts[OUTBOX_WORLD_WAYS];
    struct random_seeded seeded;
    struct random random;
    struct rows rows; /* 'o': rows */
    uint64_t now;
    int seal_err;                              /* what sealing says instead; 0: it succeeds */
    struct outbox_event log[OUTBOX_WORLD_LOG]; /* but for PUT, DELETE and SEAL */
    size_t count;
    size_t deletes;
    size_t lasts; /* deletes that were their message's last */
    size_t seals;
    struct receipt receipts[RECEIPT_MAX]; /* of the last OUTBOX_RECEIPTS */
};

void outbox_world_init(struct outbox_world *w);
void outbox_world_clear(struct outbox_world *w);

/** A chat message `id` of 100 bytes to `device` of `member`. */
uint64_t outbox_world_add(struct outbox_world *w, uint8_t id, uint8_t device, uint8_t member);
struct outbox_order outbox_world_order(uint32_t id, uint8_t device, uint8_t member);

/** Take all events: keep rows, seal what is to be sealed, log the rest; the log begins anew. */
void outbox_world_pump(struct outbox_world *w);

/** Let time go by, tick by tick, for `ns`; all that is said meanwhile is in the log. */
void outbox_world_pass(struct outbox_world *w, uint64_t ns);

/** Reach `device` over `way`, or no more. */
void outbox_world_reach(struct outbox_world *w, int way, uint8_t device, bool is_reached);

/** The `nth` event of `kind` in the log, or NULL. */
const struct outbox_event *outbox_world_said(const struct outbox_world *w,
                                             enum outbox_event_kind kind, size_t nth);
size_t outbox_world_count(const struct outbox_world *w, enum outbox_event_kind kind);

void outbox_world_restart(struct outbox_world *w);

/** The token under which `row` was sealed last, as the world makes them. */
void outbox_world_token(const struct outbox_world *w, uint64_t row,
                        uint8_t token[ENVELOPE_TOKEN_SIZE]);

#endif
