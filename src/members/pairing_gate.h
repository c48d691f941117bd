/*
 * Who may begin a pairing now: sources of strangers come in, a verdict leaves. Each source has an
 * allowance of its own before it touches the common one, and half of the common one is kept for
 * sources that have not begun any lately: nobody keeps others out from one place.
 *
 * Source: docs/protocol/pairing.md.
 */
#ifndef MEMBERS_PAIRING_GATE_H
#define MEMBERS_PAIRING_GATE_H

#include <stddef.h>

#include "base/budget.h"

#define PAIRING_GATE_SOURCE_SIZE 16   /* an IPv6 prefix, or an IPv4 address mapped into one */
#define PAIRING_GATE_BURST 8          /* begun at once, one more a second; each 0.3 ms of CPU */
#define PAIRING_GATE_KEPT 4           /* of these for new sources: half */
#define PAIRING_GATE_SOURCE_BURST 4   /* of one source: more than the tries that it has */
#define PAIRING_GATE_SOURCE_SECONDS 4 /* to one more of the source: a quarter of all */
#define PAIRING_GATE_SOURCES_MAX 64   /* remembered: one returns as new after 64 s at least */

enum pairing_gate_verdict {
    PAIRING_GATE_PASS,
    PAIRING_GATE_OFTEN, /* this source comes too often; others may pass */
    PAIRING_GATE_FULL,  /* too many come from everywhere */
};

struct pairing_gate_source {
    uint8_t source[PAIRING_GATE_SOURCE_SIZE];
    uint64_t seen;               /* ns: last time that it came */
    struct budget_bucket starts; /* PAIRING_GATE_SOURCE_SECONDS tokens for one */
};

struct pairing_gate {
    struct budget_bucket starts; /* of all */
    struct pairing_gate_source sources[PAIRING_GATE_SOURCES_MAX];
    size_t count;
};

/** Nobody came yet. */
void pairing_gate_init(struct pairing_gate *g);

/** Somebody at `source` wants to begin: PASS takes it from the allowances, other verdicts nothing.
 */
enum pairing_gate_verdict pairing_gate_ask(struct pairing_gate *g, uint64_t now,
                                           const uint8_t source[PAIRING_GATE_SOURCE_SIZE]);

/** Walk the invariants. */
void pairing_gate_check(const struct pairing_gate *g);

#endif
