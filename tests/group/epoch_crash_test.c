/*
 * Crashes at every save: no generation of any chain is ever sealed under twice, nobody who was
 * honest is stopped, and the group goes on.
 *
 * All ciphertexts of a run are searched: two entries of one device with one epoch and one
 * generation would have one key, and the nonce is always zero.
 */
#include "tests/base/unit.h"

#include "base/check.h"
#include "group/epoch_leaf.h"
#include "tests/support/group_world.h"

static struct group_world w;

static struct tally {
    size_t crashes[3]; /* before the save, behind it, and unasked */
    size_t saves;
    size_t entries;
    size_t merged; /* under several heads */
} tally;

static uint64_t draw(uint64_t bound)
{
    return random_below(&w.random, bound);
}

static uint32_t generation_of(const struct group_world_item *item)
{
    struct rd r;

    rd_init(&r, span_of(item->bytes, item->len));
    (void)rd_bytes(&r, 1 + 2 * EPOCH_MSG_HINT_SIZE);
    uint64_t generation = rd_varint(&r);
    CHECK(!r.failed && generation < CHAIN_GENERATIONS_MAX);
    return (uint32_t)generation;
}

/* How many entries have device, epoch and generation of one before them. */
static size_t count_repeats(void)
{
    size_t repeats = 0;

    for (size_t i = 0; i < w.item_count; i++) {
        const struct group_world_item *a = w.items[i];
        for (size_t k = i + 1; a->kind == GROUP_WORLD_ENTRY && k < w.item_count; k++) {
            const struct group_world_item *b = w.items[k];
            repeats += b->kind == GROUP_WORLD_ENTRY && b->from == a->from &&
                       memcmp(a->epoch, b->epoch, 32) == 0 && generation_of(a) == generation_of(b);
        }
    }
    return repeats;
}

static void crash(size_t node, size_t how)
{
    group_world_crash(&w, node);
    group_world_restart(&w, node);
    tally.crashes[how]++;
}

/* A save is asked for: the device crashes before it is durable, or when it is and nobody was told,
 * or the disk does it in time. Until nothing more is to be saved. */
static void meet_saves(size_t node)
{
    struct group_world_node *n = &w.nodes[node];

    while (n->todo_count > 0) {
        switch (draw(3)) {
        case 0:
            crash(node, 0);
            break;
        case 1:
            buf_wipe(&n->durable);
            CHECK(epoch_state_save(&n->e, w.now, &n->durable) == 0);
            crash(node, 1);
            break;
        default:
            group_world_disk(&w, node);
            tally.saves++;
            break;
        }
    }
}

static void write_some(size_t node)
{
    for (uint64_t left = 1 + draw(40); left > 0; left--) {
        int rc = group_world_write(&w, node);
        if (rc == 0) {
            tally.entries++;
            tally.merged += w.nodes[node].e.writing->head_count > 1;
        } else if (rc != WAVU_ERR_AGAIN && draw(3) == 0) {
            (void)!epoch_make_change(&w.nodes[node].e, w.now, false);
            group_world_pump(&w, node);
        }
        meet_saves(node);
    }
}

/* Hand the leaves that `node` knows to all others, as newcomers get them. */
static void hand_leaves(size_t node)
{
    struct span message;

    for (size_t at = 0; (message = epoch_leaf_next(&w.nodes[node].e, &at)).len > 0;) {
        for (size_t to = 0; to < w.node_count; to++) {
            (void)!epoch_leaf_learn(&w.nodes[to].e, message);
            (void)!epoch_feed(&w.nodes[to].e, w.now, w.nodes[node].device.public_key, message);
        }
    }
}

static void step(void)
{
    size_t node = draw(w.node_count);

    switch (draw(7)) {
    case 0:
    case 1:
        write_some(node);
        break;
    case 2:
        (void)!epoch_make_change(&w.nodes[node].e, w.now, false);
        hand_leaves(node);
        group_world_pump(&w, node);
        break;
    case 3:
        w.now += draw(36) * 3600 * GROUP_WORLD_SECOND;
        epoch_tick(&w.nodes[node].e, w.now);
        group_world_pump(&w, node);
        break;
    case 4: /* just so */
        crash(node, 2);
        break;
    case 5:
        w.nodes[node].part = (unsigned)draw(2);
        break;
    default:
        for (int i = 0; i < 40; i++) {
            size_t to = draw(w.node_count);
            (void)group_world_deliver(&w, to, draw(w.item_count));
            group_world_pump(&w, to);
            meet_saves(to);
        }
        break;
    }
    meet_saves(node);
}

/* Who lacks a secret asks one who can answer, or makes a change. */
static void come_back(size_t node)
{
    int rc = WAVU_ERR_AGAIN;

    for (size_t by = 0; by < w.node_count && rc < 0; by++) {
        if (epoch_bar(&w.nodes[by].e) == EPOCH_READY) {
            rc = group_world_welcome(&w, by, node);
        }
    }
    if (rc < 0) {
        assert_int_equal(epoch_make_change(&w.nodes[node].e, w.now, false), 0);
        group_world_pump(&w, node);
    }
    group_world_run(&w);
}

