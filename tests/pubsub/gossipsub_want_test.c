/* What peers owe: one is asked, another after it failed. */
#include "pubsub/gossipsub_want.h"

#include "tests/base/unit.h"

#define TIMEOUT 3000u

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

static void one_is_asked_and_another_when_it_fails(void **state)
{
    (void)state;
    struct gossipsub_want_late late;
    begin();
    assert_true(gossipsub_want_announced(&want, 0, 9, &id, 101, 1));
    assert_false(gossipsub_want_announced(&want, 100, 9, &id, 102, 2));
    assert_false(gossipsub_want_announced(&want, 100, 9, &id, 102, 2));
    assert_false(gossipsub_want_announced(&want, 200, 9, &id, 101, 3));
    assert_false(gossipsub_want_next_late(&want, TIMEOUT - 1, 4, &late));
    assert_true(gossipsub_want_next_late(&want, TIMEOUT, 4, &late));
    assert_int_equal(late.broken, 101);
    assert_int_equal(late.batch, 1);
    assert_int_equal(late.next, 102);
    assert_int_equal(late.id.len, 3);
    gossipsub_want_check(&want);
    assert_false(gossipsub_want_next_late(&want, TIMEOUT, 4, &late));
    assert_true(gossipsub_want_next_late(&want, 2 * TIMEOUT, 5, &late));
    assert_int_equal(late.broken, 102);
    assert_int_equal(late.batch, 4);
    assert_int_equal(late.next, 0);
    assert_int_equal(want.count, 0);
    gossipsub_want_clear(&want);
}

static void what_came_is_owed_no_more(void **state)
{
    (void)state;
    struct gossipsub_want_late late;
    begin();
    assert_true(gossipsub_want_announced(&want, 0, 9, &id, 101, 1));
    assert_int_equal(gossipsub_want_came(&want, 9), 101);
    assert_int_equal(gossipsub_want_came(&want, 9), 0);
    assert_false(gossipsub_want_next_late(&want, 9 * TIMEOUT, 2, &late));
    gossipsub_want_clear(&want);
}

static void it_is_bounded(void **state)
{
    (void)state;
    begin();
    for (uint64_t key = 0; key < GOSSIPSUB_WANT_COUNT_MAX; key++) {
        assert_true(gossipsub_want_announced(&want, key, key, &id, 101, 1));
    }
    assert_false(gossipsub_want_announced(&want, 0, UINT64_MAX, &id, 101, 1));
    for (uint32_t peer = 102; peer < 120; peer++) {
        assert_false(gossipsub_want_announced(&want, 0, 1, &id, peer, 1));
    }
    gossipsub_want_check(&want);
    struct gossipsub_want_late late;
    unsigned asked = 0;
    while (gossipsub_want_next_late(&want, UINT64_MAX / 2, 2, &late)) {
        asked += late.key == 1 ? 1 : 0;
        if (late.key != 1 && late.next != 0) {
            fail();
        }
        if (asked == GOSSIPSUB_WANT_PEERS_MAX) {
            break;
        }
    }
    gossipsub_want_clear(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(one_is_asked_and_another_when_it_fails),
        UNIT(what_came_is_owed_no_more),
        UNIT(it_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
