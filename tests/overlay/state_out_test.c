/*
 * The state machine's events: what they show stays until they are taken, and nothing goes to a link
 * that is down.
 */
#include "tests/base/unit.h"

#include "base/timers.h"
#include "overlay/state_core.h"
#include "tests/support/overlay_null.h"
#include "tests/support/state_world.h"

static void a_link_that_went_gets_nothing(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0);
    struct state *s = &w->nodes[0];
    struct state_event e;
    state_tick(s, w->mesh.now + TIMERS_SECOND);
    assert_int_equal(s->out_count, 1);
    state_link_down(s, w->mesh.now, &w->ids[1]);
    assert_false(state_next_event(s, &e));
    assert_int_equal(state_link_up(s, w->mesh.now, &w->ids[1]), 0);
    state_tick(s, w->mesh.now + TIMERS_SECOND);
    assert_true(state_next_event(s, &e));
    assert_true(e.kind == STATE_SEND && e.msg.kind == STATE_MSG_HASH);
    assert_true(overlay_id_is_equal(&e.to, &w->ids[1]));
    assert_false(state_next_event(s, &e));
    state_world_free(w);
}

/* What node 1 saves of itself, fed to node 0 as a delta. */
static void feed_saved(struct state_world *w)
{
    static uint8_t out[STATE_MSG_SIZE_MAX];
    struct wr wr;
    struct state_msg m;
    wr_init(&wr, span_mut_of(out, sizeof out));
    assert_int_equal(state_save(&w->nodes[1], w->mesh.now, &w->ids[1], &wr), 0);
    assert_int_equal(state_msg_decode(&m, wr_span(&wr)), 0);
    assert_int_equal(state_feed(&w->nodes[0], w->mesh.now, &w->ids[1], &m), 0);
}

static void what_is_shown_outlives_its_replacement(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0);
    struct state_event e;
    assert_int_equal(state_world_write(w, 1, "nick", "first"), 0);
    feed_saved(w);
    assert_int_equal(state_world_write(w, 1, "nick", "second"), 0);
    feed_saved(w); /* nobody took the event of the first */
    state_forget(&w->nodes[0], w->mesh.now, &w->ids[1]);
    assert_true(state_next_event(&w->nodes[0], &e));
    assert_true(e.kind == STATE_CHANGED && span_is_equal(e.value, UNIT_TEXT("first")));
    assert_true(state_next_event(&w->nodes[0], &e));
    assert_true(e.kind == STATE_CHANGED && span_is_equal(e.value, UNIT_TEXT("second")));
    assert_true(state_next_event(&w->nodes[0], &e));
    assert_true(e.kind == STATE_FORGOT && overlay_id_is_equal(&e.owner, &w->ids[1]));
    assert_false(state_next_event(&w->nodes[0], &e));
    state_world_free(w);
}

static void written_is_told_once_for_many_writes(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(1, 0, 1, 0);
    struct state_event e;
    assert_int_equal(state_set(&w->nodes[0], 0, UNIT_TEXT("a"), UNIT_TEXT("1")), 0);
    assert_int_equal(state_set(&w->nodes[0], 0, UNIT_TEXT("b"), UNIT_TEXT("2")), 0);
    assert_true(state_next_event(&w->nodes[0], &e));
    assert_int_equal(e.kind, STATE_WRITTEN);
    assert_false(state_next_event(&w->nodes[0], &e));
    state_world_free(w);
}

static void a_deleted_key_has_no_value(void **state)
{
    (void)state;
    struct state_world *w = state_world_new(2, 2, 1, 0);
    struct state_event e;
    assert_int_equal(state_world_write(w, 1, "nick", ""), 0);
    feed_saved(w);
    assert_true(state_next_event(&w->nodes[0], &e));
    assert_true(e.value.ptr != NULL && e.value.len == 0); /* there, and empty */
    assert_int_equal(state_world_write(w, 1, "nick", NULL), 0);
    feed_saved(w);
    assert_true(state_next_event(&w->nodes[0], &e));
    assert_true(e.kind == STATE_CHANGED && e.value.ptr == NULL);
    assert_false(state_next_event(&w->nodes[0], &e));
    state_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_link_that_went_gets_nothing),
        UNIT(what_is_shown_outlives_its_replacement),
        UNIT(written_is_told_once_for_many_writes),
        UNIT(a_deleted_key_has_no_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
