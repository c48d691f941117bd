/*
 * The cache of payloads: its bounds in bytes, in time and by origin, and what digests may offer.
 */
#include "tests/base/unit.h"

#include "base/timers.h"
#include "overlay/plumtree_cache.h"
#include "tests/support/overlay_null.h"

static struct random_seeded seeded;
static struct random source;
static struct plumtree_seen seen;
static struct plumtree_cache cache;

static int begin(void **state)
{
    random_seeded_init(&seeded, 5);
    source = random_from_seeded(&seeded);
    plumtree_seen_init(&seen, &source, 16);
    plumtree_cache_init(&cache, &source, 16384, 10 * TIMERS_SECOND);
    return unit_count_memory(state);
}

static int end(void **state)
{
    plumtree_cache_check(&cache);
    plumtree_cache_clear(&cache);
    plumtree_seen_clear(&seen);
    return unit_compare_memory(state);
}

static struct plumtree_origin *origin(size_t number)
{
    struct overlay_id id = overlay_null_id(number);
    struct plumtree_origin *o = plumtree_seen_find(&seen, &id, 1);
    return o != NULL ? o : plumtree_seen_add(&seen, &id, 1);
}

static struct plumtree_payload *put(struct plumtree_origin *o, uint32_t sequence, uint64_t now,
                                    size_t len)
{
    static const uint8_t bytes[8192] = {1};
    struct plumtree_msg m = {.sequence = sequence,
                             .hops = 3,
                             .payload = span_of(bytes, len),
                             .signature = span_of(bytes, OVERLAY_SIGN_SIZE)};
    plumtree_seen_mark(&seen, o, sequence);
    return plumtree_cache_put(&cache, now, o, &m);
}

static void what_is_put_is_got(void **state)
{
    (void)state;
    struct plumtree_origin *o = origin(1);
    const struct plumtree_payload *p = put(o, 4, 0, 100);
    struct plumtree_msg_id id = plumtree_seen_id(o, 4);
    assert_ptr_equal(plumtree_cache_get(&cache, &id), p);
    assert_true(p->len == 100 && p->hops == 3 && p->from == PLUMTREE_CACHE_NOBODY);
    id = plumtree_seen_id(o, 5);
    assert_null(plumtree_cache_get(&cache, &id));
}

static void an_origin_pushes_out_its_own_first(void **state)
{
    (void)state;
    struct plumtree_origin *quiet = origin(1);
    struct plumtree_origin *loud = origin(2);
    (void)put(quiet, 1, 0, 100);
    for (uint32_t i = 1; i <= 50; i++) {
        (void)put(loud, i, 0, 500);
        plumtree_cache_check(&cache);
    }
    assert_true(loud->cached_bytes <= cache.bytes_max / PLUMTREE_CACHE_SHARE_MAX);
    struct plumtree_msg_id id = plumtree_seen_id(quiet, 1);
    assert_non_null(plumtree_cache_get(&cache, &id));
    assert_int_equal(quiet->offer_low, 0);
    assert_true(loud->offer_low > 40); /* nothing is offered that is gone */
    id = plumtree_seen_id(loud, loud->offer_low - 1);
    assert_null(plumtree_cache_get(&cache, &id));
    id = plumtree_seen_id(loud, loud->offer_low);
    assert_non_null(plumtree_cache_get(&cache, &id));
}

static void all_together_stay_below_the_maximum(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 64; i++) {
        (void)put(origin(i % 8), 1 + i / 8, 0, 3000);
        plumtree_cache_check(&cache);
    }
    assert_true(cache.bytes <= 16384 && cache.by_id.count >= 4);
}

static void what_is_old_goes_many_at_once(void **state)
{
    (void)state;
    struct plumtree_origin *o = origin(1);
    (void)put(o, 1, 0, 10);
    (void)put(o, 2, TIMERS_SECOND, 10);
    (void)put(o, 3, 5 * TIMERS_SECOND, 10);
    uint64_t due = plumtree_cache_deadline(&cache);
    assert_true(due > 11 * TIMERS_SECOND && due < 12 * TIMERS_SECOND);
    plumtree_cache_expire(&cache, due);
    assert_int_equal(cache.by_id.count, 1);
    assert_int_equal(o->offer_low, 3);
    plumtree_cache_drop_origin(&cache, o);
    assert_int_equal(plumtree_cache_deadline(&cache), TIMERS_NEVER);
}

static void who_shows_a_payload_keeps_it(void **state)
{
    (void)state;
    struct plumtree_origin *o = origin(1);
    struct plumtree_payload *p = plumtree_cache_ref(put(o, 1, 0, 10));
    p->from = 3;
    plumtree_cache_forget_slot(&cache, 3);
    assert_int_equal(p->from, PLUMTREE_CACHE_NOBODY);
    plumtree_cache_drop_origin(&cache, o);
    assert_null(p->origin);
    assert_int_equal(p->bytes[0], 1);
    plumtree_cache_unref(p);
}

#define CACHE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(what_is_put_is_got),
        CACHE_TEST(an_origin_pushes_out_its_own_first),
        CACHE_TEST(all_together_stay_below_the_maximum),
        CACHE_TEST(what_is_old_goes_many_at_once),
        CACHE_TEST(who_shows_a_payload_keeps_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