static void play(uint64_t seed)
{
    group_world_init(&w, seed, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 4);
    w.has_slow_disk = true;
    for (int i = 0; i < 150; i++) {
        step();
    }
    assert_int_equal(count_repeats(), 0);
    /* All is well again: everybody writes, and everybody reads it. */
    w.has_slow_disk = false;
    for (size_t node = 0; node < w.node_count; node++) {
        w.nodes[node].part = 0;
        group_world_disk(&w, node);
    }
    group_world_run(&w);
    for (size_t node = 0; node < w.node_count; node++) {
        if (epoch_bar(&w.nodes[node].e) != EPOCH_READY) {
            come_back(node);
        }
    }
    for (size_t node = 0; node < w.node_count; node++) {
        assert_int_not_equal(epoch_bar(&w.nodes[node].e), EPOCH_STOPPED);
        assert_int_equal(w.nodes[node].events[EPOCH_ROLLED_BACK], 0);
        const struct group_world_item *item = group_world_must_write(&w, node);
        group_world_run(&w);
        for (size_t i = 0; i < w.node_count; i++) {
            assert_true(item->opened[i]);
        }
    }
    assert_int_equal(count_repeats(), 0);
    group_world_clear(&w);
}

static void a_crash_at_any_save_uses_no_key_twice(void **state)
{
    (void)state;
    memset(&tally, 0, sizeof tally);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        play(seed);
    }
    print_message("%zu entries (%zu under several heads), %zu crashes before a save, %zu behind, "
                  "%zu at any time, %zu saves\n",
                  tally.entries, tally.merged, tally.crashes[0], tally.crashes[1], tally.crashes[2],
                  tally.saves);
    assert_true(tally.entries > 1000 && tally.merged > 20 && tally.saves > 100);
    assert_true(tally.crashes[0] > 100 && tally.crashes[1] > 100 && tally.crashes[2] > 50);
}

/* Each entry is followed by a crash, with no time for any save that it asked for. */
static void a_crash_behind_each_entry_uses_no_key_twice(void **state)
{
    (void)state;
    group_world_init(&w, 9, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 2);
    w.has_slow_disk = true;
    size_t written = 0;
    for (int i = 0; i < 40; i++) {
        int rc = group_world_write(&w, 1);
        if (rc == 0) {
            written++;
            crash(1, 2);
            group_world_run(&w); /* its wraps come again */
        } else if (rc == WAVU_ERR_EXHAUSTED) {
            assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), 0);
            group_world_pump(&w, 1);
        }
        group_world_disk(&w, 1); /* the block it begins with */
    }
    assert_true(written > 15);
    assert_int_equal(count_repeats(), 0);
    group_world_clear(&w);
}

/* A hundred epochs of others, written under one after the other, and a crash behind each: nothing
 * is left over that could be too much to remember. */
static void epochs_without_end_stop_nobody(void **state)
{
    (void)state;
    group_world_init(&w, 10, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 2);
    for (int i = 0; i < 100; i++) {
        w.now += GROUP_WORLD_SECOND;
        assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
        group_world_pump(&w, 0);
        group_world_run(&w);
        assert_int_equal(group_world_write(&w, 1), 0);
        if (i % 3 == 0) {
            crash(1, 2);
            group_world_run(&w);
            assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_READY);
        }
    }
    assert_int_equal(group_world_write(&w, 1), 0);
    assert_int_equal(w.nodes[1].events[EPOCH_ROLLED_BACK], 0);
    assert_int_equal(count_repeats(), 0);
    group_world_clear(&w);
}

/* One's own change is told to nobody before it is durable, not as a leaf either: it would come back
 * to a device that has crashed, as a signature of its own that it did not make. */
static void a_leaf_is_durable_before_it_is_handed_out(void **state)
{
    (void)state;
    group_world_init(&w, 12, &group_world_null_signer);
    group_world_begin(&w, 2);
    group_world_disk(&w, 0);
    w.has_slow_disk = true;
    w.now += GROUP_WORLD_SECOND;
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, true), 0);
    group_world_pump(&w, 0);
    hand_leaves(0);
    const struct epoch *other = &w.nodes[1].e;
    int slot = epoch_view_slot(&other->views, w.nodes[0].device.public_key);
    assert_int_equal(other->views.devices[slot].leaf_sequence, 1);
    crash(0, 0);
    hand_leaves(1);
    assert_false(w.nodes[0].e.is_stopped);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, true), 0);
    group_world_pump(&w, 0);
    group_world_disk(&w, 0);
    hand_leaves(0);
    assert_int_equal(other->views.devices[slot].leaf_sequence, 2);
    crash(0, 0);
    hand_leaves(1);
    assert_false(w.nodes[0].e.is_stopped);
    group_world_clear(&w);
}

/* The search finds what it looks for: a disk that forgets what it said was durable. */
static void a_disk_that_lies_is_found_by_the_search(void **state)
{
    (void)state;
    struct buf old;
    group_world_init(&w, 11, &group_world_null_signer);
    w.has_no_mlkem = true;
    group_world_begin(&w, 2);
    group_world_steal(&w, 1, &old);
    assert_int_equal(group_world_write(&w, 1), 0);
    assert_int_equal(count_repeats(), 0);
    buf_wipe(&w.nodes[1].durable);
    assert_int_equal(buf_append(&w.nodes[1].durable, buf_span(&old)), 0);
    crash(1, 2);
    assert_int_equal(group_world_write(&w, 1), 0);
    assert_int_equal(count_repeats(), 1);
    buf_wipe(&old);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_crash_at_any_save_uses_no_key_twice),
        UNIT(a_crash_behind_each_entry_uses_no_key_twice),
        UNIT(epochs_without_end_stop_nobody),
        UNIT(a_leaf_is_durable_before_it_is_handed_out),
        UNIT(a_disk_that_lies_is_found_by_the_search),
    };
    return cmocka_run_group_tests_name("epoch_crash", tests, NULL, NULL);
}
