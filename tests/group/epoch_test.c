/*
 * The machine among others of its kind: who can read what when members come, go and part. Each
 * test_ is a row of the table in docs/protocol/epoch.md.
 */
#include "tests/base/unit.h"

#include "tests/support/group_world.h"

static struct group_world w;

static void begin(size_t count)
{
    group_world_init(&w, 11, &signer_ed25519);
    group_world_begin(&w, count);
}

static void end(void)
{
    for (size_t i = 0; i < w.node_count; i++) {
        if (w.nodes[i].is_up) {
            epoch_check(&w.nodes[i].e);
        }
    }
    group_world_clear(&w);
}

static bool can_read(const struct group_world_item *item, size_t node)
{
    return item->opened[node];
}

static void assert_all_read(const struct group_world_item *item, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        assert_true(can_read(item, i));
    }
}

static void all_read_what_anyone_writes(void **state)
{
    (void)state;
    begin(4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(epoch_bar(&w.nodes[i].e), EPOCH_READY);
        assert_int_equal(group_world_write(&w, i), 0);
        group_world_run(&w);
        assert_all_read(w.items[w.item_count - 1], 0, 4);
    }
    end();
}

static void entries_may_come_in_any_order(void **state)
{
    (void)state;
    begin(2);
    size_t first = w.item_count;
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(group_world_write(&w, 0), 0);
    }
    for (size_t i = w.item_count; i > first; i--) {
        (void)group_world_deliver(&w, 1, i - 1);
    }
    for (size_t i = first; i < w.item_count; i++) {
        assert_true(w.items[i]->kind != GROUP_WORLD_ENTRY || can_read(w.items[i], 1));
    }
    assert_int_equal(w.nodes[1].e.skipped, 0);
    end();
}

static void test_the_removed_read_nothing_after(void **state)
{
    (void)state;
    begin(4);
    group_world_log(&w, 0, true, 3);
    /* The one who knows of it writes nothing that the removed could read, whoever asks. */
    assert_int_equal(epoch_bar(&w.nodes[0].e), EPOCH_REMOVED);
    assert_int_equal(w.nodes[0].events[EPOCH_DUE], 1);
    assert_int_equal(group_world_write(&w, 0), WAVU_ERR_DENIED);
    struct group_world_item *item = group_world_must_write(&w, 0);
    assert_false(item->is_for[3]);
    group_world_run(&w);
    assert_all_read(item, 0, 3);
    assert_false(can_read(item, 3));
    for (size_t i = 0; i < 3; i++) {
        item = group_world_must_write(&w, i);
        group_world_run(&w);
        assert_all_read(item, 0, 3);
        assert_false(can_read(item, 3));
    }
    /* Not even by changes of its own: they are void for all who know. */
    assert_int_equal(epoch_bar(&w.nodes[3].e), EPOCH_OUTSIDE);
    assert_int_equal(epoch_make_change(&w.nodes[3].e, w.now, false), WAVU_ERR_DENIED);
    end();
}

static void a_removed_device_cannot_put_itself_above(void **state)
{
    (void)state;
    begin(4);
    w.nodes[3].part = 1; /* it does not hear, or does not want to */
    group_world_log(&w, 0, true, 3);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    group_world_run(&w);
    assert_int_equal(epoch_make_change(&w.nodes[3].e, w.now, false), 0);
    group_world_pump(&w, 3);
    w.nodes[3].part = 0;
    group_world_run(&w);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(w.nodes[i].e.graph.head_count, 1);
        struct group_world_item *item = group_world_must_write(&w, i);
        group_world_run(&w);
        assert_false(item->is_for[3]);
        assert_false(can_read(item, 3));
        assert_all_read(item, 0, 3);
    }
    end();
}

static void test_the_newcomer_reads_nothing_before(void **state)
{
    (void)state;
    begin(3);
    struct group_world_item *before = group_world_must_write(&w, 1);
    group_world_run(&w);
    struct group_world_item *late = group_world_must_write(&w, 2); /* has not come to anybody yet */
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    w.nodes[2].part = 1;
    group_world_run(&w);
    assert_int_equal(group_world_welcome(&w, 0, newcomer), 0);
    group_world_run(&w);
    w.nodes[2].part = 0;
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[newcomer].e), EPOCH_READY);
    assert_false(can_read(before, newcomer));
    assert_false(can_read(late, newcomer));
    assert_all_read(late, 0, 3);
    for (size_t i = 0; i < 4; i++) {
        struct group_world_item *item = group_world_must_write(&w, i);
        group_world_run(&w);
        assert_all_read(item, 0, 4);
    }
    end();
}

