/*
 * A source that was refused for all is not remembered: it stays new, and finds the kept half. One
 * that is known is remembered anew each time it comes, also in vain: hammering does not make it
 * forgotten.
 */
#include "members/pairing_gate.h"

#include <string.h>

#include "base/check.h"
#include "base/span.h"

#define MILLI 1000U /* budget_bucket_add counts thousandths */

_Static_assert(2 * PAIRING_GATE_KEPT == PAIRING_GATE_BURST, "half is kept for new sources");
_Static_assert(PAIRING_GATE_SOURCE_BURST <= PAIRING_GATE_BURST - PAIRING_GATE_KEPT,
               "one source alone leaves what is kept");

void pairing_gate_init(struct pairing_gate *g)
{
    memset(g, 0, sizeof *g);
    budget_bucket_init(&g->starts, 1, PAIRING_GATE_BURST, 0);
}

static struct pairing_gate_source *find(struct pairing_gate *g,
                                        const uint8_t source[PAIRING_GATE_SOURCE_SIZE])
{
    for (size_t i = 0; i < g->count; i++) {
        if (span_is_equal(span_of(g->sources[i].source, PAIRING_GATE_SOURCE_SIZE),
                          span_of(source, PAIRING_GATE_SOURCE_SIZE))) {
            return &g->sources[i];
        }
    }
    return NULL;
}

/* A place for a new source, if need be that of the one unseen for longest. */
static struct pairing_gate_source *place(struct pairing_gate *g)
{
    struct pairing_gate_source *oldest = &g->sources[0];
    if (g->count < PAIRING_GATE_SOURCES_MAX) {
        return &g->sources[g->count++];
    }
    for (size_t i = 1; i < g->count; i++) {
        if (g->sources[i].seen < oldest->seen) {
            oldest = &g->sources[i];
        }
    }
    return oldest;
}

/* Take one of all, if `kept` are left then. */
static bool take_of_all(struct pairing_gate *g, uint64_t now, uint32_t kept)
{
    if (budget_bucket_take(&g->starts, 1 + kept, now) < 0) {
        return false;
    }
    budget_bucket_add(&g->starts, (uint64_t)kept * MILLI);
    return true;
}

enum pairing_gate_verdict pairing_gate_ask(struct pairing_gate *g, uint64_t now,
                                           const uint8_t source[PAIRING_GATE_SOURCE_SIZE])
{
    struct pairing_gate_source *s = find(g, source);
    if (s == NULL) {
        if (!take_of_all(g, now, 0)) {
            return PAIRING_GATE_FULL;
        }
        s = place(g);
        memcpy(s->source, source, sizeof s->source);
        s->seen = now;
        budget_bucket_init(&s->starts, 1, PAIRING_GATE_SOURCE_BURST * PAIRING_GATE_SOURCE_SECONDS,
                           now);
        CHECK(budget_bucket_take(&s->starts, PAIRING_GATE_SOURCE_SECONDS, now) == 0);
        return PAIRING_GATE_PASS;
    }
    s->seen = now;
    if (budget_bucket_take(&s->starts, PAIRING_GATE_SOURCE_SECONDS, now) < 0) {
        return PAIRING_GATE_OFTEN;
    }
    if (!take_of_all(g, now, PAIRING_GATE_KEPT)) {
        budget_bucket_add(&s->starts, PAIRING_GATE_SOURCE_SECONDS * MILLI);
        return PAIRING_GATE_FULL;
    }
    return PAIRING_GATE_PASS;
}

void pairing_gate_check(const struct pairing_gate *g)
{
    CHECK(g->count <= PAIRING_GATE_SOURCES_MAX);
    CHECK(g->starts.tokens_milli <= PAIRING_GATE_BURST * MILLI);
    for (size_t i = 0; i < g->count; i++) {
        const struct pairing_gate_source *s = &g->sources[i];
        CHECK(s->starts.tokens_milli <=
              (uint64_t)PAIRING_GATE_SOURCE_BURST * PAIRING_GATE_SOURCE_SECONDS * MILLI);
        for (size_t k = 0; k < i; k++) {
            CHECK(!span_is_equal(span_of(s->source, sizeof s->source),
                                 span_of(g->sources[k].source, sizeof s->source)));
        }
    }
}
