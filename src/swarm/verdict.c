/*
 * Sentences of failed runs.
 */
#include "swarm/verdict.h"

#include "base/check.h"
#include "base/wr.h"

void verdict_fail(struct run_result *r, uint64_t at_ms, const char *what, uint32_t node,
                  const char *more)
{
    struct wr w;
    wr_init(&w, span_mut_of(r->why, sizeof r->why));
    wr_text(&w, what);
    wr_text(&w, ": ");
    if (node != SCENARIO_EVERYWHERE) {
        wr_text(&w, "node ");
        wr_decimal(&w, node);
        wr_text(&w, " ");
    }
    wr_text(&w, "at ");
    wr_decimal(&w, at_ms);
    wr_text(&w, " ms");
    if (more != NULL) {
        wr_text(&w, ", ");
        wr_text(&w, more);
    }
    CHECK(wr_finish_text(&w) == 0);
    r->failed_ms = at_ms;
}

const char *verdict_of_delivery(enum ledger_verdict v)
{
    switch (v) {
    case LEDGER_NEW:
        return NULL;
    case LEDGER_TWICE:
        return "delivered twice";
    case LEDGER_NEVER_SAID:
        return "delivered what was never said";
    case LEDGER_CHANGED:
        return "delivered other bytes than were said";
    }
    return NULL;
}
