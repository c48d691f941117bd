/*
 * Plumtree's events: ids go together, payloads stay while they are shown, nothing goes to a link
 * that is down.
 */
#include "swarm/null_sign.h"
#include "tests/base/unit.h"

#include "base/timers.h"
#include "overlay/plumtree_core.h"
#include "tests/support/overlay_null.h"

static struct random_seeded seeded;
static struct random source;
static struct overlay_id ids[8];
static struct overlay_sign sign;
static struct plumtree machine;
static uint64_t now;

static int begin(void **state)
{
    random_seeded_init(&seeded, 5);
    source = random_from_seeded(&seeded);
    for (size_t i = 0; i < 8; i++) {
        ids[i] = overlay_null_id(i);
    }
    sign = null_sign_as(&ids[0]);
    struct plumtree_config config = {
        .self = ids[0], .generation = 1, .random = &source, .sign = &sign};
    int rc = unit_count_memory(state);
    plumtree_init(&machine, &config);
    now = TIMERS_SECOND;
    return rc;
}

static int end(void **state)
{
    plumtree_check(&machine);
    plumtree_clear(&machine);
    return unit_compare_memory(state);
}

static void link_up(size_t node, bool is_eager)
{
    assert_int_equal(plumtree_link_up(&machine, now, &ids[node]), 0);
    if (!is_eager) {
        struct plumtree_msg prune = {.kind = PLUMTREE_MSG_PRUNE};
        assert_int_equal(plumtree_feed(&machine, now, &ids[node], &prune), 0);
    }
}

static void say(void)
{
    assert_int_equal(plumtree_broadcast(&machine, now, UNIT_TEXT("x"), NULL), 0);
    now += 20 * TIMERS_MS; /* so that the rate allows many */
}

static void eager_links_get_payloads_and_lazy_ones_ids_together(void **state)
{
    (void)state;
    struct plumtree_event e;
    link_up(1, true);
    link_up(2, false);
    for (size_t i = 0; i < 3; i++) {
        say();
        assert_true(plumtree_next_event(&machine, &e));
        assert_true(e.msg.kind == PLUMTREE_MSG_GOSSIP && overlay_id_is_equal(&e.to, &ids[1]));
        assert_int_equal(e.msg.hops, 1);
        assert_false(plumtree_next_event(&machine, &e));
    }
    assert_int_equal(plumtree_deadline(&machine), TIMERS_SECOND + PLUMTREE_LAZY_NS);
    plumtree_tick(&machine, plumtree_deadline(&machine));
    assert_true(plumtree_next_event(&machine, &e));
    assert_true(e.msg.kind == PLUMTREE_MSG_HAVE && overlay_id_is_equal(&e.to, &ids[2]));
    assert_int_equal(plumtree_msg_id_count(&e.msg), 3);
    assert_int_equal(e.msg.id_hops.ptr[2], 0);
    assert_false(plumtree_next_event(&machine, &e));
}

static void a_full_batch_goes_at_once(void **state)
{
    (void)state;
    struct plumtree_event e;
    size_t told = 0;
    link_up(2, false);
    machine.calm = 0; /* no wave among these */
    for (size_t i = 0; i < PLUMTREE_ANNOUNCE_MAX; i++) {
        assert_int_equal(plumtree_broadcast(&machine, now, UNIT_TEXT("x"), NULL), 0);
        while (plumtree_next_event(&machine, &e)) {
            told += plumtree_msg_id_count(&e.msg);
            assert_int_equal(i, PLUMTREE_ANNOUNCE_MAX - 1);
        }
    }
    assert_int_equal(told, PLUMTREE_ANNOUNCE_MAX);
}

static void what_waited_unseen_too_long_is_left_to_digests(void **state)
{
    (void)state;
    struct plumtree_event e;
    size_t told = 0;
    link_up(2, false);
    for (size_t i = 0; i < 2 * PLUMTREE_ANNOUNCE_MAX; i++) { /* nobody takes the events */
        say();
    }
    plumtree_tick(&machine, now);
    while (plumtree_next_event(&machine, &e)) {
        told += plumtree_msg_id_count(&e.msg);
    }
    assert_true(told <= PLUMTREE_ANNOUNCE_MAX);
}

static void a_link_that_went_gets_nothing(void **state)
{
    (void)state;
    struct plumtree_event e;
    link_up(1, true);
    link_up(2, true);
    say();
    plumtree_link_down(&machine, now, &ids[1]);
    assert_true(plumtree_next_event(&machine, &e));
    assert_true(overlay_id_is_equal(&e.to, &ids[2]));
    assert_false(plumtree_next_event(&machine, &e));
}

static void a_payload_stays_while_it_is_shown(void **state)
{
    (void)state;
    struct plumtree_event e;
    link_up(1, true);
    say();
    plumtree_tick(&machine, now + 2 * PLUMTREE_CACHE_NS); /* it leaves the cache */
    assert_int_equal(machine.cache.bytes, 0);
    assert_true(plumtree_next_event(&machine, &e));
    assert_true(span_is_equal(e.msg.payload, UNIT_TEXT("x")));
    assert_false(plumtree_next_event(&machine, &e));
}

static void what_is_asked_of_one_neighbour_goes_together(void **state)
{
    (void)state;
    struct plumtree_event e;
    uint8_t bytes[5 * PLUMTREE_MSG_ID_SIZE] = {0};
    uint8_t hops[5] = {0};
    struct plumtree_msg have = {.kind = PLUMTREE_MSG_HAVE,
                                .ids = span_of(bytes, sizeof bytes),
                                .id_hops = span_of(hops, sizeof hops)};
    for (uint8_t i = 0; i < 5; i++) {
        bytes[(i + 1) * PLUMTREE_MSG_ID_SIZE - 1] = i;
    }
    link_up(1, true);
    link_up(2, false);
    assert_int_equal(plumtree_feed(&machine, now, &ids[2], &have), 0);
    assert_false(plumtree_next_event(&machine, &e)); /* first the tree has its time */
    plumtree_tick(&machine, now + PLUMTREE_IHAVE_TIMEOUT_NS);
    size_t asked = 0;
    while (plumtree_next_event(&machine, &e)) {
        assert_int_equal(e.msg.kind, PLUMTREE_MSG_GRAFT);
        asked += plumtree_msg_id_count(&e.msg);
    }
    assert_int_equal(asked, 5);
    assert_true(plumtree_is_eager(&machine, &ids[2])); /* five that the tree did not bring */
}

#define OUT_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUT_TEST(eager_links_get_payloads_and_lazy_ones_ids_together),
        OUT_TEST(a_full_batch_goes_at_once),
        OUT_TEST(what_waited_unseen_too_long_is_left_to_digests),
        OUT_TEST(a_link_that_went_gets_nothing),
        OUT_TEST(a_payload_stays_while_it_is_shown),
        OUT_TEST(what_is_asked_of_one_neighbour_goes_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