static void test_halves_merge(void **state)
{
    (void)state;
    begin(6);
    for (size_t i = 3; i < 6; i++) {
        w.nodes[i].part = 1;
    }
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    assert_int_equal(epoch_make_change(&w.nodes[4].e, w.now, true), 0);
    group_world_pump(&w, 4);
    group_world_run(&w);
    struct group_world_item *here = group_world_must_write(&w, 1);
    struct group_world_item *there = group_world_must_write(&w, 5);
    group_world_run(&w);
    assert_all_read(here, 0, 3);
    assert_false(can_read(here, 3));
    assert_all_read(there, 3, 6);
    for (size_t i = 3; i < 6; i++) {
        w.nodes[i].part = 0;
    }
    group_world_run(&w);
    assert_all_read(here, 0, 6);
    assert_all_read(there, 0, 6);
    unsigned changes = 0;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(w.nodes[i].e.graph.head_count, 2);
        struct group_world_item *item = group_world_must_write(&w, i);
        group_world_run(&w);
        assert_all_read(item, 0, 6);
        changes += (unsigned)w.nodes[i].e.sequence;
    }
    assert_int_equal(changes, 3); /* the first one and one a half: nobody had to make another */
    /* The next change names both, and there is one head again. */
    assert_int_equal(epoch_make_change(&w.nodes[2].e, w.now, false), 0);
    group_world_pump(&w, 2);
    group_world_run(&w);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(w.nodes[i].e.graph.head_count, 1);
    }
    end();
}

static void forty_parts_come_together(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    group_world_init(&w, 3, &group_world_null_signer);
    group_world_begin(&w, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        w.nodes[i].part = (unsigned)i;
        assert_int_equal(epoch_make_change(&w.nodes[i].e, w.now, false), 0);
        group_world_pump(&w, i);
    }
    for (size_t i = 0; i < COUNT; i++) {
        w.nodes[i].part = 0;
    }
    group_world_run(&w);
    assert_int_equal(w.nodes[7].e.graph.head_count, COUNT);
    assert_int_equal(epoch_bar(&w.nodes[7].e), EPOCH_CROWDED);
    struct group_world_item *item = group_world_must_write(&w, 7);
    group_world_run(&w);
    assert_all_read(item, 0, COUNT);
    item = group_world_must_write(&w, 9);
    group_world_run(&w);
    assert_all_read(item, 0, COUNT);
    end();
}

static void who_missed_a_wrap_is_told_and_comes_back(void **state)
{
    (void)state;
    begin(4);
    group_world_change_unheard(&w, 0, false, 3);
    assert_int_equal(epoch_bar(&w.nodes[3].e), EPOCH_BLIND);
    assert_int_equal(group_world_write(&w, 3), WAVU_ERR_DENIED);
    assert_true(epoch_deadline(&w.nodes[3].e) == w.now + EPOCH_BLIND_NS);
    epoch_tick(&w.nodes[3].e, w.now + EPOCH_BLIND_NS - 1);
    group_world_pump(&w, 3);
    assert_int_equal(w.nodes[3].events[EPOCH_MISSING], 0);
    w.now = epoch_deadline(&w.nodes[3].e);
    epoch_tick(&w.nodes[3].e, w.now);
    group_world_pump(&w, 3);
    assert_int_equal(w.nodes[3].events[EPOCH_MISSING], 1);
    struct group_world_item *missed = group_world_must_write(&w, 1);
    group_world_run(&w);
    assert_false(can_read(missed, 3));
    assert_int_equal(group_world_welcome(&w, 2, 3), 0); /* a re-welcome is a welcome */
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[3].e), EPOCH_READY);
    for (size_t i = 0; i < 4; i++) {
        struct group_world_item *item = group_world_must_write(&w, i);
        group_world_run(&w);
        assert_all_read(item, 0, 4);
    }
    end();
}

static void who_missed_a_wrap_can_help_itself(void **state)
{
    (void)state;
    begin(4);
    group_world_change_unheard(&w, 0, false, 3);
    struct group_world_item *item = group_world_must_write(&w, 3);
    group_world_run(&w);
    assert_all_read(item, 0, 4);
    end();
}

