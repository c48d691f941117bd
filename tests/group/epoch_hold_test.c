/*
 * The epoch that one holds on to while a new one comes to all: until when, and when not at all.
 */
#include "group/epoch_hold.h"

#include "tests/base/unit.h"
#include "tests/support/group_world.h"

#define HOLD_NS (2 * GROUP_WORLD_SECOND)

static struct group_world w;

/* Members that hold on, each of whom has written once; the epoch that they wrote under. */
static void begin(size_t count, uint8_t epoch[32])
{
    group_world_init(&w, 77, &signer_ed25519);
    w.now = GROUP_WORLD_SECOND;
    group_world_begin(&w, count);
    for (size_t i = 0; i < count; i++) {
        w.nodes[i].config.hold_ns = HOLD_NS;
        w.nodes[i].e.config.hold_ns = HOLD_NS;
        assert_int_equal(group_world_write(&w, i), 0);
    }
    group_world_run(&w);
    memcpy(epoch, w.items[w.item_count - 1]->epoch, 32);
}

/* What is for all comes to `node`; what is for it alone is still on its way. */
static void hear(size_t node)
{
    for (size_t i = 0; i < w.item_count; i++) {
        if (w.items[i]->kind != GROUP_WORLD_TOLD) {
            (void)group_world_deliver(&w, node, i);
        }
    }
}

static void pass(uint64_t ns)
{
    w.now += ns;
    for (size_t i = 0; i < w.node_count; i++) {
        epoch_tick(&w.nodes[i].e, w.now);
        group_world_pump(&w, i);
    }
}

static void assert_writes_under(size_t node, const uint8_t epoch[32], bool is_it)
{
    assert_int_equal(group_world_write(&w, node), 0);
    bool is_same = span_is_equal(span_of(w.items[w.item_count - 1]->epoch, 32), span_of(epoch, 32));
    assert_int_equal(is_same, is_it);
}

/* The maker and who waits for the wrap write on; when the time is over, under the new keys. */
static void nobody_waits_for_a_wrap(void **state)
{
    (void)state;
    uint8_t old[32];
    begin(3, old);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    assert_writes_under(0, old, true);
    hear(1);
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_BLIND);
    assert_true(epoch_hold_may_write(&w.nodes[1].e));
    assert_writes_under(1, old, true);
    group_world_run(&w); /* the wraps come: who was first may still not be alone with the keys */
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_READY);
    assert_writes_under(1, old, true);
    assert_int_equal(epoch_hold_deadline(&w.nodes[0].e), w.now + HOLD_NS);
    pass(HOLD_NS);
    assert_writes_under(0, old, false);
    assert_writes_under(1, old, false);
    group_world_run(&w);
    for (size_t i = 0; i < w.item_count; i++) {
        assert_true(w.items[i]->kind != GROUP_WORLD_ENTRY || w.items[i]->opened[2]);
    }
    group_world_clear(&w);
}

/* A member makes change after change and sends no wrap: the old keys end all the same. */
static void old_keys_end_whatever_others_do(void **state)
{
    (void)state;
    uint8_t old[32];
    begin(2, old);
    for (uint64_t at = 0; at < EPOCH_BLIND_NS; at += EPOCH_BLIND_NS / 5) {
        assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
        group_world_pump(&w, 0);
        hear(1);
        assert_writes_under(1, old, true);
        pass(EPOCH_BLIND_NS / 5);
    }
    assert_false(epoch_hold_may_write(&w.nodes[1].e));
    assert_int_equal(group_world_write(&w, 1), WAVU_ERR_DENIED);
    group_world_clear(&w);
}

/* Somebody is put out while keys change: what it can read is not written under from then on. */
static void who_is_put_out_ends_the_hold(void **state)
{
    (void)state;
    uint8_t old[32];
    begin(3, old);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    hear(1);
    assert_writes_under(0, old, true);
    assert_writes_under(1, old, true);
    group_world_log(&w, 1, true, 2);
    assert_int_equal(group_world_write(&w, 1), WAVU_ERR_DENIED); /* the wrap has not come */
    hear(0);
    assert_int_equal(group_world_write(&w, 0), WAVU_ERR_DENIED);
    assert_int_equal(epoch_bar(&w.nodes[0].e), EPOCH_REMOVED);
    struct group_world_item *item = group_world_must_write(&w, 0);
    assert_false(item->is_for[2]);
    group_world_run(&w);
    assert_false(item->opened[2]);
    assert_true(item->opened[1]);
    group_world_clear(&w);
}

/* Who comes in reads what is said from then on: the epoch before has no place for it. */
static void who_comes_in_ends_the_hold(void **state)
{
    (void)state;
    uint8_t old[32];
    begin(2, old);
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 0, false, newcomer);
    group_world_run(&w);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    assert_writes_under(0, old, false);
    assert_true(w.items[w.item_count - 1]->is_for[newcomer]);
    group_world_clear(&w);
}

/* Members 0 and 1 make changes side by side, and no wrap of 1's comes: heads of which the others
 * can read one alone. The old epoch's time is over. */
