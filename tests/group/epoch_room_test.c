/*
 * Who gives way when there is no more room for changes or epochs: who has taken most, what is void,
 * what nobody has used; never what a member needs for what somebody else took.
 */
#include "tests/base/unit.h"

#include "base/check.h"
#include "group/epoch_room.h"
#include "tests/support/group_world.h"

static struct group_world w;

static void begin(size_t count)
{
    group_world_init(&w, 61, &group_world_null_signer);
    group_world_begin(&w, count);
}

static int slot_of(const struct epoch *e, size_t node)
{
    return epoch_view_slot(&e->views, w.nodes[node].device.public_key);
}

/* Enter a change of `node` that says what `node` 0 sees, over `parents`. */
static struct epoch_change *enter(size_t node, uint64_t sequence, struct epoch_msg_ids parents)
{
    struct epoch *e = &w.nodes[0].e;
    uint8_t id[32];
    struct epoch_msg_change c = {.sequence = sequence, .kind = EPOCH_MSG_SEED, .parents = parents};

    random_fill(&w.random, id, sizeof id);
    w.now++;
    struct epoch_change *made =
        epoch_graph_make(&c, id, slot_of(e, node), epoch_view_ref(e->current));
    epoch_graph_add_take(&e->graph, made, w.now);
    epoch_settle(e, w.now);
    return made;
}

static const struct epoch_msg_ids no_parents = {NULL, 0};

/* One change of `node` if there is room. */
static int try_enter(size_t node, uint64_t sequence)
{
    struct epoch *e = &w.nodes[0].e;
    int rc = epoch_room_for_change(e, slot_of(e, node), e->current->count);

    if (rc == 0) {
        (void)enter(node, sequence, no_parents);
    }
    return rc;
}

static void fill(size_t first, size_t last)
{
    for (size_t node = first; node <= last; node++) {
        for (uint64_t i = 1; i <= EPOCH_GRAPH_AUTHOR_MAX; i++) {
            (void)!try_enter(node, i);
        }
    }
}

static void places_are_kept_for_ones_own(void **state)
{
    (void)state;
    begin(6);
    struct epoch *e = &w.nodes[0].e;
    fill(1, 4);
    assert_int_equal(e->graph.count, EPOCH_GRAPH_CHANGES_MAX - EPOCH_ROOM_OWN);
    assert_int_equal(try_enter(5, 1), WAVU_ERR_LIMIT);
    assert_int_equal(epoch_bar(e), EPOCH_CROWDED);
    size_t changes = 0;
    while (epoch_bar(e) != EPOCH_READY) { /* each covers 32 of them */
        w.now += GROUP_WORLD_SECOND;
        assert_int_equal(epoch_make_change(e, w.now, false), 0);
        group_world_pump(&w, 0);
        changes++;
    }
    assert_in_range(changes, 7, 9);
    assert_int_equal(try_enter(5, 1), 0); /* and others have room again */
    group_world_clear(&w);
}

static void only_void_changes_give_way_to_a_void_one(void **state)
{
    (void)state;
    begin(7);
    struct epoch *e = &w.nodes[0].e;
    fill(1, 4);
    assert_int_equal(epoch_make_change(e, w.now, false), 0); /* 32 of them are superseded now */
    group_world_pump(&w, 0);
    group_world_log(&w, 0, true, 6);
    size_t by[5];
    for (size_t i = 0; i < 5; i++) {
        by[i] = epoch_graph_by(&e->graph, slot_of(e, i));
    }
    for (uint64_t i = 1; i < 100; i++) {
        assert_int_equal(try_enter(6, i), WAVU_ERR_LIMIT);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(epoch_graph_by(&e->graph, slot_of(e, i)), by[i]);
    }
    assert_int_equal(try_enter(5, 1), 0); /* a member has room */
    group_world_clear(&w);
}