/* Each who comes in brings a head that is too young to be missed. */
static void who_missed_a_wrap_is_told_while_others_come_in(void **state)
{
    (void)state;
    begin(4);
    group_world_change_unheard(&w, 0, false, 3);
    for (size_t i = 0; i < 2; i++) {
        size_t newcomer = group_world_make(&w);
        assert_int_equal(w.nodes[3].events[EPOCH_MISSING], 0);
        group_world_log(&w, 0, false, newcomer);
        group_world_run(&w);
        assert_int_equal(group_world_welcome(&w, 0, newcomer), 0);
        group_world_run(&w);
        w.now += EPOCH_DERIVED_NS / 3 * 2;
        assert_int_equal(epoch_bar(&w.nodes[3].e), EPOCH_BLIND);
        epoch_tick(&w.nodes[3].e, w.now);
        group_world_pump(&w, 3);
    }
    assert_int_equal(w.nodes[3].events[EPOCH_MISSING], 1); /* the first of them is old enough */
    end();
}

static void what_all_have_passed_is_forgotten(void **state)
{
    (void)state;
    begin(3);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    group_world_run(&w);
    for (size_t i = 0; i < 3; i++) {
        struct epoch *e = &w.nodes[i].e;
        assert_int_equal(e->graph.count, 2);
        assert_int_equal(e->set_count, 2);
        struct epoch_set *s = epoch_set_of(e, w.now, e->graph.heads, 1);
        assert_non_null(s);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(e->graph.count, k == 2 && i == 2 ? 1 : 2);
            epoch_passed(e, w.now, w.nodes[k].device.public_key, s->id);
            epoch_check(e);
        }
        assert_int_equal(e->graph.count, 1);
        assert_int_equal(e->set_count, 1);
    }
    struct group_world_item *item = group_world_must_write(&w, 1);
    group_world_run(&w);
    assert_all_read(item, 0, 3);
    end();
}

static void seven_days_are_the_longest(void **state)
{
    (void)state;
    begin(3);
    struct group_world_item *late = group_world_must_write(&w, 1);
    late->has[2] = true; /* on its way for more than a week */
    w.now += 5 * GROUP_WORLD_SECOND;
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    group_world_run(&w);
    struct epoch *e = &w.nodes[2].e;
    assert_true(epoch_deadline(e) == w.now + EPOCH_GRAPH_KEEP_NS - 5 * GROUP_WORLD_SECOND ||
                epoch_deadline(e) == w.now + EPOCH_GRAPH_KEEP_NS);
    w.now += EPOCH_GRAPH_KEEP_NS - 1;
    epoch_tick(e, w.now);
    assert_int_equal(e->graph.count, 2);
    w.now++;
    epoch_tick(e, w.now);
    group_world_pump(&w, 2);
    assert_int_equal(e->graph.count, 1);
    assert_int_equal(w.nodes[2].events[EPOCH_DUE],
                     1); /* and its head has the age for another one */
    late->has[2] = false;
    group_world_run(&w);
    assert_false(can_read(late, 2));
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    end();
}

static void test_a_rolled_back_device_stops(void **state)
{
    (void)state;
    begin(3);
    struct buf old;
    group_world_steal(&w, 1, &old);
    assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), 0);
    group_world_pump(&w, 1);
    group_world_run(&w);
    /* Somebody puts the disk of then into the device of now. */
    epoch_clear(&w.nodes[1].e);
    assert_int_equal(epoch_state_load(&w.nodes[1].e, &w.nodes[1].config, w.now, buf_span(&old)), 0);
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_READY);
    for (size_t i = 0; i < w.item_count; i++) {
        if (w.items[i]->kind == GROUP_WORLD_SAID && w.items[i]->from == 1) {
            w.items[i]->has[1] = false;
        }
    }
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_STOPPED);
    assert_int_equal(w.nodes[1].events[EPOCH_ROLLED_BACK], 1);
    assert_int_equal(group_world_write(&w, 1), WAVU_ERR_DENIED);
    assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), WAVU_ERR_DENIED);
    buf_wipe(&old);
    end();
}

static void an_own_entry_of_another_life_stops_it_too(void **state)
{
    (void)state;
    begin(2);
    struct buf old;
    group_world_steal(&w, 1, &old);
    struct group_world_item *item = group_world_must_write(&w, 1);
    group_world_run(&w);
    epoch_clear(&w.nodes[1].e);
    assert_int_equal(epoch_state_load(&w.nodes[1].e, &w.nodes[1].config, w.now, buf_span(&old)), 0);
    assert_int_equal(epoch_seal_room(&w.nodes[1].e, w.room), 0);
    item->has[1] = false;
    item->opened[1] = false;
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_STOPPED);
    buf_wipe(&old);
    end();
}

