/*
 * Missing broadcasts: one announcer after the other is asked, each pays for what it announced.
 */
#include "tests/base/unit.h"

#include "base/timers.h"
#include "overlay/plumtree_want.h"

#define TIMEOUT 500

static struct random_seeded seeded;
static struct random source;
static struct plumtree_want want;

static int begin(void **state)
{
    random_seeded_init(&seeded, 5);
    source = random_from_seeded(&seeded);
    plumtree_want_init(&want, &source, TIMEOUT);
    return unit_count_memory(state);
}

static int end(void **state)
{
    plumtree_want_check(&want);
    plumtree_want_clear(&want);
    return unit_compare_memory(state);
}

static struct plumtree_msg_id id_of(uint32_t number)
{
    struct plumtree_msg_id id = {{0}};
    memcpy(id.bytes, &number, sizeof number);
    return id;
}

static void add(uint32_t number, uint8_t slot, uint64_t now)
{
    struct plumtree_msg_id id = id_of(number);
    assert_int_equal(plumtree_want_add(&want, now, &id, slot, false), 0);
}

static void announcers_are_asked_in_turn(void **state)
{
    (void)state;
    add(1, 3, 0);
    add(1, 4, 100);
    add(1, 4, 100);
    assert_int_equal(plumtree_want_deadline(&want), TIMEOUT);
    assert_null(plumtree_want_due(&want, TIMEOUT - 1));
    struct plumtree_wanted *w = plumtree_want_due(&want, TIMEOUT);
    assert_true(w->slots[0] == 3 && w->slot_count == 2 && !w->is_asked);
    plumtree_want_ask(&want, TIMEOUT, w);
    plumtree_want_check(&want);
    assert_int_equal(plumtree_want_deadline(&want), 2 * TIMEOUT);
    w = plumtree_want_due(&want, 2 * TIMEOUT);
    assert_true(w->is_asked);
    assert_true(plumtree_want_fail(&want, w));
    assert_true(w->slots[0] == 4 && want.charged[3] == 0 && want.charged[4] == 1);
    plumtree_want_ask(&want, 2 * TIMEOUT, w);
    w = plumtree_want_due(&want, 3 * TIMEOUT);
    assert_false(plumtree_want_fail(&want, w));
    assert_int_equal(plumtree_want_deadline(&want), TIMERS_NEVER);
    assert_int_equal(want.by_id.count, 0);
}

static void an_announcer_has_a_limit(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PLUMTREE_WANT_PER_LINK_MAX; i++) {
        add(i, 1, i);
    }
    struct plumtree_msg_id more = id_of(100000);
    struct plumtree_msg_id known = id_of(0);
    assert_int_equal(plumtree_want_add(&want, 0, &more, 1, false), WAVU_ERR_LIMIT);
    assert_int_equal(plumtree_want_add(&want, 0, &known, 1, false), 0);
    add(100000, 2, 1000);
    plumtree_want_check(&want);
    plumtree_want_forget_slot(&want, 1);
    assert_int_equal(want.by_id.count, 1);
    plumtree_want_remove(&want, plumtree_want_get(&want, &more));
    assert_int_equal(want.by_id.count, 0);
    assert_int_equal(want.spare_count, PLUMTREE_WANT_SPARE_MAX);
}

static void a_link_that_goes_is_not_waited_for(void **state)
{
    (void)state;
    add(1, 1, 0);
    add(1, 2, 0);
    struct plumtree_wanted *w = plumtree_want_due(&want, TIMEOUT);
    plumtree_want_ask(&want, TIMEOUT, w);
    plumtree_want_forget_slot(&want, 1);
    plumtree_want_check(&want);
    assert_true(w->slots[0] == 2 && !w->is_asked); /* due as before, and not to be struck out */
    plumtree_want_wait(&want, 2 * TIMEOUT, w);
    assert_int_equal(plumtree_want_deadline(&want), 3 * TIMEOUT);
}

static void digests_do_not_speak_of_the_tree(void **state)
{
    (void)state;
    struct plumtree_msg_id id = id_of(1);
    assert_int_equal(plumtree_want_add(&want, 0, &id, 1, true), 0);
    assert_true(plumtree_want_get(&want, &id)->is_by_digest);
    add(1, 2, 0);
    assert_false(plumtree_want_get(&want, &id)->is_by_digest);
}

#define WANT_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WANT_TEST(announcers_are_asked_in_turn),
        WANT_TEST(an_announcer_has_a_limit),
        WANT_TEST(a_link_that_goes_is_not_waited_for),
        WANT_TEST(digests_do_not_speak_of_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
