/*
 * What time brings: when something is to be done next, and what goes when it is over.
 */
#include "group/epoch_time.h"

#include "tests/base/unit.h"
#include "tests/support/group_world.h"

static struct group_world w;

static void begin(size_t count)
{
    group_world_init(&w, 71, &group_world_null_signer);
    group_world_begin(&w, count);
}

static void end(void)
{
    for (size_t i = 0; i < w.node_count; i++) {
        epoch_check(&w.nodes[i].e);
    }
    group_world_clear(&w);
}

static void a_quiet_machine_waits_for_the_age_of_its_head(void **state)
{
    (void)state;
    begin(2);
    struct epoch *e = &w.nodes[0].e;
    uint64_t oldest = EPOCH_TIME_NEVER;

    for (size_t i = 0; i < e->graph.count; i++) {
        const uint64_t since = e->graph.by_id[i]->since;
        oldest = since < oldest ? since : oldest;
    }
    assert_true(epoch_time_next(e) <= oldest + EPOCH_GRAPH_KEEP_NS);
    assert_true(epoch_time_next(e) > w.now);
    end();
}

static void what_was_used_up_is_saved_in_time(void **state)
{
    (void)state;
    begin(2);
    struct epoch *e = &w.nodes[0].e;

    w.now += EPOCH_SAVE_NS;
    epoch_tick(e, w.now); /* what the beginning used up */
    group_world_pump(&w, 0);
    assert_true(epoch_time_used(e) == EPOCH_TIME_NEVER);
    const uint64_t saved = e->saved;

    epoch_used(e);
    const uint64_t at = epoch_time_used(e);

    assert_true(at == e->uses_since_ns + EPOCH_SAVE_NS);
    assert_true(epoch_time_next(e) <= at);
    epoch_tick(e, at - 1);
    group_world_pump(&w, 0);
    assert_int_equal(e->saved, saved);
    epoch_tick(e, at);
    group_world_pump(&w, 0);
    assert_true(e->saved > saved);
    assert_int_equal(e->uses, 0);
    end();
}

static void keys_that_were_passed_over_go(void **state)
{
    (void)state;
    begin(2);
    struct epoch *e = &w.nodes[1].e;
    struct group_world_item *lost = group_world_must_write(&w, 0);

    lost->has[1] = true; /* on its way for longer than a week */
    (void)group_world_must_write(&w, 0);
    group_world_run(&w);
    assert_int_equal(e->skipped, 1);
    assert_true(epoch_time_used(e) <= e->told_ns + EPOCH_GRAPH_KEEP_NS);
    assert_true(epoch_time_next(e) <= w.now + EPOCH_GRAPH_KEEP_NS);
    epoch_time_expire(e, w.now + EPOCH_GRAPH_KEEP_NS - 1);
    assert_int_equal(e->skipped, 1);
    epoch_time_expire(e, w.now + EPOCH_GRAPH_KEEP_NS);
    assert_int_equal(e->skipped, 0);
    lost->has[1] = false;
    group_world_run(&w);
    assert_false(lost->opened[1]);
    end();
}

static void leaves_that_were_replaced_go(void **state)
{
    (void)state;
    begin(2);
    struct epoch *e = &w.nodes[0].e;
    const size_t before = e->leaf_count;

    w.now += GROUP_WORLD_SECOND;
    assert_int_equal(epoch_make_change(e, w.now, true), 0);
    group_world_pump(&w, 0);
    group_world_run(&w);
    assert_int_equal(e->leaf_count, before + 1);
    assert_true(epoch_time_next(e) <= e->leaves[before - 1].since + EPOCH_GRAPH_KEEP_NS);
    epoch_time_expire(e, w.now + EPOCH_GRAPH_KEEP_NS - 1);
    assert_true(e->leaf_count > 1); /* what was sealed to it may be on its way */
    epoch_time_expire(e, w.now + EPOCH_GRAPH_KEEP_NS);
    assert_int_equal(e->leaf_count, 1);
    end();
}

static void a_secret_that_does_not_come_is_told_once(void **state)
{
    (void)state;
    begin(3);
    group_world_change_unheard(&w, 0, false, 2);
    struct group_world_node *n = &w.nodes[2];

    assert_true(epoch_time_next(&n->e) == w.now + EPOCH_BLIND_NS);
    epoch_time_tell(&n->e, w.now + EPOCH_BLIND_NS - 1);
    group_world_pump(&w, 2);
    assert_int_equal(n->events[EPOCH_MISSING], 0);
    for (int i = 0; i < 2; i++) {
        epoch_time_tell(&n->e, w.now + EPOCH_BLIND_NS);
        group_world_pump(&w, 2);
        assert_int_equal(n->events[EPOCH_MISSING], 1);
    }
    assert_true(epoch_time_next(&n->e) > w.now + EPOCH_BLIND_NS);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_quiet_machine_waits_for_the_age_of_its_head),
        UNIT(what_was_used_up_is_saved_in_time),
        UNIT(keys_that_were_passed_over_go),
        UNIT(leaves_that_were_replaced_go),
        UNIT(a_secret_that_does_not_come_is_told_once),
    };
    return cmocka_run_group_tests_name("epoch time", tests, NULL, NULL);
}
