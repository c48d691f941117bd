/*
 * First leaves: what a device says of its own before it has made a change; attacks with what others
 * say of it.
 */
#include "group/epoch_leaf.h"

#include "base/check.h"
#include "tests/base/unit.h"
#include "tests/support/group_world.h"

static struct group_world w;

/* Three members; the log has X25519 leaves alone. */
static void begin(uint64_t seed)
{
    group_world_init(&w, seed, &signer_ed25519);
    w.has_no_mlkem = true;
    group_world_begin(&w, 3);
}

static struct span said_by(size_t node)
{
    struct span full;
    struct span light;

    epoch_leaf_say(&w.nodes[node].e);
    group_world_pump(&w, node);
    epoch_leaf_own(&w.nodes[node].e, &full, &light);
    assert_int_equal(light.len, 0);
    return full;
}

static const struct epoch_device *as_seen(size_t by, size_t node)
{
    const struct epoch_views *v = &w.nodes[by].e.views;

    return &v->devices[epoch_view_slot(v, w.nodes[node].device.public_key)];
}

/* Wraps to who said its leaf are hybrid, before it has made any change; and it opens them, behind a
 * restart, too. */
static void a_first_leaf_bears_wraps(void **state)
{
    (void)state;
    begin(1);
    struct span said = said_by(1);
    assert_in_range(said.len, 1, EPOCH_MSG_CHANGE_SIZE_MAX);
    assert_int_equal(epoch_leaf_learn(&w.nodes[0].e, said), 0);
    assert_int_equal(group_world_wrap_of_change(&w, 0, true, 1), 1198);
    assert_int_equal(group_world_wrap_of_change(&w, 0, true, 2),
                     108); /* of whom nothing was heard */
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_READY);
    group_world_crash(&w, 1);
    group_world_restart(&w, 1);
    struct span again = said_by(1);
    assert_int_equal(epoch_leaf_learn(&w.nodes[2].e, again), 0);
    assert_int_equal(group_world_wrap_of_change(&w, 2, true, 1), 1198);
    assert_int_equal(epoch_bar(&w.nodes[1].e), EPOCH_READY);
    group_world_clear(&w);
}

static size_t leaves_of(size_t node)
{
    size_t at = 0;
    size_t count = 0;

    while (epoch_leaf_next(&w.nodes[node].e, &at).len > 0) {
        count++;
    }
    return count;
}

/* A crash must not leave others with a leaf that its device does not know. */
static void a_first_leaf_is_durable_before_it_is_said(void **state)
{
    (void)state;
    begin(2);
    w.has_slow_disk = true;
    assert_int_equal(said_by(1).len, 0);
    assert_int_equal(leaves_of(1), 1); /* that of device 0 */
    group_world_disk(&w, 1);
    assert_true(said_by(1).len > 0);
    assert_int_equal(leaves_of(1), 2);
    group_world_clear(&w);
}

/* The first change takes its place; an old statement said again does not bring it back. */
static void a_change_takes_its_place(void **state)
{
    (void)state;
    begin(3);
    struct span full;
    struct span light;
    uint8_t old[EPOCH_MSG_CHANGE_SIZE_MAX];
    struct span said = said_by(1);
    size_t len = said.len;

    memcpy(old, said.ptr, len);
    assert_int_equal(epoch_leaf_learn(&w.nodes[0].e, said), 0);
    (void)group_world_wrap_of_change(&w, 1, true, 0);
    epoch_leaf_own(&w.nodes[1].e, &full, &light);
    assert_false(span_is_equal(full, span_of(old, len)));
    assert_int_equal(epoch_leaf_learn(&w.nodes[2].e, span_of(old, len)), 0);
    for (size_t i = 0; i < 3; i += 2) {
        assert_int_equal(as_seen(i, 1)->mlkem_sequence, 1);
        assert_memory_equal(as_seen(i, 1)->leaf, w.nodes[1].e.leaves[0].own.x25519.public_key, 32);
    }
    epoch_leaf_say(&w.nodes[1].e); /* nor is it said any more */
    struct span now;
    epoch_leaf_own(&w.nodes[1].e, &now, &light);
    assert_true(span_is_equal(now, full));
    group_world_clear(&w);
}

/* What a thief of names says of others, and what a member says of itself twice. */
static void what_others_say_of_a_device_is_nothing(void **state)
{
    (void)state;
    begin(4);
    uint8_t forged[EPOCH_MSG_CHANGE_SIZE_MAX];
    struct span said = said_by(1);
    size_t len = said.len;

    memcpy(forged, said.ptr, len);
    for (size_t at = 0; at < len; at += 97) { /* the device, the keys, the signature */
        forged[at] ^= 1;
        (void)!epoch_leaf_learn(&w.nodes[0].e, span_of(forged, len));
        forged[at] ^= 1;
        assert_int_equal(as_seen(0, 1)->said_full.len, 0);
        assert_int_equal(as_seen(0, 2)->said_full.len, 0);
    }
    assert_int_equal(epoch_leaf_learn(&w.nodes[1].e, said), WAVU_ERR_NOT_FOUND); /* oneself */
    assert_int_equal(epoch_leaf_learn(&w.nodes[0].e, span_of(said.ptr, len - 1)), WAVU_ERR_CRYPTO);
    assert_int_equal(epoch_leaf_learn(&w.nodes[0].e, said), 0);
    uint8_t first[32];
    memcpy(first, as_seen(0, 1)->leaf, 32);
    /* Its second statement, with another leaf, is as good as none. */
    struct epoch_device *d = &w.nodes[1].e.views.devices[w.nodes[1].e.self];
    buf_clear(&d->said_full);
    wrap_make(&w.nodes[1].e.leaves[0].own, true, &w.random);
    assert_int_equal(epoch_leaf_learn(&w.nodes[0].e, said_by(1)), 0);
    assert_memory_equal(as_seen(0, 1)->leaf, first, 32);
    group_world_clear(&w);
}

/* A statement of another group is nothing in this one. */
static void a_leaf_is_of_its_group(void **state)
{
    (void)state;
    begin(5);
    w.nodes[1].e.config.group[0] ^= 1;
    struct span said = said_by(1);
    w.nodes[1].e.config.group[0] ^= 1;
    assert_int_equal(epoch_leaf_learn(&w.nodes[0].e, said), WAVU_ERR_CRYPTO);
    assert_int_equal(as_seen(0, 1)->said_full.len, 0);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_first_leaf_bears_wraps), UNIT(a_first_leaf_is_durable_before_it_is_said),
        UNIT(a_change_takes_its_place), UNIT(what_others_say_of_a_device_is_nothing),
        UNIT(a_leaf_is_of_its_group),
    };
    return cmocka_run_group_tests_name("epoch_leaf", tests, NULL, NULL);
}
