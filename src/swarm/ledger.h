/*
 * Who said what, and who heard it: the book that broadcasts are checked against. A broadcast's
 * payload names its entry; a delivery that is not in the book, or is there already, is an error of
 * the mesh.
 */
#ifndef SWARM_LEDGER_H
#define SWARM_LEDGER_H

#include <stdbool.h>

#include "base/span.h"
#include "wavu/api.h"

#define LEDGER_BYTES_MIN 16 /* of a payload */

enum ledger_verdict { LEDGER_NEW, LEDGER_TWICE, LEDGER_NEVER_SAID, LEDGER_CHANGED };

struct ledger_entry {
    uint8_t *heard; /* owned: a bit a node */
    uint64_t said_ns;
    uint64_t last_ns; /* when the last node heard it */
    uint64_t salt;
    uint32_t origin;
    uint32_t len;
    uint32_t count;    /* nodes that heard it */
    uint32_t hops_max; /* among them */
    bool is_void;      /* it could not be said after all */
};

struct ledger {
    struct ledger_entry *entries; /* owned */
    size_t count;
    size_t cap;
    uint32_t nodes;
    uint8_t *payload; /* owned: the one written last */
};

void ledger_init(struct ledger *l, uint32_t nodes);
void ledger_clear(struct ledger *l);

/** Enter a broadcast of `len` bytes; its payload, good until the next call. The origin counts as
 * having heard it. */
struct span ledger_say(struct ledger *l, uint64_t now, uint32_t origin, uint32_t len);

/** The entry that was made last was not said. */
void ledger_void(struct ledger *l);

/** `node` heard `payload` as one of `origin`'s after `hops` links. */
enum ledger_verdict ledger_hear(struct ledger *l, uint64_t now, uint32_t node, uint32_t origin,
                                struct span payload, uint32_t hops);

bool ledger_has(const struct ledger_entry *e, uint32_t node);

/** `node` starts anew and has heard nothing. */
void ledger_forget(struct ledger *l, uint32_t node);

#endif
