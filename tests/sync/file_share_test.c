/*
 * Streams and memory of who asks for files, shared among members.
 */
#include "sync/file_share.h"

#include "tests/base/unit.h"

static struct file_share s;

static size_t add(uint8_t who, uint64_t now)
{
    const uint8_t member[32] = {who};

    return file_share_add(&s, member, now);
}

static size_t victim_for(uint8_t who)
{
    const uint8_t member[32] = {who};

    return file_share_victim(&s, member);
}

static void test_who_has_most_gives_way(void **state)
{
    (void)state;
    s = (struct file_share){.count = 0};
    for (size_t i = 0; i < FILE_SHARE_STREAMS_MAX; i++) {
        assert_int_equal(add(i < 40 ? 1 : 2, 1000 - i), i);
    }
    assert_int_equal(add(3, 1), FILE_SHARE_NONE);
    assert_int_equal(victim_for(1), FILE_SHARE_NONE); /* that is who has most */
    assert_int_equal(victim_for(2), 39);              /* the one that was quiet longest */
    assert_int_equal(victim_for(3), 39);
    file_share_remove(&s, 39);
    assert_int_equal(add(3, 2000), 39);
    assert_int_equal(victim_for(3), 38);
}

static void test_nobody_gives_way_to_as_many(void **state)
{
    (void)state;
    s = (struct file_share){.count = 0};
    for (size_t i = 0; i < FILE_SHARE_STREAMS_MAX; i++) {
        assert_int_equal(add((uint8_t)(i / 2), 1), i);
    }
    assert_int_equal(victim_for(5), FILE_SHARE_NONE);
    assert_int_equal(victim_for(200), 0);
    for (size_t i = 0; i < FILE_SHARE_STREAMS_MAX; i += 2) {
        file_share_remove(&s, i);
        assert_int_equal(add((uint8_t)(100 + i), 1), i);
    }
    assert_int_equal(victim_for(200), FILE_SHARE_NONE); /* all have one */
}

static void test_each_leaves_as_much_as_it_has(void **state)
{
    const size_t piece = 1u << 20;

    (void)state;
    s = (struct file_share){.count = 0};
    const size_t first = add(1, 1);
    const size_t second = add(1, 1);
    const size_t other = add(2, 1);
    for (size_t i = 0; i < FILE_SHARE_BYTES_MAX / piece / 2; i++) {
        const size_t at = i % 2 == 0 ? first : second;

        assert_true(file_share_may(&s, at));
        file_share_take(&s, at, piece);
    }
    assert_false(file_share_may(&s, first));
    assert_false(file_share_may(&s, second));
    for (size_t i = 0; i < FILE_SHARE_BYTES_MAX / piece / 4; i++) {
        assert_true(file_share_may(&s, other));
        file_share_take(&s, other, piece);
    }
    assert_false(file_share_may(&s, other));
    file_share_give(&s, other, FILE_SHARE_BYTES_MAX / 4);
    file_share_remove(&s, other);
    assert_false(file_share_may(&s, first));
    file_share_give(&s, second, piece);
    assert_true(file_share_may(&s, first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_who_has_most_gives_way),
        UNIT(test_nobody_gives_way_to_as_many),
        UNIT(test_each_leaves_as_much_as_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