static void part_heads(size_t count, uint8_t old[32])
{
    begin(count, old);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(epoch_make_change(&w.nodes[i].e, w.now, false), 0);
        group_world_pump(&w, i);
    }
    for (size_t i = 0; i < w.item_count; i++) {
        w.items[i]->is_lost |= w.items[i]->kind == GROUP_WORLD_TOLD && w.items[i]->from == 1;
    }
    group_world_run(&w);
    assert_int_equal(epoch_bar(&w.nodes[2].e), EPOCH_BLIND);
    assert_writes_under(2, old, true);
    pass(EPOCH_BLIND_NS);
}

static struct group_world_item *last_item(void)
{
    return w.items[w.item_count - 1];
}

/* ... is enough: all who have it write under it, as long as it takes, until all heads are read. */
static void a_head_that_can_be_read_is_enough(void **state)
{
    (void)state;
    uint8_t old[32];
    uint8_t one[32];
    part_heads(4, old);
    assert_writes_under(2, old, false);
    memcpy(one, last_item()->epoch, sizeof one);
    assert_writes_under(0, one, true);
    assert_writes_under(3, one, true);
    group_world_run(&w);
    assert_true(last_item()->opened[0] && last_item()->opened[1] && last_item()->opened[2]);
    for (int i = 0; i < 4; i++) {
        pass(EPOCH_BLIND_NS);
        assert_writes_under(2, one, true);
    }
    assert_int_equal(group_world_write(&w, 1),
                     0); /* who has the secrets of both names their epoch */
    assert_int_equal(epoch_make_change(&w.nodes[3].e, w.now, false),
                     0); /* and brings them together */
    group_world_pump(&w, 3);
    group_world_run(&w);
    pass(HOLD_NS);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(epoch_bar(&w.nodes[i].e), EPOCH_READY);
        assert_writes_under(i, one, false);
        assert_true(i == 0 || span_is_equal(span_of(last_item()->epoch, 32),
                                            span_of(w.items[w.item_count - 2]->epoch, 32)));
    }
    group_world_clear(&w);
}

/* ... but not for who is put out, who has its secret. */
static void no_head_is_written_under_that_who_was_put_out_can_read(void **state)
{
    (void)state;
    uint8_t old[32];
    part_heads(4, old);
    assert_writes_under(2, old, false);
    group_world_log(&w, 2, true, 3);
    assert_int_equal(group_world_write(&w, 2), WAVU_ERR_DENIED);
    struct group_world_item *item = group_world_must_write(&w, 2);
    group_world_run(&w);
    assert_false(item->opened[3]);
    assert_true(item->opened[0]);
    group_world_clear(&w);
}

/* Who comes in meanwhile does not stop the others: it gets in stored form what it cannot read. */
static void who_comes_in_stops_nobody_who_waits(void **state)
{
    (void)state;
    uint8_t old[32];
    part_heads(3, old);
    assert_writes_under(2, old, false);
    size_t newcomer = group_world_make(&w);
    group_world_log(&w, 2, false, newcomer);
    assert_writes_under(2, old, false);
    assert_false(last_item()->is_for[newcomer]);
    group_world_clear(&w);
}

/* One that has said much meanwhile: the new epoch is taken when the old chain ends. */
static void the_old_chain_ends_first(void **state)
{
    (void)state;
    uint8_t old[32];
    begin(2, old);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    hear(1);
    for (size_t i = 0; i + 1 < CHAIN_GENERATIONS_MAX; i++) {
        assert_writes_under(0, old, true);
        assert_writes_under(1, old, true);
    }
    assert_writes_under(0, old, false);
    assert_false(epoch_hold_may(&w.nodes[0].e)); /* and no way back */
    assert_int_equal(group_world_write(&w, 1), WAVU_ERR_EXHAUSTED);
    group_world_clear(&w);
}

/* A quarter of the chain is left at least when a change is due, and not all are due at once. */
static void a_worn_chain_says_so_in_time(void **state)
{
    (void)state;
    uint8_t old[32];
    uint32_t at[8];
    bool is_spread = false;
    begin(8, old);
    for (size_t i = 0; i < 8; i++) {
        struct epoch *e = &w.nodes[i].e;
        struct chain *own = &epoch_set_chains(e->writing, &e->views)[e->writing->own];

        for (at[i] = own->next; !epoch_hold_is_worn(e); at[i]++) {
            chain_skip_to(own, at[i] + 1);
        }
        assert_in_range(at[i], CHAIN_GENERATIONS_MAX / 2, CHAIN_GENERATIONS_MAX / 4 * 3);
        is_spread = is_spread || at[i] > at[0] + 32 || at[0] > at[i] + 32;
    }
    assert_true(is_spread);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(nobody_waits_for_a_wrap),
        UNIT(old_keys_end_whatever_others_do),
        UNIT(who_is_put_out_ends_the_hold),
        UNIT(who_comes_in_ends_the_hold),
        UNIT(the_old_chain_ends_first),
        UNIT(a_worn_chain_says_so_in_time),
        UNIT(a_head_that_can_be_read_is_enough),
        UNIT(no_head_is_written_under_that_who_was_put_out_can_read),
        UNIT(who_comes_in_stops_nobody_who_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
