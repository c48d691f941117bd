/*
 * The checks of a run bite: each failure is planted once, in bare overlays and in whole nodes, and
 * must be found and named. What is planted stands between the run and the world.
 */
#include <string.h>

#include "overlay/mesh.h"
#include "swarm/census.h"
#include "swarm/ledger.h"
#include "swarm/run.h"
#include "swarm/whole_world.h"
#include "tests/base/unit.h"

enum planted { NOTHING, LOST, TWICE, INVENTED, CHANGED, BROKEN, DIFFERENT };

static enum planted planted;
static unsigned count; /* deliveries or frames so far */

enum ledger_verdict __real_ledger_hear(struct ledger *l, uint64_t now, uint32_t node,
                                       uint32_t origin, struct span payload, uint32_t hops);
enum ledger_verdict __wrap_ledger_hear(struct ledger *l, uint64_t now, uint32_t node,
                                       uint32_t origin, struct span payload, uint32_t hops);
int __real_mesh_feed(struct mesh *m, uint64_t now, const struct overlay_id *from,
                     const struct overlay_frame *frame);
int __wrap_mesh_feed(struct mesh *m, uint64_t now, const struct overlay_id *from,
                     const struct overlay_frame *frame);
bool __real_whole_world_is_agreed(const struct whole_world *w);
bool __wrap_whole_world_is_agreed(const struct whole_world *w);

enum ledger_verdict __wrap_ledger_hear(struct ledger *l, uint64_t now, uint32_t node,
                                       uint32_t origin, struct span payload, uint32_t hops)
{
    bool is_it = planted != NOTHING && ++count == 20;
    if (is_it && planted == LOST) {
        return LEDGER_NEW; /* and not noted */
    }
    enum ledger_verdict v = __real_ledger_hear(l, now, node, origin, payload, hops);
    return is_it && planted == TWICE      ? LEDGER_TWICE
           : is_it && planted == INVENTED ? LEDGER_NEVER_SAID
           : is_it && planted == CHANGED  ? LEDGER_CHANGED
                                          : v;
}

int __wrap_mesh_feed(struct mesh *m, uint64_t now, const struct overlay_id *from,
                     const struct overlay_frame *frame)
{
    if (planted == DIFFERENT && frame->kind == OVERLAY_STATE) {
        return 0; /* nobody hears what others write */
    }
    int rc = __real_mesh_feed(m, now, from, frame);
    return planted == BROKEN && ++count == 200 ? WAVU_ERR_PROTO : rc;
}

bool __wrap_whole_world_is_agreed(const struct whole_world *w)
{
    return planted != DIFFERENT && __real_whole_world_is_agreed(w);
}

/* A quiet run with `what` in it must end with `why`; "": it passes. */
static void ends(enum scenario_cable cable, enum planted what, const char *why)
{
    struct scenario s;
    struct run_result r = {.is_passed = false};
    scenario_init(&s);
    s.nodes = 8;
    s.cable = cable;
    s.join_ms = 4000;
    s.fault_ms = 5000;
    s.settle_ms = 24000;
    s.senders = 8;
    planted = what;
    count = 0;
    assert_int_equal(run_scenario(&s, NULL, &r), 0);
    planted = NOTHING;
    if (strncmp(r.why, why, strlen(why)) != 0 || r.is_passed != (why[0] == '\0')) {
        fail_msg("planted %d on cables %d: '%s', expected '%s'", (int)what, (int)cable, r.why, why);
    }
    assert_true((r.failed_ms == 0) == r.is_passed);
    assert_true(!r.is_passed || r.figures.owed == r.figures.delivered);
    run_result_clear(&r);
}

static void every_check_bites(void **state)
{
    static const enum scenario_cable cables[] = {SCENARIO_MESSAGE, SCENARIO_STREAM, SCENARIO_WHOLE};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        ends(cables[i], NOTHING, "");
        ends(cables[i], LOST, "a broadcast was lost: node ");
        ends(cables[i], TWICE, "delivered twice: node ");
        ends(cables[i], INVENTED, "delivered what was never said: node ");
        ends(cables[i], CHANGED, "delivered other bytes than were said: node ");
        ends(cables[i], DIFFERENT, "the shared states differ: at ");
        if (cables[i] != SCENARIO_WHOLE) { /* whole nodes know no sides: they end the link */
            ends(cables[i], BROKEN, "an honest peer broke the rules: node ");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(every_check_bites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
