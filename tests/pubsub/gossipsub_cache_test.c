/* Messages that are kept for some heartbeats, and what was seen. */
#include "pubsub/gossipsub_cache.h"

#include "base/timers.h"
#include "tests/base/unit.h"

static struct gossipsub_message *make(uint64_t key, size_t len)
{
    uint8_t *bytes = mem_new(len + 8);
    struct wr w;
    wr_init(&w, span_mut_of(bytes, len + 8));
    pb_write_head(&w, 2, len);
    struct gossipsub_message *m = gossipsub_cache_message(span_of(bytes, w.len + len));
    m->key = key;
    mem_free(bytes);
    return m;
}

static void put(struct gossipsub_cache *c, uint64_t key, size_t len)
{
    struct gossipsub_message *m = make(key, len);
    gossipsub_cache_put(c, m);
    gossipsub_cache_unref(m);
}

static void messages_live_for_their_windows(void **state)
{
    (void)state;
    struct gossipsub_cache c;
    gossipsub_cache_init(&c, 5);
    for (uint64_t beat = 0; beat < 8; beat++) {
        put(&c, 100 + beat, 10);
        gossipsub_cache_check(&c);
        assert_non_null(gossipsub_cache_get(&c, 100 + beat));
        assert_int_equal(gossipsub_cache_recent(&c, 3), beat < 3 ? beat + 1 : 3);
        assert_int_equal(gossipsub_cache_newest(&c, 0)->key, 100 + beat);
        assert_int_equal(c.kept.count, beat < 5 ? beat + 1 : 5);
        gossipsub_cache_shift(&c, beat * TIMERS_SECOND);
    }
    assert_null(gossipsub_cache_get(&c, 103));
    assert_non_null(gossipsub_cache_get(&c, 104));
    assert_int_equal(gossipsub_cache_get(&c, 104)->publish.data.len, 10);
    gossipsub_cache_clear(&c);
}

/* A message that somebody else holds outlives the cache. */
static void messages_are_counted(void **state)
{
    (void)state;
    struct gossipsub_cache c;
    gossipsub_cache_init(&c, 1);
    struct gossipsub_message *m = make(1, 1);
    gossipsub_cache_put(&c, m);
    gossipsub_cache_shift(&c, 0);
    assert_null(gossipsub_cache_get(&c, 1));
    assert_int_equal(m->refs, 1);
    gossipsub_cache_unref(m);
    gossipsub_cache_clear(&c);
}

static void bytes_are_bounded(void **state)
{
    (void)state;
    struct gossipsub_cache c;
    size_t len = 1000000;
    size_t fit = GOSSIPSUB_CACHE_BYTES_MAX / (len + 4);
    gossipsub_cache_init(&c, 5);
    for (uint64_t key = 1; key <= fit + 3; key++) {
        put(&c, key, len);
        assert_true(c.bytes <= GOSSIPSUB_CACHE_BYTES_MAX);
    }
    gossipsub_cache_check(&c);
    assert_int_equal(c.kept.count, fit);
    assert_null(gossipsub_cache_get(&c, 3));
    assert_non_null(gossipsub_cache_get(&c, 4));
    gossipsub_cache_clear(&c);
}

static void numbers_are_bounded(void **state)
{
    (void)state;
    struct gossipsub_cache c;
    enum gossipsub_cache_status status;
    uint64_t at_ns;
    gossipsub_cache_init(&c, 5);
    for (uint64_t key = 1; key <= GOSSIPSUB_CACHE_COUNT_MAX + 5; key++) {
        put(&c, key, 0);
    }
    assert_int_equal(c.kept.count, GOSSIPSUB_CACHE_COUNT_MAX);
    for (uint64_t key = 1; key <= GOSSIPSUB_CACHE_SEEN_MAX + 5; key++) {
        gossipsub_cache_see(&c, key * 0x9e3779b97f4a7c15u, GOSSIPSUB_CACHE_VALID, key);
    }
    assert_int_equal(c.seen.count, GOSSIPSUB_CACHE_SEEN_MAX);
    assert_false(gossipsub_cache_has_seen(&c, 5 * 0x9e3779b97f4a7c15u, &status, &at_ns));
    assert_true(gossipsub_cache_has_seen(&c, 6 * 0x9e3779b97f4a7c15u, &status, &at_ns));
    gossipsub_cache_clear(&c);
}

static void what_was_seen_is_known_for_two_minutes(void **state)
{
    (void)state;
    struct gossipsub_cache c;
    enum gossipsub_cache_status status;
    uint64_t at_ns = 0;
    uint64_t life = GOSSIPSUB_CACHE_SEEN_S * TIMERS_SECOND;
    gossipsub_cache_init(&c, 5);
    gossipsub_cache_see(&c, 7, GOSSIPSUB_CACHE_WAITS, 1000);
    assert_true(gossipsub_cache_has_seen(&c, 7, &status, &at_ns));
    assert_int_equal(status, GOSSIPSUB_CACHE_WAITS);
    gossipsub_cache_see(&c, 7, GOSSIPSUB_CACHE_INVALID, 2000);
    assert_true(gossipsub_cache_has_seen(&c, 7, &status, &at_ns));
    assert_int_equal(status, GOSSIPSUB_CACHE_INVALID);
    assert_int_equal(at_ns, 2000);
    gossipsub_cache_shift(&c, 1999 + life);
    assert_true(gossipsub_cache_has_seen(&c, 7, &status, &at_ns));
    gossipsub_cache_shift(&c, 2000 + life);
    assert_false(gossipsub_cache_has_seen(&c, 7, &status, &at_ns));
    assert_int_equal(gossipsub_cache_memory(&c), 0);
    gossipsub_cache_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(messages_live_for_their_windows),
        UNIT(messages_are_counted),
        UNIT(bytes_are_bounded),
        UNIT(numbers_are_bounded),
        UNIT(what_was_seen_is_known_for_two_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
