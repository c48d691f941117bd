/*
 * Sets of devices and the table of their leaf keys.
 */
#include "tests/base/unit.h"

#include "group/epoch_view.h"

static struct epoch_member members[8];
static uint8_t heads[64];

/* Devices `first` to `first + count`, under log heads that begin with `log`. */
static struct epoch_view view(uint8_t log, size_t first, size_t count)
{
    static const uint8_t leaf[32] = {42};

    memset(members, 0, sizeof members);
    for (size_t i = 0; i < count; i++) {
        members[i].device[0] = (uint8_t)(first + i + 1);
        members[i].leaf = leaf;
    }
    heads[0] = log;
    return (struct epoch_view){.log_heads = {heads, 1}, .members = members, .count = count};
}

static void a_set_is_shared_by_its_log_heads(void **state)
{
    (void)state;
    struct epoch_views v;
    struct epoch_members *a = NULL;
    struct epoch_members *b = NULL;

    epoch_view_init(&v);
    struct epoch_view one = view(1, 0, 4);
    assert_int_equal(epoch_view_take(&v, &one, &a), 0);
    assert_int_equal(epoch_view_take(&v, &one, &b), 0);
    assert_ptr_equal(a, b);
    assert_ptr_equal(epoch_view_find(&v, one.log_heads), a);
    one = view(1, 0, 3); /* the same heads cannot mean another set */
    assert_int_equal(epoch_view_take(&v, &one, &b), WAVU_ERR_INVALID);
    one = view(1, 4, 4); /* and what is refused enters nobody */
    assert_int_equal(epoch_view_take(&v, &one, &b), WAVU_ERR_INVALID);
    assert_int_equal(v.device_count, 4);
    one = view(2, 0, 4);
    assert_int_equal(epoch_view_take(&v, &one, &b), 0);
    assert_ptr_not_equal(a, b);
    assert_memory_equal(a->hash, b->hash, 32);
    epoch_view_drop(a);
    epoch_view_drop(a);
    heads[0] = 1;
    assert_null(epoch_view_find(&v, one.log_heads));
    epoch_view_drop(b);
    epoch_view_drop(NULL);
    epoch_view_clear(&v);
}

static void members_must_ascend(void **state)
{
    (void)state;
    struct epoch_views v;
    struct epoch_members *a = NULL;

    epoch_view_init(&v);
    struct epoch_view one = view(1, 0, 3);
    members[1].device[0] = 1;
    assert_int_equal(epoch_view_take(&v, &one, &a), WAVU_ERR_INVALID);
    one.count = 0;
    assert_int_equal(epoch_view_take(&v, &one, &a), WAVU_ERR_INVALID);
    epoch_view_clear(&v);
}

static void what_sets_have_in_common(void **state)
{
    (void)state;
    struct epoch_views v;
    struct epoch_members *sets[2];
    uint16_t slots[8];
    uint8_t hash[32];

    epoch_view_init(&v);
    struct epoch_view one = view(1, 0, 5);
    assert_int_equal(epoch_view_take(&v, &one, &sets[0]), 0);
    one = view(2, 3, 5);
    assert_int_equal(epoch_view_take(&v, &one, &sets[1]), 0);
    assert_int_equal(epoch_view_common(slots, sets, 1), 5);
    assert_int_equal(epoch_view_common(slots, sets, 2), 2);
    assert_int_equal(v.devices[slots[0]].id[0], 4);
    assert_int_equal(v.devices[slots[1]].id[0], 5);
    epoch_view_hash(hash, &v, slots, 2);
    struct epoch_members *both = NULL;
    one = view(3, 3, 2);
    assert_int_equal(epoch_view_take(&v, &one, &both), 0);
    assert_memory_equal(both->hash, hash, 32); /* the hash is that of the devices alone */
    assert_true(epoch_view_has(both, slots[0]));
    assert_false(epoch_view_has(both, 0));
    assert_false(epoch_view_has(both, -1));
    assert_int_equal(epoch_view_index(both, slots[1]), 1);
    assert_int_equal(epoch_view_index(both, 0), -1);
    epoch_view_drop(sets[0]);
    epoch_view_drop(sets[1]);
    epoch_view_drop(both);
    epoch_view_clear(&v);
}