static void void_changes_have_a_share_and_give_way(void **state)
{
    (void)state;
    begin(8);
    struct epoch *e = &w.nodes[0].e;
    for (size_t gone = 5; gone < 8; gone++) {
        group_world_log(&w, 0, true, gone);
    }
    fill(5, 7);
    size_t voids = 0;
    for (size_t gone = 5; gone < 8; gone++) {
        voids += epoch_graph_by(&e->graph, slot_of(e, gone));
    }
    assert_int_equal(voids, EPOCH_ROOM_VOID_MAX);
    fill(1, 4);
    for (size_t gone = 5; gone < 8; gone++) {
        assert_int_equal(epoch_graph_by(&e->graph, slot_of(e, gone)), 0);
    }
    for (size_t member = 1; member < 4; member++) {
        assert_int_equal(epoch_graph_by(&e->graph, slot_of(e, member)), EPOCH_GRAPH_AUTHOR_MAX);
    }
    group_world_clear(&w);
}

/* Four devices fill the graph with lines of changes above those of a fifth, which made two. */
static void who_has_most_gives_way(void **state)
{
    (void)state;
    uint8_t above[32];
    begin(6);
    struct epoch *e = &w.nodes[0].e;
    memcpy(above, enter(5, 1, no_parents)->id, 32);
    memcpy(above, enter(5, 2, (struct epoch_msg_ids){above, 1})->id, 32);
    for (uint64_t i = 1; i <= 2 * EPOCH_GRAPH_AUTHOR_MAX; i++) {
        for (size_t node = 1; node <= 4; node++) {
            assert_int_equal(epoch_room_for_change(e, slot_of(e, node), 6), 0);
            memcpy(above, enter(node, i, (struct epoch_msg_ids){above, 1})->id, 32);
        }
    }
    assert_int_equal(epoch_graph_by(&e->graph, slot_of(e, 5)), 2);
    assert_int_equal(epoch_graph_by(&e->graph, slot_of(e, 0)), 1);
    /* What gave way left nothing behind that seems to be new: the line's last is a head, and the
     * first change, which nobody stands on here. */
    assert_int_equal(e->graph.head_count, 2);
    group_world_clear(&w);
}

/* `count` heads that all know, each by another device. */
static void make_heads(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        w.nodes[i].part = (unsigned)i + 1;
        assert_int_equal(epoch_make_change(&w.nodes[i].e, w.now, false), 0);
        group_world_pump(&w, i);
    }
    for (size_t i = 0; i < count; i++) {
        w.nodes[i].part = 0;
    }
    group_world_run(&w);
    assert_int_equal(w.nodes[0].e.graph.head_count, count);
}

/* The heads of the bits of `mask`, as `namer` names them. */
static struct epoch_set *name(unsigned mask, int namer)
{
    struct epoch *e = &w.nodes[0].e;
    struct epoch_change *heads[16];
    size_t count = 0;

    for (size_t i = 0; i < e->graph.head_count; i++) {
        if ((mask >> i & 1) != 0) {
            heads[count++] = e->graph.heads[i];
        }
    }
    return epoch_set_named(e, w.now, heads, count, namer);
}

static size_t name_all(int namer, bool is_used)
{
    const struct epoch *e = &w.nodes[0].e;
    size_t made = 0;

    for (unsigned mask = 3; mask < 255; mask++) {
        struct epoch_set *s = (mask & (mask - 1)) != 0 ? name(mask, namer) : NULL;
        made += s != NULL;
        if (s != NULL && is_used) {
            epoch_set_chains(s, &e->views)[0].next = 1; /* somebody wrote under it */
        }
    }
    return made;
}

static void a_device_names_no_more_than_its_share(void **state)
{
    (void)state;
    begin(8);
    make_heads(8);
    struct epoch *e = &w.nodes[0].e;
    size_t was = e->set_count;
    assert_true(name_all(slot_of(e, 1), false) > 100); /* what nobody used goes for the next */
    assert_int_equal(e->set_count, was + EPOCH_ROOM_NAMED_SHARE);
    /* The first that another names stay, whatever the first one does. */
    struct epoch_set *honest = name(3, slot_of(e, 2));
    assert_non_null(honest);
    (void)name_all(slot_of(e, 1), false);
    assert_ptr_equal(name(3, slot_of(e, 2)), honest);
    assert_int_equal(honest->namer, slot_of(e, 2));
    group_world_clear(&w);
}