static void a_replayed_old_change_of_ones_own_stops_nobody(void **state)
{
    (void)state;
    begin(2);
    size_t first = 0;
    for (size_t round = 0; round < 3; round++) {
        first = round == 0 ? w.item_count : first;
        assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), 0);
        group_world_pump(&w, 1);
        group_world_run(&w);
    }
    struct epoch *e = &w.nodes[1].e;
    struct group_world_item *old = w.items[first];
    while (e->graph.count > 1) {
        struct epoch_change *c = epoch_graph_oldest(&e->graph, -1);
        struct epoch_set *s = epoch_set_of(e, w.now, &c, 1);
        assert_non_null(s);
        struct epoch_set *now = epoch_set_of(e, w.now, e->graph.heads, 1);
        epoch_passed(e, w.now, w.nodes[0].device.public_key, now->id);
    }
    e->graph.past_count = 0; /* so long ago that even its name is forgotten */
    assert_int_equal(old->kind, GROUP_WORLD_SAID);
    assert_int_equal(
        epoch_feed(e, w.now, w.nodes[0].device.public_key, span_of(old->bytes, old->len)),
        WAVU_ERR_CRYPTO);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    end();
}

/* The log has X25519 leaves alone: a change is due until a full one has published an ML-KEM leaf,
 * and from then on what others close in full ones is closed by both. */
static void a_first_full_change_is_due(void **state)
{
    (void)state;
    group_world_init(&w, 29, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 2);
    struct group_world_node *n = &w.nodes[1];
    assert_int_equal(epoch_bar(&n->e), EPOCH_READY); /* one may write all the same */
    assert_int_equal(n->events[EPOCH_DUE], 1);
    assert_int_equal(n->e.due, EPOCH_CLASSIC);
    epoch_tick(&n->e, w.now);
    group_world_pump(&w, 1);
    assert_int_equal(n->events[EPOCH_DUE], 1); /* once, */
    assert_int_equal(group_world_wrap_of_change(&w, 0, true, 1), 108);
    assert_int_equal(n->events[EPOCH_DUE], 1);
    assert_int_equal(group_world_wrap_of_change(&w, 1, false, 0), 108); /* a light one is none, */
    assert_int_equal(n->events[EPOCH_DUE], 2);
    group_world_crash(&w, 1);
    group_world_restart(&w, 1);
    assert_int_equal(n->events[EPOCH_DUE], 3); /* nor is it forgotten */
    w.now += EPOCH_GRAPH_KEEP_NS;              /* age is a reason of its own, in its time */
    assert_true(epoch_deadline(&n->e) <= w.now);
    epoch_tick(&n->e, w.now);
    group_world_pump(&w, 1);
    assert_int_equal(n->events[EPOCH_DUE], 4);
    assert_int_equal(n->e.due, EPOCH_READY);
    assert_int_equal(group_world_wrap_of_change(&w, 1, true, 0), 1198);
    group_world_crash(&w, 1);
    group_world_restart(&w, 1);
    epoch_tick(&n->e, w.now);
    group_world_pump(&w, 1);
    assert_int_equal(n->events[EPOCH_DUE], 4);
    assert_int_equal(n->e.due, EPOCH_READY);
    assert_int_equal(group_world_wrap_of_change(&w, 0, true, 1), 1198);
    assert_int_equal(group_world_wrap_of_change(&w, 0, false, 1), 108);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_read_what_anyone_writes),
        UNIT(a_first_full_change_is_due),
        UNIT(entries_may_come_in_any_order),
        UNIT(test_the_removed_read_nothing_after),
        UNIT(a_removed_device_cannot_put_itself_above),
        UNIT(test_the_newcomer_reads_nothing_before),
        UNIT(test_halves_merge),
        UNIT(forty_parts_come_together),
        UNIT(who_missed_a_wrap_is_told_and_comes_back),
        UNIT(who_missed_a_wrap_can_help_itself),
        UNIT(who_missed_a_wrap_is_told_while_others_come_in),
        UNIT(what_all_have_passed_is_forgotten),
        UNIT(seven_days_are_the_longest),
        UNIT(test_a_rolled_back_device_stops),
        UNIT(an_own_entry_of_another_life_stops_it_too),
        UNIT(a_replayed_old_change_of_ones_own_stops_nobody),
    };
    return cmocka_run_group_tests_name("epoch", tests, NULL, NULL);
}
