/* What peers owe: one is asked, another after it failed. */
#include "pubsub/gossipsub_want.h"

#include "tests/base/unit.h"

#define TIMEOUT 3000u
#define STEP (TIMEOUT / GOSSIPSUB_WANT_STEPS)

static struct random_seeded seeded;
static struct random source;
static struct gossipsub_want want;
static const struct gossipsub_sign_id id = {.len = 3, .bytes = {1, 2, 3}};

static void begin(void)
{
    random_seeded_init(&seeded, 1);
    source = random_from_seeded(&seeded);
    gossipsub_want_init(&want, &source, TIMEOUT);
}

static bool announce(uint64_t now, uint64_t key, uint32_t peer, uint32_t batch, int64_t rank)
{
    const struct gossipsub_want_news news = {
        .key = key, .id = &id, .peer = peer, .batch = batch, .rank = rank};
    return gossipsub_want_announced(&want, now, &news);
}

static void one_is_asked_and_another_when_it_fails(void **state)
{
    (void)state;
    struct gossipsub_want_late late;
    begin();
    assert_true(announce(0, 9, 101, 1, 0));
    assert_false(announce(100, 9, 102, 2, 0));
    assert_false(announce(100, 9, 102, 2, 0));
    assert_false(announce(200, 9, 101, 3, 0));
    assert_false(gossipsub_want_next_late(&want, STEP - 1, 4, &late));
    assert_true(gossipsub_want_next_late(&want, STEP, 4, &late));
    assert_int_equal(late.slow, 101);
    assert_int_equal(late.released, 101);
    assert_int_equal(late.next, 102);
    assert_int_equal(late.broken_count, 0);
    assert_int_equal(late.id.len, 3);
    gossipsub_want_check(&want);
    assert_false(gossipsub_want_next_late(&want, STEP, 4, &late));
    for (unsigned i = 2; i < 1 + GOSSIPSUB_WANT_STEPS; i++) {
        assert_true(gossipsub_want_next_late(&want, i * STEP, 5, &late));
        assert_int_equal(late.slow, i == 2 ? 102 : 0);
        assert_int_equal(late.next, 0);
        assert_int_equal(late.released, 0);
        assert_int_equal(late.broken_count, 0);
    }
    /* A whole time-out after the last was asked. */
    assert_true(gossipsub_want_next_late(&want, STEP + TIMEOUT, 5, &late));
    assert_int_equal(late.released, 102);
    assert_int_equal(late.broken_count, 2);
    assert_int_equal(late.broken[0], 101);
    assert_int_equal(late.batches[0], 1);
    assert_int_equal(late.broken[1], 102);
    assert_int_equal(late.batches[1], 4);
    assert_int_equal(want.count, 0);
    gossipsub_want_clear(&want);
}

static void the_best_is_asked_next_and_room_is_found_for_it(void **state)
{
    (void)state;
    struct gossipsub_want_late late;
    begin();
    assert_true(announce(0, 9, 101, 1, 0));
    for (uint32_t peer = 102; peer < 110; peer++) {
        assert_false(announce(0, 9, peer, 1, 0));
    }
    assert_false(announce(0, 9, 120, 1, 5));
    assert_false(announce(0, 9, 121, 1, 7));
    assert_true(gossipsub_want_next_late(&want, STEP, 2, &late));
    assert_int_equal(late.next, 121);
    assert_true(gossipsub_want_next_late(&want, 2 * STEP, 3, &late));
    assert_int_equal(late.next, 120);
    assert_true(gossipsub_want_next_late(&want, 3 * STEP, 4, &late));
    assert_int_equal(late.next, 102);
    gossipsub_want_check(&want);
    gossipsub_want_clear(&want);
}

static void who_was_slow_waits_for_others(void **state)
{
    (void)state;
    struct gossipsub_want_late late;
    begin();
    assert_false(announce(0, 9, 101, 1, -1));
    assert_false(announce(0, 8, 101, 1, -1));
    assert_int_equal(gossipsub_want_came(&want, 8), 0);
    assert_true(announce(1, 9, 102, 1, 0));
    assert_int_equal(gossipsub_want_came(&want, 9), 102);
    assert_false(announce(10, 9, 101, 1, -1)); /* and nobody else has it */
    assert_true(gossipsub_want_next_late(&want, 10 + STEP, 2, &late));
    assert_int_equal(late.slow, 0);
    assert_int_equal(late.released, 0);
    assert_int_equal(late.next, 101);
    assert_false(announce(10 + STEP, 9, 101, 1, 5)); /* it is asked already */
    assert_int_equal(gossipsub_want_came(&want, 9), 101);
    gossipsub_want_clear(&want);
}

static void what_came_is_owed_no_more(void **state)
{
    (void)state;
    struct gossipsub_want_late late;
    begin();
    assert_true(announce(0, 9, 101, 1, 0));
    assert_int_equal(gossipsub_want_came(&want, 9), 101);
    assert_int_equal(gossipsub_want_came(&want, 9), 0);
    assert_false(gossipsub_want_next_late(&want, 9 * TIMEOUT, 2, &late));
    gossipsub_want_clear(&want);
}

static void it_is_bounded(void **state)
{
    (void)state;
    struct gossipsub_want_late late;
    unsigned asked = 1;
    begin();
    for (uint64_t key = 0; key < GOSSIPSUB_WANT_COUNT_MAX; key++) {
        assert_true(announce(key, key, 101, 1, 0));
    }
    assert_false(announce(0, UINT64_MAX, 101, 1, 0));
    for (uint32_t peer = 102; peer < 120; peer++) {
        assert_false(announce(0, 1, peer, 1, 0));
    }
    gossipsub_want_check(&want);
    for (uint64_t now = GOSSIPSUB_WANT_COUNT_MAX; want.count > 0; now += STEP) {
        while (gossipsub_want_next_late(&want, now, 2, &late)) {
            assert_true(late.key == 1 || late.next == 0);
            asked += late.next != 0 ? 1 : 0;
        }
        gossipsub_want_check(&want);
    }
    assert_int_equal(asked, GOSSIPSUB_WANT_PEERS_MAX);
    gossipsub_want_clear(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(one_is_asked_and_another_when_it_fails),
        UNIT(the_best_is_asked_next_and_room_is_found_for_it),
        UNIT(who_was_slow_waits_for_others),
        UNIT(what_came_is_owed_no_more),
        UNIT(it_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