static void what_was_used_stays(void **state)
{
    (void)state;
    begin(8);
    make_heads(8);
    struct epoch *e = &w.nodes[0].e;
    struct epoch_set *first = name(3, slot_of(e, 1));
    uint8_t id[32];
    memcpy(id, first->id, 32);
    epoch_set_chains(first, &e->views)[0].next = 1;
    for (size_t node = 1; node < 8; node++) {
        (void)name_all(slot_of(e, node), true);
        assert_ptr_equal(epoch_find_set(e, id), first);
    }
    size_t used = 0;
    for (struct list *at = list_next(&e->sets, &e->sets); at != NULL;
         at = list_next(&e->sets, at)) {
        const struct epoch_set *s = LIST_OF(at, struct epoch_set, link);
        used += s->head_count > 1 && epoch_set_next(s, 0) == 1;
    }
    assert_int_equal(used, EPOCH_ROOM_NAMED_MAX); /* the 49th was refused, none was lost */
    assert_non_null(name(255, -1));               /* one's own heads have an epoch still */
    (void)group_world_must_write(&w, 0);
    group_world_clear(&w);
}

/* Six devices are one member's: they have one share of the changes and of the names. */
static void many_devices_of_a_member_have_one_share(void **state)
{
    (void)state;
    begin(8);
    make_heads(8);
    struct epoch *e = &w.nodes[0].e;
    for (size_t node = 2; node < 8; node++) {
        e->views.devices[slot_of(e, node)].owner = 7;
    }
    size_t was = e->set_count;
    for (size_t node = 2; node < 8; node++) {
        (void)name_all(slot_of(e, node), true);
    }
    assert_int_equal(e->set_count, was + EPOCH_ROOM_NAMED_SHARE);
    assert_non_null(name(252, slot_of(e, 1)));
    fill(2, 7);
    size_t changes = 0;
    for (size_t node = 2; node < 8; node++) {
        changes += epoch_graph_by(&e->graph, slot_of(e, node));
    }
    assert_int_equal(changes, EPOCH_GRAPH_AUTHOR_MAX);
    fill(1, 1);
    assert_int_equal(epoch_graph_by(&e->graph, slot_of(e, 1)), EPOCH_GRAPH_AUTHOR_MAX);
    group_world_clear(&w);
}

/* Another device of one's own has filled the share with heads: one's own change is made all the
 * same, and brings them together. */
static void a_sister_takes_no_place_of_ones_own(void **state)
{
    (void)state;
    begin(4);
    struct epoch *e = &w.nodes[0].e;
    e->views.devices[slot_of(e, 0)].owner = 7;
    e->views.devices[slot_of(e, 1)].owner = 7;
    fill(1, 2);
    size_t changes = epoch_graph_by(&e->graph, slot_of(e, 0));
    assert_int_equal(changes + epoch_graph_by(&e->graph, slot_of(e, 1)), EPOCH_GRAPH_AUTHOR_MAX);
    assert_int_equal(try_enter(1, 1000), WAVU_ERR_LIMIT);
    for (int i = 0; i < 2 * EPOCH_ROOM_OWN; i++) {
        w.now += GROUP_WORLD_SECOND;
        assert_int_equal(epoch_make_change(e, w.now, false), 0);
        group_world_pump(&w, 0);
    }
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(places_are_kept_for_ones_own),
        UNIT(only_void_changes_give_way_to_a_void_one),
        UNIT(void_changes_have_a_share_and_give_way),
        UNIT(who_has_most_gives_way),
        UNIT(a_device_names_no_more_than_its_share),
        UNIT(what_was_used_stays),
        UNIT(many_devices_of_a_member_have_one_share),
        UNIT(a_sister_takes_no_place_of_ones_own),
    };
    return cmocka_run_group_tests_name("epoch_room", tests, NULL, NULL);
}
