/*
 * Sets of seen broadcasts against a plain array of flags, and the bounds on origins.
 */
#include "tests/base/unit.h"

#include "overlay/plumtree_seen.h"
#include "tests/support/overlay_null.h"

#define NUMBERS 200

static struct random_seeded seeded;
static struct random source;

static void begin(struct plumtree_seen *s, size_t max)
{
    random_seeded_init(&seeded, 5);
    source = random_from_seeded(&seeded);
    plumtree_seen_init(s, &source, max);
}

static void ranges_say_what_was_marked(void **state)
{
    (void)state;
    struct plumtree_seen s;
    bool flags[NUMBERS + 2] = {false};
    struct overlay_id id = overlay_null_id(1);
    begin(&s, 8);
    struct plumtree_origin *o = plumtree_seen_add(&s, &id, 1);
    for (size_t i = 0; i < 1000; i++) {
        uint32_t sequence = 1 + (uint32_t)random_below(&source, NUMBERS);
        if (s.given_up > 0) {
            break; /* from here on more counts as seen than was */
        }
        assert_int_equal(plumtree_seen_has(o, sequence), flags[sequence]);
        if (!flags[sequence]) {
            flags[sequence] = true;
            plumtree_seen_mark(&s, o, sequence);
        }
        plumtree_seen_check(&s);
        uint32_t missing = sequence;
        while (flags[missing]) {
            missing++;
        }
        assert_int_equal(plumtree_seen_missing(o, sequence), missing);
    }
    assert_true(s.position > 50);
    plumtree_seen_clear(&s);
}

static void closed_holes_give_storage_back(void **state)
{
    (void)state;
    struct plumtree_seen s;
    struct overlay_id id = overlay_null_id(1);
    begin(&s, 8);
    struct plumtree_origin *o = plumtree_seen_add(&s, &id, 1);
    for (uint32_t i = 2; i <= 40; i += 2) {
        plumtree_seen_mark(&s, o, i);
    }
    assert_int_equal(o->range_count, 20);
    for (uint32_t i = 1; i <= 39; i += 2) {
        plumtree_seen_mark(&s, o, i);
    }
    assert_int_equal(o->range_count, 1);
    assert_ptr_equal(o->ranges, o->inline_ranges);
    plumtree_seen_clear(&s);
}

static void too_many_holes_are_given_up_from_below(void **state)
{
    (void)state;
    struct plumtree_seen s;
    struct overlay_id id = overlay_null_id(1);
    begin(&s, 8);
    struct plumtree_origin *o = plumtree_seen_add(&s, &id, 1);
    for (uint32_t i = 0; i < 100; i++) {
        plumtree_seen_mark(&s, o, 2 + 2 * i);
        plumtree_seen_check(&s);
    }
    assert_int_equal(o->range_count, PLUMTREE_SEEN_RANGES_MAX);
    assert_int_equal(s.given_up, 100 - PLUMTREE_SEEN_RANGES_MAX);
    assert_true(plumtree_seen_has(o, 3));
    assert_false(plumtree_seen_has(o, 199));
    plumtree_seen_clear(&s);
}

static void ids_name_a_life_and_a_number(void **state)
{
    (void)state;
    struct plumtree_seen s;
    struct overlay_id id = overlay_null_id(1);
    begin(&s, 8);
    struct plumtree_origin *first = plumtree_seen_add(&s, &id, 1);
    struct plumtree_origin *second = plumtree_seen_add(&s, &id, 2);
    struct plumtree_msg_id a = plumtree_seen_id(first, 0x01020304);
    struct plumtree_msg_id b = plumtree_seen_id(second, 0x01020304);
    assert_int_equal(plumtree_seen_sequence(&a), 0x01020304);
    assert_ptr_equal(plumtree_seen_find_tag(&s, &a), first);
    assert_ptr_equal(plumtree_seen_find_tag(&s, &b), second);
    assert_memory_not_equal(a.bytes, b.bytes, PLUMTREE_SEEN_TAG_SIZE);
    plumtree_seen_clear(&s);
}

static void an_origin_has_two_lives_at_most(void **state)
{
    (void)state;
    struct plumtree_seen s;
    struct overlay_id id = overlay_null_id(1);
    begin(&s, 8);
    (void)plumtree_seen_add(&s, &id, 5);
    assert_false(plumtree_seen_is_stale(&s, &id, 3));
    assert_null(plumtree_seen_victim(&s, &id));
    struct plumtree_origin *oldest = plumtree_seen_add(&s, &id, 3);
    assert_true(plumtree_seen_is_stale(&s, &id, 2));
    assert_false(plumtree_seen_is_stale(&s, &id, 4));
    assert_ptr_equal(plumtree_seen_victim(&s, &id), oldest);
    plumtree_seen_remove(&s, oldest);
    (void)plumtree_seen_add(&s, &id, 9);
    assert_non_null(plumtree_seen_find(&s, &id, 5));
    assert_non_null(plumtree_seen_find(&s, &id, 9));
    assert_null(plumtree_seen_find(&s, &id, 3));
    plumtree_seen_check(&s);
    plumtree_seen_clear(&s);
}

static void the_longest_unchanged_origin_makes_room(void **state)
{
    (void)state;
    struct plumtree_seen s;
    begin(&s, 4);
    struct plumtree_origin *o[4];
    for (size_t i = 0; i < 4; i++) {
        struct overlay_id id = overlay_null_id(i);
        o[i] = plumtree_seen_add(&s, &id, 1);
    }
    o[0]->is_pinned = true;
    plumtree_seen_mark(&s, o[1], 1);
    struct overlay_id next = overlay_null_id(9);
    assert_ptr_equal(plumtree_seen_victim(&s, &next), o[2]);
    plumtree_seen_check(&s);
    plumtree_seen_clear(&s);
}

static void offers_show_what_is_held(void **state)
{
    (void)state;
    struct plumtree_seen s;
    struct plumtree_msg_offer offer;
    struct list held;
    bool is_all;
    struct overlay_id id = overlay_null_id(1);
    begin(&s, 4);
    struct plumtree_origin *o = plumtree_seen_add(&s, &id, 7);
    plumtree_seen_mark(&s, o, 1);
    plumtree_seen_mark(&s, o, 2);
    plumtree_seen_mark(&s, o, 5);
    assert_false(
        plumtree_seen_offer(o, &source, &offer, &is_all)); /* nothing of it is in a cache */
    held = (struct list){0};
    list_push_back(&o->cached, &held);
    o->offer_low = 2;
    assert_true(plumtree_seen_offer(o, &source, &offer, &is_all));
    assert_int_equal(offer.range_count, 2);
    assert_true(is_all);
    assert_true(offer.ranges[0].first == 2 && offer.ranges[0].count == 1);
    assert_true(offer.ranges[1].first == 5 && offer.ranges[1].count == 1);
    for (uint32_t i = 10; i < 40; i += 2) {
        plumtree_seen_mark(&s, o, i);
    }
    assert_true(plumtree_seen_offer(o, &source, &offer, &is_all));
    assert_true(offer.range_count > 0 && offer.range_count <= PLUMTREE_MSG_RANGES_MAX);
    assert_false(is_all);
    list_remove(&held);
    plumtree_seen_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(ranges_say_what_was_marked),
        UNIT(closed_holes_give_storage_back),
        UNIT(too_many_holes_are_given_up_from_below),
        UNIT(ids_name_a_life_and_a_number),
        UNIT(an_origin_has_two_lives_at_most),
        UNIT(the_longest_unchanged_origin_makes_room),
        UNIT(offers_show_what_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