static void the_latest_leaf_holds(void **state)
{
    (void)state;
    struct epoch_views v;
    struct epoch_members *a = NULL;
    struct epoch_msg_change c = {.kind = EPOCH_MSG_SEED, .sequence = 5, .leaf = {7}};
    static const uint8_t mlkem[MLKEM_PUBLIC_SIZE] = {9};

    epoch_view_init(&v);
    struct epoch_view one = view(1, 0, 1);
    assert_int_equal(epoch_view_take(&v, &one, &a), 0);
    struct epoch_device *d = &v.devices[0];
    assert_true(d->has_leaf && d->leaf[0] == 42 && d->mlkem == NULL);
    c.mlkem = mlkem;
    epoch_view_set_leaf(d, &c, UNIT_TEXT("five"));
    assert_true(d->leaf[0] == 7 && d->mlkem != NULL && d->mlkem[0] == 9);
    c.mlkem = NULL;
    c.sequence = 4;
    c.leaf[0] = 8;
    epoch_view_set_leaf(d, &c, UNIT_TEXT("four"));
    assert_true(d->leaf[0] == 7 && span_is_equal(buf_span(&d->said_full), UNIT_TEXT("five")));
    assert_int_equal(d->said.len, 0);
    c.sequence = 6;
    epoch_view_set_leaf(d, &c, UNIT_TEXT("six"));
    assert_true(span_is_equal(buf_span(&d->said), UNIT_TEXT("six")));
    assert_true(span_is_equal(buf_span(&d->said_full), UNIT_TEXT("five"))); /* both are needed */
    assert_true(d->leaf[0] == 8 && d->mlkem[0] == 9); /* a light one leaves the ML-KEM key */
    one = view(2, 0, 1); /* and the log's first leaf is the first one */
    struct epoch_members *b = NULL;
    assert_int_equal(epoch_view_take(&v, &one, &b), 0);
    assert_true(v.devices[0].leaf[0] == 8);
    epoch_view_drop(a);
    epoch_view_drop(b);
    epoch_view_clear(&v);
}

static void the_table_has_an_end(void **state)
{
    (void)state;
    struct epoch_views v;
    uint8_t device[32] = {0};

    epoch_view_init(&v);
    for (size_t i = 0; i < EPOCH_VIEW_DEVICES_MAX; i++) {
        device[0] = (uint8_t)i;
        device[1] = (uint8_t)(i >> 8);
        assert_int_equal(epoch_view_enter(&v, device), (int)i);
    }
    assert_int_equal(epoch_view_enter(&v, device), EPOCH_VIEW_DEVICES_MAX - 1);
    device[2] = 1;
    assert_int_equal(epoch_view_enter(&v, device), -1);
    struct epoch_view one = view(1, 200, 2);
    members[0].device[5] = 1;
    members[1].device[5] = 1;
    struct epoch_members *a = NULL;
    assert_int_equal(epoch_view_take(&v, &one, &a), WAVU_ERR_LIMIT);
    v.device_count--; /* a place for one of two: neither is entered */
    assert_int_equal(epoch_view_take(&v, &one, &a), WAVU_ERR_LIMIT);
    assert_int_equal(v.device_count, EPOCH_VIEW_DEVICES_MAX - 1);
    epoch_view_clear(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_set_is_shared_by_its_log_heads),
        UNIT(members_must_ascend),
        UNIT(what_sets_have_in_common),
        UNIT(the_latest_leaf_holds),
        UNIT(the_table_has_an_end),
    };
    return cmocka_run_group_tests_name("epoch_view", tests, NULL, NULL);
}
